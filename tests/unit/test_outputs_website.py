"""The lists that people read: what stands on them and where they lead."""

from dataclasses import replace
from datetime import date

import pytest

from tasks.catalogue import ArchiveList, CategoryList, CategoryPage, DayPage, Fixed, Front, MonthPage, Moved
from tasks.model import Category
from tasks.outputs import SourceFacts, caching
from tests.support.output_records import DAILY, ROLLING, SITE, article
from tests.support.reading import headline, headlines, one_page, pages_of, shelf, soup, text, texts, value, values


def category(number: int, closed: int, count: int = 30) -> CategoryPage:
    return CategoryPage(category=ROLLING, number=number, closed=closed, count=count, headlines=headlines(3))


def day(number: int, closed: int, **beside: date) -> DayPage:
    return DayPage(day=date(2026, 3, 4), number=number, closed=closed, count=250, headlines=headlines(1), **beside)


# --- home -------------------------------------------------------------------------------------


def test_home_leads_with_the_newest_article_and_its_date() -> None:
    found = one_page(Front(newest=headlines(6), sections=(), categories=1))
    assert texts(found, "h1") == ["金融消息"]
    assert text(found, ".ear") == "2026年3月4日 星期三"
    assert text(found, ".lead h3") == "第0条"
    assert texts(found, ".stream h3") == ["2026年3月3日 星期二", "2026年3月2日 星期一"]
    assert texts(found, ".stream li > a") == ["第1条", "第2条", "第3条", "第4条", "第5条"]
    assert texts(found, ".stream li > time")[:2] == ["17:05", "10:05"]
    assert value(found, ".stream h3 a", "href") == "archive/2026/03/03.html"
    assert value(found, "link[rel=canonical]", "href") == "https://finews.example.com/"


def test_home_names_the_media_and_the_first_sentence_of_the_newest() -> None:
    told = replace(headlines(2)[1], category=DAILY, summary="“甲说，增长1.5倍！”乙不同意。丙没有说话。")
    found = one_page(Front(newest=(headlines(1)[0], told), sections=(), categories=1))
    assert text(found, ".stream li p") == "河滨日报 “甲说，增长1.5倍！”"
    assert value(found, ".stream li p a", "href") == "category/hebinribao.html"


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("The rate fell by 1.5 points. It may rise.", "The rate fell by 1.5 points."),
        ("没有句号", "没有句号"),
        ("长" * 48 + "。", "长" * 47 + "…"),
        ("", ""),
        ("第0条。", ""),
    ],
)
def test_a_sentence_stays_short_and_does_not_repeat_the_title(summary: str, shown: str) -> None:
    told = replace(headlines(1)[0], summary=summary)
    found = one_page(Front(newest=(told,), sections=(), categories=1))
    assert text(found, ".lead p").removeprefix("00:05 滚动").strip() == shown


def test_home_shows_sections_in_the_order_given_and_leads_to_all() -> None:
    sections = (
        shelf(DAILY, headlines(5, DAILY)),
        shelf(ROLLING, headlines(2)),
        shelf(Category(slug="x", title="空", tag="")),
    )
    found = one_page(Front(newest=headlines(1), sections=sections, categories=210))
    assert texts(found, ".shelves h3 a") == ["河滨日报", "滚动"]
    assert texts(found, ".shelves section:first-child li") == [f"第{n}条" for n in range(5)]
    assert text(found, ".shelves h3 time") == "3月4日 00:05"
    assert text(found, ".more") == "全部 210 个栏目"
    assert value(found, ".more a", "href") == "category/index.html"


def test_an_empty_site_says_so() -> None:
    assert "暂时没有文章" in text(one_page(Front(newest=(), sections=(), categories=0)), "main")
    assert "暂时没有文章" in text(one_page(CategoryList(shelves=())), "main")
    assert "暂时没有文章" in text(one_page(ArchiveList(months=())), "main")


# --- categories -------------------------------------------------------------------------------


