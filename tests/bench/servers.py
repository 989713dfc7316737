"""Prefect servers: ours, and one that is told nothing, against which ours is measured."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flows import localhost
from tests.support.prefect_server import clean_environment, free_port, wait_until_up


@contextlib.contextmanager
def default_server(home: Path) -> Iterator[tuple[str, int]]:
    """Its API and its process id. SQLite, as by default."""
    home.mkdir()
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    told = clean_environment(home, PREFECT_API_URL=api, DO_NOT_TRACK="1", PREFECT_SERVER_ANALYTICS_ENABLED="false")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=told, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until_up(process, api, home / "log")
        yield api, process.pid
    finally:
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


@contextlib.contextmanager
def orchestra(home: Path) -> Iterator[int]:
    """A Prefect server for this process and its children; its process id."""
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{free_port()}/api"
    with localhost.prefect_server() as api:
        port = api.rsplit(":", 1)[1].split("/")[0]
        wanted = f"server start --host 127.0.0.1 --port {port}"
        found = subprocess.run(["pgrep", "-f", wanted], stdout=subprocess.PIPE, check=True)
        yield int(found.stdout.split()[0])
