"""Hostile markup in the place of what each kind of source reads: an answer or a refusal, soon."""

import time

import pytest

from tasks.articles.clean import clean
from tasks.errors import ParseError
from tasks.model import Listing
from tasks.sources import find_sources
from tests.support.answers import answer, source
from tests.support.ledgers import entry
from tests.unit.test_articles_extract import HOSTILE

ARTICLE = 'article_url = "http://h/{code}"\nshare_url = "http://h/s/{code}"'
TABLES = {
    "choice": ARTICLE,
    "listing": '[sources.list]\nitem = "div"\nlink = "a"',
    "json": '[sources.list]\nitems = "@"\nlink = "url"\ntitle = "title"',
}


@pytest.mark.parametrize("kind", sorted(find_sources()))
@pytest.mark.parametrize("name", HOSTILE)
def test_every_kind_reads_or_refuses_soon(kind: str, name: str) -> None:
    spec, begun = source(kind, TABLES.get(kind, "")), time.process_time()
    for read in (
        lambda got: find_sources()[kind].read(spec, got),
        lambda got: find_sources()[kind].extract(spec, entry(), got),
    ):
        try:
            read(answer(HOSTILE[name], content_type="text/html"))
        except ParseError as refusal:
            assert str(refusal)
    assert time.process_time() - begun < 30


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_list_carries_is_cleaned_or_refused_soon(name: str) -> None:
    begun = time.process_time()
    try:
        assert "<script" not in clean(HOSTILE[name].decode(), "https://h.example/")
    except ParseError as refusal:
        assert "elements" in str(refusal)
    assert time.process_time() - begun < 30


def test_one_summary_with_too_many_elements_does_not_cost_the_list() -> None:
    items = "".join(
        f"<item><title>{n}</title><link>/a/{n}</link><description>{text}</description></item>"
        for n, text in enumerate(("short", "&lt;i&gt;" * 70_000))
    )
    listing = find_sources()["feed"].read(
        source("feed"), answer(f"<rss version='2.0'><channel>{items}</channel></rss>")
    )
    assert isinstance(listing, Listing)
    assert [one.title for one in listing.entries] == ["0", "1"]
