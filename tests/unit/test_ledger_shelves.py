"""Slugs that stay for ever, and the catalogue of what is listed. On SQLite and on PostgreSQL."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.articles.slugs import romanise
from tasks.errors import ConfigError
from tasks.ledger import Ledger
from tasks.model import Category, Entry
from tests.support.ledgers import DAILY, HOUR, KEY, NOW, ROLLING, entry, keep, opened, rolling


def wish(title: str) -> Category:
    """A media that has no slug yet."""
    return Category(slug="", title=title, tag=f"{title}新闻")


def slug(ledger: Ledger, title: str, pinned: dict[str, str] | None = None) -> str:
    """The slug that a media has or gets."""
    return ledger.shelves.assign([wish(title)], pinned=pinned or {})[title].slug


def story(number: int) -> Entry:
    """Story `number` of many, each a minute younger than the one before."""
    return entry(
        key=f"k{number:04}",
        code=f"k{number:04}",
        file_id=f"k{number:04}",
        published_at=entry().published_at + timedelta(minutes=number),
    )


# --- assign -----------------------------------------------------------------------------------


def test_a_slug_stays_for_ever(database_url: str) -> None:
    with opened(database_url) as ledger:
        assert slug(ledger, "央行网站") == "yanghangwangzhan"
    with opened(database_url) as ledger:
        assert slug(ledger, "央行网站", {"央行网站": "pboc"}) == "yanghangwangzhan"


def test_a_pinned_slug_is_given(ledger: Ledger) -> None:
    assert slug(ledger, "央行网站", {"央行网站": "pboc"}) == "pboc"


def test_a_pinned_slug_that_is_taken_goes_to_nobody_else(ledger: Ledger) -> None:
    assert slug(ledger, "pboc") == "pboc"
    assert slug(ledger, "央行网站", {"央行网站": "pboc"}) == "yanghangwangzhan"


def test_two_media_never_share_a_slug(ledger: Ledger) -> None:
    names = ["TechWeb", "Techweb", "tech web", "tech-web", "!!!", "???", "信阳日报", "新阳日报", "emnews", ""]
    given = ledger.shelves.assign([ROLLING, *map(wish, names)], pinned={})
    slugs = [given[name].slug for name in [ROLLING.title, *names]]
    assert len(set(slugs)) == len(slugs)
    assert given[ROLLING.title].slug == "emnews"
    assert all(slugs)


def test_a_name_made_to_read_like_the_mark_of_another(ledger: Ledger) -> None:
    slug(ledger, "甲")
    marked = slug(ledger, "甲！")
    assert marked.startswith("jia-")
    assert romanise(marked) == marked
    assert slug(ledger, marked) not in {"jia", marked}


def test_a_name_that_reads_like_a_mark_came_first(database_url: str) -> None:
    with opened(database_url) as ledger:
        slug(ledger, "A")
        slug(ledger, "a-" + _mark("a!"))
        slug(ledger, "a!")
        given = ledger.shelves.assign([], pinned={})
        assert len({category.slug for category in given.values()}) == 3


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def test_fixed_categories_come_before_media(ledger: Ledger) -> None:
    given = ledger.shelves.assign([wish("emnews"), ROLLING], pinned={})
    assert given[ROLLING.title] == ROLLING
    assert given["emnews"].slug.startswith("emnews-")


def test_a_media_called_like_a_fixed_category_shares_its_shelf(ledger: Ledger) -> None:
    assert ledger.shelves.assign([ROLLING, wish(ROLLING.title)], pinned={})[ROLLING.title] == ROLLING


def test_a_fixed_category_whose_slug_is_taken_is_refused_in_words(ledger: Ledger) -> None:
    slug(ledger, "emnews")
    with pytest.raises(ConfigError, match="category 'emnews' of '东财滚动新闻': the slug was given to 'emnews' before"):
        ledger.shelves.assign([ROLLING], pinned={})


def test_a_fixed_category_may_be_renamed(ledger: Ledger) -> None:
    ledger.shelves.assign([ROLLING, wish("甲")], pinned={})
    keep(ledger, category=ROLLING)
    ledger.articles.mark_published([KEY], "edition")
    renamed = replace(ROLLING, title="滚动快讯", tag="滚动快讯")
    given = ledger.shelves.assign([renamed], pinned={})
    assert given["滚动快讯"] == renamed
    assert ROLLING.title not in given
    (due,) = ledger.articles.unpublished("edition")
    assert due.category == renamed


def test_assigning_again_changes_nothing(ledger: Ledger) -> None:
    first = ledger.shelves.assign([ROLLING, wish("甲"), wish("乙")], pinned={})
    assert ledger.shelves.assign([wish("乙"), ROLLING, wish("甲")], pinned={"甲": "x"}) == first
    assert ledger.shelves.assign([], pinned={}) == first


# --- catalogue --------------------------------------------------------------------------------


def test_an_empty_ledger_has_an_empty_catalogue(ledger: Ledger) -> None:
    catalogue = ledger.shelves.catalogue(touched=None)
    assert (catalogue.shelves, catalogue.touched, catalogue.newest, catalogue.addresses, catalogue.moved) == ((),) * 5


def test_shelves_show_the_newest_first_and_count_all(ledger: Ledger) -> None:
    for number in range(7):
        keep(ledger, story(number))
    keep(ledger, rolling(key="r", code="r", file_id="r", published_at=entry().published_at + HOUR), category=ROLLING)
    catalogue = ledger.shelves.catalogue(touched=None)
    assert [shelf.category for shelf in catalogue.shelves] == [ROLLING, DAILY]
    daily = catalogue.shelves[1]
    assert daily.count == 7
    assert [line.page_key[-10:-5] for line in daily.headlines] == ["k0006", "k0005", "k0004", "k0003", "k0002"]
    assert {shelf.category.slug: len(shelf.headlines) for shelf in catalogue.touched} == {"emnews": 1, "hebinribao": 7}
    assert [one.key for one in catalogue.newest][:3] == ["r", "k0006", "k0005"]
    assert [address for address, _ in catalogue.addresses][:2] == [one.page_key for one in catalogue.newest][:2]


def test_equal_times_have_an_order(ledger: Ledger) -> None:
    for key in ["b", "a", "c"]:
        keep(ledger, entry(key=key, code=key, file_id=key))
    assert [one.key for one in ledger.shelves.catalogue(touched=None).newest] == ["c", "b", "a"]


def test_pages_show_a_hundred_and_the_feed_twenty(ledger: Ledger) -> None:
    for number in range(103):
        keep(ledger, story(number))
    catalogue = ledger.shelves.catalogue(touched=["hebinribao"])
    assert [(len(shelf.headlines), shelf.count) for shelf in catalogue.touched] == [(100, 103)]
    assert (len(catalogue.newest), len(catalogue.addresses)) == (20, 103)


def test_only_touched_shelves_get_their_page(ledger: Ledger) -> None:
    keep(ledger)
    keep(ledger, rolling(key="r", code="r", file_id="r"), category=ROLLING)
    assert [s.category for s in ledger.shelves.catalogue(touched={"emnews", "none"}).touched] == [ROLLING]
    assert ledger.shelves.catalogue(touched=()).touched == ()


def test_what_is_not_listed_is_not_shown(ledger: Ledger) -> None:
    keep(ledger, listed=False)
    catalogue = ledger.shelves.catalogue(touched=None)
    assert (catalogue.shelves, catalogue.newest, catalogue.addresses) == ((), (), ())
    assert [(shelf.headlines, shelf.count) for shelf in catalogue.touched] == [((), 0)]


def test_a_moved_article_is_shown_at_its_old_address(ledger: Ledger) -> None:
    old = keep(ledger, rolling(), category=ROLLING)
    new = keep(ledger, entry())
    catalogue = ledger.shelves.catalogue(touched=None)
    [(address, headline)] = catalogue.moved
    assert address == old.page_key
    assert (headline.page_key, headline.category, headline.title) == (new.page_key, DAILY, new.title)
    assert [shelf.category for shelf in catalogue.shelves] == [DAILY]
    assert [address for address, _ in catalogue.addresses] == [new.page_key]


def test_an_address_changes_when_its_article_does(ledger: Ledger) -> None:
    keep(ledger)
    assert [at for _, at in ledger.shelves.catalogue(touched=None).addresses] == [entry().published_at]
    keep(ledger, html="<p>改</p>")
    assert ledger.shelves.catalogue(touched=None).addresses == ((f"hebinribao/2026/03/04/NW{KEY}.html", NOW),)
