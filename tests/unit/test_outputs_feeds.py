"""`feed.xml` as a feed reader sees it."""

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import feedparser
import pytest

from tasks.model import Category
from tasks.outputs import SiteFacts
from tasks.outputs.elements import add, document, root
from tasks.outputs.feeds import OUTPUT
from tests.support.output_records import HOSTILE_TEXTS, SITE, article, catalogue, small_site

ATOM = "{http://www.w3.org/2005/Atom}"


def feed_of(*articles: object, site: SiteFacts = SITE) -> bytes:
    (page,) = OUTPUT.of_catalogue(catalogue(*articles), site)  # type: ignore[arg-type]
    assert page.key == "feed.xml"
    return page.body


def test_the_feed_has_what_rfc_4287_requires() -> None:
    first, second, third = small_site()
    body = feed_of(first, second, third)
    feed = feedparser.parse(body)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    assert feed.feed.id == "https://finews.example.com/"
    assert feed.feed.title == "金融消息"
    assert feed.feed.updated == "2026-03-04T00:05:06+08:00"
    assert feed.feed.author == "金融消息"
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": "https://finews.example.com/feed.xml",
        "alternate": "https://finews.example.com/",
    }
    assert len({entry.id for entry in feed.entries}) == 3
    for entry, given in zip(feed.entries, (first, second, third), strict=True):
        assert entry.published == given.published_at.isoformat()
        assert entry.updated == given.updated_at.isoformat()
        assert entry.author == given.category.title
        assert [(tag.term, tag.label) for tag in entry.tags] == [(given.category.slug, given.category.title)]
        assert entry.link == f"https://finews.example.com/{given.page_key}"
        assert entry.summary == given.summary
        assert entry.content[0].type == "text/html"
        assert entry.content[0].value == given.html


def test_an_empty_feed_is_valid_and_has_a_fixed_time() -> None:
    feed = feedparser.parse(feed_of())
    assert not feed.bozo
    assert feed.feed.updated == "1970-01-01T08:00:00+08:00"
    assert feed.entries == []


def test_the_time_of_the_feed_is_that_of_its_newest_content() -> None:
    first, second, _ = small_site()
    changed = replace(second, updated_at=first.updated_at + timedelta(days=1))
    assert feedparser.parse(feed_of(first, changed)).feed.updated == "2026-03-05T00:05:06+08:00"


def test_an_entry_keeps_its_id_when_its_page_moves() -> None:
    before, after = article(), article(category=Category(slug="else", title="别处", tag="别处"), file_id="else")
    ids = {feedparser.parse(feed_of(a)).entries[0].id for a in (before, after)}
    assert len(ids) == 1
    assert before.page_key != after.page_key


def test_addresses_inside_of_content_are_absolute() -> None:
    html = '<p><a href="../a.html">a</a><img src="/b.png" alt=""><a href="https://e.example/c">c</a></p>'
    content = ElementTree.fromstring(feed_of(article(html=html))).findtext(f"{ATOM}entry/{ATOM}content")
    assert content == (
        '<p><a href="https://finews.example.com/emnews/2026/03/a.html">a</a>'
        '<img src="https://finews.example.com/b.png" alt=""><a href="https://e.example/c">c</a></p>'
    )


def test_no_element_or_attribute_holds_what_xml_forbids() -> None:
    outer = root("outer", "urn:x", of="a\x00\ufffe")
    add(outer, "inner", "b\x08\ud800", of="c\x1b")
    read = ElementTree.fromstring(document(outer))
    assert (read.get("of"), read[0].text, read[0].get("of")) == ("a", "b", "c")


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    category = Category(slug="x", title=hostile, tag=hostile)
    awkward = article(title=hostile, summary=hostile, category=category, origin_url=f"http://a.example/{hostile}")
    body = feed_of(awkward, site=replace(SITE, title=hostile))
    feed = ElementTree.fromstring(body)
    names = {element.tag.removeprefix(ATOM) for element in feed.iter()}
    assert names <= {
        "feed", "id", "title", "updated", "author", "name", "link", "entry", "published", "category", "summary",
        "content",
    }  # fmt: skip
    title = feed.findtext(f"{ATOM}entry/{ATOM}title")
    legal = re.sub(r"[\x00-\x1f\x85\u2028]", " ", re.sub(r"[\ud800\ufffe]", "\ufffd", hostile))
    assert (title or "").split() == legal.split()
    assert not feedparser.parse(body).bozo
