"""What each template is given: one record per template, its fields exactly the names that the template uses.

Besides these every template knows `words`, the text of the interface, `style`, the name of the style sheet, and the
filter `fill`, as in `words.count|fill(count=3)`. Links are relative to the page, except on the 404 page.
"""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with its text."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A day or a time in the site's zone: `iso` for machines, `text` for readers."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed document: `format` such as `RSS`, `type` its media type."""

    href: str
    format: str
    type: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NavLink:
    """A link of the site's navigation; `current` on the page itself."""

    href: str
    text: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the layout around every page needs. `canonical`, `locale`, `robots` and `description` may be empty.

    `removal` leads to how to have an article taken down; empty when the site names no contact. `feeds` are those of the
    site, `own_feeds` those of the category at hand; `static` is the folder of static files.
    """

    language: str
    locale: str
    site_title: str
    title: str
    description: str
    kind: str
    canonical: str
    robots: str
    home: str
    static: str
    nav: tuple[NavLink, ...]
    removal: str
    feeds: tuple[FeedLink, ...]
    own_feeds: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One headline of a list. `media` is its category; `summary` may be empty."""

    href: str
    title: str
    summary: str
    media: Link
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The headlines of one day, newest first, with the link to the page of that day."""

    date: Moment
    href: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One category on the home page."""

    title: str
    href: str
    newest_at: Moment | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumber:
    """A closed page in the pager; `after_gap` where pages between it and the one before are left out."""

    number: int
    href: str
    current: bool
    after_gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """From page to page of a list; `newest` and `older` may be empty."""

    newest: str
    older: str
    numbers: tuple[PageNumber, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContext:
    """The home page: `lead` is the newest article, `days` the further ones; `all_href` leads to all categories."""

    template: ClassVar[str] = "home.html"

    frame: Frame
    today: Moment | None
    lead: Line | None
    days: tuple[Day, ...]
    sections: tuple[Section, ...]
    all_href: str
    categories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTile:
    """A category in the list of all."""

    href: str
    title: str
    count: int
    newest_at: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The categories whose slugs begin with one letter."""

    letter: str
    tiles: tuple[CategoryTile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoriesContext:
    """The list of all categories."""

    template: ClassVar[str] = "categories.html"

    frame: Frame
    count: int
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryContext:
    """A page of a category. `number` is 0 for the open one; `count` is how many articles there are in all."""

    template: ClassVar[str] = "category.html"

    frame: Frame
    title: str
    number: int
    count: int
    days: tuple[Day, ...]
    pager: Pager
    up: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class DayContext:
    """A page of the articles of one day. `up` is its month; `earlier` and `later` are the nearest days that have any."""

    template: ClassVar[str] = "day.html"

    frame: Frame
    date: Moment
    number: int
    count: int
    lines: tuple[Line, ...]
    pager: Pager
    up: Link
    earlier: Link | None
    later: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day of the calendar; where it has no articles, `href` is empty. `label` says in full what the cell means."""

    day: int
    href: str
    count: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthContext:
    """A month as a calendar. `first_weekday` is the weekday of its first day, 1 for Monday."""

    template: ClassVar[str] = "month.html"

    frame: Frame
    month: str
    count: int
    weekdays: tuple[str, ...]
    first_weekday: int
    days: tuple[CalendarDay, ...]
    up: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTile:
    """A month of the archive."""

    href: str
    text: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The months of one year, newest first."""

    text: str
    months: tuple[MonthTile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveContext:
    """The list of all months."""

    template: ClassVar[str] = "archive.html"

    frame: Frame
    years: tuple[Year, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleContext:
    """An article's page. `body` is sanitised HTML; `updated` is None until the article changes.

    `day_href` leads to the page of its day, `outlet` is who wrote it, `credit` what its publisher wants to be said, `also`
    who else reported it (with an empty `href` where no address is known). `image`, `lead`, `origin_url` and `credit` may be
    empty.
    """

    template: ClassVar[str] = "article.html"

    frame: Frame
    structured: Markup
    title: str
    category: Link
    published: Moment
    day_href: str
    updated: Moment | None
    modified: str
    image: str
    lead: str
    body: Markup
    origin_url: str
    outlet: str
    credit: str
    also: tuple[Link, ...]
    previous: Link | None
    next: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutContext:
    """What the site is. `contact` may be empty; `finding` leads to the categories and the archive."""

    template: ClassVar[str] = "about.html"

    frame: Frame
    sources: tuple[str, ...]
    update_minutes: int
    contact: str
    finding: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingContext:
    """The page for addresses where nothing is. `search` is the address of the search page, or empty; `finding` as in "about"."""

    template: ClassVar[str] = "missing.html"

    frame: Frame
    search: str
    finding: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedContext:
    """The page left where an article was before."""

    template: ClassVar[str] = "moved.html"

    frame: Frame
    target: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnContext:
    """The page in the place of an article that was taken down. `search` and `contact` are addresses, or empty."""

    template: ClassVar[str] = "withdrawn.html"

    frame: Frame
    at: Moment
    reason: str
    search: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceholderContext:
    """What a new site shows until its first run has ended. Of the frame only names are used: the page has no link."""

    template: ClassVar[str] = "placeholder.html"

    frame: Frame
