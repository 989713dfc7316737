"""Every kind of page on a phone and a desk, light and dark, printed, and with the settings of a reader's system."""

import re

import pytest
from playwright.sync_api import Page

from tests.support.browsing import DESKTOP, PHONE, Reader, resize
from tests.support.demo_site import KINDS, DemoSite
from tests.support.web_tools import find_axe, or_leave_out

LONG_WORD = "https://example.com/" + "a-very-long-address-without-any-break/" * 8


@pytest.mark.parametrize("kind", KINDS)
def test_accessible_light_and_dark_on_phone_and_desk(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    rules = or_leave_out(find_axe).read_text(encoding="utf-8")
    found = []
    for scheme in ("light", "dark"):
        with reader.reading(demo_site.key_of(kind), color_scheme=scheme, bypass_csp=True) as page:
            for width in (PHONE, DESKTOP):
                resize(page, width)
                found += [f"{scheme}, {width} px: {line}" for line in _axe(page, rules)]
    assert not found, "\n".join(found)


def _axe(page: Page, rules: str) -> list[str]:
    page.evaluate(rules)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {found['help']} [{len(found['nodes'])} places, the first: {found['nodes'][0]['html'][:160]}]"
        for found in result["violations"]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_scrolls_sideways(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    wider = {}
    with reader.reading(demo_site.key_of(kind)) as page:
        for width in (320, PHONE, 768, DESKTOP):
            resize(page, width)
            wider[width] = _overflow(page)
    assert {width: by for width, by in wider.items() if by > 0} == {}


def test_a_long_address_in_an_article_does_not_widen_the_page(reader: Reader, demo_site: DemoSite) -> None:
    with reader.reading(demo_site.key_of("article"), width=PHONE) as page:
        page.evaluate("word => { document.querySelector('article p').textContent = word }", LONG_WORD)
        page.evaluate("word => { document.querySelector('h1').textContent = word }", LONG_WORD)
        assert _overflow(page) <= 0


@pytest.mark.parametrize("kind", ["home", "category", "article"])
def test_larger_text_grows_and_still_fits(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    with reader.reading(demo_site.key_of(kind), width=PHONE) as page:
        before = _size_of_text(page)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert _size_of_text(page) >= before * 1.9
        assert _overflow(page) <= 0


@pytest.mark.parametrize("kind", ["home", "article"])
def test_dark_is_dark_and_light_is_light(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    paper, ink = {}, {}
    for scheme in ("light", "dark"):
        with reader.reading(demo_site.key_of(kind), color_scheme=scheme) as page:
            paper[scheme], ink[scheme] = _brightness(page, "background-color"), _brightness(page, "color")
    assert paper["light"] > 200 > 60 > paper["dark"]
    assert ink["light"] < 80 < 160 < ink["dark"]


def test_wide_tables_and_charts_scroll_in_their_own_box(reader: Reader, demo_site: DemoSite) -> None:
    with reader.reading(demo_site.key_of("article with a table"), width=PHONE) as page:
        page.evaluate(
            """() => {
                const cells = document.querySelectorAll('article td, article th')
                for (const cell of cells) cell.textContent = '一二三四五六七八九十'.repeat(3)
                for (const cell of cells) cell.style.whiteSpace = 'nowrap'
            }"""
        )
        assert _overflow(page) <= 0
        scrolls = """() => {
            for (let box = document.querySelector('article table'); box; box = box.parentElement)
                if (box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX)) return true
            return false
        }"""
        assert page.evaluate(scrolls)


def test_pictures_keep_their_place_and_fit(reader: Reader, demo_site: DemoSite) -> None:
    with reader.reading(demo_site.key_of("article with a picture"), width=PHONE) as page:
        for picture in page.locator("article img").all():
            picture.scroll_into_view_if_needed()
            assert picture.evaluate("img => img.decode().then(() => img.naturalWidth > 0)")
            assert picture.get_attribute("loading") == "lazy"
            assert picture.get_attribute("referrerpolicy") == "no-referrer"
        assert _overflow(page) <= 0


def test_printed_it_is_the_text_without_the_ways_around(reader: Reader, demo_site: DemoSite) -> None:
    with reader.reading(demo_site.key_of("article"), color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.locator("h1").is_visible()
        assert page.locator("article p").first.is_visible()
        assert not page.locator("main nav").first.is_visible()
        assert _brightness(page, "color") < 80, "ink is light on paper"


@pytest.mark.parametrize("kind", ["home", "category", "article"])
def test_forced_colours_keep_text_and_focus(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    with reader.reading(demo_site.key_of(kind), forced_colors="active") as page:
        assert page.locator("h1").is_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


@pytest.mark.parametrize("kind", ["home", "article"])
def test_reduced_motion_moves_nothing(reader: Reader, demo_site: DemoSite, kind: str) -> None:
    with reader.reading(demo_site.key_of(kind), reduced_motion="reduce") as page:
        assert page.evaluate("document.getAnimations().length") == 0
        moving = page.evaluate(
            """() => [...document.querySelectorAll('*')].map(tag => getComputedStyle(tag)).filter(style =>
                [style.transitionDuration, style.animationDuration].join().split(',').some(time => parseFloat(time) > 0.01)
                || style.scrollBehavior === 'smooth').length"""
        )
        assert moving == 0


def _overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width


def _size_of_text(page: Page) -> float:
    size: float = page.locator("main a, article p").first.evaluate("tag => parseFloat(getComputedStyle(tag).fontSize)")
    return size


def _brightness(page: Page, prop: str) -> float:
    """Mean of red, green and blue, 0 to 255, of the page's own colour; a clear background shows the root's or white."""
    colours: list[str] = page.evaluate(
        "prop => [document.body, document.documentElement].map(tag => getComputedStyle(tag).getPropertyValue(prop))",
        prop,
    )
    for colour in colours:
        numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
        if len(numbers) == 3 or numbers[3:] != [0]:
            return sum(numbers[:3]) / 3
    return 255
