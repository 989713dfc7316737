"""Runs that end half way: the next one finishes the work, and the site is that of an undisturbed run."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL

from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories

ROOT = Path(__file__).parents[2]

# Runs the flow and kills its own process when the nth object is about to be put in its place in the store.
KILLED_RUN = """
import os, signal, sys
site, public, nth = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0
def at_rename(event, arguments):
    global count
    if event == "os.rename" and str(arguments[1]).startswith(public):
        count += 1
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(at_rename)
from flows.syndicate import syndicate
syndicate(site=site, return_state=True)
"""


def killed(site: SiteFolder, *, nth: int) -> None:
    """A run whose process is killed when the nth object is about to be put in its place."""
    environment = os.environ | {
        "PREFECT_API_URL": PREFECT_API_URL.value(),
        "PREFECT_HOME": str(site.folder / "prefect"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", KILLED_RUN, str(site.file), str(site.public), str(nth)]
    ended = subprocess.run(command, env=environment, cwd=site.folder, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-3000:]


def _journals(site: SiteFolder) -> set[str]:
    """Articles whose journal in the store is that of the ledger, with what the killed run has told."""
    kept = {key.split("/")[3].removesuffix(".jsonl"): body for key, body in site.told().items() if "/journal/" in key}
    texts = {key: [json.loads(line)["text"] for line in body.splitlines()] for key, body in kept.items()}
    with site.ledger() as ledger:
        return {key for key, told in texts.items() if told == [note.text for note in ledger.journal.of(key)]}


def _undisturbed(upstream: Upstream, folder: Path) -> SiteFolder:
    folder.mkdir()
    site = SiteFolder(folder=folder)
    site.write(upstream.source("rolling"), upstream.source("media"))
    assert site.run().ending == "Completed"
    return site


# Among files, articles and lists.
@pytest.mark.parametrize("nth", [3, 14, 30])
def test_a_killed_run_is_finished_by_the_next(nth: int, two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    upstream.serve("media", Story(number="202611200000000077"))
    killed(two_lists, nth=nth)
    assert "sitemap.xml" not in two_lists.objects()
    upstream.forget()
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert upstream.texts_asked == []  # they had been read and kept
    assert _journals(two_lists) == {story.number for story in [*stories(3), Story(number="202611200000000077")]}
    assert two_lists.objects() == _undisturbed(upstream, two_lists.folder / "other").objects()
    before = two_lists.prints()
    assert two_lists.run().report.written == ()
    assert two_lists.prints() == before


def test_a_run_killed_while_an_article_moves(two_lists: SiteFolder, upstream: Upstream) -> None:
    moving = Story(number="202611200000000077", title="搬家的消息")
    upstream.serve("rolling", moving, *stories(2))
    upstream.serve("media", Story(number="202611200000000088", title="邻居"))
    two_lists.run()
    upstream.serve("media", moving, Story(number="202611200000000088", title="邻居"))
    killed(two_lists, nth=3)
    ended = two_lists.run()
    assert ended.ending == "Completed"
    posts = [key for key in two_lists.objects() if moving.number in key and key.startswith("_posts/")]
    assert posts == [f"_posts/2026-11-20-{moving.code}.md"]
    assert moving.title not in two_lists.objects()["category/emnews.html"].decode()
    assert two_lists.dead_links() == []
    # Former files of the search index stay for an hour.
    kept = {key for key in two_lists.objects() if not key.startswith("search/")}
    wanted = {
        key for key in _undisturbed(upstream, two_lists.folder / "other").objects() if not key.startswith("search/")
    }
    assert kept - {f"emnews/2026/11/20/{moving.number}.html"} == wanted


# What stands in the way of articles, of posts, and of lists.
BLOCKED = ("emnews", "_posts", "category/emnews")


@pytest.mark.parametrize("blocked", BLOCKED)
def test_a_wave_that_fails_keeps_the_later_ones_away(blocked: str, site: SiteFolder, upstream: Upstream) -> None:
    listed = stories(3)
    upstream.serve("rolling", *listed)
    (site.public / blocked).parent.mkdir(parents=True)
    (site.public / blocked).write_text("a file where a folder should be")
    ended = site.run()
    assert ended.ending == "Failed"
    assert str(site.public / blocked) in str(ended.state.message)
    assert listed[0].title not in (site.public / "index.html").read_text()
    assert listed[0].title not in (site.public / "feed.xml").read_text()
    assert not (site.public / "sitemap.xml").exists()
    (site.public / blocked).unlink()
    upstream.forget()
    ended = site.run()
    assert ended.ending == "Completed"
    assert upstream.texts_asked == []
    (site.folder / "other").mkdir()
    other = SiteFolder(folder=site.folder / "other")
    other.write(upstream.source("rolling"))
    other.run()
    assert site.objects() == other.objects()


def test_an_article_that_cannot_be_written_is_named(site: SiteFolder, upstream: Upstream) -> None:
    blocked, good = stories(2)
    upstream.serve("rolling", blocked, good)
    page = site.public / f"emnews/2026/11/20/{blocked.number}.html"
    page.mkdir(parents=True)
    (page / "inside").write_text("x")
    ended = site.run()
    assert ended.ending == "Failed"
    assert "there is a folder of that name" in ended.line(blocked.code).reason
    assert (site.public / f"emnews/2026/11/20/{good.number}.html").is_file()
    assert good.title not in (site.public / "index.html").read_text()


def test_another_store_gets_everything(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    published = site.objects()
    moved = site.folder / "moved"
    site.public.rename(moved)
    site.write(upstream.source("rolling"), publish={"url": f"file:{site.folder}/elsewhere"})
    upstream.forget()

    assert site.run().ending == "Completed"

    elsewhere = site.folder / "elsewhere"
    assert {key for key in published if (elsewhere / key).read_bytes() == published[key]} == set(published)
    assert upstream.texts_asked == []


def test_a_store_that_cannot_be_used_is_told_by_every_article(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.public.write_text("a file where the folder should be")
    ended = site.run()
    assert ended.ending == "Failed"
    assert {(line.stage.value, line.result.value) for line in ended.report.articles} == {("publish", "failed")}


def test_another_time_zone_would_move_every_address(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()
    site.write(upstream.source("rolling"), site={"timezone": "America/Los_Angeles"})
    ended = site.run()
    assert ended.ending == "Failed"
    assert "made in 'Asia/Shanghai'" in str(ended.state.message)
