"""Who may write to a store, and what a run may do there."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.publication import MARKER
from tests.support.sites import SiteFolder
from tests.support.static_server import serving as serving_files
from tests.support.upstream import Answer, Story, Upstream, stories

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def state(site: SiteFolder) -> dict[str, object]:
    """What the store says of itself."""
    found: dict[str, object] = json.loads((site.public / MARKER).read_bytes())
    return found


def test_a_generation_is_a_publication_that_changed_something(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    assert state(site) == {"ledger": state(site)["ledger"], "generation": 1}
    before = site.prints()
    site.run()
    assert site.prints() == before
    upstream.serve("rolling", *stories(3))
    site.run()
    assert state(site)["generation"] == 2


def test_a_store_of_another_ledger_stays_as_it_is(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    before = site.prints()
    site.ledger_file.rename(site.folder / "lost.db")
    ended = site.run()
    assert ended.ending == "Failed"
    assert "written by another ledger" in str(ended.state.message)
    assert "finews restore" in str(ended.state.message)
    assert site.prints() == before


def test_an_older_copy_of_the_ledger_writes_nothing(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    shutil.copy(site.ledger_file, site.folder / "copy.db")
    upstream.serve("rolling", *stories(4))
    site.run()
    shutil.copy(site.folder / "copy.db", site.ledger_file)
    before = site.prints()
    ended = site.run()
    assert ended.ending == "Failed"
    assert "the store is at generation 2 and the ledger at 1" in str(ended.state.message)
    assert site.prints() == before


def test_an_older_copy_of_the_store_is_not_taken_for_the_newest(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    shutil.copytree(site.public, site.folder / "copy")
    for count in (3, 4):
        upstream.serve("rolling", *stories(count))
        site.run()
    shutil.rmtree(site.public)
    (site.folder / "copy").rename(site.public)
    ended = site.run()
    assert ended.ending == "Failed"
    assert "the store is an older copy" in str(ended.state.message)
    assert "finews audit --repair" in str(ended.state.message)


def test_two_stores_of_one_ledger_each_get_everything(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    elsewhere = {"url": f"file:{site.folder}/elsewhere"}
    site.write(upstream.source("rolling"), publish=elsewhere)
    upstream.serve("rolling", *stories(3))
    site.run()
    site.write(upstream.source("rolling"))
    ended = site.run()
    assert ended.ending == "Completed"
    folder = site.folder / "elsewhere"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = {key: body for key, body in files.items() if not key.startswith("_finews/")}
    assert {key: body for key, body in site.objects().items() if key in other} == other


def test_an_object_that_someone_else_changed_is_put_right_when_it_changes(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    (site.public / "index.html").write_text("somebody else's")
    upstream.serve("rolling", *stories(3))
    ended = site.run()
    assert ended.ending == "Completed"
    assert "第3条消息" in (site.public / "index.html").read_text()


def test_a_run_that_finds_another_at_work_is_skipped(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    with site.ledger() as ledger:
        lease = ledger.claim(holder="somewhere else", lasts=timedelta(minutes=5))
        ended = site.run()
        lease.release()
    assert (ended.ending, ended.state.is_completed()) == ("Skipped", True)
    assert "another run is at work on this site: somewhere else" in str(ended.state.message)
    assert upstream.texts_asked == []
    assert site.run().ending == "Completed"


def test_a_run_that_is_overtaken_stops_and_changes_nothing(site: SiteFolder, upstream: Upstream) -> None:
    first, second = stories(2)
    upstream.serve("rolling", first, second)
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        go_on.wait(60)

    upstream.answer_text(second.code, Answer(body=second.text().body, before=wait))

    def overtake() -> None:
        reached.wait(60)
        with site.ledger() as ledger:
            held = ledger.lease_holder()
            ledger.claim(holder="the next run", lasts=timedelta(minutes=5), instead_of=held)
        go_on.set()

    other = threading.Thread(target=overtake)
    other.start()
    ended = site.run()
    other.join()
    assert (ended.ending, ended.state.is_completed()) == ("Superseded", True)
    assert "another one has taken over: the next run" in str(ended.state.message)
    assert site.objects() == {}


HELD = """
import sys, time
from datetime import UTC, datetime, timedelta
from flows.leasing import holder
from flows.run import open_ledger, read_site
from datetime import UTC, datetime
with open_ledger(read_site(sys.argv[1]), run_id="dead", clock=lambda: datetime.now(UTC)) as ledger:
    ledger.claim(holder=holder("dead"), lasts=timedelta(hours=1))
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_run_killed_on_this_machine_keeps_nobody_waiting(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", HELD, str(site.file)], env=environment, cwd=site.folder, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert site.run().ending == "Skipped"
        process.kill()
    assert site.run().ending == "Completed"


def test_more_deletions_than_allowed_are_a_failure_and_delete_nothing(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    with site.ledger() as ledger:
        mine = [key for key in site.objects() if key.startswith("_posts/")]
        ledger.objects.delete_later(mine, after=LONG_AGO)
    site.write(upstream.source("rolling"), publish={"max_deletions": 1})
    before = site.objects()
    ended = site.run()
    assert ended.ending == "Failed"
    assert "2 of " in str(ended.state.message)
    assert "run with --allow-deletions 2" in str(ended.state.message)
    assert site.objects() == before
    ended = site.run(allow_deletions=2)
    assert ended.ending == "Completed"
    assert set(ended.report.deleted) == set(mine)
    assert set(site.objects()) == set(before) - set(mine)


def leave(site: SiteFolder, count: int) -> None:
    """Let so many posts be due to be deleted."""
    with site.ledger() as ledger:
        posts = sorted(key for key in site.objects() if key.startswith("_posts/"))
        assert len(posts) >= count
        ledger.objects.delete_later(posts[:count], after=LONG_AGO)


def test_the_share_of_a_site_that_a_run_may_delete(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(59))
    site.run()
    with site.ledger() as ledger:
        count = ledger.objects.count()
    leave(site, 55)
    for share, ending in ((0.0, "Failed"), (54.5 / count, "Failed"), (55.5 / count, "Completed")):
        site.write(upstream.source("rolling"), publish={"max_deletion_share": share})
        ended = site.run()
        assert ended.ending == ending, (share, ended.state.message)
        allowed = max(50, int(share * count))
        assert ending == "Completed" or f"55 of {count} objects are to be deleted, and {allowed} may be" in str(
            ended.state.message
        )
        assert len(ended.report.deleted) == (55 if ending == "Completed" else 0)


def test_a_small_site_does_not_lose_most_of_itself(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(6))
    site.run()
    with site.ledger() as ledger:
        count = ledger.objects.count()
        due = sorted(site.objects())[: count // 3 + 1]
        assert count // 3 < len(due) < 50
        ledger.objects.delete_later(due, after=LONG_AGO)
    ended = site.run()
    assert ended.ending == "Failed"
    assert f"{count // 3} may be" in str(ended.state.message)
    with site.ledger() as ledger:
        ledger.objects.want(due[:1])
    assert site.run().report.deleted == tuple(due[1:])


def test_nothing_is_deleted_after_a_wave_that_failed(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    with site.ledger() as ledger:
        mine = [key for key in site.objects() if key.startswith("_posts/")]
        ledger.objects.delete_later(mine, after=LONG_AGO)
    new = Story(number="202611200000000077")
    (site.public / f"emnews/2026/11/20/{new.number}.html").mkdir(parents=True)
    upstream.serve("rolling", *stories(2), new)
    assert site.run().ending == "Failed"
    assert set(mine) <= set(site.objects())


def test_a_list_that_shrinks_implausibly_leaves_everything_as_it_is(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(20))
    site.run()
    before = site.prints()
    late = Story(number="202611200000000099")
    upstream.serve("rolling", late)
    ended = site.run()
    assert ended.ending == "Failed"
    reason = "circuit breaker: the list of rolling has 1 usable records, less than 20% of the usual 20"
    assert reason in str(ended.state.message)
    assert site.prints() == before
    for _ in range(4):
        ended = site.run()
    assert ended.ending == "Completed"  # it stays so short: that is its length now
    assert f"emnews/2026/11/20/{late.number}.html" in site.objects()


def test_a_sample_is_read_back_through_the_public_address(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.public.mkdir()
    with serving_files(site.public) as address:
        site.write(upstream.source("rolling"), publish={"public_url": address})
        ended = site.run()
        assert ended.ending == "Completed"
        looks = [o for o in ended.report.outcomes if o.stage.value == "verify"]
        assert [(look.result.value, look.reason) for look in looks] == [("done", "")] * 5
        kept = b"".join(gzip.decompress(file.read_bytes()) for file in (site.folder / "captures").iterdir())
        assert upstream.origin.encode() in kept
        assert address.encode() not in kept  # what is ours is no publisher's answer
    upstream.serve("rolling", *stories(3))
    other = site.folder / "other"
    other.mkdir()
    with serving_files(other) as address:
        site.write(upstream.source("rolling"), publish={"public_url": address})
        ended = site.run()
    assert ended.ending == "Completed with problems"
    assert "public address, " in str(ended.state.message)
    assert "404" in str(ended.state.message)


def test_every_written_object_is_verified(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    ended = site.run()
    assert ended.report.verified == len(ended.report.written) > 20


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"ledger": {}, "generation": "x"}', b"\xff"])
def test_a_state_that_cannot_be_read_is_an_error(site: SiteFolder, upstream: Upstream, body: bytes) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()
    (site.public / MARKER).write_bytes(body)
    ended = site.run()
    assert ended.ending == "Failed"
    assert f"{MARKER}: not what finews writes there" in str(ended.state.message)
