"""Articles and a small catalogue for the tests of outputs."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tasks.model import Article, Catalogue, Category, Headline, Page, Shelf
from tasks.outputs import OutputKind, SiteFacts

CHINA = timezone(timedelta(hours=8))
SITE = SiteFacts(title="金融消息", base_url="https://finews.example.com", language="zh-CN", timezone="Asia/Shanghai")
ROLLING = Category(slug="emnews", title="滚动", tag="东财滚动新闻", fixed=True)
DAILY = Category(slug="hebinribao", title="河滨日报", tag="河滨日报新闻")

HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; --",
    "{{ site.title }} {% raw %} {%- if x %}",
    "]]>&amp;<![CDATA[",
    "---",
    "a\n---\nlayout: evil",
    "a\r\nb\u2028c\x85d",
    "back\\slash \\d \\u0041",
    "tab\there \x00\x08\x1b control",
    "\ud800 half of a pair, \ufffe no character",
    "*x* _y_ `z` ~~w~~ |a|b| [t](javascript:alert(1)) ![i](u)",
    "# heading",
    "  double  blanks  ",
    "",
)


def article(**changes: Any) -> Article:
    """A well-formed rolling article, with what the test says instead."""
    at = datetime(2026, 3, 4, 0, 5, 6, tzinfo=CHINA)
    whole = Article(
        key="202603040000000001",
        code="NW202603040000000001",
        file_id="202603040000000001",
        source="rolling",
        title="河滨港吞吐量增长“两成” 新航线开通",
        published_at=at,
        updated_at=at,
        category=ROLLING,
        origin_url="http://news.example.com/1353,202603040000000001.html",
        summary="河滨港去年吞吐量增长两成。",
        quote="【河滨港】河滨港去年吞吐量增长两成。（河滨日报）",
        post_body="<p>\u3000\u3000河滨港去年吞吐量增长两成。</p>",
        html="<p>河滨港去年吞吐量增长两成。</p>",
    )
    return replace(whole, **changes)


def headline(of: Article) -> Headline:
    """The article as a list shows it."""
    return Headline(
        title=of.title,
        page_key=of.page_key,
        published_at=of.published_at,
        category=of.category,
        summary=of.summary,
    )


def catalogue(*articles: Article, moved: tuple[tuple[str, Headline], ...] = ()) -> Catalogue:
    """The catalogue of a site that has just these articles, newest first."""
    categories = dict.fromkeys(a.category for a in articles)
    shelves = tuple(
        Shelf(
            category=c, headlines=(found := tuple(headline(a) for a in articles if a.category == c)), count=len(found)
        )
        for c in categories
    )
    return Catalogue(
        shelves=shelves,
        touched=shelves,
        newest=articles,
        addresses=tuple((a.page_key, a.updated_at) for a in articles),
        moved=moved,
    )


def small_site() -> tuple[Article, ...]:
    """Three articles in two categories, one of them with an awkward title and name."""
    first = article()
    second = article(
        key="202603030000000002",
        code="NW202603030000000002",
        file_id="NW202603030000000002",
        title='"><img src=x onerror=alert(1)> {{ 7 * 7 }} & <b>粗</b>',
        published_at=first.published_at - timedelta(hours=5),
        updated_at=first.updated_at - timedelta(hours=4),
        category=DAILY,
        quote=None,
        revision=2,
    )
    third = article(
        key="202602280000000003",
        code="NW202602280000000003",
        file_id="202602280000000003",
        title="较早的一条",
        published_at=first.published_at - timedelta(days=4),
        updated_at=first.updated_at - timedelta(days=4),
    )
    return first, second, third


def rendered(output: OutputKind, articles: tuple[Article, ...], site: SiteFacts = SITE) -> tuple[Page, ...]:
    """Every page that one output makes of a site."""
    old = "old-category/2026/03/03/NW202603030000000002.html"
    whole = catalogue(*articles, moved=((old, headline(articles[0])),))
    return (*(page for a in articles for page in output.of_article(a, site)), *output.of_catalogue(whole, site))
