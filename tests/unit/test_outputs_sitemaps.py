"""Sitemaps, the news sitemap and `robots.txt` as search engines see them."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from tasks.catalogue import NewsWindow, Robots, Shelf, SitemapList, SitemapShard
from tasks.model import Headline
from tasks.outputs import SiteFacts
from tasks.outputs.caching import INDEX
from tasks.outputs.sitemaps import OUTPUT
from tests.support.feed_rules import (
    faults_of,
    news_sitemap_faults,
    robots_faults,
    sitemap_faults,
    sitemap_index_faults,
)
from tests.support.machine_records import DAILY, HOST, HOSTILE_TEXTS, ROLLING, SITE, article, headline, made

HOME = f"https://{HOST}/"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
AT = datetime(2026, 3, 4, 1, 2, 3, tzinfo=UTC)
LISTS = SitemapList(
    shards=(("2026-02-1", AT - timedelta(days=9)), ("2026-03-1", AT), ("2026-03-2", None)),
    shelves=(
        Shelf(category=ROLLING, count=2, newest_at=AT - timedelta(hours=1)),
        Shelf(category=DAILY, count=0, newest_at=None),
    ),
    months=(date(2026, 3, 1), date(2026, 2, 1)),
    news_files=2,
)


def places(body: bytes) -> list[tuple[str | None, str | None]]:
    return [(e.findtext(f"{SITEMAP}loc"), e.findtext(f"{SITEMAP}lastmod")) for e in ElementTree.fromstring(body)]


def shard(*addresses: tuple[str, str, datetime], site: SiteFacts = SITE) -> bytes:
    (page,) = made(OUTPUT, SitemapShard(label="2026-03-1", addresses=addresses), site).values()
    assert (page.key, page.cache_control) == ("sitemaps/2026-03-1.xml", INDEX)
    assert page.content_type == "application/xml; charset=utf-8"
    assert faults_of(page.key, page.body, host=HOST) == []
    return page.body


# --- shards and lists ---------------------------------------------------------------------------


def test_a_shard_names_pages_with_the_time_of_their_last_change() -> None:
    body = shard(("a/1.html", "rolling", AT), ("b/2.html", "gone", AT + timedelta(days=1)))
    assert places(body) == [
        (f"{HOME}a/1.html", "2026-03-04T09:02:03+08:00"),
        (f"{HOME}b/2.html", "2026-03-05T09:02:03+08:00"),
    ]


def test_pages_that_search_engines_shall_not_keep_are_not_named() -> None:
    body = shard(("a/1.html", "hidden", AT), ("a/2.html", "borrowed", AT), ("a/3.html", "rolling", AT))
    assert [address for address, _ in places(body)] == [f"{HOME}a/3.html"]
    assert places(shard(("a/1.html", "hidden", AT))) == []


def test_keys_are_percent_encoded() -> None:
    body = shard(("a b/&<é>#?.html", "rolling", AT), *((f"{text}.html", "rolling", AT) for text in HOSTILE_TEXTS))
    assert places(body)[0][0] == f"{HOME}a%20b/%26%3C%C3%A9%3E%23%3F.html"


def test_the_index_names_every_sitemap() -> None:
    pages = made(OUTPUT, LISTS)
    assert list(pages) == ["sitemaps/lists.xml", "sitemap.xml"]
    body = pages["sitemap.xml"].body
    assert sitemap_index_faults(body, host=HOST) == faults_of("sitemap.xml", body, host=HOST) == []
    assert places(body) == [
        (f"{HOME}sitemaps/lists.xml", "2026-03-04T08:02:03+08:00"),
        (f"{HOME}sitemaps/2026-02-1.xml", "2026-02-23T09:02:03+08:00"),
        (f"{HOME}sitemaps/2026-03-1.xml", "2026-03-04T09:02:03+08:00"),
        (f"{HOME}sitemaps/2026-03-2.xml", None),
        (f"{HOME}sitemap-news.xml", None),
        (f"{HOME}sitemap-news-2.xml", None),
    ]


def test_the_sitemap_of_lists_names_every_list() -> None:
    body = made(OUTPUT, LISTS)["sitemaps/lists.xml"].body
    assert sitemap_faults(body, host=HOST) == []
    newest = "2026-03-04T08:02:03+08:00"
    assert places(body) == [
        (HOME, newest),
        (f"{HOME}category/", newest),
        (f"{HOME}category/emnews.html", newest),
        (f"{HOME}category/hebinribao.html", None),
        (f"{HOME}archive/", newest),
        (f"{HOME}archive/2026/03/", None),
        (f"{HOME}archive/2026/02/", None),
        (f"{HOME}about.html", None),
    ]


def test_a_site_without_articles_has_valid_sitemaps() -> None:
    pages = made(OUTPUT, SitemapList(shards=(), shelves=(), months=(), news_files=0))
    for page in pages.values():
        assert faults_of(page.key, page.body, host=HOST) == []
    assert [a for a, _ in places(pages["sitemap.xml"].body)] == [f"{HOME}sitemaps/lists.xml", f"{HOME}sitemap-news.xml"]


# --- news ---------------------------------------------------------------------------------------


def window(*articles: tuple[Headline, str], files: int = 0, site: SiteFacts = SITE) -> dict[str, bytes]:
    pages = made(OUTPUT, NewsWindow(articles=articles, files=files), site)
    for page in pages.values():
        assert page.cache_control == INDEX
        assert faults_of(page.key, page.body, host=HOST) == []
    return {key: page.body for key, page in pages.items()}


def headlines(count: int) -> list[tuple[Headline, str]]:
    return [(replace(headline(article()), page_key=f"a/{n}.html"), "rolling") for n in range(count)]


def test_news_say_who_published_what_when() -> None:
    (body,) = window((headline(article()), "rolling")).values()
    (url,) = ElementTree.fromstring(body)
    assert url.findtext(f"{SITEMAP}loc") == HOME + article().page_key
    news = url.find(f"{NEWS}news")
    assert news is not None
    assert news.findtext(f"{NEWS}publication/{NEWS}name") == "金融消息"
    assert news.findtext(f"{NEWS}publication/{NEWS}language") == "zh-cn"
    assert news.findtext(f"{NEWS}publication_date") == "2026-03-04T00:05:06+08:00"
    assert news.findtext(f"{NEWS}title") == article().title


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh-CN", "zh-cn"), ("zh-Hans", "zh-cn"), ("zh-Hans-HK", "zh-cn"), ("zh", "zh-cn"), ("zh-SG", "zh-cn"),
        ("zh-TW", "zh-tw"), ("zh-Hant", "zh-tw"), ("zh-Hant-CN", "zh-tw"), ("zh-HK", "zh-tw"),
        ("en", "en"), ("en-GB", "en"), ("pt-BR", "pt"),
    ],
)  # fmt: skip
def test_languages_have_the_codes_of_google_news(tag: str, code: str) -> None:
    (body,) = window((headline(article()), "rolling"), site=replace(SITE, language=tag)).values()
    assert f"<news:language>{code}</news:language>" in body.decode()


def test_a_thousand_articles_fill_a_file() -> None:
    assert {key: len(ElementTree.fromstring(body)) for key, body in window(*headlines(1_000)).items()} == {
        "sitemap-news.xml": 1_000
    }
    files = window(*headlines(2_001))
    assert {key: len(ElementTree.fromstring(body)) for key, body in files.items()} == {
        "sitemap-news.xml": 1_000, "sitemap-news-2.xml": 1_000, "sitemap-news-3.xml": 1,
    }  # fmt: skip
    assert places(files["sitemap-news-3.xml"])[0][0] == f"{HOME}a/2000.html"


def test_files_that_are_not_needed_any_more_become_empty() -> None:
    files = window(*headlines(1), files=3)
    assert [len(ElementTree.fromstring(body)) for body in files.values()] == [1, 0, 0]
    assert list(window()) == ["sitemap-news.xml"]


def test_news_of_sources_that_do_not_allow_it_are_left_out_but_the_count_of_files_stays() -> None:
    hidden = [(of, "hidden") for of, _ in headlines(1_001)]
    files = window(*hidden, (headline(article()), "borrowed"), (headline(article()), "rolling"))
    assert [[address for address, _ in places(body)] for body in files.values()] == [[HOME + article().page_key], []]


@pytest.mark.parametrize("hostile", [*HOSTILE_TEXTS, ""])
def test_hostile_texts_stay_texts(hostile: str) -> None:
    awkward = headline(article(title=hostile, summary=hostile))
    (body,) = window((awkward, "rolling"), site=replace(SITE, title=f"x{hostile}")).values()
    legal = re.sub(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", re.sub(r"[\ud800\ufffe\uffff]", "\ufffd", hostile)
    ).split()
    title = ElementTree.fromstring(body).findtext(f".//{NEWS}title") or ""
    assert title.split() == (legal or [article().category.title])


# --- robots -------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["https://finews.example.com", "https://finews.example.com/below"])
def test_robots_name_the_sitemap_and_may_read_everything(base: str) -> None:
    (page,) = made(OUTPUT, Robots(), replace(SITE, base_url=base)).values()
    assert (page.key, page.content_type) == ("robots.txt", "text/plain; charset=utf-8")
    everything = ["/", "/static/style.css", "/a/2026/03/04/1.html", "/search.html", "/feed.xml", "/pictures/1.jpg"]
    assert (
        robots_faults(
            page.body, sitemap=f"{base}/sitemap.xml", addresses=[f"https://{HOST}{path}" for path in everything]
        )
        == []
    )


# --- the rules see what is broken ---------------------------------------------------------------

SITEMAP_BREAKS = (
    (r"<loc>[^<]*</loc>", ""),
    (r"<loc>[^<]*<", "<loc>/relative.html<"),
    (r"<loc>[^<]*<", "<loc>https://other.example.com/a<"),
    (r"<loc>[^<]*<", "<loc>https://finews.example.com/消息<"),
    (r"<loc>[^<]*<", f"<loc>https://finews.example.com/{'x' * 2_048}<"),
    (r"(<loc>[^<]*</loc>)", r"\1\1"),
    (r"(?s)(<url>.*?</url>)", r"\1\1"),
    (r"<lastmod>[^<]*<", "<lastmod>yesterday<"),
    (r"<lastmod>[^<]*<", "<lastmod>2026-03-04<"),
    (r"<lastmod>[^<]*<", "<lastmod>2026-03-04T09:02:03<"),
    (r"</lastmod>", "</lastmod><changefreq>often</changefreq>"),
    (r"</lastmod>", "</lastmod><priority>2</priority>"),
    (r"</lastmod>", "</lastmod><title>x</title>"),
    (r'sitemap/0\.9"', 'sitemap/0.84"'),
    (r"urlset", "sitemapindex"),
    (r"</urlset>", ""),
)
NEWS_BREAKS = (
    (r"(?s)<news:news>.*</news:news>", ""),
    (r"(?s)(<news:news>.*</news:news>)", r"\1\1"),
    (r"<news:name>[^<]*<", "<news:name> <"),
    (r"<news:language>[^<]*<", "<news:language>zh<"),
    (r"<news:language>[^<]*<", "<news:language>zh-CN<"),
    (r"<news:publication_date>[^<]*<", "<news:publication_date>2026-03-04<"),
    (r"<news:publication_date>[^<]*</news:publication_date>", ""),
    (r"<news:title>[^<]*</news:title>", ""),
    (r"<news:title>", "<news:keywords>x</news:keywords><news:title>"),
)


def broken(body: bytes, pattern: str, instead: str) -> bytes:
    text, count = re.subn(pattern, instead, body.decode())
    assert count
    return text.encode()


@pytest.mark.parametrize(("pattern", "instead"), SITEMAP_BREAKS)
def test_rules_of_sitemaps_see_what_is_broken(pattern: str, instead: str) -> None:
    body = shard(("a/1.html", "rolling", AT), ("a/2.html", "rolling", AT))
    assert sitemap_faults(broken(body, pattern, instead), host=HOST)


def test_rules_of_sitemaps_see_what_is_too_much() -> None:
    body = shard()
    urls = [f"<url><loc>https://finews.example.com/{n}</loc></url>" for n in range(50_001)]
    full, over = (body.replace(b"/>", f">{''.join(urls[:n])}</urlset>".encode()) for n in (50_000, 50_001))
    assert sitemap_faults(full, host=HOST) == []
    assert "50001 addresses, more than 50000" in sitemap_faults(over, host=HOST)
    assert sitemap_faults(body.ljust(52_428_801)) == ["52428801 bytes, more than 52428800"]


def test_rules_of_indexes_see_what_is_broken() -> None:
    body = made(OUTPUT, LISTS)["sitemap.xml"].body
    for pattern, instead in ((r"<sitemap>", "<url>"), (r"sitemapindex", "urlset"), (r"(?s)<sitemap>.*</sitemap>", "")):
        assert sitemap_index_faults(broken(body, pattern, instead), host=HOST)


@pytest.mark.parametrize(("pattern", "instead"), NEWS_BREAKS)
def test_rules_of_news_see_what_is_broken(pattern: str, instead: str) -> None:
    (body,) = window((headline(article()), "rolling")).values()
    assert news_sitemap_faults(broken(body, pattern, instead), host=HOST)


def test_rules_of_news_see_too_many_and_too_old() -> None:
    published = article().published_at
    (body,) = window((headline(article()), "rolling")).values()
    assert news_sitemap_faults(body, now=published + timedelta(hours=48)) == []
    assert news_sitemap_faults(body, now=published + timedelta(hours=49))
    assert news_sitemap_faults(body, now=published - timedelta(minutes=1))
    entry = re.compile(r"(?s)<url>.*</url>")
    one = entry.search(body.decode())
    assert one is not None
    many = "".join(one[0].replace("/emnews/", f"/{n}/") for n in range(1_001))
    assert news_sitemap_faults(entry.sub(many, body.decode()).encode()) == ["1001 articles, more than 1000"]


def test_rules_of_robots_see_what_is_broken() -> None:
    good = b"User-agent: *\nAllow: /\n\nSitemap: https://finews.example.com/sitemap.xml\n"
    sitemap = f"{HOME}sitemap.xml"
    assert robots_faults(good, sitemap=sitemap, addresses=[HOME]) == []
    for bad in (good.replace(b"Sitemap", b"Map"), good.replace(b"Allow", b"Disallow"), good + b"hello\n", b"\xff"):
        assert robots_faults(bad, sitemap=sitemap, addresses=[HOME])
