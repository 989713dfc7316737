"""What an article's page tells search engines."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from markupsafe import Markup, escape

from tasks.model import Article, Category
from tasks.outputs import SiteFacts
from tasks.outputs.facts import pictures_of, web_address
from tasks.outputs.structured import canonical_of, news_article, robots_of
from tests.support.feed_rules import news_article_faults, news_article_text_faults
from tests.support.machine_records import DAILY, HOSTILE_TEXTS, SITE, article

HOME = "https://finews.example.com/"


def facts(of: Article, site: SiteFacts = SITE) -> dict[str, Any]:
    markup = news_article(of, site)
    assert news_article_faults(markup) == []
    found: dict[str, Any] = json.loads(
        markup.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    )
    return found


def test_every_fact_of_an_article() -> None:
    told = article(category=DAILY, updated_at=article().updated_at + timedelta(hours=1))
    assert facts(told) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": told.title,
        "description": told.summary,
        "image": ["https://pic.example.com/a.jpg?w=1&h=2"],
        "datePublished": "2026-03-04T00:05:06+08:00",
        "dateModified": "2026-03-04T01:05:06+08:00",
        "author": {"@type": "NewsMediaOrganization", "name": "河滨日报", "url": f"{HOME}category/hebinribao.html"},
        "publisher": {"@type": "Organization", "name": "金融消息", "url": HOME},
        "url": HOME + told.page_key,
        "mainEntityOfPage": HOME + told.page_key,
        "isBasedOn": told.origin_url,
        "inLanguage": "zh-CN",
        "articleSection": "河滨日报",
    }


def test_what_is_not_known_is_left_out() -> None:
    found = facts(article(title="", summary="", origin_url="ftp://a.example/", html="<p>x</p>"))
    assert found.keys().isdisjoint({"description", "image", "isBasedOn"})
    assert found["headline"] == "滚动"


def test_times_stand_in_the_zone_of_the_site() -> None:
    assert facts(article(), replace(SITE, timezone="Europe/London"))["datePublished"] == "2026-03-03T16:05:06+00:00"


@pytest.mark.parametrize(
    ("source", "origin", "canonical", "robots"),
    [
        ("rolling", "http://a.example/1", "ours", ""),
        ("hidden", "http://a.example/1", "ours", "noindex"),
        ("borrowed", "http://a.example/1", "http://a.example/1", ""),
        ("borrowed", "", "ours", ""),
        ("borrowed", "javascript:alert(1)", "ours", ""),
        ("of a list that is gone", "http://a.example/1", "ours", ""),
    ],
)
def test_the_policy_of_the_source_decides_what_engines_keep(
    source: str, origin: str, canonical: str, robots: str
) -> None:
    told = article(source=source, origin_url=origin)
    expected = HOME + told.page_key if canonical == "ours" else canonical
    assert (canonical_of(told, SITE), robots_of(told, SITE)) == (expected, robots)
    assert facts(told)["mainEntityOfPage"] == expected


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_no_text_can_end_the_script_element(hostile: str) -> None:
    told = article(
        title=f"x{hostile}",
        summary=hostile,
        category=Category(slug="x", title=f"x{hostile}", tag=hostile),
        origin_url=f"https://a.example/{hostile}",
        html=f'<img src="https://b.example/{escape(hostile)}">',
    )
    found = facts(told, replace(SITE, title=f"x{hostile}"))
    legal = re.sub(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", re.sub(r"[\ud800\ufffe\uffff]", "\ufffd", hostile)
    ).split()
    for text in (found["headline"], found["articleSection"], found["publisher"]["name"]):
        assert text.removeprefix("x").split() == legal


def test_the_markup_is_safe_in_a_template_as_it_is() -> None:
    assert isinstance(news_article(article(), SITE), Markup)


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "pictures"),
    [
        ('<img src="https://a.example/1.png"><img alt="" src="http://a.example/2.png" width="5">', ["https://a.example/1.png", "http://a.example/2.png"]),
        ('<img src="https://a.example/1.png"><p><img src="https://a.example/1.png"></p>', ["https://a.example/1.png"]),
        ('<img alt="a > b" loading src="/x.png?a=1&amp;b=2">', [f"{HOME}x.png?a=1&b=2"]),
        ('<img src="data:image/png;base64,AA=="><img alt="src=" data-src="/no.png">', []),
        ('<img src="https://[broken/"><imgs src="/no.png">&lt;img src="/no.png"&gt;', []),
    ],
)  # fmt: skip
def test_pictures_of_a_body(html: str, pictures: list[str]) -> None:
    assert list(pictures_of(article(html=html), SITE)) == pictures


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://a.example/1353,2.html?a=b&c=%20#d", "http://a.example/1353,2.html?a=b&c=%20#d"),
        ("https://a.example/消 息", "https://a.example/%E6%B6%88%20%E6%81%AF"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://[::1]/[x]#a#b", "https://[::1]/%5Bx%5D#a%23b"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("HTTPS://a.example", "HTTPS://a.example"),
        ("//a.example/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_addresses_hold_only_what_an_address_may(given: str, address: str) -> None:
    assert web_address(given) == address


# --- the rules see what is broken ---------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"@type": "Article"},
        {"headline": ""},
        {"headline": "a\nb"},
        {"datePublished": "2026-03-04"},
        {"dateModified": "2026-03-03T00:00:00+08:00"},
        {"author": "河滨日报"},
        {"author": {"@type": "NewsMediaOrganization", "name": " ", "url": HOME}},
        {"publisher": {"@type": "Person", "name": "x", "url": HOME}},
        {"image": ["/a.png"]},
        {"image": []},
        {"isBasedOn": "a.html"},
        {"mainEntityOfPage": "https://else.example/"},
        {"inLanguage": "Chinese!"},
        {"keywords": "x"},
    ],
)
def test_rules_of_articles_see_what_is_broken(changes: dict[str, Any]) -> None:
    assert news_article_text_faults(json.dumps(facts(article()) | changes))


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<script>{}</script>",
        '<script type="application/ld+json">{</script>',
        '<script type="application/ld+json">[]</script>',
        '<script type="application/ld+json">{"headline": "</script><script>alert(1)</script>"}</script>',
        '<script type="application/ld+json">{"headline": "<!--"}</script>',
        '<script type="application/ld+json">{}</script>x',
    ],
)
def test_rules_of_articles_see_what_is_none(markup: str) -> None:
    assert news_article_faults(markup)
