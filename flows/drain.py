"""Task runs reach the Prefect server after they have ended; a process that exits at once would lose the last ones."""

import time
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

_BOUND = 120.0  # seconds
_ENDED = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


def send_what_is_left() -> None:
    """Send logs and events that still wait in this process; without it they would wait for a server that is gone."""
    APILogWorker.drain_all()
    EventsWorker.drain_all()


def wait_for_history(run_id: str, expected: int) -> tuple[int, int]:
    """Wait until the server shows `expected` ended task runs of a flow run; how many it shows, and how many it should.

    Gives up after two minutes, or when nothing has arrived for thirty seconds.
    """
    recorded, moved_at, deadline = -1, time.monotonic(), time.monotonic() + _BOUND
    wanted = {
        "flow_runs": {"id": {"any_": [str(UUID(run_id))]}},
        "task_runs": {"state": {"type": {"any_": _ENDED}}},
    }
    with get_client(sync_client=True) as client:
        while recorded < expected and time.monotonic() < min(deadline, moved_at + 30):
            now = int(client.request("POST", "/task_runs/count", json=wanted).json())
            if now != recorded:
                recorded, moved_at = now, time.monotonic()
            if recorded < expected:
                time.sleep(0.25)
    return recorded, expected
