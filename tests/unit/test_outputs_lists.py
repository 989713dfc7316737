"""Pages of lists: links that hold, pages that stay as they are."""

import re
from dataclasses import replace
from datetime import timedelta

from tasks.catalogue import IndexKind
from tasks.model import Article, Page
from tasks.outputs import pages_of_index
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.website import OUTPUT
from tests.support.output_records import HOSTILE_TEXTS, SITE, article, indexes


def many(count: int) -> tuple[Article, ...]:
    """Articles of one category, a minute apart, oldest first."""
    first = article()
    return tuple(
        replace(
            first,
            key=f"k{number:04}",
            code=f"k{number:04}",
            file_id=f"k{number:04}",
            title=f"第 {number} 条",
            published_at=first.published_at + timedelta(minutes=number),
            updated_at=first.updated_at + timedelta(minutes=number),
        )
        for number in range(count)
    )


def pages(*articles: Article, of: tuple[IndexKind, ...] = tuple(IndexKind)) -> dict[str, Page]:
    """Pages of lists by key."""
    made = (page for index in indexes(*articles, of=of) for page in pages_of_index(index, SITE, (OUTPUT,)))
    return {page.key: page for page in made}


def test_closed_pages_of_a_category_stay_as_they_are() -> None:
    before, after = pages(*many(45), of=(IndexKind.CATEGORY,)), pages(*many(65), of=(IndexKind.CATEGORY,))
    closed = {f"category/emnews/{number}.html" for number in (1, 2)}
    assert {key for key, page in before.items() if page.cache_control == IMMUTABLE} == closed
    assert all(after[key] == before[key] for key in closed)
    assert "category/emnews/3.html" in after
    assert after["category/emnews.html"] != before["category/emnews.html"]
    assert after["category/emnews.html"].cache_control == INDEX


def test_a_closed_page_links_to_no_later_one() -> None:
    found = pages(*many(65), of=(IndexKind.CATEGORY,))
    assert b'href="3.html"' not in found["category/emnews/2.html"].body
    assert b'href="1.html"' in found["category/emnews/2.html"].body


def test_every_page_has_one_heading_its_language_and_the_feeds() -> None:
    for key, page in pages(*many(25)).items():
        if key.endswith(".html") and 'http-equiv="refresh"' not in page.body.decode():
            text = page.body.decode()
            assert len(re.findall(r"<h1[ >]", text)) == 1, key
            assert '<html lang="zh-Hans">' in text, key
            for name in ("feed.xml", "rss.xml", "feed.json"):
                assert name in text, (key, name)


def test_hostile_titles_stay_text() -> None:
    for title in HOSTILE_TEXTS:
        for key, page in pages(article(title=title, summary=title)).items():
            if key.endswith(".html"):
                text = page.body.decode()
                assert "<script>alert" not in text, key
                assert "<img src=x" not in text, key
