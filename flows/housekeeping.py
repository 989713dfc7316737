"""What `maintain` does every day: it closes runs whose process is gone, and drops journals that are too old."""

import functools
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, LogFilterTimestamp
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from flows.journals import objects_of
from flows.run import Run
from flows.status import took
from tasks.model import Outcome, Result, Stage

_SILENT = timedelta(minutes=15)  # a living run logs more often, whatever it does
_UNENDED = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
_STEP = 500  # lines of journals in one transaction


def close_zombies(run: Run) -> None:
    """Mark runs of this ledger as Crashed that the server takes for running, though nobody works on them any more.

    Whoever calls this holds the site's lease, so no other run is at work; one that has just let go of it still logs.
    """
    with get_client(sync_client=True) as client:
        for run_id in run.ledger.standing.unended():
            if run_id == run.recorder.run_id:
                continue
            zombie = _running(client, run_id)
            if zombie is not None and not _is_silent(client, zombie, run.now):
                continue
            if zombie is not None:
                _close(client, zombie, run)
            run.ledger.standing.over(run_id)


def _running(client: SyncPrefectClient, run_id: str) -> FlowRun | None:
    """The flow run, if the server has it and holds that it has not ended."""
    try:
        found = client.read_flow_run(UUID(run_id))
    except (ObjectNotFound, ValueError):
        return None
    return found if found.state_type in _UNENDED else None


def _close(client: SyncPrefectClient, zombie: FlowRun, run: Run) -> None:
    since = f"{run.now - _SILENT:%Y-%m-%d %H:%M} UTC"
    told = f"silent since before {since}, and without the site's lease: its process is gone"
    client.set_flow_run_state(zombie.id, Crashed(message=f"{told}. To do: nothing"), force=True)
    reason = f"{zombie.name}: {told}"
    run.recorder.outcome(Outcome(subject="zombies", stage=Stage.DECIDE, result=Result.DONE, reason=reason[:900]))


def _is_silent(client: SyncPrefectClient, flow_run: FlowRun, now: datetime) -> bool:
    if flow_run.start_time is None or flow_run.start_time > now - _SILENT:
        return False
    lately = LogFilter(
        flow_run_id=LogFilterFlowRunId(any_=[flow_run.id]),
        timestamp=LogFilterTimestamp(after_=now - _SILENT),
    )
    return not client.read_logs(log_filter=lately, limit=1)


def forget_journals(run: Run) -> None:
    """Drop what journals tell of months that are over for so many days, in the ledger and in the store."""
    cutoff = _first_of_month(run.now - timedelta(days=run.site.journals.days))
    lines = 0
    while found := run.ledger.journal.oldest(before=cutoff, limit=_STEP):
        objects = objects_of(note for _, note in found)
        if not took(run, "journals", "not deleted", functools.partial(run.store.delete, objects)):
            return
        run.ledger.journal.forget_lines(number for number, _ in found)
        lines += len(found)
    if lines:
        reason = f"{lines} lines of before {cutoff:%Y-%m-%d} were dropped"
        run.recorder.outcome(Outcome(subject="journals", stage=Stage.DECIDE, result=Result.DONE, reason=reason))


def _first_of_month(time: datetime) -> datetime:
    return time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
