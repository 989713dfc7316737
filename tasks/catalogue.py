"""The lists of a site: which there are, and what each of them shows.

An article stands in three orders of arrival, each with a number that it never loses: in its category, in its day of
publication, and in the month in which it came. A list cuts an order into pages of a fixed size, counted from the oldest.
A full page is *closed*: no new article ever changes it. Page 0 is the open one, with what came last.

The month of arrival is a clock of content: the month of publication, but never before that of an earlier arrival, so a
late article with an old date cannot reopen a month, and the same articles give the same lists on any day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tasks.model import Article, Category, Headline, WithdrawalReason

ON_CATEGORY_PAGE = 20
ON_DAY_PAGE = 100
IN_FEED = 30  # of a feed document, open or archive
IN_SITEMAP = 1_000  # addresses in a shard: small, because each run writes the open one again
IN_SEARCH = 500  # articles in a shard of the search index
ON_HOME, SECTIONS, ON_SHELF = 30, 24, 5


class IndexKind(StrEnum):
    """Kinds of list, in the order in which they are published: an entrance comes after what it leads to."""

    FIXED = "fixed"  # style sheet, 404, about, search page
    CATEGORY = "category"  # name: slug
    CATEGORY_FEED = "category feed"  # name: slug
    DAY = "day"  # name: YYYY-MM-DD
    MONTH = "month"  # name: YYYY-MM, of publication
    FEED_ARCHIVE = "feed archive"  # name: YYYY-MM, of arrival
    SITEMAP = "sitemap"  # name: YYYY-MM, of arrival
    SEARCH = "search"  # name: YYYY-MM, of arrival
    MOVED = "moved"  # name: the old key
    WITHDRAWN = "withdrawn"  # name: the article's key
    ARCHIVE = "archive"
    CATEGORIES = "categories"
    SEARCHES = "searches"
    NEWS = "news"
    SITEMAPS = "sitemaps"
    FEED = "feed"
    HOME = "home"
    ROBOTS = "robots"


# What any change of any article may change, beside the pages that hold its place. Readers and machines know them by heart.
OVERVIEWS = (
    IndexKind.ARCHIVE, IndexKind.CATEGORIES, IndexKind.SEARCHES, IndexKind.NEWS, IndexKind.SITEMAPS, IndexKind.FEED,
    IndexKind.HOME,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class IndexRef:
    """One page of one list. `number` counts closed pages from 1, the oldest; 0 is the open page."""

    kind: IndexKind
    name: str = ""
    number: int = 0


def page_of(place: int, size: int) -> int:
    """The page, from 1, on which the `place`th arrival stands."""
    return (place - 1) // size + 1


# --- what an article's page shows beside the article --------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Another outlet that carried the same story. `url` may be empty."""

    outlet: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The articles that arrived before and after in its category, and who else reported the story."""

    previous: Headline | None = None
    next: Headline | None = None
    also: tuple[Mention, ...] = ()


# --- lists that people read ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A category: how many articles it has, when its newest was published, and (on the home page) its newest five."""

    category: Category
    count: int
    newest_at: datetime | None
    headlines: tuple[Headline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The home page: newest articles of all categories, then the most active categories; `categories` is how many there are."""

    newest: tuple[Headline, ...]
    sections: tuple[Shelf, ...]
    categories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryList:
    """Every category that has articles, by slug."""

    shelves: tuple[Shelf, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryPage:
    """A page of a category, newest first.

    `closed` is how many closed pages there are. The open page (`number` 0) shows what came after them and, once there
    is one, all of the last closed page, so that it never stands nearly empty.
    """

    category: Category
    number: int
    closed: int
    count: int
    headlines: tuple[Headline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPage:
    """A page of the articles published on one day, newest first. `previous` and `next`: the nearest days that have any.

    The open page shows only what no closed page holds, or the last closed page when that is nothing; a closed page
    knows no other days.
    """

    day: date
    number: int
    closed: int
    count: int
    headlines: tuple[Headline, ...]
    previous: date | None = None
    next: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPage:
    """The days of a month that have articles, newest first. `month` is its first day."""

    month: date
    days: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveList:
    """The months that have articles, newest first, each by its first day."""

    months: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An address that an article had before."""

    old_key: str
    headline: Headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An address whose article was taken down. `page_key` is empty when it never had one."""

    page_key: str
    reason: WithdrawalReason
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Pages and files that show no article."""


# --- lists for machines -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed: the last arrivals, newest first. `category` is None for the whole site.

    `archive` labels the newest archive document, such as `2026-03-2` or, of a category, `7`; empty when there is none.
    """

    category: Category | None
    articles: tuple[Article, ...]
    archive: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelArchive:
    """A closed archive document of a feed, newest first; `previous` labels the one before it."""

    category: Category | None
    label: str
    articles: tuple[Article, ...]
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapShard:
    """Addresses (page key, source, time of last change) of one shard, in the order of arrival."""

    label: str
    addresses: tuple[tuple[str, str, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapList:
    """All shards with the time of their last change, and the categories for the sitemap of lists."""

    shards: tuple[tuple[str, datetime | None], ...]
    shelves: tuple[Shelf, ...]
    months: tuple[date, ...]
    news_files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsWindow:
    """Articles published in the last 48 hours (headline, source), newest first. `files` have been published before."""

    articles: tuple[tuple[Headline, str], ...]
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchShard:
    """The articles of one shard of the search index, in the order of arrival."""

    label: str
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchList:
    """Labels of all shards of the search index, newest first."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What `robots.txt` says; it names the sitemap, so it comes last."""


Index = (
    Fixed | CategoryPage | Channel | ChannelArchive | DayPage | MonthPage | SitemapShard | SearchShard | Moved | Withdrawn
    | ArchiveList | CategoryList | SearchList | NewsWindow | SitemapList | Front | Robots
)  # fmt: skip
