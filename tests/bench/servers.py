"""A Prefect server that is told nothing: what ours is measured against."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
