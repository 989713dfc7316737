"""Drafts of tables for the site file, from what an outlet's addresses answer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.run import read_site
from tasks.model import Response
from tasks.sources import find_sources
from tasks.sources._drafts import Draft, drafts_of, licence_of, sitemaps_of_robots, title_of, wall_of

URL = "https://news.example/finance/"
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
ITEM = '<li class="row"><a href="/a/{n}.html">第{n}条：河滨港去年吞吐量增长两成</a> <em class="t">2026-03-0{n} 08:00</em></li>'
PAGE = f"""<!doctype html><meta charset="utf-8"><title>某网财经</title>
<link rel="alternate" type="application/rss+xml" href="/rss.xml"><link rel="alternate" hreflang="en" href="/en/">
<nav><ul>{"".join(f'<li><a href="/c/{n}/">栏目第{n}号的很长的名字</a></li>' for n in range(9))}</ul></nav>
<ul id="list" class="news">{"".join(ITEM.format(n=n) for n in range(1, 7))}</ul>
<div class="ad"><p><a href="https://other.example/1">别家的广告链接也有很长的文字</a></p></div>
<p class="pager"><a class="more" href="?p=2">下一页</a></p>"""


def answer(body: str, content_type: str = "", url: str = URL) -> Response:
    return Response(url=url, status=200, body=body.encode(), content_type=content_type, seconds=0.1, received_at=NOW)


def entries_of(draft: Draft, body: str, folder: Path) -> list[str]:
    """Titles that the draft, as it would stand in a site file, reads from this answer."""
    path = folder / "site.toml"
    path.write_text(f'[site]\ntitle = "t"\nbase_url = "https://h.example"\n{draft.toml("one")}', encoding="utf-8")
    spec = read_site(str(path)).source("one")
    return [entry.title for entry in find_sources()[spec.kind].read(spec, answer(body, url=draft.list_url)).entries]


def test_a_page_leads_to_its_feed_and_holds_a_list(tmp_path: Path) -> None:
    feed, listing = drafts_of(answer(PAGE, "text/html"))
    assert (feed.kind, feed.list_url, feed.title) == ("feed", "https://news.example/rss.xml", "某网财经")
    assert (listing.kind, listing.list_url) == ("listing", URL)
    assert listing.tables == {"list": {"item": "ul#list > li", "time": "em.t", "next": "a.more"}}
    assert entries_of(listing, PAGE, tmp_path) == [f"第{n}条：河滨港去年吞吐量增长两成" for n in range(1, 7)]


@pytest.mark.parametrize(("text", "where"), [("<p>很长</p>" * 200, "feed"), ("<p>短</p>", "page")])
def test_a_feed_says_where_its_texts_are(text: str, where: str, tmp_path: Path) -> None:
    items = "".join(
        f"<item><title>题{n}</title><link>https://news.example/{n}</link><description><![CDATA[{text}]]></description></item>"
        for n in (1, 2)
    )
    body = f'<rss version="2.0"><channel><title>某网 "快讯"</title>{items}</channel></rss>'
    [draft] = drafts_of(answer(body, "application/rss+xml"))
    assert (draft.kind, draft.title, draft.options) == ("feed", '某网 "快讯"', {"text": where})
    assert entries_of(draft, body, tmp_path) == ["题1", "题2"]


def test_a_sitemap() -> None:
    assert [draft.kind for draft in drafts_of(answer('<?xml version="1.0"?><urlset xmlns="x"></urlset>'))] == [
        "sitemap"
    ]


def test_sitemaps_of_news_come_first() -> None:
    text = "User-agent: *\nSitemap: https://news.example/all.xml\nsitemap:/news-map.xml\nSitemap: https://news.example/all.xml"
    found = sitemaps_of_robots(text, "https://news.example/robots.txt")
    assert [draft.list_url for draft in found] == ["https://news.example/news-map.xml", "https://news.example/all.xml"]


def test_a_json_list_by_the_names_of_its_fields(tmp_path: Path) -> None:
    items = [
        {"title": f"题{n}", "url": f"https://news.example/{n}", "showTime": "2026-03-04 08:00:00"} for n in (1, 2, 3)
    ]
    body = json.dumps({"code": 1, "other": [{"x": 1}], "data": {"the-list": items}})
    [draft] = drafts_of(answer(body, "application/json"))
    assert draft.tables == {"list": {"items": 'data."the-list"', "link": "url", "title": "title", "time": "showTime"}}
    assert entries_of(draft, body, tmp_path) == ["题1", "题2", "题3"]


@pytest.mark.parametrize("body", ["", "hello", "{", "[1, 2]", "<p>no list</p>", '{"items": [{"a": 1}]}', "\x00\xff"])
def test_of_nothing_comes_nothing(body: str) -> None:
    assert drafts_of(answer(body)) == ()


def test_a_list_in_plain_text_is_a_sitemap() -> None:
    [draft] = drafts_of(answer("https://news.example/a/1\nhttps://news.example/a/2\n", "text/plain"))
    assert draft.kind == "sitemap"
    assert drafts_of(answer("https://news.example/ is our address", "text/plain")) == ()


@pytest.mark.parametrize(
    ("path", "is_feed"),
    [
        ("/rss", True), ("/feed/", True), ("/news/rss.xml", True), ("/atom.xml", True), ("/index.rss", True),
        ("/rss2.xml", True), ("/feeds/all.atom", True), ("/rss/finance.xml", True), ("/news-feed.json", True),
        ("/feedback", False), ("/newsfeeder.html", False), ("/atomic/", False), ("/rss.html", False),
    ],
)  # fmt: skip
def test_links_that_look_like_feeds(path: str, is_feed: bool) -> None:
    found = drafts_of(answer(f"<title>t</title><a href='{path}'>RSS</a>", "text/html"))
    expected = [("feed", f"https://news.example{path}")] if is_feed else []
    assert [(draft.kind, draft.list_url) for draft in found] == expected


def test_a_page_that_links_many_feeds_is_tried_with_few() -> None:
    page = "".join(f"<a href='/c/{n}/rss.xml'>栏目</a>" for n in range(9))
    assert len(drafts_of(answer(f"<title>t</title>{page}", "text/html"))) == 2


def test_an_open_list_of_eastmoney_is_read_as_what_it_is() -> None:
    url = "https://np-listapi.eastmoney.com/comm/web/getNewsByColumns?column=350&page_index=1"
    body = json.dumps({"data": {"list": [{"title": "题", "uniqueUrl": "https://x/1"}]}})
    assert [draft.kind for draft in drafts_of(answer(body, "application/json", url))] == ["eastmoney", "json"]


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>河滨财经_河滨网</title>", "河滨财经"),
        ("<title>河滨财经-河滨网</title>", "河滨财经"),
        ("<title>River Daily - Latest news | Home</title>", "River Daily"),
        ("<title>River-Side Daily</title>", "River-Side Daily"),
        ("<title>x</title><meta property='og:site_name' content='河滨网'>", "河滨网"),
        ("<title> | </title>", "|"),
        ("<p>none</p>", ""),
    ],
)
def test_what_a_page_calls_its_site(head: str, title: str) -> None:
    assert title_of(answer(head)) == title


def test_a_licence() -> None:
    assert licence_of(answer("<a rel='nofollow license' href='/by/4.0/'>CC BY</a>")) == "https://news.example/by/4.0/"
    assert licence_of(answer("<a href='/by/4.0/'>CC BY</a>")) == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<title>Just a moment...</title><p>x</p>", "its title is 'Just a moment...'"),
        ("<title>河滨网</title><script src='/cdn-cgi/challenge-platform/x.js'></script>", "a challenge: "),
        ("<title>河滨网</title><p>请完成安全验证后继续访问</p>", "a challenge: '请完成安全验证"),
        ("<title>河滨网</title><p>请登录后阅读全文</p>", "a login page: "),
        ("<title>河滨网</title><p>今天的河水涨了两寸。</p>", ""),
        (f"<title>河滨网</title><p>请完成安全验证</p><p>{'河水涨了两寸。' * 60}</p>", ""),
    ],
)
def test_what_stands_in_the_place_of_a_page(body: str, said: str) -> None:
    found = wall_of(answer(body))
    assert found.startswith(said)
    assert bool(found) == bool(said)


@pytest.mark.parametrize("title", ['"', "\\", "a\nb", "\x7f\x00", "\ud800", "]]", "#", "河\u2028滨", "\t''", '"""'])
def test_whatever_a_title_is_the_table_is_toml(title: str, tmp_path: Path) -> None:
    draft = Draft(kind="feed", list_url="https://news.example/f", why="", title=title)
    table = draft.toml("one", {"tag": f"x{title}", "category": "x"}, {"tag": "a note"})
    path = tmp_path / "site.toml"
    path.write_text(f'[site]\ntitle = "t"\nbase_url = "https://h.example"\n{table}', encoding="utf-8")
    assert read_site(str(path)).source("one").category == "x"


def test_a_key_that_no_file_can_hold_is_left_out() -> None:
    body = '{"\\ud800": [{"title": "a", "url": "/1"}], "ok": [{"title": "b", "url": "/2"}]}'
    [draft] = drafts_of(answer(body, "application/json"))
    assert draft.tables["list"]["items"] == "ok"
