"""The pages that people read: what stands on them, that links lead somewhere, and that nothing breaks out."""

import posixpath
from dataclasses import fields, replace
from datetime import timedelta
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, PackageLoader, meta, nodes

from tasks.model import Article, Catalogue, Category, Page, Wave
from tasks.outputs import SiteFacts, contexts
from tasks.outputs.website import OUTPUT
from tests.support.output_records import (
    DAILY,
    HOSTILE_TEXTS,
    ROLLING,
    SITE,
    article,
    catalogue,
    headline,
    rendered,
    small_site,
)

CONTEXTS = (
    contexts.ArticleContext,
    contexts.CategoryContext,
    contexts.HomeContext,
    contexts.MissingContext,
    contexts.MovedContext,
)


def soup(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.body.decode(), "lxml")


def article_page(of: Article, site: SiteFacts = SITE) -> BeautifulSoup:
    (page,) = OUTPUT.of_article(of, site)
    return soup(page)


def pages(of: Catalogue, site: SiteFacts = SITE) -> dict[str, Page]:
    return {page.key: page for page in OUTPUT.of_catalogue(of, site)}


def text(node: BeautifulSoup, selector: str) -> str:
    found = node.select_one(selector)
    assert found is not None, selector
    return found.get_text(" ", strip=True)


def value(node: BeautifulSoup, selector: str, attribute: str) -> str:
    found = node.select_one(selector)
    assert found is not None, selector
    return str(found[attribute])


# --- the article page -------------------------------------------------------------------------


def test_an_article_page_holds_the_article() -> None:
    page = article_page(article(html="<p>一</p><p>（文章来源：河滨日报）</p>"))
    assert value(page, "html", "lang") == "zh-Hans"
    assert text(page, "title") == "河滨港吞吐量增长“两成” 新航线开通 · 金融消息"
    assert [h.get_text() for h in page.select("h1")] == ["河滨港吞吐量增长“两成” 新航线开通"]
    assert value(page, "article time", "datetime") == "2026-03-04T00:05:06+08:00"
    assert text(page, "article time") == "2026-03-04 00:05"
    assert str(page.select_one(".text p")) == "<p>一</p>"
    assert value(page, ".meta a", "href") == "../../../../category/emnews.html"
    assert value(page, "a[rel~=noopener]", "href") == "http://news.example.com/1353,202603040000000001.html"
    address = "https://finews.example.com/emnews/2026/03/04/202603040000000001.html"
    assert value(page, "link[rel=canonical]", "href") == address
    assert value(page, 'meta[property="og:url"]', "content") == address
    assert value(page, 'meta[property="og:title"]', "content") == "河滨港吞吐量增长“两成” 新航线开通"
    assert value(page, 'link[type="application/atom+xml"]', "href") == "../../../../feed.xml"


def test_times_are_those_of_the_site() -> None:
    site = replace(SITE, timezone="UTC")
    page = article_page(article(), site)
    assert value(page, "article time", "datetime") == "2026-03-03T16:05:06+00:00"
    assert text(page, "article time") == "2026-03-03 16:05"


def test_a_summary_is_shown_unless_the_text_says_it() -> None:
    assert text(article_page(article(summary="另一种说法。")), ".lead") == "另一种说法。"
    said = article(summary="A&B 增长两成。", html="<p>A&amp;B <b>增长</b>两成。</p>")
    assert article_page(said).select_one(".lead") is None
    assert article_page(article(summary="")).select_one(".lead, meta[name=description]") is None


def test_only_a_later_revision_names_its_time() -> None:
    later = article().published_at + timedelta(hours=2)
    assert "02:05" in text(article_page(article(revision=2, updated_at=later)), ".meta")
    assert "02:05" not in text(article_page(article(revision=1, updated_at=later)), ".meta")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "/x", "data:text/html,x"])
