"""A page that turns out to be a known story under another address."""

from tests.flows.test_quarantine import TEXT, Outlet, outlet, page
from tests.support.page_kind import page_kind
from tests.support.sites import SiteFolder

__all__ = ["outlet", "page_kind"]

LONG = TEXT.format(n=1) * 3


def _canonical(outlet: Outlet, name: str) -> str:
    return f'<link rel="canonical" href="{outlet.upstream.origin}/text?id={name}">'


def test_the_same_text_under_another_address_is_one_article(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1, page(LONG, head=_canonical(outlet, "p1")))
    site.run()
    outlet.list(2, page(LONG, head=_canonical(outlet, "p1")), title="第1号码头开工")
    ended = site.run()
    assert ended.ending == "Completed"
    assert ended.line("p2").reason == "the same story as p1, which has it under another address"
    assert len([key for key in site.objects() if "/2026/11/20/p" in key]) == 1
    assert "one story" in site.story_of("p1")
    again = site.run()
    assert {line.key for line in again.report.articles} == {"p1"}
    assert again.report.written == ()


def test_another_text_that_calls_itself_so_stays(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1, page(LONG, head=_canonical(outlet, "p1")))
    outlet.list(
        2, page(TEXT.format(n=2).replace("码头", "仓库") * 2 + "<p>另一段。</p>", head=_canonical(outlet, "p1"))
    )
    ended = site.run()
    assert len([key for key in site.objects() if "/2026/11/20/p" in key]) == 2
    assert ended.ending == "Completed"


def test_a_page_without_a_time_does_not_flicker(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1, time="")
    first = site.run()
    assert site.run().report.written == ()
    assert first.line("p1").address != ""