def test_a_category_page_lists_by_day_newest_first() -> None:
    found = one_page(category(0, 0, count=3))
    assert texts(found, ".day h2") == ["2026年3月4日 星期三", "2026年3月3日 星期二"]
    assert texts(found, ".lines li > a") == ["第0条", "第1条", "第2条"]
    assert text(found, ".lines time") == "00:05"
    assert text(found, "h1") == "滚动"
    assert "共 3 篇" in text(found, ".head")
    assert not found.select(".pager")


def test_the_open_page_shows_the_last_closed_one_and_so_leads_to_the_one_before() -> None:
    found = one_page(category(0, 9))
    assert values(found, ".pager a", "href") == [*(f"emnews/{n}.html" for n in (9, 8, 7, 6, 5, 1)), "emnews/8.html"]
    assert texts(found, ".pager > *") == ["最新", "9", "8", "7", "6", "5", "…", "1", "更早"]
    assert texts(one_page(category(0, 1)), ".pager > *") == ["最新", "1"]
    assert texts(one_page(category(0, 6)), ".pager > *") == ["最新", "6", "5", "4", "3", "2", "1", "更早"]


def test_a_closed_page_names_no_page_that_came_later() -> None:
    found = one_page(category(7, 7))
    hrefs = ["../emnews.html", *(f"{n}.html" for n in (7, 6, 5, 4, 3, 1)), "6.html"]
    assert values(found, ".pager a", "href") == hrefs
    assert value(found, '.pager [aria-current="page"]', "href") == "7.html"
    assert text(found, "title") == "滚动 第 7 页 · 金融消息"
    assert value(found, "link[rel=canonical]", "href") == "https://finews.example.com/category/emnews/7.html"


def test_a_closed_page_stays_as_it_is_when_more_are_closed() -> None:
    assert pages_of(category(7, 7)) == pages_of(category(7, 40))
    assert pages_of(day(2, 2)) == pages_of(day(2, 9))


def test_closed_pages_are_kept_for_ever_and_open_ones_are_not() -> None:
    (closed,) = pages_of(category(7, 7)).values()
    assert closed.cache_control == caching.IMMUTABLE
    assert {page.cache_control for page in pages_of(category(0, 7)).values()} == {caching.INDEX}


def test_a_fixed_category_is_also_at_its_own_folder_and_others_are_not() -> None:
    found = pages_of(category(0, 3))
    assert list(found) == ["category/emnews.html", "emnews/index.html"]
    twin = soup(found["emnews/index.html"])
    assert values(twin, ".pager a", "href")[0] == "../category/emnews/3.html"
    assert value(twin, "link[rel=canonical]", "href") == "https://finews.example.com/category/emnews.html"
    assert list(pages_of(replace(category(0, 0), category=DAILY))) == ["category/hebinribao.html"]
    assert list(pages_of(category(3, 3))) == ["category/emnews/3.html"]


def test_all_categories_are_listed_by_letter_with_count_and_newest_time() -> None:
    shelves = (
        shelf(Category(slug="TechWeb", title="甲", tag=""), headlines(1), count=1234),
        shelf(Category(slug="36ke", title="36氪", tag="")),
        shelf(Category(slug="xinyangribao", title="信阳日报", tag="")),
        shelf(Category(slug="taiwan", title="台", tag="")),
    )
    found = one_page(CategoryList(shelves=shelves))
    assert texts(found, "h2") == ["0–9", "T", "X"]
    assert texts(found, "li a") == ["36氪", "台", "甲", "信阳日报"]
    assert texts(found, "li small")[2] == "1234 篇 · 2026-03-04 00:05"
    assert values(found, "li a", "href")[2] == "TechWeb.html"


# --- archive ----------------------------------------------------------------------------------


def test_a_day_has_its_articles_with_their_media() -> None:
    found = one_page(day(0, 2))
    assert texts(found, "h1") == ["2026年3月4日 星期三"]
    assert value(found, "h1 time", "datetime") == "2026-03-04"
    assert text(found, ".lines li") == "00:05 第0条 滚动"
    assert values(found, ".pager a", "href") == ["04/2.html", "04/1.html", "04/1.html"]
    assert value(found, ".head a", "href") == "index.html"


def test_a_day_names_all_its_closed_pages() -> None:
    assert texts(one_page(day(0, 9)), ".pager > *") == ["最新", *"987654321", "更早"]


