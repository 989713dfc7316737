"""What is no article never reaches the site; it is kept as it came, tried again, and the source is named."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.maintain import withdraw
from tasks.errors import ConfigError
from tasks.model import Result, WithdrawalReason
from tests.support.later import Later, later
from tests.support.page_kind import page_kind
from tests.support.sites import Ended, SiteFolder
from tests.support.upstream import Answer, Upstream

__all__ = ["later", "page_kind"]

TEXT = (
    "<p>河滨港第{n}号码头今天开工，工程分三期，预计两年完成，港务局说全年吞吐量会因此增长两成，沿河仓库也要扩建。</p>"
)
WALL = "<p>请完成安全验证后继续访问，拖动滑块完成验证。</p>"


def page(body: str, *, title: str = "河滨网", head: str = "") -> Answer:
    """A page with this body."""
    html = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Answer(body=html.encode(), content_type="text/html; charset=utf-8")


class Outlet:
    """A list of pages on the programmable upstream."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.records: dict[str, dict[str, object]] = {}

    def list(self, number: int, answer: Answer | None = None, **told: object) -> None:
        """One record of the list, and the page behind it."""
        name = f"p{number}"
        record = {"id": name, "url": f"{self.upstream.origin}/text?id={name}", "title": f"第{number}号码头开工"}
        self.records[name] = {**record, "time": "2026-11-20T09:00:00", **told}
        self.upstream.answer_text(name, answer or page(TEXT.format(n=number)))
        self.upstream.answer_list("pages", Answer.json(list(self.records.values())))

    def source(self, **changes: object) -> Mapping[str, object]:
        """Its table in the site file."""
        table = {"name": "pages", "kind": "pages", "rights": "full", "list_url": f"{self.upstream.origin}/list/pages"}
        return {**table, **changes}


@pytest.fixture
def outlet(page_kind: None, upstream: Upstream) -> Outlet:
    """An outlet with no pages yet."""
    return Outlet(upstream)


def test_a_wall_goes_to_quarantine_and_is_tried_again(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1)
    outlet.list(2, page(WALL), title="第二号码头也开工")
    ended = site.run()
    assert ended.ending == "Completed with problems"
    assert "a challenge" in ended.line("p2").reason
    assert not any("验证" in body.decode("utf-8", "replace") for body in site.files().values())
    with site.ledger() as ledger:
        held = ledger.quarantine.of("p2")
        assert held is not None
        assert (held.source, held.status, held.attempts) == ("pages", 200, 1)
        assert WALL in held.body.decode()
        assert "a challenge" in held.reason
    outlet.list(2, title="第二号码头也开工")
    assert site.run().ending == "Completed"
    assert any("第2号码头今天开工".encode() in body for body in site.objects().values())
    with site.ledger() as ledger:
        assert ledger.quarantine.listed() == ()


def test_a_wall_with_the_status_of_an_error_is_one_too(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0})
    outlet.list(1)
    outlet.list(2, replace(page(WALL), status=503), title="第二号码头也开工")
    soon = replace(page(WALL), status=429, headers=(("Retry-After", "1"),))
    outlet.list(3, soon, title="第三号码头也开工")
    outlet.upstream.answer_text("p3", soon, page(TEXT.format(n=3)))
    outlet.list(4, replace(page("<p>Forbidden</p>"), status=403), title="第四号码头也开工")
    ended = site.run()
    assert "status 503 Service Unavailable: a challenge: " in ended.line("p2").reason
    assert outlet.upstream.texts_asked.count("p2") == 1  # asking again at once opens no wall
    assert ended.line("p3").result is Result.DONE  # but where its server says when
    assert ended.line("p4").reason.endswith("status 403 Forbidden")
    with site.ledger() as ledger:
        [held] = ledger.quarantine.listed()
        assert (held.key, held.status, held.reason) == ("p2", 503, ended.line("p2").reason)
        kept = ledger.quarantine.of("p2")
        assert kept is not None
        assert WALL in kept.body.decode()


