"""What a person on call has before them: a Prefect server with its UI, and `finews up` that serves the deployments."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.prefect_server import PrefectServer, serving_prefect
from tests.support.production import until

_QUICK = {"PREFECT_RUNNER_POLL_FREQUENCY": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The UI at `ui`, and the server behind it."""

    server: PrefectServer

    @property
    def ui(self) -> str:
        """Address of the UI."""
        return self.server.api.removesuffix("/api")

    def deployment(self, name: str) -> dict[str, Any]:
        """A deployment by `flow/name`; KeyError until it is there."""
        answer = requests.get(f"{self.server.api}/deployments/name/{name}", timeout=30)
        if answer.status_code == 404:
            raise KeyError(name)
        found: dict[str, Any] = answer.json()
        return found

    def start(self, name: str, **parameters: Any) -> str:
        """Start a run as the UI does; its id."""
        found = self.deployment(name)
        body = {"parameters": found["parameters"] | parameters, "state": {"type": "SCHEDULED"}}
        address = f"{self.server.api}/deployments/{found['id']}/create_flow_run"

        def ask() -> requests.Response | None:
            answer = requests.post(address, json=body, timeout=30)
            return None if answer.status_code == 503 else answer  # its SQLite is busy with runs of the schedules

        answer = until(ask, 30)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def ended(self, run: str, *, seconds: float = 60) -> dict[str, Any]:
        """The run, once it has ended."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = requests.get(f"{self.server.api}/flow_runs/{run}", timeout=30).json()
            return found if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        return until(look, seconds)


@contextlib.contextmanager
def on_call(home: Path, site: Path) -> Iterator[Desk]:
    """Everything up in the folder `home`; nothing starts by itself but on the full hour. `site`: the site file."""
    with serving_prefect(home) as server:
        desk = Desk(server=server)
        command = [str(Path(sys.executable).parent / "finews"), "up", "--site", str(site)]
        environment = {**server.environment, **_QUICK, "PATH": os.environ.get("PATH", "")}
        with (home / "up.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            until(lambda: True if _served(desk, "resume/resume") else None, 60)
            yield desk
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _served(desk: Desk, last: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(desk.deployment(last)["status"] == "READY")
    return False
