"""Two hundred hours of runs over a growing archive, with faults now and then: `python -m tests.bench.soak [--runs 200]`.

All in one process, by a clock that is set ahead, against a real Prefect server and a real upstream. Every ninth hour the
upstream fails for half of its texts, every thirteenth the disk is full in the middle of a run. At the end the store is
compared, byte for byte, with one that is made at once from the ledger.
"""

import argparse
import errno
import gc
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from flows.localhost import prepare_environment

prepare_environment(quiet=True)

from sqlalchemy import Engine, event  # noqa: E402  (imported after the environment is set)

import flows.maintain  # noqa: E402
import flows.syndicate  # noqa: E402
from flows.syndicate import syndicate  # noqa: E402
from tasks.stores import directory  # noqa: E402
from tests.bench.measuring import machine  # noqa: E402
from tests.bench.servers import orchestra  # noqa: E402
from tests.bench.stories import story  # noqa: E402
from tests.support.sites import SiteFolder  # noqa: E402
from tests.support.upstream import Answer, Story, Upstream, serving  # noqa: E402

_LISTED = 100
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(slots=True)
class Hour:
    """What one run was and cost. `ledger`: seconds in statements of the database; memory in MB as it is after the run."""

    ending: str
    written: int
    wall: float
    cpu: float
    ledger: float
    memory: float
    files: int


class Clock(datetime):
    """The time, set ahead."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        """The time, so much ahead."""
        return datetime.now(tz) + cls.ahead


@contextmanager
def timed_statements() -> Iterator[list[float]]:
    """The seconds that every statement of any database takes meanwhile."""
    spent: list[float] = []
    started: list[float] = []

    def begun(*_: object) -> None:
        started.append(time.perf_counter())

    def ended(*_: object) -> None:
        spent.append(time.perf_counter() - started.pop())

    event.listen(Engine, "before_cursor_execute", begun)
    event.listen(Engine, "after_cursor_execute", ended)
    try:
        yield spent
    finally:
        event.remove(Engine, "before_cursor_execute", begun)
        event.remove(Engine, "after_cursor_execute", ended)


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """No room is left after so many waves."""
    real, waves = directory.DirectoryStore.write, iter(range(after))

    def write(store: directory.DirectoryStore, actions: Any, **options: Any) -> Any:
        if next(waves, None) is None:
            raise store._failure("write", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        return real(store, actions, **options)

    with mock.patch.object(directory.DirectoryStore, "write", write):
        yield


def told(number: int, at: datetime) -> Story:
    """A story of the bench, as the upstream of the tests has it."""
    made = story(number)
    local = at.astimezone(_ZONE)
    return Story(
        number=f"{local:%Y%m%d}{number:010d}",
        title=made.title,
        time=f"{local:%Y-%m-%d %H:%M:%S}",
        media=made.media,
        body=made.html,
    )


def hour(site: SiteFolder, number: int) -> Hour:
    """One run, on a full disk when it is its turn."""
    gc.collect()
    used, started = time.process_time(), time.perf_counter()
    with timed_statements() as statements, full_disk(3) if number % 13 == 12 else nullcontext():
        state = syndicate(site=str(site.file), return_state=True)
    report = state.result(raise_on_failure=False)
    return Hour(
        ending=str(state.name),
        written=len(getattr(report, "written", ())),
        wall=time.perf_counter() - started,
        cpu=time.process_time() - used,
        ledger=sum(statements),
        memory=int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        * os.sysconf("SC_PAGE_SIZE")
        / 2**20,
        files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
    )


def soak(site: SiteFolder, upstream: Upstream, runs: int, new: int) -> list[Hour]:
    """So many hours, each with so many articles more."""
    site.write(upstream.source("media"))
    listed: list[Story] = []
    hours: list[Hour] = []
    start = datetime.now(UTC)
    for number in range(runs):
        Clock.ahead = timedelta(hours=number)
        at = start + Clock.ahead
        fresh = [told(number * new + place, at - timedelta(minutes=59 - place)) for place in range(new)]
        listed = [*reversed(fresh), *listed][:_LISTED]
        upstream.serve("media", *listed)
        for place, one in enumerate(fresh):
            broken = number % 9 == 8 and place % 2
            upstream.answer_text(one.code, *([Answer(status=503)] * 3 + [one.text()] if broken else []))
        hours.append(hour(site, number))
        print(json.dumps(asdict(hours[-1])), file=sys.stderr, flush=True)
    for _ in range(3):  # what failed last is read, and former files of the search index go
        Clock.ahead += timedelta(hours=2)
        hour(site, 0)
    return hours


def same_as_rebuilt(site: SiteFolder) -> list[str]:
    """Keys of objects that are not what a clean rebuild from the same ledger writes."""
    before = site.files()
    shutil.rmtree(site.public)
    state = flows.maintain.rebuild(site=str(site.file), return_state=True)
    if state.name != "Completed":
        raise SystemExit(f"the rebuild ended as {state.name}: {state.message}")
    after = site.files()
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    return sorted(key for key in changed if key != "_finews/state.json")


def growth(figures: list[float]) -> float:
    """The median of the last fifth against that of the second: the first is warming up."""
    fifth = len(figures) // 5
    return statistics.median(figures[-fifth:]) / statistics.median(figures[fifth : 2 * fifth])


def main() -> None:
    """Run, print JSON; 1 when the store is not what a rebuild makes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--new", type=int, default=20)
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    clocks = (
        mock.patch.object(flows.syndicate, "datetime", Clock),
        mock.patch.object(flows.maintain, "datetime", Clock),
    )
    with (
        tempfile.TemporaryDirectory() as name,
        orchestra(Path(name, "prefect")),
        serving() as upstream,
        clocks[0],
        clocks[1],
    ):
        site = SiteFolder(folder=Path(name, "site"))
        site.folder.mkdir()
        hours = soak(site, upstream, options.runs, options.new)
        different = same_as_rebuilt(site)
    quiet = [one for number, one in enumerate(hours) if number % 13 != 12 and number % 9 != 8]
    endings = {ending: sum(one.ending == ending for one in hours) for ending in {one.ending for one in hours}}
    names = ("wall", "cpu", "ledger", "memory", "files")
    grown = {name: round(growth([float(getattr(one, name)) for one in quiet]), 3) for name in names}
    print(json.dumps({"runs": len(hours), "endings": endings, "growth": grown, "different": different}))
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
