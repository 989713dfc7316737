"""Texts that do not come, or cannot be used: the article waits, the others are published, nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks.articles.compose import compose
from tasks.articles.decide import MOST_MISSING
from tasks.catalogue import Surroundings
from tasks.model import Article, Offer, Page, Result, Stage
from tasks.outputs import SiteFacts, jekyll, pages_of_article
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Upstream, stories


def _page(number: str) -> str:
    return f"emnews/2026/11/20/{number}.html"


def test_a_missing_text_is_tried_again_later(site: SiteFolder, upstream: Upstream) -> None:
    bad, good = stories(2)
    upstream.serve("rolling", bad, good)
    upstream.answer_text(bad.code, Answer(status=404))
    ended = site.run()
    assert ended.ending == "Completed with problems"
    line = ended.line(bad.code)
    assert (line.result, line.stage, line.attempts) == (Result.FAILED, Stage.FETCH, 1)
    assert "status 404" in line.reason
    assert _page(good.number) in site.objects()
    assert bad.title not in site.objects()["index.html"].decode()
    # The second failure in a row is waited out; the third run does not ask.
    assert site.run().line(bad.code).step == "retry due"
    upstream.forget()
    assert site.run().line(bad.code).step == "not due"
    assert upstream.texts_asked == []


def test_a_text_that_comes_at_the_third_attempt(site: SiteFolder, upstream: Upstream) -> None:
    slow, good = stories(2)
    upstream.serve("rolling", slow, good)
    upstream.answer_text(slow.code, Answer(status=503), Answer(status=503), slow.text())
    ended = site.run()
    assert ended.ending == "Completed"
    assert ended.line(slow.code).attempts == 3
    assert ended.line(good.code).attempts == 1
    story = site.story_of(slow.number)
    assert "attempt 1: GET" in story
    assert "attempt 3: GET" in story
    assert "status 503" in story
    assert _page(slow.number) in site.objects()


def test_a_server_error_in_one_run_and_a_text_in_the_next(site: SiteFolder, upstream: Upstream) -> None:
    bad, good = stories(2)
    upstream.serve("rolling", bad, good)
    upstream.answer_text(bad.code, Answer(status=500))
    ended = site.run()
    assert ended.line(bad.code).attempts == 3  # the first and two retries
    upstream.answer_text(bad.code, bad.text())
    ended = site.run()
    assert ended.ending == "Completed"
    assert (ended.line(bad.code).step, ended.line(bad.code).result) == ("retry due", Result.DONE)
    assert _page(bad.number) in site.objects()


def test_an_owed_text_is_read_after_it_left_the_list(site: SiteFolder, upstream: Upstream) -> None:
    owed, good = stories(2)
    upstream.serve("rolling", owed, good)
    upstream.answer_text(owed.code, Answer(status=404))
    site.run()
    upstream.serve("rolling", good)
    upstream.answer_text(owed.code, owed.text())
    ended = site.run()
    assert ended.line(owed.code).result is Result.DONE
    assert _page(owed.number) in site.objects()


def test_an_article_that_was_published_stays_when_its_new_text_fails(site: SiteFolder, upstream: Upstream) -> None:
    story, good = stories(2)
    upstream.serve("rolling", story, good)
    site.run()
    before = site.objects()
    upstream.serve("rolling", replace(story, title="改过的标题"), good)
    upstream.answer_text(story.code, Answer(status=404))
    ended = site.run()
    assert ended.line(story.code).result is Result.FAILED
    assert site.objects() == before
    upstream.answer_text(story.code, story.text())
    site.run()
    assert "改过的标题" in site.objects()[_page(story.number)].decode()


def test_a_text_that_is_gone_is_asked_for_again_only_for_a_reason(site: SiteFolder, upstream: Upstream) -> None:
    gone, good = stories(2)
    upstream.serve("rolling", gone, good)
    upstream.answer_text(gone.code, Answer(status=410))
    reason = site.run().line(gone.code).reason
    assert reason.startswith("given up: ")
    assert "status 410 Gone" in reason
    assert "state: given up: GET " in CliRunner().invoke(app, ["log", gone.code, "--site", str(site.file)]).output
    ended = site.run()
    assert ended.ending == "Completed"
    assert (ended.line(gone.code).step, ended.line(gone.code).result) == ("given up", Result.SKIPPED)
    assert upstream.texts_asked.count(gone.code) == 1
    site.run(articles=[gone.code])
    site.run()
    assert upstream.texts_asked.count(gone.code) == 2  # by name, and only then
    upstream.serve("rolling", replace(gone, title="又来了的标题"), good)
    upstream.answer_text(gone.code, gone.text())
    assert site.run().line(gone.code).result is Result.DONE
    assert "又来了的标题" in site.objects()[_page(gone.number)].decode()


def test_a_text_that_is_missing_for_days_is_given_up(site: SiteFolder, upstream: Upstream) -> None:
    missing, good = stories(2)
    upstream.serve("rolling", missing, good)
    upstream.answer_text(missing.code, Answer(status=404))
    site.run()
    with site.ledger() as ledger:
        for _ in range(MOST_MISSING - 2):
            ledger.articles.fail(missing.number, "status 404", next_try_at=datetime.now(UTC), missing=True)
    assert site.run().line(missing.code).reason.startswith(f"given up in {MOST_MISSING} runs: ")
    upstream.forget()
    assert site.run().line(missing.code).step == "given up"
    assert upstream.texts_asked == []


def test_a_published_article_whose_new_text_is_gone_is_left_to_a_person(site: SiteFolder, upstream: Upstream) -> None:
    story, good = stories(2)
    upstream.serve("rolling", story, good)
    site.run()
    before = site.objects()
    upstream.serve("rolling", replace(story, title="改过的标题"), good)
    upstream.answer_text(story.code, Answer(status=410))
    ended = site.run()
    assert ended.ending == "Completed with problems"
    withdrawal = f"its page is gone: withdraw it? finews withdraw {story.code} --reason source"
    assert ended.line(story.code).reason.startswith(withdrawal)
    assert withdrawal in site.story_of(story.number)
    assert site.objects() == before
    assert site.run().ending == "Completed"


def test_too_many_problems_fail_the_run(site: SiteFolder, upstream: Upstream) -> None:
    one, two, three = stories(3)
    upstream.serve("rolling", one, two, three)
    for story in (one, two):
        upstream.answer_text(story.code, Answer(status=404))
    ended = site.run()
    assert ended.ending == "Failed"
    assert "circuit breaker: 2 of 3 articles failed, more than 50%" in str(ended.state.message)
    assert site.objects() == {}
    assert "2 of 3 articles failed" in ended.line(three.code).reason
    upstream.serve("rolling", *stories(3))
    for story in (one, two):
        upstream.answer_text(story.code, story.text())
    assert site.run().ending == "Completed"
    assert _page(three.number) in site.objects()


def test_an_article_whose_page_cannot_be_made(
    site: SiteFolder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = stories(2)
    upstream.serve("rolling", broken, good)
    whole = jekyll.OUTPUT

    def of_article(article: Article, around: Surroundings, facts: SiteFacts) -> tuple[Page, ...]:
        if article.code == broken.code:
            raise ZeroDivisionError("an output with a fault")
        return pages_of_article(article, around, facts, (whole,))

    with monkeypatch.context() as fault:
        fault.setattr(jekyll, "OUTPUT", replace(whole, of_article=of_article))
        ended = site.run()
    line = ended.line(broken.code)
    assert (line.result, line.stage) == (Result.FAILED, Stage.RENDER)
    assert line.reason == "defect in finews: ZeroDivisionError: an output with a fault"
    assert site.story_of(broken.number).splitlines().count(f"render: {line.reason}") == 1
    assert _page(good.number) in site.objects()
    assert _page(broken.number) not in site.objects()
    assert broken.title not in site.objects()["index.html"].decode()
    assert site.dead_links() == []
    ended = site.run()
    assert ended.ending == "Completed"
    assert _page(broken.number) in site.objects()
    assert broken.title in site.objects()["index.html"].decode()


@pytest.mark.parametrize("batch_above", [300, 1])
def test_a_mistake_of_ours_is_called_so_and_traced_once(
    batch_above: int,
    site: SiteFolder,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    *bad, good = stories(4)
    upstream.serve("rolling", *bad, good)
    site.write(upstream.source("rolling"), verdict={"max_problem_share": 1.0}, workflow={"batch_above": batch_above})
    whole = compose

    def mistaken(offer: Offer, *arguments: object, **others: object) -> Article:
        if offer.entry.code != good.code:
            raise TypeError("a mistake of ours")
        return whole(offer, *arguments, **others)  # type: ignore[arg-type]

    with monkeypatch.context() as fault, caplog.at_level("ERROR", "prefect.flow_runs"):
        fault.setattr("tasks.parse.compose", mistaken)
        ended = site.run()
    told = "defect in finews: TypeError: a mistake of ours"
    assert [ended.line(story.code).reason for story in bad] == [told] * 3
    assert f"parse: {told}" in site.story_of(bad[0].number)
    [traced] = [record.getMessage() for record in caplog.records if told in record.getMessage()]
    assert "in mistaken" in traced
    assert len(traced) < 1_000
    assert _page(good.number) in site.objects()
    assert site.run(force=True).ending == "Completed"


def test_a_long_retry_after_is_left_for_a_later_run(site: SiteFolder, upstream: Upstream) -> None:
    busy, good = stories(2)
    upstream.serve("rolling", busy, good)
    upstream.answer_text(busy.code, Answer(status=503, headers=(("Retry-After", "3600"),)))
    started = datetime.now(UTC)
    ended = site.run()
    assert (datetime.now(UTC) - started).total_seconds() < 60
    assert ended.line(busy.code).attempts == 1
    assert "left for a later run" in ended.line(busy.code).reason
