"""Very many pages are made and written by several processes of this machine: Python makes use of one core only in each.

A share is what the run would do itself, wave after wave, under the run's lease. It may be done in any order: what one share
leads to was in the store before any of them began.
"""

import contextlib
import itertools
import logging
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import active_children, connection, get_context, parent_process
from pathlib import Path
from typing import TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

from flows.publication import Publication
from flows.report import Recorder, objects_line
from flows.run import Run, open_run
from flows.stages import show, unsearched
from flows.waves import BATCH, Failed, in_memory_at_once, publish_articles, publish_lists
from tasks.catalogue import IndexRef
from tasks.config import Site
from tasks.errors import FinewsError, StoreError
from tasks.outputs import SiteFacts

log = logging.getLogger("tasks.helpers")  # the name whose lines Prefect keeps

_SHARE = 1_000  # articles or pages of lists; to open the ledger and compile its statements costs a tenth of a second
_MOST = 8  # as many as a flow has threads that wait for them
_SHARES = 2  # for each helper, before the run looks again at what is left

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one process has to publish: articles by their keys, or pages of lists."""

    name: str
    articles: Sequence[str] = ()
    lists: Sequence[IndexRef] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a share: what was planned and written, articles whose pages cannot be made, why it stopped half way."""

    recorder: Recorder
    failed: Failed
    error: FinewsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a helper has to know of the run."""

    site: Site
    facts: SiteFacts
    run_id: str
    fence: int
    now: datetime
    grace: timedelta


def shares_of(found: Sequence[T]) -> list[Sequence[T]]:
    """Cut into shares."""
    return [found[start : start + _SHARE] for start in range(0, len(found), _SHARE)]


class Helpers:
    """The helpers of one run. They are started when they are wanted for the first time: each takes seconds for that."""

    def __init__(self, run: Run, publication: Publication, started: contextlib.ExitStack) -> None:
        self._run = run
        self._publication = publication
        self._count = run.site.workflow.processes or min(_cores(), _MOST)
        self._started = started
        self._pool: ProcessPoolExecutor | None = None
        self._orders = Path()
        self._failed = False

    def wanted(self, due: Callable[..., Sequence[T]]) -> Sequence[T]:
        """What to give out next of what is due; nothing when the run does better to work alone."""
        if self._count < 2 or self._run.lease is None:
            return ()
        few = _SHARE if self._pool else self._run.site.workflow.processes_above
        most = _SHARE * _SHARES * self._count
        found = due(limit=max(most, few + 1))
        return found[:most] if len(found) > few else ()

    def publish(self, shares: Sequence[Share]) -> Failed:
        """Have these published. Articles whose pages cannot be made, with the reasons.

        The first error of any of them, once all have ended: what the others wrote is known.
        """
        run = self._run
        self._publication.begin()
        futures = self._give_out(shares)
        run.recorder.task_runs += len(futures)
        failed: list[tuple[str, BaseException]] = []
        errors: list[BaseException] = []
        for number, (share, future) in enumerate(zip(shares, futures, strict=True), start=1):
            future.wait()
            done: Done | BaseException = future.state.result(raise_on_failure=False)
            if isinstance(done, Done):
                run.recorder.take_over(done.recorder)
                failed += done.failed
            if error := done.error if isinstance(done, Done) else done:
                errors.append(error)
            show(share.name.rpartition(" ")[0], number, len(shares))
        if errors:
            self._failed = True
            raise errors[0]
        return failed

    def _give_out(self, shares: Sequence[Share]) -> list[PrefectFuture[Done]]:
        run = self._run
        assert run.lease is not None  # `wanted` gives out nothing without one
        if self._pool is None:
            orders = Orders(
                site=run.site,
                facts=run.facts,
                run_id=run.recorder.run_id,
                fence=run.lease.fence,
                now=run.now,
                grace=run.grace,
            )
            # In a file that nobody else can read: what does not fit into the pipe to a helper blocks the run when that dies.
            self._orders = Path(self._started.enter_context(tempfile.TemporaryDirectory()), "orders")
            self._orders.write_bytes(pickle.dumps(orders))
            # Not forked: other threads of this process may hold locks. Nor Prefect's pool, whose processes share a queue for log
            # lines: one that is killed while it holds that queue holds up the run for ever.
            pool = ProcessPoolExecutor(self._count, mp_context=get_context("spawn"), initializer=_prepare)
            self._pool = pool
            self._started.callback(self._end, pool)
        started = unsearched(self._pool)
        return [publish_share.submit(share.name, unsearched(share), self._orders, started) for share in shares]

    def _end(self, pool: ProcessPoolExecutor) -> None:
        """After a failure at once: the pool of a helper that died was seen to wait for another one for ever."""
        if self._failed:
            for child in active_children():
                child.kill()
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def helpers_of(run: Run, publication: Publication) -> Iterator[Helpers]:
    """The run's helpers; they end with the block."""
    with contextlib.ExitStack() as started:
        yield Helpers(run, publication, started)


@task(task_run_name="publish share {name}", cache_policy=NO_CACHE, persist_result=False)
def publish_share(name: str, share: Share, orders: Path, pool: ProcessPoolExecutor) -> Done:
    """Have a share published by one of the helpers; `StoreError` when that died. What it left undone is due, as after a kill."""
    try:
        done = pool.submit(_publish, name, share, orders).result()
    except BrokenProcessPool as error:
        advice = "if memory ran out, set [workflow] processes = 1"
        raise StoreError(f"share {name}: a process that published has died ({error}); {advice}") from error
    log.info("%s: %s", name, objects_line(done.recorder.report(seconds=0)))
    if done.error is not None:
        log.error("%s: %s", name, done.error)
    return done


def _publish(name: str, share: Share, orders_file: Path) -> Done:
    """In the process of a helper, with ledger and store opened there."""
    orders: Orders = pickle.loads(orders_file.read_bytes())  # noqa: S301  the run has written it, in a folder of its own
    with open_run(
        orders.site, run_id=orders.run_id, clock=lambda: datetime.now(UTC), fence=orders.fence, restores=True
    ) as run:
        run = replace(run, now=orders.now, facts=orders.facts, grace=orders.grace, within=True)
        publication = Publication(run, begun=True)
        failed: list[tuple[str, BaseException]] = []

        def keep(some: Failed) -> frozenset[str]:
            # Taking articles out of the lists changes what other helpers are reading: the run does it when all have ended.
            failed.extend(some)
            return frozenset()

        error: FinewsError | None = None
        try:
            wave = itertools.count(1)
            for start in range(0, len(share.articles), BATCH):
                keys = share.articles[start : start + BATCH]
                publish_articles(run, publication, f"{name}.{next(wave)}", keys, keep)
            left = share.lists
            while refs := in_memory_at_once(left):
                publish_lists(run, publication, f"{name}.{next(wave)}", refs)
                left = [ref for ref in left if ref not in refs]
        except FinewsError as stopped:
            error = stopped
        return Done(recorder=run.recorder, failed=failed, error=error)


def _prepare() -> None:
    """Before a helper does anything: it ends when the run's process does, and Ctrl-C is the run's to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, daemon=True).start()


def _end_with_the_run() -> None:
    if (parent := parent_process()) is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)


def _cores() -> int:
    """For this process, where the system tells; else all that the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
