"""The page of an article: what stands on it, where it leads, and that nothing breaks out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.catalogue import Mention, Surroundings
from tasks.model import Category
from tasks.outputs import SourceFacts, caching, pages_of_article
from tasks.outputs.website import OUTPUT
from tests.support.output_records import HOSTILE_TEXTS, SITE, article
from tests.support.reading import article_page, headline, text, texts, value, values
from tests.support.structured_rules import news_article_faults


def test_an_article_page_holds_the_article() -> None:
    page = article_page(article(html="<p>一</p><p>（文章来源：河滨日报）</p>"))
    assert value(page, "html", "lang") == "zh-Hans"
    assert text(page, "title") == "河滨港吞吐量增长“两成” 新航线开通 · 金融消息"
    assert texts(page, "h1") == ["河滨港吞吐量增长“两成” 新航线开通"]
    assert value(page, "article time", "datetime") == "2026-03-04T00:05+08:00"
    assert text(page, "article time") == "2026年3月4日 00:05"
    assert str(page.select_one(".text p")) == "<p>一</p>"
    assert value(page, "article header a", "href") == "../../../../category/emnews.html"
    assert value(page, "article footer a", "href") == "http://news.example.com/1353,202603040000000001.html"


def test_its_time_leads_to_the_archive_of_its_day() -> None:
    assert value(article_page(article()), "article a:has(time)", "href") == "../../../../archive/2026/03/04.html"
    abroad = article_page(article(), replace(SITE, timezone="UTC"))
    assert value(abroad, "article a:has(time)", "href") == "../../../../archive/2026/03/03.html"
    assert value(abroad, "article time", "datetime") == "2026-03-03T16:05+00:00"
    assert text(abroad, "article time") == "2026年3月3日 16:05"


def test_what_others_are_told_of_it() -> None:
    later = article().published_at + timedelta(hours=2)
    page = article_page(
        article(
            updated_at=later, html='<p>一</p><figure class="picture"><img src="https://c.example/p" alt=""></figure>'
        )
    )
    address = "https://finews.example.com/emnews/2026/03/04/202603040000000001.html"
    told = {str(tag["property"]): str(tag["content"]) for tag in page.select("meta[property]")}
    assert told == {
        "og:type": "article",
        "og:title": "河滨港吞吐量增长“两成” 新航线开通",
        "og:site_name": "金融消息",
        "og:locale": "zh_CN",
        "og:url": address,
        "og:description": "河滨港去年吞吐量增长两成。",
        "og:image": "https://c.example/p",
        "article:published_time": "2026-03-04T00:05+08:00",
        "article:modified_time": "2026-03-04T02:05:06+08:00",
        "article:section": "滚动",
    }
    assert value(page, "meta[name=description]", "content") == "河滨港去年吞吐量增长两成。"
    assert value(page, "link[rel=canonical]", "href") == address
    (structured,) = page.select("script")
    assert news_article_faults(str(structured)) == []


def test_the_policy_of_its_source_decides_what_search_engines_keep() -> None:
    held = SourceFacts(name="rolling", title="滚动", canonical="origin", index=False)
    page = article_page(article(), replace(SITE, sources={"rolling": held}))
    assert value(page, "link[rel=canonical]", "href") == "http://news.example.com/1353,202603040000000001.html"
    assert values(page, "meta[name=robots]", "content") == ["noindex"]
    assert not article_page(article()).select("meta[name=robots]")


def test_it_names_the_feeds_of_its_category_and_of_the_site() -> None:
    up = "../../../../"
    found = article_page(article()).select("link[rel=alternate]")
    assert [(str(link["href"]), str(link["type"])) for link in found] == [
        (f"{up}category/emnews/feed.xml", "application/atom+xml"),
        (f"{up}category/emnews/rss.xml", "application/rss+xml"),
        (f"{up}category/emnews/feed.json", "application/feed+json"),
        (f"{up}feed.xml", "application/atom+xml"),
        (f"{up}rss.xml", "application/rss+xml"),
        (f"{up}feed.json", "application/feed+json"),
    ]


def test_a_summary_is_shown_unless_the_text_says_it() -> None:
    assert text(article_page(article(summary="另一种说法。")), ".summary") == "另一种说法。"
    said = article(summary="A&B 增长两成。", html="<p>A&amp;B <b>增长</b>两成。</p>")
    assert article_page(said).select_one(".summary") is None
    assert article_page(article(summary="")).select_one(".summary") is None


def test_a_page_without_a_summary_is_described_by_its_title() -> None:
    assert value(article_page(article(summary="")), "meta[name=description]", "content").startswith("河滨港吞吐量")


def test_only_a_later_revision_names_its_time() -> None:
    later = article().published_at + timedelta(hours=2)
    assert text(article_page(article(revision=2, updated_at=later)), ".corrected") == "更正于 2026年3月4日 02:05"
    assert not article_page(article(revision=1, updated_at=later)).select(".corrected")


def test_it_says_where_it_comes_from() -> None:
    assert "来源：滚动" in text(article_page(article()), "article footer")
    assert not article_page(article()).select(".meta span")


@pytest.mark.parametrize(
    ("ending", "outlet"),
    [
        ("<p>（文章来源：财联社）</p>", "财联社"),
        ("<p>（来源: 某某日报 ）</p>", "某某日报"),
        ("<p>（文章来源：甲<b>乙</b>）</p>", "甲乙"),
        ("<p>（文章来源：财联社）</p><p>后文</p>", "滚动"),
        ("<p>（文章来源：）</p>", "滚动"),
        (f"<p>（文章来源：{'长' * 41}）</p>", "滚动"),
    ],
)
def test_the_source_line_of_the_text_names_the_outlet(ending: str, outlet: str) -> None:
    page = article_page(article(html=f"<p>正文。</p>{ending}"))
    assert f"来源：{outlet}" in text(page, "article footer")
    assert texts(page, ".meta span") == ([outlet] if outlet != "滚动" else [])


def test_figures_of_a_table_stand_right_and_words_do_not() -> None:
    cells = ["18.6", "-4.2", "+1,234.50 %", "−3‰", "2026年", "银行", "", "1 2", "A1"]
    html = "<table><tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr></table>"
    assert texts(article_page(article(html=html)), "td.num") == cells[:4]


def test_a_chart_is_called_by_its_share() -> None:
    html = '<figure class="kline"><img src="https://h.example/k.png" alt="K图 309007_0"></figure>'
    assert value(article_page(article(html=html)), ".kline img", "alt") == "309007 K线图"


def test_who_else_reported_it_is_named_and_linked_where_an_address_is_known() -> None:
    also = (
        Mention(outlet="甲报", url="https://jia.example/1"),
        Mention(outlet="乙报"),
        Mention(outlet="丙报", url="javascript:x"),
    )
    page = article_page(article(), around=Surroundings(also=also))
    assert texts(page, "article footer li") == ["甲报", "乙报", "丙报"]
    assert values(page, "article footer li a", "href") == ["https://jia.example/1"]
    assert not article_page(article()).select("article footer li")


def test_it_leads_to_its_neighbours() -> None:
    before, after = article(file_id="1", title="前一条"), article(file_id="2", title="")
    page = article_page(article(), around=Surroundings(previous=headline(before), next=headline(after)))
    assert value(page, "nav a[rel=prev]", "href") == "1.html"
    assert text(page, "nav a[rel=prev]") == "上一篇 前一条"
    assert text(page, "nav a[rel=next]") == "下一篇 河滨港去年吞吐量增长两成。"
    assert not article_page(article()).select("nav a[rel]")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "/x", "data:text/html,x"])
def test_a_source_that_is_not_of_the_web_is_not_linked(url: str) -> None:
    assert article_page(article(origin_url=url)).select_one("article footer a") is None


def test_a_body_comes_out_as_it_is() -> None:
    html = '<figure class="picture"><img src="https://c.example/p?a=1&amp;b=2" alt="图"></figure><p>&lt;甲&gt;</p>'
    (page,) = pages_of_article(article(html=html), Surroundings(), SITE, (OUTPUT,))
    assert html in page.body.decode()


def test_what_is_wider_than_a_phone_can_be_scrolled_by_keyboard() -> None:
    table = "<table><tbody><tr><td><table></table></td></tr></tbody></table>"
    quoted = '<p>&lt;figure class="kline"&gt;&lt;table&gt;</p>'
    page = article_page(article(html=f'<figure class="kline"></figure><figure class="table">{table}</figure>{quoted}'))
    boxes = page.select(".text [tabindex='0'][aria-label]")
    assert [box.name for box in boxes] == ["figure", "div", "div"]
    assert all(found.parent in boxes for found in page.select("table"))
    assert text(page, ".text > p") == '<figure class="kline"><table>'


def test_it_is_kept_for_minutes() -> None:
    (page,) = pages_of_article(article(), Surroundings(), SITE, (OUTPUT,))
    assert page.cache_control == caching.ARTICLE


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_nothing_breaks_out_of_its_place(hostile: str) -> None:
    category = Category(slug="x", title=hostile, tag=hostile)
    awkward = article(title=hostile, summary=hostile, category=category, origin_url=f"http://a.example/{hostile}")
    beside = headline(awkward)
    site = replace(SITE, title=hostile, sources={"rolling": SourceFacts(name="rolling", title=hostile)})
    around = Surroundings(
        previous=beside, next=beside, also=(Mention(outlet=hostile, url=f"http://a.example/{hostile}"),)
    )
    page = article_page(awkward, site, around)
    assert not page.select("script:not([type='application/ld+json']), img, b, [onerror], [onclick]")
    assert len(page.select("html > head, html > body, main, h1, title")) == 5
    assert all(text.strip() for text in texts(page, "h1, nav a[rel]"))
