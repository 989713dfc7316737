"""A real Prefect server process, on loopback: started once a session, stopped by its own process id."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from flows.localhost import server_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectServer:
    """Where the API is, the environment of processes that use it, and the server's own process."""

    api: str
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]

    def rows(self, kind: str, **wanted: Any) -> list[dict[str, Any]]:
        """Rows of `/<kind>/filter`, all pages."""
        found: list[dict[str, Any]] = []
        while True:
            body = wanted | {"limit": 200, "offset": len(found)}
            answer = requests.post(f"{self.api}/{kind}/filter", json=body, timeout=30)
            answer.raise_for_status()
            found += (page := answer.json())
            if len(page) < 200:
                return found


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has nothing set up; their home is `home`."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "PREFECT_HOME": str(home / "prefect"), **more}


def free_port() -> int:
    """A port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """The server, up."""
    with serving_prefect(tmp_path_factory.mktemp("prefect-server")) as server:
        yield server


@contextlib.contextmanager
def serving_prefect(home: Path) -> Iterator[PrefectServer]:
    """A server that keeps its things in `home`."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=clean_environment(home, **server_settings(), PREFECT_API_URL=api),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_up(process, api, home / "log")
        yield PrefectServer(api=api, environment=clean_environment(home, PREFECT_API_URL=api), process=process)
    finally:
        _stop(process)


def wait_until_up(
    process: subprocess.Popen[bytes], api: str, log: Path, *, auth: tuple[str, str] | None = None
) -> None:
    """Return once the server answers; `RuntimeError` with the end of its log when it does not."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(f"{api}/health", auth=auth, timeout=5).text == "true":
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"the Prefect server does not start; its log ends: {log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
