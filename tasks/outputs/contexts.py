"""What each template is given: one record per template, its fields exactly the names that the template uses."""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the layout around every page needs. `description` may be empty; links are relative to the page."""

    language: str
    site_title: str
    title: str
    description: str
    kind: str
    canonical: str
    home: str
    stylesheet: str
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with its text."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time in the site's zone: `iso` for machines, `text` for readers."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One headline of a list."""

    href: str
    title: str
    summary: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The headlines of one day, newest first."""

    date: Moment
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One category on the home page."""

    title: str
    href: str
    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleContext:
    """An article's page. `body` is sanitised HTML; `updated` is None until the article changes."""

    template: ClassVar[str] = "article.html"

    frame: Frame
    title: str
    category: Link
    published: Moment
    updated: Moment | None
    summary: str
    body: Markup
    origin_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryContext:
    """A category's page. `count` is how many articles it has in all, `shown` how many are listed."""

    template: ClassVar[str] = "category.html"

    frame: Frame
    title: str
    count: int
    shown: int
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContext:
    """The home page."""

    template: ClassVar[str] = "home.html"

    frame: Frame
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingContext:
    """The page for addresses where nothing is."""

    template: ClassVar[str] = "missing.html"

    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedContext:
    """The page left where an article was before."""

    template: ClassVar[str] = "moved.html"

    frame: Frame
    target: Link


Context = ArticleContext | CategoryContext | HomeContext | MissingContext | MovedContext
