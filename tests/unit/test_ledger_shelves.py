"""Slugs that stay for ever. On SQLite and on PostgreSQL."""

import hashlib
from dataclasses import replace

import pytest

from tasks.articles.slugs import romanise
from tasks.catalogue import IndexKind
from tasks.errors import ConfigError
from tasks.ledger import Ledger
from tasks.model import Category
from tests.support.ledgers import KEY, ROLLING, keep, opened


def wish(title: str) -> Category:
    """A media that has no slug yet."""
    return Category(slug="", title=title, tag=f"{title}新闻")


def slug(ledger: Ledger, title: str, pinned: dict[str, str] | None = None) -> str:
    """The slug that a media has or gets."""
    return ledger.shelves.assign([wish(title)], pinned=pinned or {})[title].slug


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
    ledger.articles.mark_published([KEY])
    renamed = replace(ROLLING, title="滚动快讯", tag="滚动快讯")
    given = ledger.shelves.assign([renamed], pinned={})
    assert given["滚动快讯"] == renamed
    assert ROLLING.title not in given
    (stale,) = ledger.articles.read(ledger.articles.due(published=True, limit=9))
    assert stale.category == renamed
    assert ledger.indexes.never_published(IndexKind.HOME, limit=9)


def test_assigning_again_changes_nothing(ledger: Ledger) -> None:
    first = ledger.shelves.assign([ROLLING, wish("甲"), wish("乙")], pinned={})
    assert ledger.shelves.assign([wish("乙"), ROLLING, wish("甲")], pinned={"甲": "x"}) == first
    assert ledger.shelves.assign([], pinned={}) == first


@pytest.mark.parametrize("slug", ["archive", "category", "static", "sitemaps"])
def test_a_fixed_category_at_an_address_of_the_site_itself(ledger: Ledger, slug: str) -> None:
    with pytest.raises(ConfigError, match=f"category '{slug}': the site uses that address itself"):
        ledger.shelves.assign([replace(ROLLING, slug=slug)], pinned={})
