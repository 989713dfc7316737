"""Text + record -> article."""

from zoneinfo import ZoneInfo

import pytest

from tasks.articles.compose import NAMELESS, compose, shelf_of
from tasks.errors import ParseError
from tasks.model import Article, Category, Text
from tests.support.ledgers import CHINA, DAILY, KEY, entry, offer, rolling

BODY = "<p>\u3000\u3000港口增长两成，新航线开通。</p>"


def made(html: str = BODY, *, record: object = None, summary: str = "", zone: ZoneInfo = CHINA) -> Article:
    """The article of an offer with this text."""
    chosen = offer(record or entry(), summary)  # type: ignore[arg-type]
    return compose(
        chosen, Text(html=html), base_url="http://h/a/b", share_url="http://h/share", category=DAILY, zone=zone
    )


def test_a_media_article() -> None:
    article = made()
    assert (article.key, article.code, article.file_id, article.source) == (KEY, f"NW{KEY}", f"NW{KEY}", "media")
    assert (article.post_body, article.html) == (BODY, "<p>港口增长两成，新航线开通。</p>")
    assert (article.summary, article.quote, article.origin_url) == (
        "港口增长两成，新航线开通。",
        None,
        "http://h/share",
    )
    assert (article.category, article.revision, article.updated_at) == (DAILY, 1, article.published_at)


@pytest.mark.parametrize(
    ("listed", "lead", "summary"), [("", "导语。", "导语。"), ("增长两成。", "导语。", "增长两成。")]
)
def test_the_lead_of_a_page_is_the_summary_where_its_list_has_none(listed: str, lead: str, summary: str) -> None:
    text = Text(html=BODY, summary=lead)
    found = compose(
        offer(entry(), listed), text, base_url="http://h/a/b", share_url="http://h/share", category=DAILY, zone=CHINA
    )
    assert found.summary == summary


def test_a_rolling_article_has_its_digest_and_its_link() -> None:
    article = made(record=rolling(link="http://n/1.html"), summary="增长两成。")
    assert (article.quote, article.summary, article.origin_url) == (
        "【港口】增长两成。",
        "增长两成。",
        "http://n/1.html",
    )


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "//h/x", "ftp://h/"])
def test_a_link_that_is_none_gives_way_to_the_share_page(link: str) -> None:
    assert made(record=rolling(link=link)).origin_url == "http://h/share"


def test_the_day_is_that_of_the_sites_zone() -> None:
    assert made().page_key == f"hebinribao/2026/03/04/NW{KEY}.html"
    assert made(zone=ZoneInfo("UTC")).page_key == f"hebinribao/2026/03/03/NW{KEY}.html"


@pytest.mark.parametrize(
    "html", ["", " \u3000 ", "<p></p>", "<p style='display:none'>x</p>", "<script>x</script>", "<!-- x -->", "<img>"]
)
def test_a_text_with_nothing_to_see(html: str) -> None:
    with pytest.raises(
        ParseError, match=rf"the text of NW{KEY} is empty: {len(html)} characters came, none to be seen"
    ):
        made(html)


def test_a_picture_is_something_to_see() -> None:
    assert made('<center><img src="/p.png"></center>').html.count("http://h/p.png") == 1


def test_shelves() -> None:
    assert shelf_of("河滨日报", category=None, tag=None) == Category(slug="", title="河滨日报", tag="河滨日报新闻")
    assert shelf_of("河滨日报", category="emnews", tag="滚动") == Category(
        slug="", title="河滨日报", tag="河滨日报新闻"
    )
    assert shelf_of("", category=None, tag=None).title == NAMELESS
    assert shelf_of(None, category="emnews", tag="滚动") == Category(
        slug="emnews", title="滚动", tag="滚动", fixed=True
    )
