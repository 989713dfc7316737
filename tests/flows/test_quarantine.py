"""What is no article never reaches the site; it is kept as it came, tried again, and the source is named."""

from collections.abc import Mapping

import pytest

from tests.support.page_kind import page_kind
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Upstream

__all__ = ["page_kind"]

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


@pytest.mark.parametrize("rights", ["full", "excerpt"])
def test_a_page_that_an_outlet_shows_for_any_address(rights: str, site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source(rights=rights))
    outlet.list(1)
    site.run()
    outlet.list(2, page(TEXT.format(n=1)))
    ended = site.run()
    assert "its text is that of '第1号码头开工', word for word" in ended.line("p2").reason
    assert not any("第2号码头开工".encode() in body for body in site.objects().values())


def test_a_source_that_gives_fewer_articles_is_named_before_the_site_is_empty(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source(), verdict={"max_problem_share": 1.0})
    for number in range(40):
        outlet.list(number)
    assert site.run().ending == "Completed"
    for number in range(40, 48):
        outlet.list(number, page(WALL))
    ended = site.run()
    degraded = [outcome for outcome in ended.report.outcomes if outcome.subject == "source pages"]
    [reason] = [outcome.reason for outcome in degraded]
    assert reason.startswith("degraded: 20% of its last answers were articles, usually 100%; 8 of 8 failures now: ")
    assert "a challenge" in reason
    assert ended.ending == "Completed with problems"
    assert len([key for key in site.objects() if "/2026/11/20/p" in key]) == 40
