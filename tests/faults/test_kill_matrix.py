"""kill -9 before every step of a run, then one more run: the store and the ledger are those of a run never disturbed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.breaking import How, run
from tests.faults.conftest import some
from tests.faults.sites import copied, dead_links, first_news, ledger_of, more_news, prepared
from tests.support.upstream import Upstream

FEW = 4  # steps of a walk that is not whole


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("which", ["a first run", "a later run"])
@pytest.mark.fault(
    reader="the old site, or a mix of two correct versions; no dead link",
    reports="nothing: it is gone",
    heals="the next run follows at once and ends with the same bytes, headers and ledger",
)
def test_killed_at_any_step_the_next_run_makes_it_whole(which: str, folders: Path, upstream: Upstream) -> None:
    """Converges, and no link ever dangles: kill -9 before every step, in a process of its own."""
    template = prepared(folders / "template", upstream)
    first_news(upstream)
    if which == "a later run":
        assert run(template.folder).state == "Completed"
        more_news(upstream)
    wanted = copied(template, folders / "wanted")
    steps = run(wanted.folder).steps
    assert steps > 50
    store, ledger = wanted.files(), ledger_of(wanted)
    for at in some(steps, FEW):
        site = copied(template, folders / f"killed-{at}")
        assert run(site.folder, at=at, how=How.KILL).killed
        assert dead_links(site) == [], f"killed before step {at}"
        assert run(site.folder).state == "Completed"
        assert site.files() == store, f"killed before step {at}"
        assert ledger_of(site) == ledger, f"killed before step {at}"
        shutil.rmtree(site.folder)


@pytest.mark.timeout(3600)
@pytest.mark.fault(
    reader="the same",
    reports="nothing: it is gone",
    heals="the same",
)
def test_killed_with_a_ledger_on_postgresql(
    folders: Path, upstream: Upstream, new_postgres_database: Callable[[], str]
) -> None:
    """The same, smaller, with PostgreSQL as the ledger; what it holds is told by a run that has nothing to do."""
    first_news(upstream)
    wanted = prepared(folders / "wanted", upstream, ledger=new_postgres_database())
    steps = run(wanted.folder).steps
    for at in some(steps, 2):
        site = prepared(folders / f"killed-{at}", upstream, ledger=new_postgres_database())
        assert run(site.folder, at=at, how=How.KILL).killed
        assert dead_links(site) == [], f"killed before step {at}"
        assert run(site.folder).state == "Completed"
        assert site.objects() == wanted.objects(), f"killed before step {at}"
        before = site.prints()
        assert run(site.folder).message.endswith("0 objects written")
        assert site.prints() == before
        shutil.rmtree(site.folder)
