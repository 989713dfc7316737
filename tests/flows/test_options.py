"""What a run can be asked for: sources, articles, since, limit, force, dry run."""

from datetime import datetime, timedelta, timezone

import pytest

from tasks.errors import ConfigError
from tasks.model import ActionKind, Result
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

CHINA = timezone(timedelta(hours=8))


def test_sources_asks_only_those(two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    upstream.serve("media", Story(number="202611200000000077"))
    ended = two_lists.run(sources=["media"])
    assert ended.ending == "Completed"
    assert [line.code for line in ended.report.articles] == ["NW202611200000000077"]
    assert upstream.texts_asked == ["NW202611200000000077"]
    assert two_lists.run().report.steps == {"new": 2, "same": 1}


def test_an_unknown_source_is_a_mistake_of_the_caller(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    result = site.run(sources=["roling"]).result
    assert isinstance(result, ConfigError)
    assert "did you mean 'rolling'" in str(result)
    assert not site.public.exists()


@pytest.mark.parametrize("name", ["code", "digits", "address"])
def test_articles_reads_only_those(name: str, site: SiteFolder, upstream: Upstream) -> None:
    wanted, other = stories(2)
    upstream.serve("rolling", wanted, other)
    names = {
        "code": wanted.code,
        "digits": wanted.number,
        "address": f"https://finews.withounder.com/emnews/2026/11/20/{wanted.number}.html",
    }
    ended = site.run(articles=[names[name]])
    assert ended.ending == "Completed"
    assert [line.code for line in ended.report.articles] == [wanted.code]
    assert upstream.texts_asked == [wanted.code]
    assert other.title not in site.objects()["index.html"].decode()
    assert site.run().report.steps == {"new": 1, "same": 1}


def test_an_article_that_no_list_has_named(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    ended = site.run(articles=["NW202611200000009999"])
    assert ended.line("NW202611200000009999").reason == "no list has named this article"
    assert ended.line("NW202611200000009999").result is Result.UNUSABLE
    assert upstream.texts_asked == []


def test_since_leaves_older_ones_for_later(site: SiteFolder, upstream: Upstream) -> None:
    young, old = stories(2)
    upstream.serve("rolling", young, old)
    ended = site.run(since=datetime(2026, 11, 20, 9, 2, tzinfo=CHINA))
    assert ended.line(young.code).result is Result.DONE
    assert (ended.line(old.code).step, ended.line(old.code).result) == ("not due", Result.SKIPPED)
    assert ended.line(old.code).reason == "older than 2026-11-20 09:02 +0800"
    assert upstream.texts_asked == [young.code]
    assert site.run().line(old.code).result is Result.DONE


def test_limit_leaves_the_rest_for_the_next_run(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(5))
    assert site.run(limit=2).report.steps == {"new": 2, "not due": 3}
    assert len(upstream.texts_asked) == 2
    # The others are read though the list has forgotten them.
    upstream.serve("rolling", *stories(1))
    assert site.run(limit=2).report.steps["new"] == 2
    assert site.run(limit=2).report.steps["new"] == 1
    posts = [key for key in site.objects() if key.startswith("_posts/")]
    assert len(posts) == 5
    assert len(upstream.texts_asked) == 5


def test_force_reads_again_what_did_not_change(site: SiteFolder, upstream: Upstream) -> None:
    story, other = stories(2)
    upstream.serve("rolling", story, other)
    site.run()
    before = site.prints()
    upstream.forget()
    ended = site.run(force=True, articles=[story.code])
    assert upstream.texts_asked == [story.code]
    assert "asked for with force" in site.story_of(story.number)
    assert site.prints() == before  # the text was the same, so nothing was to be written
    upstream.answer_text(story.code, Answer.json({"content": "<p>新的正文，上次没有。</p>", "text": ""}))
    ended = site.run(force=True, articles=[story.code])
    assert f"emnews/2026/11/20/{story.number}.html" in ended.report.written
    assert f"emnews/2026/11/20/{other.number}.html" not in ended.report.written


def test_force_does_not_wait_for_a_failed_article(site: SiteFolder, upstream: Upstream) -> None:
    bad, good = stories(2)
    upstream.serve("rolling", bad, good)
    upstream.answer_text(bad.code, Answer(status=404))
    for _ in range(2):
        site.run()
    assert site.run().line(bad.code).step == "not due"
    upstream.answer_text(bad.code, bad.text())
    assert site.run(force=True, articles=[bad.code]).line(bad.code).result is Result.DONE


def test_a_dry_run_of_an_empty_site(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    ended = site.run(dry_run=True)
    assert ended.ending == "Completed"
    report = ended.report
    assert report.dry_run
    first = {action.key: action.kind for action in reversed(report.plan)}  # placeholders are created, then changed
    assert set(first.values()) == {ActionKind.CREATE}
    assert all(action.reason for action in report.plan)
    assert not site.public.exists()
    assert not site.ledger_file.exists()
    assert site.run().report.plan == report.plan


def test_a_dry_run_later_keeps_nothing(site: SiteFolder, upstream: Upstream) -> None:
    new, *old = stories(3)
    upstream.serve("rolling", *old)
    site.run()
    files, ledger = site.prints(), site.story_of(new.number)
    upstream.serve("rolling", new, *old)
    dry = site.run(dry_run=True).report
    kinds = {action.key: action.kind for action in dry.plan}
    assert kinds[f"emnews/2026/11/20/{new.number}.html"] is ActionKind.CREATE
    assert kinds["index.html"] is ActionKind.UPDATE
    assert site.prints() == files
    assert site.story_of(new.number) == ledger == ""
    real = site.run().report
    assert real.steps == {"new": 1, "same": 2}
    assert real.plan == dry.plan
