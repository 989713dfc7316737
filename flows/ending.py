"""How a flow run ends: its name, its named state, and what the UI and the store show of it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from flows.alerting import emit_changes
from flows.artifacts import for_show, publish_artifacts
from flows.drain import settle_history
from flows.journals import keep_journals
from flows.naming import early_name, ended_name
from flows.run import Run
from flows.status import site_status, tell_store
from flows.verdict import Ending, Verdict, judge
from tasks.config import Site
from tasks.errors import LeaseHeld, LeaseLost
from tasks.masking import masked
from tasks.model import RunReport
from tasks.status import RunStatus, SiteStatus


@dataclass(slots=True)
class Early:
    """The state of a run that had to stop, once it has."""

    state: State[None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a run that came to its end has to tell."""

    report: RunReport
    verdict: Verdict
    status: SiteStatus


@contextlib.contextmanager
def ending_early() -> Iterator[Early]:
    """A run that finds another one at work does nothing, and one that was overtaken stops: neither is a failure."""
    early = Early()
    try:
        yield early
    except LeaseHeld as error:
        early.state = Completed(name=Ending.SKIPPED.value, message=f"{error}. To do: nothing, unless it is stuck")
    except LeaseLost as error:
        early.state = Completed(name=Ending.SUPERSEDED.value, message=str(error))
    except Exception:
        _rename(early_name(_begun(), Ending.FAILED))
        raise
    if early.state is not None:
        _rename(early_name(_begun(), Ending(str(early.state.name))))


def end(run: Run, *, started: float, whole: bool = False, max_problem_share: float | None = None) -> Ended:
    """The last thing that a run does under its lease: judge itself, remember that, and tell the store.

    `started`: `perf_counter()` at its beginning. `whole`: the run asked for all that was due, and the store is up to date; only
    such a run is a good one. `max_problem_share`: instead of the site's.
    """
    run.ledger.journal.flush()
    share = run.site.verdict.max_problem_share if max_problem_share is None else max_problem_share
    report, verdict = _judged(run, started, share)
    if run.recorder.dry_run:
        return Ended(report=report, verdict=verdict, status=site_status(run.site, run.ledger, now=run.now))
    good = whole and verdict.ending is not Ending.FAILED
    _remember(run, verdict, good=good)
    status = site_status(run.site, run.ledger, now=run.now)
    if not (keep_journals(run) and tell_store(run, status)):
        report, verdict = _judged(run, started, share)
    _alert(run, status, good=good)
    return Ended(report=report, verdict=verdict, status=status)


def conclude(ended: Ended, site: Site) -> State[RunReport]:
    """The final state of a run that came to its end; its artifacts are made, and its name says what came of it."""
    report, verdict = ended.report, ended.verdict
    _rename(ended_name(_begun(), report, verdict))
    with for_show():
        publish_artifacts(report, verdict, ended.status, site)
    message = verdict.message + _what_the_server_lacks(report)
    if verdict.ending is Ending.FAILED:
        return Failed(message=message, data=report)
    return Completed(name=verdict.ending.value, message=message, data=report)


def _what_the_server_lacks(report: RunReport) -> str:
    """A run that a worker has started ends its process with the flow, so it waits here; the command waits itself."""
    if runtime.deployment.id is None:
        return ""
    if lacks := settle_history(report.run_id, report.task_runs):
        get_run_logger().warning(lacks)
        return f". Note: {lacks}"
    return ""


def _judged(run: Run, started: float, share: float) -> tuple[RunReport, Verdict]:
    report = run.recorder.report(seconds=perf_counter() - started)
    return report, judge(report, max_problem_share=share)


@contextlib.contextmanager
def told_when_broken(run: Run) -> Iterator[None]:
    """A run that ends by an error says so where `finews status` and the store can tell it."""
    try:
        yield
    except (LeaseHeld, LeaseLost):
        raise
    except Exception as error:
        with contextlib.suppress(Exception):  # the error itself is what counts
            run.ledger.journal.flush()
            happened = masked(f"{type(error).__name__}: {error}")
            _remember(run, Verdict(ending=Ending.FAILED, happened=happened), good=False)
            tell_store(run, site_status(run.site, run.ledger, now=run.now))
        raise


def _alert(run: Run, status: SiteStatus, *, good: bool) -> None:
    before = run.ledger.standing.alerted()
    if (now := emit_changes(status, before, identity=run.ledger.objects.ledger_id(), good=good)) != before:
        run.ledger.standing.alert(now)


def _remember(run: Run, verdict: Verdict, *, good: bool) -> None:
    last = RunStatus(
        id=run.recorder.run_id,
        name=_begun(),
        ending=verdict.ending.value,
        message=verdict.message,
        ended_at=run.now,
    )
    run.ledger.standing.ended(last, good=good)


def _begun() -> str:
    return str(runtime.flow_run.name or "")


def _rename(name: str) -> None:
    """Give this flow run another name."""
    with for_show(), get_client(sync_client=True) as client:
        client.update_flow_run(flow_run_id=runtime.flow_run.id, name=name)
