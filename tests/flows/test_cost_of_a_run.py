"""An hourly run costs what is new: the same statements, the same work in the database, the same objects on any archive."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tasks.stores.directory import DirectoryStore
from tests.bench.archives import prepare
from tests.support.counting import counted
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, stories

NEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one run. `steps`: hundreds of instructions of SQLite's virtual machine; `calls` of the store, by name."""

    statements: int
    steps: int
    written: int
    calls: dict[str, int]


@pytest.fixture
def run_on(site: SiteFolder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tuple[Cost, Cost]]:
    """The cost of a run with three new articles on so many archived ones, and of the next one with nothing new."""
    calls: dict[str, int] = {}

    def watched(name: str) -> None:
        real = getattr(DirectoryStore, name)

        def call(*told: object, **more: object) -> object:
            calls[name] = calls.get(name, 0) + 1
            return real(*told, **more)

        monkeypatch.setattr(DirectoryStore, name, call)

    for name in ("read", "write", "delete", "listed"):
        watched(name)

    def once() -> Cost:
        calls.clear()
        with counted() as work:
            ended = site.run()
        assert ended.ending == "Completed"
        written = len(ended.report.written)
        return Cost(statements=work.statements, steps=work.steps, written=written, calls=dict(calls))

    def measure(archived: int) -> tuple[Cost, Cost]:
        shutil.rmtree(site.public, ignore_errors=True)
        for left in site.folder.glob(f"{site.ledger_file.name}*"):
            left.unlink()
        site.write(upstream.source("media"))
        prepare(str(site.file), archived, on_record=True)
        upstream.serve("media", *stories(NEW))
        once()  # the first run after the archive was made finds some lists missing
        upstream.serve("media", *stories(2 * NEW))
        return once(), once()

    return measure


def test_a_run_costs_what_is_new(run_on: Callable[[int], tuple[Cost, Cost]]) -> None:
    """On four times the archive; what is left of a difference are the lists that name a file for each thousand articles."""
    new, nothing = run_on(1_000)
    assert new.calls.keys() <= {"read", "write"}
    assert nothing.written == 0
    assert nothing.calls.keys() <= {"read"}
    later_new, later_nothing = run_on(4_000)
    assert later_new.written == new.written
    assert later_new.calls == new.calls
    assert later_new.statements <= new.statements + 10
    assert later_new.steps <= 1.25 * new.steps
    assert later_nothing == nothing
