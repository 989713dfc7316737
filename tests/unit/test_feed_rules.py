"""The rules for feeds see what is broken in a document, one break at a time."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tasks.catalogue import Channel
from tasks.outputs.feeds import OUTPUT
from tests.support.feed_rules import archive_chain_faults, atom_faults, json_feed_faults, rss_faults
from tests.support.machine_records import article, channel, channel_archive, made, small_site

HOME = "https://finews.example.com/"


def bodies(record: Channel) -> tuple[bytes, bytes, bytes]:
    """The Atom, RSS and JSON documents of a feed, in this order."""
    atom, rss, as_json = made(OUTPUT, record).values()
    return atom.body, rss.body, as_json.body


ATOM_BREAKS: tuple[tuple[str, str], ...] = (
    (r"<id>https://finews.example.com/</id>", ""),
    (r"<id>https://finews.example.com/</id>", "<id>x</id>"),
    (r"<updated>[^<]*</updated>", "<updated>2026-03-05 00:05:06</updated>"),
    (r"<updated>[^<]*</updated>", "<updated>2001-01-01T00:00:00Z</updated>"),
    (r"<updated>([^<]*)</updated>", r"<updated>\1</updated><updated>\1</updated>"),
    (r"#202603030000000002<", "#202603040000000001<"),
    (r"(<entry>.*?</entry>)\s*(<entry>.*?</entry>)", r"\2\1"),
    (r"<published>[^<]*</published>", "<published>2026-02-30T00:00:00+08:00</published>"),
    (r"<published>[^<]*</published>", "<published>2036-01-01T00:00:00+08:00</published>"),
    (r'rel="self"', 'rel="own"'),
    (r'rel="alternate"', 'rel="related"'),
    (r'<link rel="via" href="[^"]*"/>', r'<link rel="alternate" type="text/html" href="https://b.example/"/>'),
    (r'rel="via" href="[^"]*"', 'rel="via" href="/relative"'),
    (r'rel="via" href="[^"]*"', 'rel="via" href="http://a.example/a b"'),
    (r"<title>[^<]*</title>", "<title> </title>"),
    (r"<title>[^<]*</title>", "<title><b>x</b></title>"),
    (r'type="html">', 'type="text/html">'),
    (r"&lt;p&gt;", '&lt;p&gt;&lt;a href="/x"&gt;'),
    (r"&lt;p&gt;", "&lt;p&gt;&lt;script&gt;"),
    (r"&lt;p&gt;", '&lt;p onclick="x"&gt;'),
    (r"(?s)<source>.*?</source>", "<source><title>x</title></source>"),
    (r'term="[^"]*"', ""),
    (r"(?s)<author>.*?</author>\s*<link", "<author><uri>https://a.example/</uri></author><link"),
    (r"<subtitle>", "<subheading>x</subheading><subtitle>"),
    (r"<subtitle>", "<fh:archive/><subtitle>"),
    (r'rel="prev-archive"', 'rel="current"'),
    (r'xml:lang="zh-CN"', 'xml:lang="Chinese!"'),
    (r'encoding="utf-8"', 'encoding="gbk"'),
    (r"</feed>", ""),
    (r"<feed ", "<!DOCTYPE feed><feed "),
)
ARCHIVE_BREAKS: tuple[tuple[str, str], ...] = (
    (r"<fh:archive/>", ""),
    (r"<fh:archive/>", "<fh:archive>x</fh:archive>"),
    (r'rel="current"', 'rel="next"'),
    (
        r'rel="current" type="([^"]*)" href="[^"]*"',
        r'rel="current" type="\1" href="https://finews.example.com/feed/2.xml"',
    ),
)
RSS_BREAKS: tuple[tuple[str, str], ...] = (
    (r'version="2.0"', 'version="0.91"'),
    (r"<description>[^<]*</description>", ""),
    (r"<link>[^<]*</link>", "<link>/</link>"),
    (r"<language>[^<]*<", "<language>Chinese!<"),
    (r"<ttl>60<", "<ttl>an hour<"),
    (r"<lastBuildDate>[^<]*<", "<lastBuildDate>2026-03-04T00:05:06+08:00<"),
    (r"<pubDate>Wed", "<pubDate>Thu"),
    (r"<pubDate>[^<]*</pubDate>", ""),
    (r'rel="self"', 'rel="own"'),
    (r'isPermaLink="false">[^<]*', 'isPermaLink="true">17'),
    (r"#202603030000000002<", "#202603040000000001<"),
    (r"<guid.*?</guid>", ""),
    (r'<source url="[^"]*"', "<source"),
    (r"<dc:creator>[^<]*</dc:creator>", "<author>nobody</author>"),
    (r"<dc:creator>", "<creator>x</creator><dc:creator>"),
    (r'rel="via" href="[^"]*"', 'rel="via" href="x"'),
    (r"&lt;p&gt;", '&lt;p&gt;&lt;img src="b.png"&gt;'),
    (r"(<item>.*?</item>)\s*(<item>.*?</item>)", r"\2\1"),
    (r"(<content:encoded>[^<]*</content:encoded>)", r"\1\1"),
    (r"<title>[^<]*</title>", "<title><b>x</b></title>"),
    (r"(?s)<item>.*?</item>", "<item><guid>https://a.example/</guid></item>"),
)


@pytest.mark.parametrize(("pattern", "instead"), ATOM_BREAKS)
def test_rules_of_atom_see_what_is_broken(pattern: str, instead: str) -> None:
    whole = bodies(channel(*small_site(), archive="2026-02-1"))[0]
    assert_broken(atom_faults, whole, pattern, instead)


@pytest.mark.parametrize(("pattern", "instead"), ARCHIVE_BREAKS)
def test_rules_of_archives_see_what_is_broken(pattern: str, instead: str) -> None:
    (page,) = made(OUTPUT, channel_archive(*small_site(), label="2", previous="1")).values()
    assert_broken(lambda body: atom_faults(body, archive=True), page.body, pattern, instead)


@pytest.mark.parametrize(("pattern", "instead"), RSS_BREAKS)
def test_rules_of_rss_see_what_is_broken(pattern: str, instead: str) -> None:
    assert_broken(rss_faults, bodies(channel(*small_site()))[1], pattern, instead)


def assert_broken(rules: Callable[[bytes], list[str]], whole: bytes, pattern: str, instead: str) -> None:
    assert rules(whole) == []
    broken, count = re.subn(pattern, instead, whole.decode(), count=1, flags=re.DOTALL)
    assert count == 1
    faults = rules(broken.encode())
    assert faults
    assert all("\n" not in fault for fault in faults)


JSON_BREAKS: tuple[dict[str, Any], ...] = (
    {"version": "https://jsonfeed.org/version/1"},
    {"title": None},
    {"title": " "},
    {"items": {}},
    {"items": [1]},
    {"items": [{"id": "1", "content_html": "x"}] * 2},
    {"items": [{"content_html": "x"}]},
    {"items": [{"id": 1, "content_html": "x"}]},
    {"items": [{"id": "1"}]},
    {"items": [{"id": "1", "content_html": '<a href="/x">'}]},
    {"items": [{"id": "1", "content_html": "x", "date_published": "2026-03-04"}]},
    {"items": [{"id": "1", "content_html": "x", "url": "/x"}]},
    {"items": [{"id": "1", "content_html": "x", "tags": [1]}]},
    {"items": [{"id": "1", "content_html": "x", "author": {"name": "x"}}]},
    {
        "items": [
            {"id": "1", "content_html": "x", "date_published": "2026-03-04T00:00:00Z"},
            {"id": "2", "content_html": "x", "date_published": "2026-03-05T00:00:00Z"},
        ]
    },
    {"authors": [{}]},
    {"authors": [{"name": ""}]},
    {"authors": [{"name": "x", "url": "x"}]},
    {"language": "Chinese!"},
    {"home_page_url": "finews"},
    {"next_url": "https://finews.example.com/feed.json"},
    {"subtitle": "x"},
)


@pytest.mark.parametrize("changes", JSON_BREAKS)
def test_rules_of_json_feed_see_what_is_broken(changes: dict[str, Any]) -> None:
    whole = json.loads(bodies(channel(*small_site()))[2])
    assert json_feed_faults(json.dumps(whole | changes).encode())


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff{}", b'{"title": "x"}', b'{"title": "x", "title": "y", "items": []}']
)
def test_rules_of_json_feed_see_what_is_none(body: bytes) -> None:
    assert json_feed_faults(body)


def test_rules_of_archive_chains_see_what_is_broken() -> None:
    (first,) = made(OUTPUT, channel_archive(article(), label="1")).values()
    (second,) = made(OUTPUT, channel_archive(article(), label="2", previous="1")).values()
    start = bodies(channel(article(), archive="2"))[0]
    one, two = HOME + first.key, HOME + second.key
    assert archive_chain_faults(start, {two: second.body}) == [f"{one}: is not there"]
    assert archive_chain_faults(start, {one: second.body, two: second.body})
    assert archive_chain_faults(bodies(channel())[0], {one: first.body}) == [f"{one}: not reached"]
    loop = first.body.replace(
        b'<link rel="current"', f'<link rel="prev-archive" href="{two}"/><link rel="current"'.encode()
    )
    assert f"{two}: comes again" in archive_chain_faults(start, {one: loop, two: second.body})