def test_a_source_that_is_not_of_the_web_is_not_linked(url: str) -> None:
    assert article_page(article(origin_url=url)).select_one("a[rel~=noopener]") is None


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_nothing_breaks_out_of_its_place(hostile: str) -> None:
    category = Category(slug="x", title=hostile, tag=hostile)
    awkward = article(title=hostile, summary=hostile, category=category, origin_url=f"http://a.example/{hostile}")
    site = replace(SITE, title=hostile)
    moved = (("x/old.html", headline(awkward)),)
    every = (*OUTPUT.of_article(awkward, site), *OUTPUT.of_catalogue(catalogue(awkward, moved=moved), site))
    for page in every:
        if page.content_type.startswith("text/html"):
            found = soup(page)
            assert not found.select("script, img, b, [onerror], [onclick]"), page.key
            assert len(found.select("html > head, html > body, main, h1, title")) == 5, page.key


def test_a_body_comes_out_as_it_is() -> None:
    html = '<figure class="kline"><img src="https://c.example/p?a=1&amp;b=2" alt="K图"></figure><p>&lt;甲&gt;</p>'
    (page,) = OUTPUT.of_article(article(html=html), SITE)
    assert html in page.body.decode()


# --- lists ------------------------------------------------------------------------------------


def test_a_category_page_lists_by_day_newest_first() -> None:
    first, second, third = small_site()
    found = soup(pages(catalogue(first, second, third))["category/emnews.html"])
    assert [day.get_text(strip=True) for day in found.select(".day h2")] == ["2026年3月4日", "2026年2月28日"]
    assert [link.get_text() for link in found.select(".lines a")] == [first.title, third.title]
    assert text(found, ".lines time") == "00:05"
    assert text(found, "h1") == "滚动"


def test_a_category_page_says_how_many_there_are() -> None:
    shelf = catalogue(article()).shelves[0]
    more = Catalogue(shelves=(), touched=(replace(shelf, count=250),), newest=(), addresses=())
    assert "250" in text(soup(pages(more)["category/emnews.html"]), "main > .meta")


def test_a_fixed_category_is_also_at_its_own_folder_and_others_are_not() -> None:
    found = pages(catalogue(*small_site()))
    twin = soup(found["emnews/index.html"])
    assert [link.get_text() for link in twin.select(".lines a")] == ["河滨港吞吐量增长“两成” 新航线开通", "较早的一条"]
    assert value(twin, "link[rel=canonical]", "href") == "https://finews.example.com/category/emnews.html"
    assert "hebinribao/index.html" not in found


def test_only_touched_categories_are_written() -> None:
    whole = catalogue(*small_site())
    assert not [key for key in pages(replace(whole, touched=())) if key.startswith(("category/", "emnews/"))]


def test_home_shows_five_of_each_category_in_the_order_given() -> None:
    many = tuple(article(title=f"第{n}条", file_id=str(n)) for n in range(7))
    other = article(category=DAILY, title="另一条", file_id="x")
    found = soup(pages(catalogue(*many, other))["index.html"])
    assert [shelf.h2.a.get_text() for shelf in found.select(".shelf") if shelf.h2 and shelf.h2.a] == [
        "滚动",
        "河滨日报",
    ]
    assert [link.get_text() for link in found.select(".shelf:first-child li a")] == [f"第{n}条" for n in range(5)]
    assert value(found, "link[rel=canonical]", "href") == "https://finews.example.com/"


def test_a_site_without_articles_still_has_its_pages() -> None:
    empty = Catalogue(shelves=(), touched=(), newest=(), addresses=())
    found = pages(empty)
    assert set(found) == {"index.html", "404.html", "static/style.css"}
    assert "暂时没有文章" in text(soup(found["index.html"]), "main")


