"""Feeds as feed readers see them."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from xml.etree import ElementTree

import feedparser
import pytest

from tasks.catalogue import Channel
from tasks.model import Article, Category
from tasks.outputs import SiteFacts
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.elements import document, element
from tasks.outputs.feeds import OUTPUT
from tests.support.feed_rules import archive_chain_faults, atom_faults, faults_of
from tests.support.machine_records import (
    DAILY,
    HOSTILE_TEXTS,
    SITE,
    article,
    channel,
    channel_archive,
    made,
    small_site,
)

ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
HOME = "https://finews.example.com/"


def bodies(record: Channel, site: SiteFacts = SITE) -> tuple[bytes, bytes, bytes]:
    """The Atom, RSS and JSON documents of a feed, in this order."""
    atom, rss, as_json = made(OUTPUT, record, site).values()
    return atom.body, rss.body, as_json.body


def assert_valid(record: Channel, site: SiteFacts = SITE) -> None:
    for page in made(OUTPUT, record, site).values():
        assert faults_of(page.key, page.body) == [], page.key
        if page.key.endswith(".xml"):
            read = feedparser.parse(page.body)
            assert not read.bozo, read.get("bozo_exception")
            assert len(read.entries) == len(record.articles)


# --- what there is ----------------------------------------------------------------------------


@pytest.mark.parametrize("category", [None, DAILY], ids=["site", "category"])
@pytest.mark.parametrize("articles", [(), small_site()], ids=["empty", "three"])
@pytest.mark.parametrize("archive", ["", "2026-02-1"])
def test_all_three_documents_are_valid(category: Category | None, articles: tuple[Article, ...], archive: str) -> None:
    assert_valid(Channel(category=category, articles=articles, archive=archive))


def test_where_the_documents_stand_and_how_they_are_served() -> None:
    pages = made(OUTPUT, channel(*small_site()))
    assert {key: page.content_type for key, page in pages.items()} == {
        "feed.xml": "application/atom+xml; charset=utf-8",
        "rss.xml": "application/rss+xml; charset=utf-8",
        "feed.json": "application/feed+json",
    }
    assert {page.cache_control for page in pages.values()} == {INDEX}
    assert set(made(OUTPUT, channel(category=DAILY))) == {
        "category/hebinribao/feed.xml", "category/hebinribao/rss.xml", "category/hebinribao/feed.json",
    }  # fmt: skip


def test_the_three_documents_tell_the_same_stories_newest_first() -> None:
    third, first, second = small_site()
    atom, rss, as_json = bodies(channel(third, first, second))
    expected = [
        (f"{HOME}#{a.key}", f"{HOME}{a.page_key}", a.title, a.html, a.category.title) for a in (first, second, third)
    ]
    entries = ElementTree.fromstring(atom).findall(f"{ATOM}entry")
    assert [
        (
            e.findtext(f"{ATOM}id"),
            e.find(f"{ATOM}link").get("href"),  # type: ignore[union-attr]
            e.findtext(f"{ATOM}title"),
            e.findtext(f"{ATOM}content"),
            e.findtext(f"{ATOM}author/{ATOM}name"),
        )
        for e in entries
    ] == expected
    assert [
        (i.findtext("guid"), i.findtext("link"), i.findtext("title"), i.findtext(ENCODED), i.findtext("source"))
        for i in ElementTree.fromstring(rss).iter("item")
    ] == expected
    assert [
        (i["id"], i["url"], i["title"], i["content_html"], i["authors"][0]["name"])
        for i in json.loads(as_json)["items"]
    ] == expected


def test_times_of_a_story_in_each_form() -> None:
    _, _, second = small_site()
    atom, rss, as_json = bodies(channel(second))
    entry = feedparser.parse(atom).entries[0]
    assert (entry.published, entry.updated) == ("2026-03-03T19:05:06+08:00", "2026-03-04T04:05:06+08:00")
    assert feedparser.parse(rss).entries[0].published == "Tue, 03 Mar 2026 19:05:06 +0800"
    (item,) = json.loads(as_json)["items"]
    assert (item["date_published"], item["date_modified"]) == (entry.published, entry.updated)


def test_where_a_story_comes_from() -> None:
    atom, rss, as_json = bodies(channel(article(category=DAILY)))
    origin, page = article().origin_url, f"{HOME}category/hebinribao.html"
    entry = ElementTree.fromstring(atom).find(f"{ATOM}entry")
    assert entry is not None
    assert [x.get("href") for x in entry.findall(f"{ATOM}link[@rel='via']")] == [origin]
    source = entry.find(f"{ATOM}source")
    assert source is not None
    assert [source.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated")] == [
        page, "河滨日报", "2026-03-04T00:05:06+08:00",
    ]  # fmt: skip
    outlet = ElementTree.fromstring(rss).find("channel/item/source")
    assert outlet is not None
    assert (outlet.text, outlet.get("url")) == ("河滨日报", f"{HOME}category/hebinribao/rss.xml")
    (item,) = json.loads(as_json)["items"]
    assert item["external_url"] == origin
    assert item["authors"] == [{"name": "河滨日报", "url": page}]
    assert item["image"] == "https://pic.example.com/a.jpg?w=1&h=2"


def test_what_a_story_lacks_is_left_out() -> None:
    record = channel(article(origin_url="javascript:alert(1)", summary="", html="<p>x</p>"))
    atom, rss, as_json = bodies(record)
    assert_valid(record)
    assert b"via" not in atom + rss
    assert b"javascript" not in atom + rss + as_json
    assert json.loads(as_json)["items"][0].keys().isdisjoint({"external_url", "summary", "image"})


def test_a_story_without_a_title_is_called_by_its_summary() -> None:
    for summary, title in (("一句话。", "一句话。"), ("长" * 50, "长" * 40 + "…"), ("", "滚动")):
        record = channel(article(title=" ", summary=summary))
        assert_valid(record)
        assert json.loads(bodies(record)[2])["items"][0]["title"] == title


def test_stories_of_sources_that_search_engines_must_not_keep_stay_in_feeds() -> None:
    assert len(feedparser.parse(bodies(channel(article(source="hidden")))[0]).entries) == 1


def test_what_stands_above_the_stories_of_a_category() -> None:
    atom, rss, as_json = bodies(channel(*small_site(), category=DAILY), replace(SITE, update_minutes=30))
    page = f"{HOME}category/hebinribao.html"
    head = feedparser.parse(atom).feed
    assert (head.id, head.title, head.link, head.language) == (page, "河滨日报 - 金融消息", page, "zh-CN")
    top = ElementTree.fromstring(rss)[0]
    assert [top.findtext(name) for name in ("title", "link", "language", "ttl", "lastBuildDate")] == [
        "河滨日报 - 金融消息", page, "zh-CN", "30", "Wed, 04 Mar 2026 04:05:06 +0800",
    ]  # fmt: skip
    whole = json.loads(as_json)
    assert (whole["home_page_url"], whole["feed_url"]) == (page, f"{HOME}category/hebinribao/feed.json")


# --- what does not change -----------------------------------------------------------------------


def test_an_entry_keeps_its_id_when_its_page_moves() -> None:
    before, after = article(), article(category=Category(slug="else", title="别处", tag="别处"), file_id="else")
    assert before.page_key != after.page_key
    ids = [json.loads(bodies(channel(a))[2])["items"][0]["id"] for a in (before, after)]
    assert ids[0] == ids[1]


def test_the_time_of_a_feed_is_that_of_its_newest_content() -> None:
    _, first, second = small_site()
    changed = replace(second, updated_at=first.updated_at + timedelta(days=1))
    atom, rss, _ = bodies(channel(first, changed))
    assert feedparser.parse(atom).feed.updated == "2026-03-05T00:05:06+08:00"
    assert "<lastBuildDate>Thu, 05 Mar 2026 00:05:06 +0800<" in rss.decode()


def test_an_empty_feed_has_a_fixed_time_or_none() -> None:
    atom, rss, _ = bodies(channel())
    assert feedparser.parse(atom).feed.updated == "1970-01-01T08:00:00+08:00"
    assert b"lastBuildDate" not in rss


def test_the_order_of_the_records_makes_no_difference() -> None:
    twins = tuple(article(key=str(n), file_id=str(n)) for n in range(5))
    assert bodies(channel(*twins)) == bodies(channel(*reversed(twins)))


# --- archives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("category", [None, DAILY], ids=["site", "category"])
def test_the_whole_past_is_reached_from_the_subscription_document(category: Category | None) -> None:
    labels = ["2026-01-1", "2026-02-1", "2026-02-2"]
    documents = {}
    for previous, label in zip(["", *labels], labels, strict=False):
        (page,) = made(OUTPUT, channel_archive(*small_site(), label=label, previous=previous, of=category)).values()
        assert page.cache_control == IMMUTABLE
        assert page.content_type == "application/atom+xml; charset=utf-8"
        assert atom_faults(page.body, archive=True) == faults_of(page.key, page.body) == []
        assert not feedparser.parse(page.body).bozo
        documents[HOME + page.key] = page.body
    assert next(iter(documents)) == HOME + ("category/hebinribao/" if category else "") + "feed/2026-01-1.xml"
    start = bodies(channel(*small_site(), category=category, archive=labels[-1]))[0]
    assert archive_chain_faults(start, documents) == []


def test_an_archive_document_never_names_the_one_after_it() -> None:
    (page,) = made(OUTPUT, channel_archive(*small_site(), label="2026-02-1")).values()
    assert b"next-archive" not in page.body
    assert b"prev-archive" not in page.body


# --- hostile and awkward texts ------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    category = Category(slug="x", title=hostile, tag=hostile)
    awkward = article(title=hostile, summary=hostile, category=category, origin_url=f"http://a.example/{hostile}")
    record = channel(awkward, category=category, archive="1")
    site = replace(SITE, title=f"x{hostile}", description=hostile)
    assert_valid(record, site)
    atom, rss, as_json = bodies(record, site)
    legal = re.sub(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", re.sub(r"[\ud800\ufffe\uffff]", "\ufffd", hostile)
    ).split()
    item = json.loads(as_json)["items"][0]
    read = ElementTree.fromstring(rss)
    titles = (
        ElementTree.fromstring(atom).findtext(f"{ATOM}entry/{ATOM}title"), read.findtext("channel/item/title"),
        read.findtext("channel/item/source"), item["title"], item["summary"], item["authors"][0]["name"],
    )  # fmt: skip
    assert [(text or "").split() for text in titles] == [legal] * len(titles)


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_descriptions_of_rss_are_html_that_shows_the_text(hostile: str) -> None:
    site = replace(SITE, description=f"x{hostile}")
    descriptions = [
        element.text or ""
        for element in ElementTree.fromstring(bodies(channel(article(summary=f"x{hostile}")), site)[1]).iter(
            "description"
        )
    ]
    assert len(descriptions) == 2
    legal = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", re.sub(r"[\ud800\ufffe\uffff]", "\ufffd", hostile))
    for description in descriptions:
        assert "<" not in description
        assert unescape(description).split() == f"x{legal}".split()


def test_a_site_without_a_description_is_described_by_its_title() -> None:
    record, site = channel(article()), replace(SITE, description="")
    assert_valid(record, site)
    assert ElementTree.fromstring(bodies(record, site)[1]).findtext("channel/description") == "金融消息"


def test_a_body_that_cannot_be_encoded_does_not_stop_a_feed() -> None:
    assert_valid(channel(article(html="<p>\ud83d \x00 \ufffe &amp; ]]></p>")))


def test_addresses_inside_of_bodies_are_absolute() -> None:
    html = '<p><a href="../a.html">a</a><img src="/b.png" alt=""><a href="https://e.example/c">c</a></p>'
    record = channel(article(html=html))
    assert_valid(record)
    assert json.loads(bodies(record)[2])["items"][0]["content_html"] == (
        '<p><a href="https://finews.example.com/emnews/2026/03/a.html">a</a>'
        '<img src="https://finews.example.com/b.png" alt=""><a href="https://e.example/c">c</a></p>'
    )


# --- the writer of XML --------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_texts_and_attributes_come_back_from_a_reader_of_xml(hostile: str) -> None:
    read = ElementTree.fromstring(document(element("outer", element("inner", hostile, of=hostile))))
    legal = re.sub(r"[\x00\x08\x1b\ud800\ufffe\uffff]", "", hostile)
    assert (read[0].text, read[0].get("of")) == (legal, legal)


def test_an_element_glued_to_text_is_text() -> None:
    assert document(element("a", element("b") + "<c>")).endswith(b"<a>&lt;b/&gt;&lt;c&gt;</a>\n")
