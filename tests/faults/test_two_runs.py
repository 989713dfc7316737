"""Two runs at once, a run that sleeps past its lease, and a reader who never stops looking."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.breaking import How, run, start
from tests.faults.conftest import ALL, some
from tests.faults.sites import BASE, dead_links, first_news, more_news, prepared
from tests.support.crawling import by_http, dangling
from tests.support.sites import SiteFolder
from tests.support.static_server import serving
from tests.support.upstream import Story, Upstream, stories

Prepared = Callable[[str], SiteFolder]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_site(request: pytest.FixtureRequest, folders: Path, upstream: Upstream) -> Prepared:
    """Makes sites in the same state."""
    if request.param == "sqlite":
        return lambda name: prepared(folders / name, upstream)
    new_database: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return lambda name: prepared(folders / name, upstream, ledger=new_database())


@pytest.mark.fault(
    reader="the site of one run",
    reports="the second is Skipped, or has nothing to do",
    heals="nothing to heal",
)
def test_two_runs_at_once_leave_the_result_of_one(new_site: Prepared, upstream: Upstream) -> None:
    """Two processes on one site: the second is skipped, or comes after the first and has nothing to do."""
    site, wanted = new_site("site"), new_site("wanted")
    first_news(upstream)
    run(wanted.folder)
    children = [start(site.folder) for _ in range(2)]
    states = sorted(child.ended().state for child in children)
    assert states in (["Completed", "Skipped"], ["Completed", "Completed"])
    assert site.objects() == wanted.objects()


@pytest.mark.timeout(1800)
@pytest.mark.fault(
    reader="the site of the later run",
    reports="the sleeper is Superseded",
    heals="nothing to heal",
)
def test_a_run_that_sleeps_past_its_lease_changes_nothing_when_it_wakes(
    new_site: Prepared, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped by a signal before it writes an object, overtaken by a later run with newer news, and let go on."""
    first_news(upstream)
    objects = run(new_site("counted").folder, how=How.STOP).steps
    assert objects > 50
    for at in some(objects, 1, every=12):
        site = new_site(f"stopped-{at}")
        first_news(upstream)
        monkeypatch.setenv("FINEWS_TEST_MINUTES", "0")
        sleeper = start(site.folder, at=at, how=How.STOP)
        sleeper.wait_until_stopped()
        monkeypatch.setenv("FINEWS_TEST_MINUTES", "5")
        run(site.folder)
        more_news(upstream)
        later = run(site.folder)
        assert later.state == "Completed", f"stopped before object {at}: {later.message}"
        before = _objects_in_place(site)
        sleeper.go_on()
        ended = sleeper.ended()
        assert ended.state == "Superseded", f"stopped before object {at}: {ended.message}"
        assert "another one has taken over" in ended.message or "another run has begun" in ended.message
        assert run(site.folder).message.endswith("0 objects written")
        assert _objects_in_place(site) == before, f"stopped before object {at}"
        assert dead_links(site) == []


@pytest.mark.timeout(1800)
@pytest.mark.fault(
    reader="no dead link, ever",
    reports="-",
    heals="each next run",
)
def test_a_reader_who_crawls_without_pause_meets_no_dead_link(folders: Path, upstream: Upstream) -> None:
    """While runs publish, are killed at every other step, and start again."""
    site = prepared(folders / "site", upstream)
    site.public.mkdir()
    ended = threading.Event()
    rounds, broken = 0, list[str]()

    def crawl(address: str) -> None:
        nonlocal rounds
        while not ended.is_set():
            broken.extend(dangling(by_http(address), BASE))
            rounds += 1

    with serving(site.public) as address:
        reader = threading.Thread(target=crawl, args=(address,))
        reader.start()
        try:
            for count in range(3, 27 if ALL else 12, 2):
                upstream.serve("rolling", *stories(count))
                upstream.serve("media", Story(number=f"20261120{count:010d}", title=f"日报第{count}条"))
                for at in some(120, 3, every=5, first=count):
                    run(site.folder, at=at, how=How.KILL)
                assert run(site.folder).state == "Completed"
        finally:
            ended.set()
            reader.join()
    assert broken == []
    assert rounds > 3


def _objects_in_place(site: SiteFolder) -> dict[str, tuple[int, int]]:
    """A print of every object; what a process that is still there has aside is none."""
    return {key: found for key, found in site.prints().items() if (site.folder / key).is_file() and "/.tmp/" not in key}
