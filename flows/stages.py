"""One stage over many subjects: a task run each, every failure an outcome, progress as it goes."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from prefect.futures import PrefectFuture, as_completed
from prefect.tasks import Task

from flows.run import Run
from tasks.config import FetchTable
from tasks.errors import FinewsError
from tasks.model import Left, Outcome, Result, Stage, Unmodified

# Progress goes over plain logging, so that the command can show it and a worker need not.
progress = logging.getLogger("finews.progress")

T = TypeVar("T")
R = TypeVar("R")


def with_retries(task: Task[..., R], fetch: FetchTable) -> Task[..., R]:
    """`task` with the site's retries: the first delay, then doubled each time; jitter is the task's own."""
    delays = [fetch.retry_delay * 2**attempt for attempt in range(fetch.retries)]
    # With no retries there must be no delays either: Prefect has crashed on that pair.
    return (
        task.with_options(retries=fetch.retries, retry_delay_seconds=delays) if delays else task.with_options(retries=0)
    )


def each(
    task: Task[..., R],
    stage: Stage,
    items: Sequence[T],
    subject: Callable[[T], str],
    arguments: Callable[[T], dict[str, Any]],
    run: Run,
) -> list[tuple[T, R | BaseException]]:
    """Run `task` once per item; its value or its error, in the order of the items.

    The next stage is given values, not futures, so that a failure leaves no run behind that never started.
    """
    if not items:
        return []
    futures: list[PrefectFuture[R]] = [task.submit(**arguments(item)) for item in items]
    run.recorder.task_runs += len(futures)
    shown = f"{stage.value} {subject(items[0])}" if stage is Stage.PUBLISH else stage.value
    show(shown, 0, len(futures))
    for done, _ in enumerate(as_completed(futures), start=1):
        show(shown, done, len(futures))
    results: list[tuple[T, R | BaseException]] = []
    for item, future in zip(items, futures, strict=True):
        future.wait()  # it has ended; this fetches its final state without asking the server
        value = future.state.result(raise_on_failure=False)
        results.append((item, value))
        name = subject(item)
        run.recorder.outcome(_outcome(name, stage, value, run.ledger.journal.seconds(name, stage)))
    return results


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
