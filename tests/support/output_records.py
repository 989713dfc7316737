"""Articles, and the lists of a small site, for the tests of outputs."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from tasks.articles.plain import legal
from tasks.catalogue import Index, IndexKind, Surroundings
from tasks.ledger import Ledger
from tasks.model import Article, Category, Entry, Listing, Offer, Page
from tasks.outputs import OutputKind, SiteFacts, pages_of_article, pages_of_index
from tasks.outputs.theme import load_theme

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
SITE = SiteFacts(
    title="金融消息",
    base_url="https://finews.example.com",
    language="zh-CN",
    timezone="Asia/Shanghai",
    theme=load_theme("zh-CN"),
)
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


def indexes(*articles: Article, of: tuple[IndexKind, ...] = tuple(IndexKind)) -> tuple[Index, ...]:
    """Every page of every list of a site that has just these articles, as its ledger tells them."""
    with Ledger("sqlite://", store="mem:", zone=ZoneInfo("Asia/Shanghai"), run_id="", clock=lambda: NOW) as ledger:
        for one in map(_storable, articles):
            ledger.shelves.assign([one.category], pinned={})
            entry = Entry(
                key=one.key,
                code=one.code,
                file_id=one.file_id,
                source=one.source,
                title="",
                published_at=one.published_at,
            )
            ledger.articles.record(Listing(source=one.source, entries=(entry,)), now=NOW)
            ledger.articles.save(one, Offer(entry=entry, summary="", seen_in=()), now=one.updated_at)
        ledger.places.shelve(now=NOW)
        ledger.indexes.expect(now=NOW)
        refs = [ref for kind in of for ref in ledger.indexes.never_published(kind, limit=9999)]
        return tuple(ledger.indexes.read(ref, now=NOW) for ref in refs)


def _storable(of: Article) -> Article:
    """Half a surrogate pair cannot be kept; parsing leaves none."""
    values = {field.name: getattr(of, field.name) for field in fields(of)}
    texts: dict[str, Any] = {name: legal(value) for name, value in values.items() if isinstance(value, str)}
    return replace(of, **texts)


def rendered(output: OutputKind, articles: tuple[Article, ...], site: SiteFacts = SITE) -> tuple[Page, ...]:
    """Every page that one output makes of a site."""
    of_articles = tuple(page for one in articles for page in pages_of_article(one, Surroundings(), site, (output,)))
    return of_articles + tuple(page for index in indexes(*articles) for page in pages_of_index(index, site, (output,)))
