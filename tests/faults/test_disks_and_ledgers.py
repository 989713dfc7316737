"""A full disk, a broken disk, a ledger that is locked or gone: the run fails with a reason, the next one makes it whole."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.breaking import How, run
from tests.faults.conftest import some
from tests.faults.sites import copied, dead_links, first_news, ledger_of, more_news, prepared
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream

FEW = 2
REASONS = {
    How.DISK_FULL: ("No space left on device", "database or disk is full"),
    How.INPUT_OUTPUT: ("Input/output error", "disk I/O error"),
    How.LOCKED: ("held by another process",),
}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("how", REASONS, ids=lambda how: how.value)
@pytest.mark.fault(
    reader="the old site, or a mix of two correct versions; no dead link",
    reports="Failed, with the reason of the disk or the ledger",
    heals="the next run takes up the remainder",
)
def test_a_step_that_fails_fails_the_run_and_the_next_one_makes_it_whole(
    how: How, folders: Path, upstream: Upstream
) -> None:
    """At the store (write or rename) and at the ledger (commit), whichever the step is."""
    template = prepared(folders / "template", upstream)
    first_news(upstream)
    assert run(template.folder).state == "Completed"
    more_news(upstream)
    wanted = copied(template, folders / "wanted")
    steps = run(wanted.folder).steps
    store, ledger = wanted.files(), ledger_of(wanted)
    failed = 0
    for at in some(steps, FEW):
        site = copied(template, folders / f"failed-{at}")
        ended = run(site.folder, at=at, how=how)
        if ended.state != "Completed":  # a retry within the run, or a step that is no ledger's, harms nothing
            failed += 1
            assert any(reason in ended.message for reason in REASONS[how]), ended.message
        assert dead_links(site) == [], f"failed at step {at}"
        assert run(site.folder).state == "Completed"
        assert site.files() == store, f"failed at step {at}"
        assert ledger_of(site) == ledger, f"failed at step {at}"
        shutil.rmtree(site.folder)
    assert failed


@pytest.mark.timeout(3600)
@pytest.mark.fault(
    reader="the same",
    reports="Failed: terminating connection",
    heals="the next run takes up the remainder",
)
def test_a_lost_connection_to_postgresql_fails_the_run_and_the_next_one_makes_it_whole(
    folders: Path, upstream: Upstream, new_postgres_database: Callable[[], str]
) -> None:
    """The server ends the connection right before a commit."""
    first_news(upstream)
    wanted = prepared(folders / "wanted", upstream, ledger=new_postgres_database())
    steps = run(wanted.folder).steps
    failed = 0
    for at in some(steps, FEW):
        site = prepared(folders / f"failed-{at}", upstream, ledger=new_postgres_database())
        ended = run(site.folder, at=at, how=How.CONNECTION_LOST)
        if ended.state != "Completed":
            failed += 1
            assert "terminating connection" in ended.message, ended.message
        assert dead_links(site) == []
        assert run(site.folder).state == "Completed"
        assert site.objects() == wanted.objects()
        shutil.rmtree(site.folder)
    assert failed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.fault(
    reader="what was there before",
    reports="Failed: No space left on device; make room",
    heals="once there is room",
)
def test_a_disk_that_is_really_full(small_disk: Path, folders: Path, upstream: Upstream) -> None:
    """The site before stays whole while there is no room, and the run after there is room publishes all."""
    template = prepared(folders / "template", upstream)
    template.write(
        upstream.source("rolling"),
        upstream.source("media"),
        publish={"url": f"file:{small_disk}/public"},
        ledger={"url": "sqlite:///ledger.db"},
    )
    first_news(upstream)
    on_disk = SiteFolder(folder=small_disk)
    ended = run(template.folder)
    assert ended.state == "Failed"
    assert "No space left on device" in ended.message
    assert "make room" in ended.message
    assert dead_links(on_disk) == []
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert run(template.folder).state == "Completed"
    assert dead_links(on_disk) == []
    assert "第24条消息" in (on_disk.public / "index.html").read_text()
