"""The listing kind: list pages of every habit, by selectors."""

from datetime import datetime

import pytest

from tasks.config import SourceSpec
from tasks.errors import ConfigError, ParseError
from tasks.model import Listing
from tasks.sources.listing import SOURCE
from tests.support.answers import LIST_URL, NOW, answer, source

FIELDS = 'item = "ul.news > li"\ntime = "span.time"\nmedia = "em"\nsummary = "p"'
SPEC = source("listing", f"[sources.list]\n{FIELDS}")
ITEM = '<li><a href="/a/{0}.html">题 {0}</a><span class="time">{1}</span><em>山城晚报</em><p>摘要 <b>一</b></p></li>'


def page(items: str, around: str = "", head: str = "") -> str:
    """A list page."""
    return f'<!DOCTYPE html><html><head>{head}</head><body><ul class="news">{items}</ul>{around}</body></html>'


def read(
    body: str | bytes, spec: SourceSpec = SPEC, *, url: str = LIST_URL, content_type: str = "text/html"
) -> Listing:
    """What a list page says."""
    return SOURCE.read(spec, answer(body, url=url, content_type=content_type))


def test_a_record() -> None:
    [entry] = read(page(ITEM.format(1, "2026-03-04 05:06"))).entries
    assert (entry.link, entry.title) == ("https://news.example/a/1.html", "题 1")
    assert (entry.media, entry.digest, entry.dated) == ("山城晚报", "摘要 一", True)
    assert entry.published_at == datetime.fromisoformat("2026-03-04T05:06+08:00")
    assert SOURCE.ask_text(SPEC, entry).url == entry.link  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "told", "dated"),
    [
        ("昨天 16:25", "2026-03-03T16:25+08:00", True),
        ("03-03 16:25", "2026-03-03T16:25+08:00", True),
        ("5分钟前", "2026-03-04T14:25+08:00", False),
        ("", "2026-03-04T14:30+08:00", False),
        ("很久以前", "2026-03-04T14:30+08:00", False),
        ('<time datetime="2026-03-04T01:00Z">', "2026-03-04T14:30+08:00", False),
    ],
)
def test_times(written: str, told: str, dated: bool) -> None:
    [entry] = read(page(ITEM.format(1, written))).entries
    assert (entry.published_at, entry.dated) == (datetime.fromisoformat(told), dated)


def test_what_a_time_tag_says_to_machines_counts() -> None:
    spec = source("listing", '[sources.list]\nitem = "li"\ntime = "time"')
    [entry] = read(page('<li><a href="/a">题</a><time datetime="2026-03-04T01:00Z">早上</time></li>'), spec).entries
    assert entry.published_at == datetime.fromisoformat("2026-03-04T01:00Z")


LINKS = {
    "the item itself": ('item = "a.card"', '<a class="card" href="/a"><h3>题</h3></a>', "题"),
    "a link around the title": ('item = "li"\ntitle = "h3"', '<li><a href="/a"><h3>题</h3><i>图</i></a></li>', "题"),
    "a selector of what holds the link": (
        'item = "li"\nlink = "h3"',
        '<li><a href="/x">图</a><h3><a href="/a">题</a></h3></li>',
        "题",
    ),
    "a title that was cut for the eye": ('item = "li"', '<li><a href="/a" title="题 一 二">题 …</a></li>', "题 一 二"),
}


@pytest.mark.parametrize(("fields", "item", "title"), LINKS.values(), ids=LINKS.keys())
def test_where_link_and_title_are(fields: str, item: str, title: str) -> None:
    [entry] = read(page(item), source("listing", f"[sources.list]\n{fields}")).entries
    assert (entry.link, entry.title) == ("https://news.example/a", title)


def test_records_that_cannot_be_used_are_named() -> None:
    listing = read(page('<li>广告</li><li><a href="javascript:void(0)">题</a></li>' + ITEM.format(1, "")))
    assert len(listing.entries) == 1
    assert [item.subject for item in listing.unusable] == ["one#1", "one#2"]
    assert "nothing matches 'a[href]'" in listing.unusable[0].reason
    assert "no address of a page" in listing.unusable[1].reason


def test_the_base_of_the_page_counts() -> None:
    [entry] = read(page(ITEM.format(1, "").replace("/a/", "a/"), head='<base href="/x/">')).entries
    assert entry.link == "https://news.example/x/a/1.html"


def test_gb2312_bytes() -> None:
    body = page(ITEM.format("朱镕基谈经济，中国的发展是可以看到的", ""), head='<meta charset="gb2312">').encode(
        "gb18030"
    )
    assert "朱镕基" in read(body).entries[0].title


def test_the_next_page_by_its_link() -> None:
    spec = source("listing", f'[sources.list]\n{FIELDS}\nnext = ".pager a.next"')
    link = '<div class="pager"><a class="next" href="{}">下一页</a></div>'
    assert [request.url for request in read(page(ITEM, link.format("?p=2")), spec).more] == [f"{LIST_URL}?p=2"]
    for nowhere in ("#", "javascript:next()", LIST_URL):
        assert read(page(ITEM, link.format(nowhere)), spec).more == ()
    assert read(page(ITEM), spec).more == ()


def test_further_pages_by_a_pattern() -> None:
    pattern = "https://news.example/list_{page}.html"
    spec = source("listing", f'pages_url = "{pattern}"\n[sources.list]\n{FIELDS}')
    zero = source("listing", f'pages_url = "{pattern}"\nsecond_page = 1\n[sources.list]\n{FIELDS}')
    assert [request.url for request in read(page(ITEM), spec).more] == ["https://news.example/list_2.html"]
    assert [request.url for request in read(page(ITEM), zero).more] == ["https://news.example/list_1.html"]
    third = read(page(ITEM), spec, url="https://news.example/list_2.html").more
    assert [request.url for request in third] == ["https://news.example/list_3.html"]


def test_a_page_behind_the_last_is_empty_but_a_first_page_without_records_is_refused() -> None:
    assert read(page(""), url="https://news.example/list_9.html") == Listing(source="one", entries=())
    with pytest.raises(ParseError, match=r"nothing matches item = 'ul\.news > li'"):
        read(page(""))


def test_an_undated_record_has_the_time_of_the_answer() -> None:
    assert read(page(ITEM.format(1, ""))).entries[0].published_at == NOW


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "'list' is missing"),
        ('[sources.list]\ntitle = "a"', "'item' is missing"),
        ('[sources.list]\nitem = ""', "expected a CSS selector"),
        ('[sources.list]\nitem = "li:has("', "expected a CSS selector"),
        ('[sources.list]\nitem = "li"\ntiem = "i"', "unknown key 'tiem', did you mean 'time'"),
        ('pages_url = "http://h/2"\n[sources.list]\nitem = "li"', "expected {page} in the address"),
    ],
)
def test_mistakes_in_the_site_file_are_named(table: str, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        source("listing", table)
    assert message in str(refusal.value)
