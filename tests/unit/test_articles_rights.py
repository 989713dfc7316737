"""What is left of an article of which only an excerpt may be shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.rights import excerpted
from tests.support.ledgers import article

LONG = "第一句说明港口吞吐量。" + "后面的话一句接着一句，" * 40 + "最后一句。"


def test_an_excerpt_has_title_summary_and_link_and_nothing_else() -> None:
    whole = article(
        summary="增长两成。",
        quote="【港口】增长两成。还有别的。",
        html='<p>增长两成。</p><figure class="picture"><img src="https://h/p.png" alt=""></figure><p>秘密的第二段</p>',
        post_body="<p>秘密的第二段</p>",
        origin_url="https://www.news.example.com/a?b=1&c=2",
    )
    shown = excerpted(whole)
    assert shown.title == whole.title
    assert shown.html.startswith("<p>增长两成。</p>")
    assert '<p><a href="https://www.news.example.com/a?b=1&amp;c=2"' in shown.html
    assert ">news.example.com</a></p>" in shown.html
    assert shown.post_body == shown.html
    assert shown.quote is None
    for field in ("html", "post_body", "summary"):
        assert "秘密" not in getattr(shown, field)
        assert "img" not in getattr(shown, field)


def test_a_long_digest_is_no_excerpt() -> None:
    shown = excerpted(article(summary=LONG))
    assert len(shown.summary) <= 160
    assert "最后一句" not in shown.html


def test_it_stays_as_it_is() -> None:
    once = excerpted(article(summary=LONG))
    assert excerpted(once) == once


@pytest.mark.parametrize("summary", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a < b & c"])
def test_markup_in_a_digest_stays_text(summary: str) -> None:
    html = excerpted(article(summary=summary)).html
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "odd",
    [
        {"html": "<p>甲</p>" * 70_000, "post_body": "<p>甲</p>" * 70_000},
        {"summary": "<i>" * 70_000},
        {"summary": "<b " + "a=1 " * 2_000 + ">"},
        {"origin_url": "http://h.example/" + "<b>" * 70_000},
        {"origin_url": "http://[half/"},
        {"origin_url": ""},
    ],
    ids=lambda odd: "-".join(odd),
)
def test_an_article_of_before_there_were_limits_is_cut_too(odd: dict[str, Any]) -> None:
    """What raises here would end the run that a site file with other rights begins."""
    shown = excerpted(article(**odd))
    assert len(shown.summary) <= 160
    assert excerpted(shown) == shown


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_summary_and_address_gives_an_excerpt(summary: str, url: str) -> None:
    shown = excerpted(article(summary=summary, origin_url=url))
    assert len(shown.summary) <= 160
    assert "<script" not in shown.html


def test_without_a_summary_the_link_is_left() -> None:
    assert excerpted(article(summary="")).html.startswith("<p><a href=")
