"""Finding one's way through the site by clicking, by keyboard, and without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from tasks.outputs.theme import load_theme
from tests.support.browsing import DESKTOP, PHONE, Reader, follow, links, path_of
from tests.support.demo_site import KINDS, DemoSite, is_article

ARTICLE = r"emnews/\d{4}/\d\d/\d\d/[^/]+\.html"
ANY_ARTICLE = r"(?!archive/)[^/]+/\d{4}/\d\d/\d\d/[^/]+\.html"
WORDS = load_theme("zh-CN").words
KINDS_WITH_LINKS = [kind for kind in KINDS if kind != "404"]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_from_the_front_page_into_the_past_and_on(reader: Reader, width: int) -> None:
    with reader.reading("index.html", width=width) as page:
        follow(page, r"category/emnews\.html")
        newest = links(page, ARTICLE)
        with page.expect_navigation():
            page.get_by_role("link", name=WORDS["older_page"], exact=True).click()
        older = path_of(page)
        assert re.fullmatch(r"category/emnews/\d+\.html", older)
        shown = links(page, ARTICLE)
        assert shown
        assert not set(shown) & set(newest), f"{older} repeats articles of the open page"
        article = follow(page, ARTICLE)
        assert page.locator("h1").inner_text().strip()
        assert page.locator("article").inner_text().strip()
        follow_on = follow(page, ARTICLE, within="main nav")
        assert follow_on != article
        assert page.locator("h1").is_visible()


def test_every_closed_page_of_a_category_is_clicked_through(reader: Reader, demo_site: DemoSite) -> None:
    closed = {key for key in demo_site.pages if re.fullmatch(r"category/emnews/\d+\.html", key)}
    assert len(closed) >= 2
    with reader.reading("category/emnews.html") as page:
        seen, ahead = set[str](), [page.url]
        while ahead:
            page.goto(ahead.pop())
            seen.add(path_of(page))
            ahead += [url for url in links(page, r"category/emnews/\d+\.html") if url.split("/", 3)[3] not in seen]
    assert closed <= seen


def test_from_the_archive_to_an_article(reader: Reader) -> None:
    with reader.reading("index.html") as page:
        follow(page, r"archive/(index\.html)?", within="body")
        follow(page, r"archive/\d{4}/\d\d/(index\.html)?")
        day = follow(page, r"archive/\d{4}/\d\d/\d\d\.html")
        article = follow(page, ANY_ARTICLE)
        assert day.removeprefix("archive/").removesuffix(".html") in article
        follow(page, re.escape(day))


def test_an_unknown_address_offers_the_way_home(reader: Reader) -> None:
    with reader.reading("no/such/page.html", unknown=True) as page:
        assert page.locator("h1").is_visible()
        assert page.locator("link[rel=stylesheet]").evaluate("link => link.sheet !== null")
        assert follow(page, r"(index\.html)?", within="body") in ("", "index.html")


@pytest.mark.parametrize("kind", KINDS_WITH_LINKS)
def test_complete_without_scripts(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    key = demo_site.key_of(kind)
    with reader.reading(key, java_script_enabled=False) as page:
        assert page.locator("h1").is_visible()
        assert page.locator("main").inner_text().strip()
        hidden = page.locator("main article a[href]:not(:visible)")
        assert hidden.count() == 0


class TestKeyboard:
    """Only Tab and Enter."""

    def test_the_first_stop_jumps_over_the_masthead(self, reader: Reader) -> None:
        with reader.reading("index.html") as page:
            page.keyboard.press("Tab")
            target = page.evaluate("document.activeElement.getAttribute('href')")
            assert target.startswith("#")
            assert _stop(page)["visible"]
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            inside = page.evaluate("id => document.getElementById(id).contains(document.activeElement)", target[1:])
            assert inside, "after the skip link, Tab does not lead into the text"

    @pytest.mark.parametrize("width", [PHONE, DESKTOP])
    @pytest.mark.parametrize("kind", ["home", "category", "article with a table", "about"])
    def test_every_stop_is_seen_and_in_the_order_of_reading(
        self, reader: Reader, demo_site: DemoSite, kind: str, width: int
    ) -> None:
        with reader.reading(demo_site.key_of(kind), width=width) as page:
            stops = []
            for _ in range(40):
                page.keyboard.press("Tab")
                if (stop := _stop(page))["place"] < 0:
                    break
                stops.append(stop)
        assert len(stops) > 3
        assert [stop["place"] for stop in stops] == sorted({stop["place"] for stop in stops})
        assert [stop["what"] for stop in stops if not (stop["visible"] and stop["marked"])] == []

    def test_enter_opens_the_first_article(self, reader: Reader) -> None:
        with reader.reading("index.html") as page:
            for _ in range(30):
                page.keyboard.press("Tab")
                here = page.evaluate("document.activeElement.pathname || ''").lstrip("/")
                if is_article(here):
                    break
            with page.expect_navigation():
                page.keyboard.press("Enter")
            assert path_of(page) == here
            assert is_article(here)


def _stop(page: Page) -> dict[str, Any]:
    """What has the focus: its place in the document (-1: nothing), whether it can be seen, whether it is marked."""
    found: dict[str, Any] = page.evaluate(
        """() => {
            const focused = document.activeElement
            if (!focused || focused === document.body) return {place: -1}
            const box = focused.getBoundingClientRect(), style = getComputedStyle(focused)
            return {
                place: [...document.querySelectorAll('*')].indexOf(focused),
                what: focused.outerHTML.slice(0, 120),
                visible: box.width > 1 && box.height > 1 && box.right > 0 && box.left < innerWidth && box.bottom > 0,
                marked: focused.matches(':focus-visible') && style.outlineStyle !== 'none'
                    && parseFloat(style.outlineWidth) >= 1,
            }
        }"""
    )
    return found