def test_a_moved_page_leads_to_the_new_one() -> None:
    new = headline(article())
    page = pages(catalogue(article(), moved=(("old/2026/03/04/a b.html", new),)))["old/2026/03/04/a b.html"]
    found = soup(page)
    link = "../../../../emnews/2026/03/04/202603040000000001.html"
    assert value(found, "meta[http-equiv=refresh]", "content") == f"0; url={link}"
    assert value(found, "main a", "href") == link
    assert value(found, "link[rel=canonical]", "href") == f"https://finews.example.com/{new.page_key}"


def test_no_page_reloads_itself_or_runs_scripts() -> None:
    for page in rendered(OUTPUT, small_site()):
        if page.content_type.startswith("text/html"):
            assert not soup(page).select("script")
            refreshes = soup(page).select('meta[http-equiv="refresh"]')
            assert len(refreshes) == page.key.startswith("old-category/")


# --- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["https://finews.example.com", "https://h.example:8443/some/pre fix"])
def test_every_link_of_the_site_leads_to_a_page_of_it(base: str) -> None:
    site = replace(SITE, base_url=base)
    odd = article(category=Category(slug="a%b c：(d)#e?f", title="怪", tag="怪", fixed=True), file_id="x#y?z%41")
    every = {page.key: page for page in rendered(OUTPUT, (*small_site(), odd), site)}
    prefix = urlsplit(base).path
    seen = 0
    for page in every.values():
        if not page.content_type.startswith("text/html"):
            continue
        at = f"http://host{prefix}/" + (
            "/deep/er"
            if page.key == "404.html"
            else page.key.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
        )
        for node in soup(page).select("[href], [src]"):
            link = str(node.get("href") or node.get("src"))
            target = urlsplit(urljoin(at, link))
            if target.hostname != "host" or link.startswith("#"):
                continue
            assert unquote(target.path).startswith(f"{prefix}/"), (page.key, link)
            path = unquote(target.path).removeprefix(prefix).removeprefix("/")
            assert target.query == ""
            assert (path or "index.html") in {*every, "feed.xml"}, (page.key, link)
            seen += 1
    assert seen > 50


def test_links_of_pages_are_relative_so_that_they_work_from_disk() -> None:
    for page in rendered(OUTPUT, small_site()):
        if page.content_type.startswith("text/html") and page.key != "404.html":
            for node in soup(page).select("a[href], link[rel=stylesheet]"):
                link = str(node["href"])
                if not link.startswith(("http://news.example.com/", "#")):
                    assert posixpath.basename(link), f"{page.key}: a folder cannot be opened from disk: {link}"
                    assert not link.startswith(("/", "http")), (page.key, link)


def test_waves_put_what_is_linked_before_what_links() -> None:
    waves = {page.key: page.wave for page in rendered(OUTPUT, small_site())}
    assert waves["static/style.css"] is Wave.ASSETS
    assert waves[article().page_key] is Wave.ARTICLES
    assert waves["category/emnews.html"] is waves["emnews/index.html"] is Wave.LISTS
    assert waves["old-category/2026/03/03/NW202603030000000002.html"] is Wave.LISTS
    assert waves["index.html"] is waves["404.html"] is Wave.FEEDS


# --- templates --------------------------------------------------------------------------------


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.template)
def test_a_context_has_exactly_what_its_template_uses(context: type[contexts.Context]) -> None:
    environment = Environment(loader=PackageLoader("tasks.outputs"), autoescape=True)
    used: set[str] = set()
    waiting = [context.template]
    while waiting:
        name = waiting.pop()
        assert environment.loader is not None
        tree = environment.parse(environment.loader.get_source(environment, name)[0])
        used |= meta.find_undeclared_variables(tree) - {node.target for node in tree.find_all(nodes.Import)}
        waiting += [found for found in meta.find_referenced_templates(tree) if found and found != "words.html"]
    assert used == {field.name for field in fields(context)}


def test_fixed_shelf_is_what_posts_link_to() -> None:
    assert ROLLING.fixed
    assert "emnews/index.html" in pages(catalogue(article()))
