"""The search page in a real browser, over a small site of ten shards that lives under a path."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import DESKTOP, PHONE, Reader
from tests.support.search_site import HOSTILE_TITLE, SHARDS, searched_site, write_site
from tests.support.static_server import serving
from tests.support.web_tools import find_axe, or_leave_out

BROKEN = re.compile("索引没有全部载入")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("searched")
    write_site(place / "news", searched_site())
    return place


@pytest.fixture(scope="module")
def searcher(browser: Browser, folder: Path) -> Iterator[Reader]:
    """A reader of that site, who tolerates no message on the console."""
    with serving(folder) as origin:
        yield Reader(browser=browser, origin=f"{origin}/news")


@contextmanager
def asking(searcher: Reader, query: str, **settings: Any) -> Iterator[Page]:
    with searcher.reading(f"search.html?q={quote(query)}", **settings) as page:
        expect(page.locator("#status")).to_have_text(re.compile("找到|没有找到"))
        yield page


def results(page: Page) -> Locator:
    return page.locator("#results > li")


def titles(page: Page) -> list[str]:
    return page.locator("#results h2").all_inner_texts()


def marks(page: Page) -> set[str]:
    return set(page.locator("#results mark").all_inner_texts())


FOUND = {
    "降准": ["央行宣布降准"],
    "中国人民银行决定下调存款准备金率": ["央行宣布降准"],
    "人民银行": ["央行宣布降准"],
    "新质生产力板块走强": ["Ａ股收盘"],
    "A股": ["Ａ股收盘"],
    "ａ股": ["Ａ股收盘"],
    "0.5个百分点": ["央行宣布降准"],
    "pmi": ["Chips lead the market"],
    "NVIDIA’s orders": ["Chips lead the market"],
    "沪深300": ["Chips lead the market"],
    "存款 央行": ["央行宣布降准"],
    "准备反弹 降温": ["Ａ股收盘"],
    "央行 market": [],
    "降反": [],
    "2026": [],
    "emnews": [],
    "空页": [],
    "无人提起的词": [],
}


class TestFinds:
    def test_what_holds_exactly_the_terms(self, searcher: Reader) -> None:
        found = {}
        with searcher.reading("search.html") as page:
            for query, expected in FOUND.items():
                page.locator("#q").fill(query)
                page.locator("#q").press("Enter")
                expect(page.locator("#status")).to_have_text(re.compile("找到"))
                found[query] = titles(page)
                number = f"找到 {len(expected)} 篇" if expected else re.compile("没有找到")
                expect(page.locator("#status")).to_have_text(number)
                page.locator("#q").fill("")
                page.locator("#q").press("Enter")
                expect(page.locator("#status")).to_have_text("")
        assert found == FOUND

    def test_a_result_shows_title_media_time_and_the_place(self, searcher: Reader) -> None:
        with asking(searcher, "存款准备金率 降准") as page:
            (result,) = results(page).all()
            assert result.locator("time").get_attribute("datetime") == "2026-10-05T00:06:06+08:00"
            assert result.locator("time").inner_text() == "2026-10-05 00:06"
            assert result.locator(".media").inner_text() == "滚动"
            assert result.locator(".excerpt").inner_text() == "中国人民银行决定，下调存款准备金率0.5个百分点。"
            assert marks(page) == {"降准", "存款准备金率"}

    def test_marks_reach_over_punctuation_but_not_into_words(self, searcher: Reader) -> None:
        with asking(searcher, "生产力板块") as page:
            assert marks(page) == {"生产力”板块"}
        with asking(searcher, "the") as page:
            assert marks(page) == {"the", "The"}

    def test_newest_first_a_page_at_a_time(self, searcher: Reader) -> None:
        with asking(searcher, "早间快讯") as page:
            expect(page.locator("#status")).to_have_text("找到 45 篇")
            assert titles(page) == [f"早间快讯第{number}期" for number in range(74, 54, -1)]
            page.locator("#more").click()
            expect(results(page)).to_have_count(40)
            expect(page.locator("#results > li:nth-child(21) a")).to_be_focused()
            page.locator("#more").click()
            expect(results(page)).to_have_count(45)
            expect(page.locator("#more")).to_be_hidden()
            assert titles(page)[-1] == "早间快讯第30期"


class TestOlder:
    def test_eight_shards_by_itself_and_the_rest_when_asked(self, searcher: Reader) -> None:
        with asking(searcher, "吞吐量") as page:
            assert titles(page) == [f"{month}月旧闻" for month in range(9, 2, -1)]
            expect(page.locator("#reach")).to_have_text("已从最新的文章搜索到2026年3月，新的在前。")
            page.locator("#older").click()
            expect(page.locator("#status")).to_have_text(f"找到 {SHARDS - 1} 篇")
            assert titles(page)[-2:] == ["2月旧闻", "1月旧闻"]
            expect(page.locator("#results > li:nth-child(8) a")).to_be_focused()
            expect(page.locator("#older")).to_be_hidden()
            expect(page.locator("#reach")).to_have_text("已搜索全部文章，新的在前。")

    def test_focus_stays_when_the_last_search_finds_no_more(self, searcher: Reader) -> None:
        with asking(searcher, "宣布降准") as page:
            page.locator("#older").press("Enter")
            expect(page.locator("#reach")).to_be_focused()
            expect(page.locator("#status")).to_have_text("找到 1 篇")

    def test_a_full_page_from_the_newest_shard_asks_for_no_other(self, searcher: Reader) -> None:
        with searcher.reading("about.html") as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(urlsplit(request.url).path))
            page.goto(f"{searcher.origin}/search.html?q=" + quote("快讯"))
            expect(page.locator("#reach")).to_have_text("已从最新的文章搜索到2026年10月，新的在前。")
            assert {path.split("/")[3] for path in asked if path.startswith("/news/search/20")} == {"2026-10-1"}


class TestTyping:
    def test_results_come_and_change_while_typing(self, searcher: Reader) -> None:
        with searcher.reading("search.html") as page:
            expect(page.locator("#q")).to_be_focused()
            page.keyboard.insert_text("降准")
            expect(page.locator("#status")).to_have_text("找到 1 篇")
            assert parse_qs(urlsplit(page.url).query) == {"q": ["降准"]}
            page.keyboard.type(" market")
            expect(page.locator("#status")).to_have_text(re.compile("没有找到"))
            page.locator("#q").fill("")
            expect(page.locator("#status")).to_have_text("")
            expect(results(page)).to_have_count(0)
            assert urlsplit(page.url).query == ""

    def test_an_input_method_is_waited_for(self, searcher: Reader) -> None:
        with searcher.reading("search.html") as page:
            page.clock.install()
            page.reload()
            expect(page.locator("#q")).to_be_focused()
            keyboard = page.context.new_cdp_session(page)
            keyboard.send("Input.imeSetComposition", {"text": "the", "selectionStart": 3, "selectionEnd": 3})
            expect(page.locator("#q")).to_have_value("the")
            page.clock.fast_forward(2_000)  # longer than the pause after which a search begins
            assert urlsplit(page.url).query == ""
            keyboard.send("Input.insertText", {"text": "降准"})
            expect(page.locator("#status")).to_have_text("找到 1 篇")

    def test_the_form_of_another_page_leads_here(self, searcher: Reader) -> None:
        with searcher.reading("404.html") as page:
            action = page.locator("form").get_attribute("action")
            assert action == "/news/search.html"
            page.locator("#q").fill("降准")
            page.locator("#q").press("Enter")
            expect(page.locator("#results a")).to_have_text("央行宣布降准")

    def test_enter_searches_without_another_page(self, searcher: Reader) -> None:
        with searcher.reading("search.html") as page:
            page.evaluate("window.same = true")
            page.locator("#q").fill("沪深")
            page.locator("#q").press("Enter")
            expect(page.locator("#results a")).to_have_text("Chips lead the market")
            assert page.evaluate("window.same") is True

    def test_by_keyboard_to_the_article_and_back(self, searcher: Reader) -> None:
        with asking(searcher, "降准") as page:
            page.locator("#q").focus()
            for _ in range(4):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.closest('#results') !== null"):
                    break
            with page.expect_navigation():
                page.keyboard.press("Enter")
            assert page.locator("h1").inner_text() == "emnews/2026/10/05/2026100000000001.html"
            page.go_back()
            expect(page.locator("#results a")).to_have_text("央行宣布降准")


class TestHostile:
    def test_a_title_and_a_text_stay_text(self, searcher: Reader) -> None:
        with asking(searcher, "奇怪") as page:
            page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
            assert titles(page) == [HOSTILE_TITLE]
            assert page.locator(".excerpt").inner_text() == "正文 <script>alert(2)</script> 完"
            assert page.locator("#results :not(li, h2, a, p, span, time, mark)").count() == 0

    @pytest.mark.parametrize(
        "query", ["<img src=x onerror=alert(1)>", '"降准" OR 1=1', ".*", "\\", "(", "%", "a" * 500]
    )
    def test_a_query_stays_text(self, searcher: Reader, query: str) -> None:
        with searcher.reading(f"search.html?q={quote(query)}") as page:
            page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
            expect(page.locator("#q")).to_have_value(query)
            page.locator("#q").fill("降准")
            expect(page.locator("#results a")).to_have_text("央行宣布降准")

    def test_the_policy_holds(self, browser: Browser, searcher: Reader) -> None:
        context = browser.new_context()
        try:
            page = context.new_page()
            page.goto(f"{searcher.origin}/search.html")
            blocked = page.evaluate(
                """() => new Promise(resolve => {
                    document.addEventListener('securitypolicyviolation', event => resolve(event.violatedDirective))
                    const script = document.createElement('script')
                    script.src = 'data:text/javascript,0'
                    script.onload = () => resolve('nothing')
                    document.head.append(script)
                })"""
            )
            assert blocked == "script-src-elem"
        finally:
            context.close()


class TestOnAnyScreen:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_accessible(self, searcher: Reader, scheme: str) -> None:
        rules = or_leave_out(find_axe).read_text(encoding="utf-8")
        with asking(searcher, "快讯", color_scheme=scheme, bypass_csp=True) as page:
            page.evaluate(rules)
            for width in (PHONE, DESKTOP):
                page.set_viewport_size({"width": width, "height": 800})
                found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
                assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == []
                assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

    def test_the_number_of_results_is_announced(self, searcher: Reader) -> None:
        with asking(searcher, "降准") as page:
            assert page.get_by_role("status").inner_text() == "找到 1 篇"
            assert page.get_by_role("searchbox", name="搜索文章").count() == 1
            assert page.get_by_role("search").count() == 1

    def test_without_scripts_the_archive_is_offered(self, searcher: Reader) -> None:
        with searcher.reading("search.html?q=x", java_script_enabled=False) as page:
            notice = page.locator("noscript")
            assert notice.is_visible()
            notice.get_by_role("link").click()
            assert urlsplit(page.url).path == "/news/archive/index.html"


class TestNotWhole:
    """What a reader is told when a part of the index cannot be had."""

    @contextmanager
    def _without(self, browser: Browser, searcher: Reader, pattern: str) -> Iterator[Page]:
        context = browser.new_context(locale="zh-CN")
        try:
            context.route(re.compile(pattern), lambda route: route.fulfill(status=404, body="gone"))
            page = context.new_page()
            page.goto(f"{searcher.origin}/search.html?q=" + quote("吞吐量"))
            yield page
        finally:
            context.close()

    @pytest.mark.parametrize(
        "pattern",
        [
            r"/shards\.json",
            r"/pagefind\.js",
            r"/wasm\.",
            r"/static/.*pagefind-entry",
            r"/2026-10-1/pagefind-entry",
            r"/2026-10-1/.*pf_meta",
        ],
    )
    def test_nothing_can_be_searched(self, browser: Browser, searcher: Reader, pattern: str) -> None:
        with self._without(browser, searcher, pattern) as page:
            expect(page.get_by_role("alert")).to_have_text(BROKEN)
            assert page.get_by_role("alert").get_by_role("link").get_attribute("href") == "archive/index.html"
            expect(page.locator("#status")).to_have_text("")

    @pytest.mark.parametrize("pattern", [r"/2026-05-1/index/", r"/2026-05-1/pagefind-entry"])
    def test_a_part_is_missing(self, browser: Browser, searcher: Reader, pattern: str) -> None:
        with self._without(browser, searcher, pattern) as page:
            expect(page.get_by_role("alert")).to_have_text(BROKEN)

    def test_older_articles_can_be_asked_for_again(self, browser: Browser, searcher: Reader) -> None:
        with self._without(browser, searcher, "/2026-02-1/pagefind-entry") as page:
            expect(page.locator("#status")).to_have_text("找到 7 篇")
            page.locator("#older").click()
            expect(page.get_by_role("alert")).to_have_text(BROKEN)
            expect(results(page)).to_have_count(7)
            page.context.unroute_all()
            page.locator("#older").click()
            expect(results(page)).to_have_count(9)


def test_in_english(browser: Browser, tmp_path: Path) -> None:
    write_site(tmp_path, searched_site("en"))
    with serving(tmp_path) as origin:
        reader = Reader(browser=browser, origin=origin)
        with reader.reading("search.html?q=" + quote("存款")) as page:
            expect(page.locator("#status")).to_have_text("Articles found: 8")
            expect(page.locator("#reach")).to_have_text("Searched from the newest back into March 2026, newest first.")
            expect(page.locator("h1")).to_have_text("Search")