def test_a_day_leads_to_the_days_beside_it_where_there_are_any() -> None:
    found = one_page(day(0, 0, previous=date(2026, 2, 27), next=date(2026, 3, 6)))
    assert value(found, "a[rel=prev]", "href") == "../02/27.html"
    assert value(found, "a[rel=next]", "href") == "06.html"
    assert texts(found, ".beside a") == ["更早 2月27日", "更晚 3月6日"]
    assert not one_page(day(0, 0)).select(".beside")


def test_a_month_is_a_calendar_of_its_days() -> None:
    found = one_page(MonthPage(month=date(2026, 2, 1), days=((date(2026, 2, 28), 12), (date(2026, 2, 3), 5))))
    assert text(found, "h1") == "2026年2月"
    assert "共 17 篇" in text(found, ".head")
    assert len(found.select(".month li")) == 28
    assert values(found, ".month a", "href") == ["03.html", "28.html"]
    assert texts(found, ".month a .unseen") == ["2月3日 5 篇", "2月28日 12 篇"]
    assert found.select(".month ol.from7"), "1 February 2026 is a Sunday"


def test_the_archive_lists_months_by_years() -> None:
    months = ((date(2026, 1, 1), 3), (date(2025, 12, 1), 40), (date(2025, 2, 1), 1))
    found = one_page(ArchiveList(months=months))
    assert texts(found, "h2") == ["2026年", "2025年"]
    assert texts(found, "li") == ["1月 3 篇", "12月 40 篇", "2月 1 篇"]
    assert values(found, "li a", "href") == ["2026/01/index.html", "2025/12/index.html", "2025/02/index.html"]


# --- pages without articles -------------------------------------------------------------------


def test_a_moved_page_leads_to_the_new_one() -> None:
    new = headline(article())
    found = one_page(Moved(old_key="old/2026/03/04/a b.html", headline=new))
    link = "../../../../emnews/2026/03/04/202603040000000001.html"
    assert value(found, "meta[http-equiv=refresh]", "content") == f"0; url={link}"
    assert value(found, "main a", "href") == link
    assert value(found, "link[rel=canonical]", "href") == f"https://finews.example.com/{new.page_key}"


def test_about_tells_sources_intervals_and_whom_to_ask() -> None:
    sources = {name: SourceFacts(name=name, title=title) for name, title in (("b", "乙"), ("a", "甲"), ("c", "甲"))}
    site = replace(SITE, sources=sources, update_minutes=15, contact="mailto:desk@finews.example.com")
    found = soup(pages_of(Fixed(), site=site)["about.html"])
    assert texts(found, "main li") == ["甲", "乙"]
    assert "每 15 分钟" in text(found, "main")
    links = values(found, "main a", "href")
    assert links == [
        "category/index.html", "category/index.html", "archive/index.html",
        "feed.xml", "rss.xml", "feed.json", "mailto:desk@finews.example.com",
    ]  # fmt: skip


@pytest.mark.parametrize("contact", ["", "javascript:alert(1)"])
def test_a_contact_that_is_no_address_is_left_out(contact: str) -> None:
    found = soup(pages_of(Fixed(), site=replace(SITE, contact=contact))["about.html"])
    assert "撤下" not in text(found, "main")


def test_the_page_for_unknown_addresses_leads_home_and_searches_from_anywhere() -> None:
    site = replace(SITE, base_url="https://h.example/some/prefix")
    found = soup(pages_of(Fixed(), site=site)["404.html"])
    assert value(found, ".button", "href") == "/some/prefix/"
    assert value(found, "form", "action") == "/some/prefix/search.html"
    assert (value(found, "input", "name"), value(found, "form", "method")) == ("q", "get")
    assert all(link.startswith("/some/prefix/") for link in values(found, "a[href]:not(.skip), link", "href"))
    assert values(found, "meta[name=robots]", "content") == ["noindex"]


def test_without_search_nothing_leads_to_it() -> None:
    for page in pages_of(Fixed(), category(0, 0), site=replace(SITE, search=False)).values():
        assert b"search.html" not in page.body, page.key
    assert "search.html" in values(soup(pages_of(Fixed())["about.html"]), "nav a", "href")
