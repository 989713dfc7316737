"""One stage over many subjects: a task run each, every failure an outcome, progress as it goes."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from prefect.futures import PrefectFuture, as_completed
from prefect.tasks import Task

from flows.run import Run
from tasks.batch import Batch, batch
from tasks.config import FetchTable
from tasks.errors import FinewsError
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
    articles does several of them in a task run (`Run.together`).
    """
    if not items:
        return []
    if run.together > 1 and stage in _PER_ARTICLE:
        return _in_batches(task, stage, items, subject, arguments, run)
    futures: list[PrefectFuture[R]] = [task.submit(**arguments(item)) for item in items]
    run.recorder.task_runs += len(futures)
    shown = f"{stage.value} {subject(items[0])}" if stage is Stage.PUBLISH else stage.value
    show(shown, 0, len(futures))
    for done, _ in enumerate(as_completed(futures), start=1):
        show(shown, done, len(futures))
    results: list[tuple[T, R | BaseException]] = []
    for item, future in zip(items, futures, strict=True):
        future.wait()  # it has ended; this fetches its final state without asking the server
        results.append((item, future.state.result(raise_on_failure=False)))
    _record(run, stage, subject, results)
    return results


def _in_batches(
    task: Task[..., R],
    stage: Stage,
    items: Sequence[T],
    subject: Callable[[T], str],
    arguments: Callable[[T], dict[str, Any]],
    run: Run,
) -> list[tuple[T, R | BaseException]]:
    """As `each`, several items a task run. Each is tried as often as it would be alone."""
    parts = [items[start : start + run.together] for start in range(0, len(items), run.together)]
    works = [Batch(task.fn, [(subject(item), arguments(item)) for item in part]) for part in parts]
    doing = with_retries(batch, run.site.fetch) if task.retries else batch.with_options(retries=0)
    futures = [
        doing.submit(name=f"{stage.value} {subject(part[0])} and {len(part) - 1} more", work=work)
        for part, work in zip(parts, works, strict=True)
    ]
    run.recorder.task_runs += len(futures)
    show(stage.value, 0, len(items))
    for done, _ in enumerate(as_completed(futures), start=1):
        show(stage.value, min(done * run.together, len(items)), len(items))
    values_of = [value for work in works for value in work.results]
    results: list[tuple[T, R | BaseException]] = list(zip(items, values_of, strict=True))
    _record(run, stage, subject, results)
    return results


def _record(
    run: Run, stage: Stage, subject: Callable[[T], str], results: Iterable[tuple[T, R | BaseException]]
) -> None:
    for item, value in results:
        name = subject(item)
        run.recorder.outcome(_outcome(name, stage, value, run.ledger.journal.seconds(name, stage)))


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
