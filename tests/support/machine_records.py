"""Records for the tests of what machines read: articles, feeds, sitemaps, and a site that shows them."""

from datetime import timedelta
from typing import Any

from tasks.catalogue import Channel, ChannelArchive
from tasks.model import Article, Category, Headline, Page
from tasks.outputs import OutputKind, SiteFacts, SourceFacts, pages_of_index
from tasks.outputs.theme import Theme
from tests.support import output_records
from tests.support.output_records import DAILY, ROLLING

HOST = "finews.example.com"
SITE = SiteFacts(
    title="金融消息",
    base_url=f"https://{HOST}",
    language="zh-CN",
    timezone="Asia/Shanghai",
    theme=Theme(templates={}, static={}, words={}),
    description="财经新闻，每小时更新",
    sources={
        "rolling": SourceFacts(name="rolling", title="滚动"),
        "hidden": SourceFacts(name="hidden", title="不收录", index=False),
        "borrowed": SourceFacts(name="borrowed", title="转载", canonical="origin"),
    },
)

__all__ = [
    "DAILY", "HOST", "HOSTILE_TEXTS", "ROLLING", "SITE",
    "article", "channel", "channel_archive", "headline", "made", "small_site",
]  # fmt: skip

HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "' or ''='",
    "]]>&amp;<![CDATA[ &#x0; &lt;b&gt; &unknown;",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
    "a\r\nb\tc\u2028d\x85e\u2029f",
    "back\\slash \\u003c/script\\u003e",
    "\x00\x08\x1b\x7f controls",
    "\ud800 half of a pair, \ufffe and \uffff no characters, \U0001f600 one",
    "{{ site.title }} {% raw %}",
    "  double  blanks  ",
    "%zz 100% [::1] {x} ^`|",
)


def article(**changes: Any) -> Article:
    """The rolling article of the other outputs' tests, with a picture; with what the test says instead."""
    body = '<p>河滨港 &amp; 全港。</p><figure><img src="https://pic.example.com/a.jpg?w=1&amp;h=2" alt=""></figure>'
    return output_records.article(**{"quote": None, "post_body": "", "html": body} | changes)


def small_site() -> tuple[Article, ...]:
    """Three articles in two categories, in the order of arrival and so not in that of publication."""
    first = article()
    second = article(
        key="202603030000000002",
        file_id="NW202603030000000002",
        title="<b>粗</b> & 细",
        published_at=first.published_at - timedelta(hours=5),
        updated_at=first.updated_at + timedelta(hours=4),
        category=DAILY,
        source="hidden",
        origin_url="",
        revision=2,
    )
    third = article(
        key="202602280000000003",
        file_id="202602280000000003",
        published_at=first.published_at - timedelta(days=4),
        updated_at=first.updated_at - timedelta(days=4),
    )
    return third, first, second


def headline(of: Article) -> Headline:
    """The article as a list shows it."""
    return Headline(
        title=of.title, page_key=of.page_key, published_at=of.published_at, category=of.category, summary=of.summary
    )


def channel(*articles: Article, category: Category | None = None, archive: str = "") -> Channel:
    """A feed of just these articles."""
    return Channel(category=category, articles=articles, archive=archive)


def channel_archive(*articles: Article, label: str, previous: str = "", of: Category | None = None) -> ChannelArchive:
    """An archive document of just these articles."""
    return ChannelArchive(category=of, label=label, articles=articles, previous=previous)


def made(output: OutputKind, record: Any, site: SiteFacts = SITE) -> dict[str, Page]:
    """What one output makes of a list, by key."""
    return {page.key: page for page in pages_of_index(record, site, (output,))}
