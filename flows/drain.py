"""Logs and task runs reach the Prefect server after they have ended; a process that exits at once would lose the last ones."""

import time
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.exceptions import PrefectException
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_REQUEST_TIMEOUT, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

_BOUND = 120.0  # seconds
_QUIET = 30.0  # seconds in which nothing more has arrived
_ENDED = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


def send_what_is_left(*, bound: float = _BOUND) -> bool:
    """Send logs and events that still wait in this process, for `bound` seconds each; whether all of them are sent.

    Without it they would wait for a server that is gone.
    """
    left = [worker.drain_all(timeout=bound) for worker in (APILogWorker, EventsWorker)]
    return not any(waiting for told in left if isinstance(told, tuple) for waiting in told[1])


def settle_history(run_id: str, expected: int, *, bound: float = _BOUND, quiet: float = _QUIET) -> str:
    """Wait until the server has the logs and shows `expected` ended task runs of a flow run; else what it lacks.

    Gives up after `bound` seconds, or when nothing has arrived for `quiet` seconds; a server that does not answer costs no more.
    """
    started = time.monotonic()
    sent = send_what_is_left(bound=quiet)
    recorded, _ = wait_for_history(run_id, expected, bound=bound, quiet=quiet)
    if sent and recorded >= expected:
        return ""
    waited = f"after {time.monotonic() - started:.0f} s"
    return f"the Prefect server shows {recorded} of {expected} task runs of this run {waited}; its history may stay incomplete"


def wait_for_history(run_id: str, expected: int, *, bound: float = _BOUND, quiet: float = _QUIET) -> tuple[int, int]:
    """Wait until the server shows `expected` ended task runs of a flow run; how many it shows, and how many it should."""
    recorded, moved_at = 0, time.monotonic()
    deadline = moved_at + bound
    wanted = {
        "flow_runs": {"id": {"any_": [str(UUID(run_id))]}},
        "task_runs": {"state": {"type": {"any_": _ENDED}}},
    }
    patience = {PREFECT_API_REQUEST_TIMEOUT: min(10.0, quiet), PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(patience), get_client(sync_client=True) as client:
        while recorded < expected and time.monotonic() < min(deadline, moved_at + quiet):
            try:
                now = int(client.request("POST", "/task_runs/count", json=wanted).json())
            except (httpx.HTTPError, PrefectException):
                now = recorded
            if now != recorded:
                recorded, moved_at = now, time.monotonic()
            if recorded < expected:
                time.sleep(0.25)
    return recorded, expected
