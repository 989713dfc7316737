"""Pages are looked at again for corrections; what was read stays when a look fails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.flows.test_quarantine import TEXT, WALL, Outlet, outlet, page
from tests.support.later import Later, later
from tests.support.page_kind import page_kind
from tests.support.sites import Ended, SiteFolder
from tests.support.upstream import Answer

__all__ = ["later", "outlet", "page_kind"]

KEY = "/2026/11/20/p1.html"


def _after(site: SiteFolder, later: Later, hours: float) -> Ended:
    later.ahead = timedelta(hours=hours, minutes=5)
    return site.run()


def _text(site: SiteFolder) -> str:
    return next(body.decode() for key, body in site.objects().items() if key.endswith(KEY))


def test_a_correction_is_found_and_shown(site: SiteFolder, outlet: Outlet, later: Later) -> None:
    site.write(outlet.source())
    outlet.list(1)
    site.run()
    outlet.upstream.forget()
    assert site.run().report.written == ()
    assert outlet.upstream.texts_asked == []
    outlet.list(1, page("<p>阅读(88)</p>" + TEXT.format(n=1)))
    told = {key: body for key, body in site.told().items() if "/journal/" in key}
    assert _after(site, later, 1).report.written == ()
    assert outlet.upstream.texts_asked == ["p1"]
    assert {key: body for key, body in site.told().items() if "/journal/" in key} == told
    assert "looked at again: its text is still the same" in site.story_of("p1")
    outlet.list(1, page(TEXT.format(n=1).replace("两成", "三成")))
    ended = _after(site, later, 6)
    assert ended.line("p1").step == "re-check due"
    assert "三成" in _text(site)
    assert 'class="corrected"' in _text(site)
    with site.ledger() as ledger:
        assert [revision.changed for revision in ledger.articles.revisions("p1")][1] == ("text",)
    assert "looked at again: its text was corrected" in site.story_of("p1")


def test_a_look_that_fails_changes_nothing(site: SiteFolder, outlet: Outlet, later: Later) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0})
    outlet.list(1)
    site.run()
    before = _text(site)
    outlet.list(1, page(WALL))
    assert _after(site, later, 1).ending == "Completed with problems"
    outlet.list(1, Answer(status=404))
    _after(site, later, 6)
    assert _text(site) == before
    assert "what was read before stays" in site.story_of("p1")


@pytest.mark.parametrize(("status", "looks"), [(410, 1), (404, 2)])
def test_a_page_that_is_gone_is_told_and_stays(
    status: int, looks: int, site: SiteFolder, outlet: Outlet, later: Later
) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0})
    outlet.list(1)
    site.run()
    before = _text(site)
    outlet.list(1, Answer(status=status))
    outlet.upstream.forget()
    ended = _after(site, later, 1)
    assert ended.ending == "Completed with problems"
    assert ended.line("p1").reason.startswith(
        "its page is gone: withdraw it? finews withdraw p1 --reason source (GET http"
    )
    assert f"status {status}" in ended.line("p1").reason
    _after(site, later, 6)
    assert outlet.upstream.texts_asked == ["p1"] * looks
    assert _text(site) == before


def test_an_answer_that_was_rejected_was_not_seen(site: SiteFolder, outlet: Outlet, later: Later) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0})
    outlet.list(1)
    outlet.list(2, replace(page(TEXT.format(n=2)), headers=(("ETag", '"good"'),)))
    site.run()
    before = site.objects()
    outlet.list(2, replace(page(TEXT.format(n=1)), headers=(("ETag", '"other"'),)))
    assert "word for word" in _after(site, later, 1).line("p2").reason
    with site.ledger() as ledger:
        known = ledger.answers.of(f"{outlet.upstream.origin}/text?id=p2")
        assert known is not None
        assert known.headers["etag"] == '"good"'
        assert [one.key for one in ledger.quarantine.listed()] == ["p2"]
    outlet.list(2, Answer(status=304))
    assert _after(site, later, 6).ending == "Completed"
    assert site.objects() == before
    with site.ledger() as ledger:
        assert ledger.quarantine.listed() == ()  # the page is what was read


def test_a_page_that_changes_on_every_look(site: SiteFolder, outlet: Outlet, later: Later) -> None:
    site.write(outlet.source())
    outlet.list(1)
    site.run()
    reasons = []
    for number, hours in enumerate((1, 6, 24, 168), start=2):
        outlet.list(1, page(TEXT.format(n=number)))
        ended = _after(site, later, hours)
        reasons += [outcome.reason for outcome in ended.report.outcomes if "changes on every look" in outcome.reason]
    assert len(reasons) == 1
    assert "第4号码头今天开工" in _text(site)
    outlet.upstream.forget()
    _after(site, later, 10_000)
    assert outlet.upstream.texts_asked == []


def test_a_source_that_wants_no_other_looks(site: SiteFolder, outlet: Outlet, later: Later) -> None:
    site.write(outlet.source(recheck=False))
    outlet.list(1)
    site.run()
    outlet.upstream.forget()
    _after(site, later, 24)
    assert outlet.upstream.texts_asked == []
