"""What an operator starts by hand, and that it undoes nothing else."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import maintain
from flows.publication import MARKER
from tasks.model import WithdrawalReason
from tests.support.crawling import dangling
from tests.support.later import Later, later
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories

__all__ = ["later"]

BASE = "https://finews.withounder.com"
SECRET = Story(
    number="202611200000000055",
    title="不该留下的标题",
    digest="【x】不该留下的摘要。",
    body="<p>不该留下的正文，写给测试来读。</p>",
)


def page_of(story: Story) -> str:
    return f"emnews/2026/11/20/{story.number}.html"


def settled(site: SiteFolder) -> Mapping[str, bytes]:
    """Without files of the search index: former ones stay for an hour."""
    return {key: body for key, body in site.files().items() if not key.startswith(("search/", MARKER))}


def links_that_lead_nowhere(site: SiteFolder) -> list[str]:
    found = site.objects()
    return dangling(found.get, BASE)


def outcomes(ended: object, subject: str) -> list[str]:
    report = ended.report  # type: ignore[attr-defined]
    return [outcome.reason for outcome in report.outcomes if outcome.subject == subject]


# --- withdraw, reinstate ----------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(WithdrawalReason))
def test_nothing_is_left_of_a_withdrawn_article_but_a_tombstone(
    reason: WithdrawalReason, site: SiteFolder, upstream: Upstream
) -> None:
    upstream.serve("rolling", SECRET, *stories(24))
    site.run()
    assert SECRET.title.encode() in site.objects()["index.html"]
    ended = site.do(maintain.withdraw, articles=[SECRET.code], reason=reason)
    assert ended.ending == "Completed"
    tombstone = site.objects()[page_of(SECRET)].decode()
    assert "文章已撤下" in tombstone
    assert '<meta name="robots" content="noindex">' in tombstone
    assert not [key for key, body in (site.files() | site.told()).items() if "不该留下".encode() in body]
    assert [key for key in site.objects() if SECRET.number in key] == [page_of(SECRET)]
    assert page_of(SECRET).encode() not in b"".join(b for k, b in site.objects().items() if k != page_of(SECRET))
    assert links_that_lead_nowhere(site) == []


def test_a_withdrawn_article_never_comes_back_by_itself(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", SECRET, *stories(3))
    site.run()
    site.do(maintain.withdraw, articles=[page_of(SECRET)], reason=WithdrawalReason.SOURCE)
    before = site.prints()
    upstream.forget()
    site.run(force=True)
    changed = Story(number=SECRET.number, title="又来了")
    upstream.serve("rolling", changed, *stories(3))
    ended = site.run(articles=[SECRET.code], force=True)
    assert ended.line(SECRET.code).step == "withdrawn"
    assert SECRET.code not in upstream.texts_asked
    assert site.do(maintain.rebuild).report.written == ()
    assert site.prints() == before
    assert "withdrawn: source" in site.story_of(SECRET.number)


def test_a_story_that_was_never_read_can_be_withdrawn(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", SECRET, *stories(3))
    site.run(limit=1)
    ended = site.do(maintain.withdraw, articles=[stories(3)[2].code], reason=WithdrawalReason.OWN)
    assert ended.ending == "Completed"
    upstream.forget()
    site.run()
    assert stories(3)[2].code not in upstream.texts_asked


def test_a_reinstated_article_stands_everywhere_again(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", SECRET, *stories(24))
    site.run()
    site.do(maintain.withdraw, articles=[SECRET.code], reason=WithdrawalReason.OWN)
    ended = site.do(maintain.reinstate, articles=[SECRET.code])
    assert ended.ending == "Completed"
    found = site.objects()
    for key in (
        "index.html",
        "feed.xml",
        "category/emnews.html",
        page_of(SECRET),
        f"_posts/2026-11-20-{SECRET.number}.md",
    ):
        assert SECRET.title.encode() in found[key], key
    assert links_that_lead_nowhere(site) == []
    assert settled(site) == settled(clean_rebuild(site, upstream))


def clean_rebuild(site: SiteFolder, upstream: Upstream) -> SiteFolder:
    """The same ledger published into an empty store."""
    other = SiteFolder(folder=site.folder / "rebuilt")
    other.folder.mkdir()
    shutil.copy(site.ledger_file, other.ledger_file)
    other.write(upstream.source("rolling"))
    assert other.run().ending == "Completed"
    return other


def test_an_unknown_article_is_an_error_and_nothing_is_withdrawn(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    before = site.prints()
    known = stories(2)[0].code
    ended = site.do(maintain.withdraw, articles=[known, "NW209901010000000001"], reason=WithdrawalReason.OWN)
    assert ended.ending == "Failed"
    assert "article 209901010000000001: this ledger does not know it" in str(ended.state.message)
    assert site.prints() == before
    assert site.run().report.written == ()


# --- rebuild ----------------------------------------------------------------------------------


def test_a_rebuild_writes_only_what_differs(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    before = site.prints()
    ended = site.do(maintain.rebuild)
    assert (ended.ending, ended.report.written) == ("Completed", ())
    assert len(ended.report.unchanged) == len(site.files()) - 1  # the state
    assert site.prints() == before


# --- rollback, release ------------------------------------------------------------------------


def test_lists_go_back_to_an_earlier_generation_and_stay_there(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    first = site.objects()
    for count in (3, 4):
        upstream.serve("rolling", *stories(count))
        site.run()
    newest = site.objects()
    ended = site.do(maintain.rollback, generation=1)
    assert ended.ending == "Completed with problems"
    assert "lists are those of generation 1; finews release" in str(ended.state.message)
    lists = (
        "index.html",
        "feed.xml",
        "rss.xml",
        "feed.json",
        "category/emnews.html",
        "archive/2026/11/20.html",
        "sitemap.xml",
    )
    assert {key: site.objects()[key] for key in lists} == {key: first[key] for key in lists}
    assert page_of(stories(4)[0]) in site.objects()
    assert links_that_lead_nowhere(site) == []
    upstream.serve("rolling", *stories(5))
    before = site.prints()
    ended = site.run()
    assert "lists are held at generation 1" in str(ended.state.message)
    assert site.prints() == before
    ended = site.do(maintain.release)
    assert ended.ending == "Completed"
    assert "第5条消息".encode() in site.objects()["index.html"]
    assert set(newest) - {k for k in newest if k.startswith("search/")} <= set(site.objects())
    assert settled(site) == settled(clean_rebuild(site, upstream))


def test_nobody_goes_back_behind_a_withdrawal(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", SECRET, *stories(2))
    site.run()
    site.do(maintain.withdraw, articles=[SECRET.code], reason=WithdrawalReason.LEGAL)
    before = site.prints()
    ended = site.do(maintain.rollback, generation=1)
    assert ended.ending == "Failed"
    assert "there is no earlier generation" in str(ended.state.message)
    assert site.prints() == before


# --- audit ------------------------------------------------------------------------------------


def test_an_audit_finds_and_mends(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(24))
    site.run()
    before = site.files()
    lost = [
        page_of(stories(3)[0]),
        "category/emnews/1.html",
        "static/icon.svg",
        "_finews/articles/202611/202611200000000003.json",
    ]
    for key in lost:
        (site.public / key).unlink()
    (site.public / "feed.xml").write_text("damaged")
    (site.public / "robots.txt").write_bytes(before["robots.txt"] + b"#")
    (site.public / "CNAME").write_text("finews.withounder.com")
    ended = site.do(maintain.audit)
    assert ended.ending == "Failed"
    assert outcomes(ended, "missing objects") == [f"4: {', '.join(sorted(lost))}"]
    assert outcomes(ended, "damaged objects") == ["2: feed.xml, robots.txt"]
    assert outcomes(ended, "objects that are not ours") == ["1: CNAME"]
    assert "feed.xml" in site.objects()
    ended = site.do(maintain.audit, repair=True)
    assert ended.ending == "Completed"
    assert {key: body for key, body in site.files().items() if key not in ("CNAME", MARKER)} == {
        key: body for key, body in before.items() if key != MARKER
    }
    ended = site.do(maintain.audit)
    assert (ended.ending, outcomes(ended, "missing objects")) == ("Completed", [])
    assert (site.public / "CNAME").exists()


def test_an_older_copy_of_the_store_is_mended_by_an_audit(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    shutil.copytree(site.public, site.folder / "copy")
    for count in (3, 25):
        upstream.serve("rolling", *stories(count))
        site.run()
    newest = settled(site)
    shutil.rmtree(site.public)
    (site.folder / "copy").rename(site.public)
    assert site.run().ending == "Failed"
    assert site.do(maintain.audit, repair=True).ending == "Completed"
    assert settled(site) == newest
    assert links_that_lead_nowhere(site) == []
    assert site.run().ending == "Completed"


# --- restore ----------------------------------------------------------------------------------


def history(site: SiteFolder, upstream: Upstream) -> None:
    """Everything that can happen to articles."""
    moving, fixed = Story(number="202611200000000077", title="搬家的消息"), stories(3)[0]
    upstream.serve("rolling", moving, SECRET, *stories(24))
    october = [
        Story(number=f"20261019{n:010d}", title=f"日报第{n}条", time=f"2026-10-19 08:{n:02d}:00") for n in range(3)
    ]
    upstream.serve("media", *october)
    site.run()
    upstream.serve("media", moving, Story(number="202611190000000099", title="新的日报", media="沙洲晚报"))
    upstream.serve("rolling", moving, SECRET, Story(number=fixed.number, title="改正的标题"), *stories(24)[:-3])
    site.run()
    site.do(maintain.withdraw, articles=[SECRET.code], reason=WithdrawalReason.LEGAL)


def test_a_lost_ledger_is_made_again_from_the_store(two_lists: SiteFolder, upstream: Upstream, later: Later) -> None:
    site = two_lists
    history(site, upstream)
    before, kept = settled(site), site.folder / "kept.db"
    stories_told = journals(site)
    site.ledger_file.rename(kept)
    for rest in site.folder.glob("ledger.db-*"):
        rest.unlink()
    assert site.run().ending == "Failed"
    assert settled(site) == before
    ended = site.do(maintain.restore)  # into what that run has left
    assert ended.ending == "Completed"
    assert settled(site) == before
    assert stories_told
    assert {key: body for key, body in journals(site).items() if not body.startswith(stories_told[key])} == {}
    assert site.story_of(stories(3)[0].number).startswith("ask: in list rolling: '第3条消息'")
    prints = site.prints()
    ended = site.run()
    assert (ended.ending, ended.report.written) == ("Completed", ())
    assert site.prints() == prints
    assert links_that_lead_nowhere(site) == []
    # And it goes on as the lost one would have.
    later.ahead = max(timedelta(), datetime(2026, 12, 2, tzinfo=UTC) - datetime.now(UTC))  # a month has begun
    twin = SiteFolder(folder=site.folder / "twin")
    twin.folder.mkdir()
    shutil.copy(kept, twin.ledger_file)
    for each in (site, twin):
        each.write(upstream.source("rolling"), upstream.source("media"))
        # The one that was corrected is left out: another correction would have the time of its run.
        upstream.serve("rolling", *[s for s in stories(45) if s.number != stories(3)[0].number], SECRET)
        upstream.serve("media", Story(number="202612010000000001", title="十二月", time="2026-12-01 08:00:00"))
        assert each.run().ending == "Completed"
    assert site.objects().keys() - search_files(site) == twin.objects().keys() - search_files(twin)
    assert _pages(site) == _pages(twin)


def journals(site: SiteFolder) -> Mapping[str, bytes]:
    return {key: body for key, body in site.told().items() if key.startswith("_finews/journal/")}


def search_files(site: SiteFolder) -> set[str]:
    return {key for key in site.objects() if key.startswith("search/")}


def _pages(site: SiteFolder) -> Mapping[str, bytes]:
    """What readers get, without the search index, whose former files stay for an hour."""
    return {key: body for key, body in site.objects().items() if not key.startswith("search/")}


def test_a_ledger_that_knows_something_is_not_written_over(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    ended = site.do(maintain.restore)
    assert ended.ending == "Failed"
    assert "this ledger has published itself (generation 1); expected an empty one" in str(ended.state.message)
    assert site.run().ending == "Completed"


def test_an_empty_store_restores_nothing(site: SiteFolder, upstream: Upstream) -> None:
    ended = site.do(maintain.restore)
    assert ended.ending == "Failed"
    assert "finews has never published there" in str(ended.state.message)
    assert not site.public.exists()


def test_a_record_that_cannot_be_read_is_named_and_the_ledger_stays_empty(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    broken = next(Path(site.public / "_finews/articles").rglob("*.json"))
    broken.write_text('{"format": 1}')
    site.ledger_file.unlink()
    ended = site.do(maintain.restore)
    assert ended.ending == "Failed"
    assert f"{broken.name}: not a record of an article" in str(ended.state.message)


# --- together ---------------------------------------------------------------------------------


def test_a_withdrawal_ends_a_rollback_whose_lists_would_show_the_article(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", SECRET, *stories(3))
    site.run()
    upstream.serve("rolling", SECRET, *stories(5))
    site.run()
    site.do(maintain.rollback)
    ended = site.do(maintain.withdraw, articles=[SECRET.code], reason=WithdrawalReason.LEGAL)
    assert ended.ending == "Completed"
    assert outcomes(ended, "publishing") == [
        "lists are no longer held at generation 1: they would show what was withdrawn"
    ]
    assert not [key for key, body in site.files().items() if "不该留下".encode() in body]
    assert stories(5)[-1].title.encode() in site.objects()["index.html"]


def test_going_back_twice_goes_back_two_generations(site: SiteFolder, upstream: Upstream) -> None:
    pages = []
    for count in (1, 2, 3):
        upstream.serve("rolling", *stories(count))
        site.run()
        pages.append(site.objects()["index.html"])
    site.do(maintain.rollback)
    assert site.objects()["index.html"] == pages[1]
    site.do(maintain.rollback)
    assert site.objects()["index.html"] == pages[0]


def test_what_is_not_ours_is_not_ours_after_a_restore(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    (site.public / "CNAME").write_text("finews.example\n")
    site.ledger_file.unlink()
    assert site.do(maintain.restore).ending == "Completed"
    assert outcomes(site.do(maintain.audit), "objects that are not ours") == ["1: CNAME"]
    assert (site.public / "CNAME").exists()


def test_who_is_reinstated_without_a_text_has_a_tombstone_until_it_is_read_again(
    two_lists: SiteFolder, upstream: Upstream
) -> None:
    moving = Story(number="202611200000000077", title="搬家的消息")
    upstream.serve("rolling", moving, *stories(2))
    upstream.serve("media", Story(number="202611190000000001", title="日报", media="河滨日报"))
    two_lists.run()
    upstream.serve("media", Story(number=moving.number, title=moving.title, media="沙洲晚报"))
    two_lists.run()
    old = f"emnews/2026/11/20/{moving.number}.html"
    two_lists.do(maintain.withdraw, articles=[moving.code], reason=WithdrawalReason.OWN)
    two_lists.ledger_file.unlink()
    two_lists.do(maintain.restore)
    two_lists.do(maintain.reinstate, articles=[moving.code])
    assert two_lists.do(maintain.rebuild).ending == "Completed"
    assert "文章已撤下" in two_lists.objects()[old].decode()
    assert two_lists.run(sources=["media"]).ending == "Completed"
    assert "0; url=" in two_lists.objects()[old].decode()
    pages = [key for key, body in two_lists.objects().items() if key.endswith(f"{moving.code}.html")]
    assert [moving.title in two_lists.objects()[key].decode() for key in pages] == [True]
    assert links_that_lead_nowhere(two_lists) == []
