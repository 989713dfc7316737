"""Drafts of tables for the site file, from what an outlet's addresses answer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.run import read_site
from tasks.model import Response
from tasks.sources import find_sources
from tasks.sources._drafts import Draft, drafts_of, sitemaps_of_robots

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
