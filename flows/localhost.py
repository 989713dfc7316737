"""What the `finews` command starts on this machine: a Prefect server, the sample upstream, a preview of the site.

Everything here runs on loopback, as a child process, and ends with the command that started it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tasks.errors import FinewsError
from tasks.masking import masked

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(".finews")
DEFAULT_API = "http://127.0.0.1:4200/api"
_START_SECONDS = 120


class LocalError(FinewsError):
    """Something that the command needs on this machine could not be started."""


def prepare_environment(*, quiet: bool) -> None:
    """Defaults that Prefect reads when it is imported; what the user has set stays."""
    os.environ.setdefault("PREFECT_HOME", str((HOME / "prefect").absolute()))
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "tasks")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    if quiet:
        # The command shows its own progress; the server still gets every record.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def server_settings() -> dict[str, str]:
    """What a Prefect server of ours is told wherever it runs: `infra/prefect-server.env`, name by name."""
    lines = (ROOT / "infra/prefect-server.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@contextlib.contextmanager
def without_flows() -> Iterator[None]:
    """For commands that run no flow: Prefect, which wants a folder when it is imported, leaves none behind."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("PREFECT_HOME", home)
        prepare_environment(quiet=True)
        yield


@contextlib.contextmanager
def prefect_server() -> Iterator[str]:
    """The API address of a Prefect server: the one at PREFECT_API_URL, or one started here.

    A server that is started here keeps its history under PREFECT_HOME.
    """
    wanted = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    api = wanted or DEFAULT_API
    host, port = _place(api)
    if _is_prefect(api):
        os.environ["PREFECT_API_URL"] = api
        yield api
        return
    if wanted and host not in ("127.0.0.1", "localhost", "::1"):
        raise LocalError(
            f"no Prefect server answers at PREFECT_API_URL={masked(wanted)}, and it is not on this machine to be started"
        )
    if not _is_free(host, port):
        if wanted:
            raise LocalError(
                f"PREFECT_API_URL={masked(wanted)}: something else than a Prefect server listens on port {port}"
            )
        port = free_port(host)
    api = f"http://{host}:{port}/api"
    log = HOME / "prefect-server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    with _child(command, log, server_settings() | {"PREFECT_API_URL": api}) as process:
        _wait(lambda: _is_prefect(api), process, f"the Prefect server on port {port}", log)
        os.environ["PREFECT_API_URL"] = api
        yield api


def _place(api: str) -> tuple[str, int]:
    """Host and port of an API's address; LocalError when it is none."""
    try:
        address = urlsplit(api)
        if address.scheme in ("http", "https") and address.hostname:
            return address.hostname, address.port or 4200
    except ValueError:  # a port that is no number
        pass
    raise LocalError(f"PREFECT_API_URL={masked(api)}: expected an address such as {DEFAULT_API}")


@contextlib.contextmanager
def sample_upstream(listen: str, *, content: Path = ROOT / "infra/sample") -> Iterator[None]:
    """The bundled sample upstream on `host:port`, unless something answers there already."""
    host, _, port = listen.rpartition(":")
    if not _is_free(host, int(port)):
        yield
        return
    log = HOME / "sample-upstream.log"
    program = str(ROOT / "infra/sample/server.py")
    command = [sys.executable, program, "--host", host, "--port", port, "--content", str(content), "--verbose"]
    with _child(command, log, {}) as process:
        _wait(lambda: not _is_free(host, int(port)), process, f"the sample upstream on {listen}", log)
        yield


@contextlib.contextmanager
def preview(folder: Path, *, port: int = 8900) -> Iterator[str]:
    """The published folder on a loopback port, for looking at; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    host = "127.0.0.1"
    port = port if _is_free(host, port) else free_port(host)
    log = HOME / "preview.log"
    command = [sys.executable, "-m", "http.server", str(port), "--bind", host, "--directory", str(folder)]
    with _child(command, log, {}) as process:
        _wait(lambda: not _is_free(host, port), process, f"the preview on port {port}", log)
        yield f"http://{host}:{port}/"


@contextlib.contextmanager
def _child(command: list[str], log: Path, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a process group of its own, so that Ctrl-C reaches it only through us, in the right order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(settings) | os.environ,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGINT first: the Prefect server writes what it still holds, and closes its database."""
    for request, patience in ((signal.SIGINT, 15), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        process.send_signal(request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
            return


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace").strip().splitlines()[-5:]
            ended = (
                f"ended with status {process.returncode}"
                if process.poll() is not None
                else f"not up after {_START_SECONDS} s"
            )
            raise LocalError("\n  ".join([f"{what} {ended}; the end of {log}:", *tail]))
        time.sleep(0.1)


def _is_prefect(api: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api}/health", timeout=5) as answer:
            return bool(answer.read().strip() == b"true")
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) != 0


def free_port(host: str) -> int:
    """A port of `host` that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
