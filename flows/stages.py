"""One stage over many subjects: a task run each, every failure an outcome, progress as it goes."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect.futures import PrefectFuture, as_completed
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from flows.defects import told_apart
from flows.run import Run
from tasks.batch import Batch, batch
from tasks.config import FetchTable
from tasks.errors import FinewsError, LedgerError
from tasks.model import Left, Outcome, Result, Stage, Unmodified

# Progress goes over plain logging, so that the command can show it and a worker need not.
progress = logging.getLogger("finews.progress")
progress.propagate = False
_PER_ARTICLE = (Stage.FETCH, Stage.PARSE, Stage.RENDER)

T = TypeVar("T")
R = TypeVar("R")


def with_retries(task: Task[..., R], fetch: FetchTable) -> Task[..., R]:
    """`task` with the site's retries: the first delay, then doubled each time; jitter is the task's own."""
    delays = [fetch.retry_delay * 2**attempt for attempt in range(fetch.retries)]
    # With no retries there must be no delays either: Prefect has crashed on that pair.
    return (
        task.with_options(retries=fetch.retries, retry_delay_seconds=delays) if delays else task.with_options(retries=0)
    )


def unsearched(value: T) -> T:
    """An argument of a task in which Prefect need not look for futures, down to the last picture of the last page."""
    return cast(T, quote(value))


def each(
    task: Task[..., R],
    stage: Stage,
    items: Sequence[T],
    subject: Callable[[T], str],
    arguments: Callable[[T], dict[str, Any]],
    run: Run,
) -> list[tuple[T, R | BaseException]]:
    """Run `task` once per item; its value or its error, in the order of the items.

    The next stage is given values, not futures, so that a failure leaves no run behind that never started. A run with very many
    articles does several of them in a task run (`Run.together`). A `LedgerError` is raised once all have ended: it is the run's
    failure, and no fault of the source or article that was met with it.
    """
    if not items:
        return []
    work = [(subject(item), arguments(item)) for item in items]
    do = _together if run.together > 1 and stage in _PER_ARTICLE else _alone
    made = do(task, stage, work, run)
    results: list[tuple[T, R | BaseException]] = []
    for item, (name, _), (value, task_run) in zip(items, work, made, strict=True):
        told = told_apart(run, stage, name, value)
        outcome = _outcome(name, stage, told, run.ledger.journal.seconds(name, stage))
        run.recorder.outcome(replace(outcome, task_run=str(task_run)))
        results.append((item, told))
    if broken := next((value for _, value in results if isinstance(value, LedgerError)), None):
        raise broken
    return results


def in_one(task: Task[..., R], run: Run, **arguments: Any) -> R:
    """One task run for all of it; its value, or its error raised."""
    if run.within:
        return task.fn(**arguments)
    run.recorder.task_runs += 1
    made: R = task(**{name: unsearched(value) for name, value in arguments.items()})
    return made


Work = Sequence[tuple[str, dict[str, Any]]]  # subjects, with the arguments of the task for each
Made = list[tuple[R | BaseException, UUID | str]]  # what came of each, and the task run that had it to do, if one had


def _alone(task: Task[..., R], stage: Stage, work: Work, run: Run) -> Made[R]:
    """A task run each, on the flow's task runner."""
    if run.within:
        return [_plainly(task, arguments) for _, arguments in work]
    futures: list[PrefectFuture[R]] = [
        task.submit(**{name: unsearched(value) for name, value in arguments.items()}) for _, arguments in work
    ]
    _await(futures, f"{stage.value} {work[0][0]}" if stage is Stage.PUBLISH else stage.value, len(work), run)
    for future in futures:
        future.wait()  # it has ended; this fetches its final state without asking the server
    return [(future.state.result(raise_on_failure=False), future.task_run_id) for future in futures]


def _plainly(task: Task[..., Any], arguments: dict[str, Any]) -> tuple[Any, str]:
    """In the task run that is under way; what fails is not tried again before the next run."""
    try:
        return task.fn(**arguments), ""
    except Exception as error:
        return error, ""


def _together(task: Task[..., R], stage: Stage, work: Work, run: Run) -> Made[R]:
    """Several in a task run. Each is tried as often as it would be alone."""
    doing = with_retries(batch, run.site.fetch) if task.retries else batch.with_options(retries=0)
    parts = [work[start : start + run.together] for start in range(0, len(work), run.together)]
    batches = [Batch(task.fn, part) for part in parts]
    names = [f"{stage.value} {part[0][0]} and {len(part) - 1} more" for part in parts]
    futures = [doing.submit(name=name, work=one) for name, one in zip(names, batches, strict=True)]
    _await(futures, stage.value, len(work), run)
    pairs = zip(batches, futures, strict=True)
    return [(value, future.task_run_id) for one, future in pairs for value in one.results]


def _await(futures: Sequence[PrefectFuture[Any]], shown: str, total: int, run: Run) -> None:
    """Wait for all, and tell how many of `total` subjects have ended, of which each future has as many."""
    run.recorder.task_runs += len(futures)
    each_has = -(-total // len(futures))
    show(shown, 0, total)
    for done, _ in enumerate(as_completed(list(futures)), start=1):
        show(shown, min(done * each_has, total), total)


def values(results: Iterable[tuple[T, R | BaseException]]) -> list[tuple[T, R]]:
    """Those that worked."""
    return [(item, value) for item, value in results if not isinstance(value, BaseException)]


def errors(results: Iterable[tuple[T, R | BaseException]]) -> list[tuple[T, BaseException]]:
    """Those that did not."""
    return [(item, value) for item, value in results if isinstance(value, BaseException)]


def show(stage: str, done: int, total: int) -> None:
    """Tell whoever listens how far a stage is."""
    progress.debug("%s %s/%s", stage, done, total, extra={"stage": stage, "done": done, "total": total})


def _outcome(subject: str, stage: Stage, value: object, seconds: float) -> Outcome:
    attempts = int(getattr(value, "attempts", 1))
    if isinstance(value, Unmodified):
        since = f" since {value.since:%Y-%m-%d %H:%M} UTC" if value.since else ""
        return Outcome(
            subject=subject, stage=stage, result=Result.SKIPPED, reason=f"not modified{since}", seconds=seconds
        )
    if isinstance(value, Left):
        return Outcome(
            subject=subject, stage=stage, result=Result.SKIPPED, reason=f"left for the next run: {value.reason}"
        )
    if isinstance(value, FinewsError):
        reason = str(value)
    elif isinstance(value, BaseException):
        reason = f"{type(value).__name__}: {value}"
    else:
        return Outcome(subject=subject, stage=stage, result=Result.DONE, attempts=attempts, seconds=seconds)
    return Outcome(
        subject=subject, stage=stage, result=Result.FAILED, reason=reason, attempts=attempts, seconds=seconds
    )