@pytest.mark.parametrize("rights", ["full", "excerpt"])
def test_a_page_that_an_outlet_shows_for_any_address(rights: str, site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source(rights=rights))
    outlet.list(1)
    site.run()
    outlet.list(2, page(TEXT.format(n=1)))
    ended = site.run()
    assert "its text is that of another one, word for word" in ended.line("p2").reason
    assert not any("第2号码头开工".encode() in body for body in site.objects().values())


def test_a_source_that_gives_fewer_articles_is_named_before_the_site_is_empty(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0})
    for number in range(40):
        outlet.list(number)
    assert site.run().ending == "Completed"
    for number in range(40, 48):
        outlet.list(number, page(WALL))
    ended = site.run()
    [reason] = degraded(ended)
    assert reason.startswith("degraded: 20% of its last answers were articles, usually 100%; 8 of 8 failures now: ")
    assert "a challenge" in reason
    assert ended.ending == "Completed with problems"
    assert len([key for key in site.objects() if "/2026/11/20/p" in key]) == 40


def degraded(ended: Ended) -> list[str]:
    """What the report says of the source."""
    return [outcome.reason for outcome in ended.report.outcomes if outcome.subject == "source pages"]


@pytest.mark.parametrize(("answer", "cause"), [(Answer(status=403), "status 403 Forbidden"), (None, "status 503")])
def test_texts_that_cannot_be_fetched_are_a_fall_too(
    answer: Answer | None, cause: str, site: SiteFolder, outlet: Outlet
) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0}, fetch={"retries": 0})
    for number in range(40):
        outlet.list(number)
    site.run()
    for number in range(40, 48):
        outlet.list(number, answer or Answer(status=503))
    ended = site.run()
    if answer is None:  # one run without answers is no fall yet
        assert degraded(ended) == []
        ended = site.run()
    [reason] = degraded(ended)
    assert reason.startswith("degraded: 20% of its last answers were articles, usually 100%; 8 of 8 failures now: ")
    assert cause in reason
    assert ended.ending == "Completed with problems"


def test_a_short_outage_is_no_fall(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0}, fetch={"retries": 0})
    for number in range(40):
        outlet.list(number)
    site.run()
    for number in range(40, 52):
        outlet.list(number, Answer(status=502))
    assert degraded(site.run()) == []
    for number in range(40, 52):
        outlet.list(number)
    assert degraded(site.run()) == []
    with site.ledger() as ledger:
        assert ledger.completeness.note("pages", articles=0, others=0).lately == 1


def quarantine(site: SiteFolder, *arguments: str) -> str:
    """What the command says."""
    return CliRunner().invoke(app, ["quarantine", "--site", str(site.file), *arguments], catch_exceptions=False).output


def test_what_is_in_quarantine_can_be_looked_at(site: SiteFolder, outlet: Outlet, later: Later) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0}, quarantine={"days": 3})
    wall = page(WALL, title="<安全> [验证]")
    outlet.list(1)
    outlet.list(2, wall, title="第二号码头也开工")
    outlet.list(3, wall, title="第三号码头也开工")
    site.run()
    told = quarantine(site)
    assert "pages  p2  20" in told
    assert f"{len(wall.body):,} bytes" in told
    assert "a challenge" in told
    assert "2 answers in quarantine; each is kept for 3 days" in told
    assert quarantine(site, "--show", "p2") == wall.body.decode()
    assert quarantine(site, "--show", f"{outlet.upstream.origin}/text?id=p3") == wall.body.decode()
    with pytest.raises(ConfigError, match="--show p1: nothing of this article is in quarantine"):
        quarantine(site, "--show", "p1")
    site.do(withdraw, articles=["p2"], reason=WithdrawalReason.LEGAL)
    assert "p2" not in quarantine(site)
    later.ahead = timedelta(days=4)
    outlet.list(3, Answer(status=503), title="第三号码头也开工")
    site.run()
    assert "0 answers in quarantine" in quarantine(site)
    assert "a challenge" in site.story_of("p3")
