"""The frame around every page: head, masthead and footer."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from tasks.model import Category
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import ABOUT, ARCHIVE, CATEGORIES, HOME, SEARCH, absolute, feed_key, relative, rooted
from tasks.outputs.contexts import FeedLink, Frame, NavLink
from tasks.outputs.front_matter import one_line
from tasks.outputs.wording import text

_SCRIPTS = {"zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant"}
_FEEDS = (
    ("feed.xml", "Atom", "application/atom+xml"),
    ("rss.xml", "RSS", "application/rss+xml"),
    ("feed.json", "JSON Feed", "application/feed+json"),
)
_TARGETS = {"home": HOME, "categories": CATEGORIES, "archive": ARCHIVE, "search": SEARCH, "about": ABOUT}
Linker = Callable[[str], str]


def frame_of(
    site: SiteFacts,
    key: str,
    *,
    title: str,
    description: str = "",
    kind: str = "website",
    canonical: str | None = None,
    robots: str = "",
    category: Category | None = None,
) -> Frame:
    """The frame of the page `key`. `canonical` is the address that search engines shall keep, its own if not given.

    `title` is empty on the home page. `category` brings the feeds of that category.
    """
    current = next((name for name, target in _TARGETS.items() if target == key), "")
    fixed = _fixed(site, f"{key.rpartition('/')[0]}/" if key else "", current, category)
    return replace(
        fixed,
        title=one_line(title),
        description=one_line(description),
        kind=kind,
        canonical=absolute(site, key) if canonical is None else canonical,
        robots=robots,
    )


@lru_cache(maxsize=1024)  # what is published together lies in a few folders
def _fixed(site: SiteFacts, folder: str, current: str, category: Category | None) -> Frame:
    """What is the same in the frames of all pages of a folder, which ends with a slash and is empty for the page that stands
    anywhere. `current` names the page itself in the navigation.
    """
    link = _linker(site, folder)
    return Frame(
        language=_SCRIPTS.get(site.language, site.language),
        locale=_locale(site.language),
        site_title=one_line(site.title),
        title="",
        description="",
        kind="",
        canonical="",
        robots="",
        home=link(HOME),
        static=link("static"),
        nav=_nav(site, current, link),
        removal=f"{link(ABOUT)}#removal" if site.contact else "",
        feeds=_feeds(one_line(site.title), None, link),
        own_feeds=_feeds(one_line(f"{site.title} · {category.title}"), category, link) if category else (),
    )


def missing_frame(site: SiteFacts, *, title: str) -> Frame:
    """The frame of the page for unknown addresses: it stands anywhere, so its links start at the root of the host."""
    return frame_of(site, "", title=title, canonical="", robots="noindex")


def _linker(site: SiteFacts, folder: str) -> Linker:
    return (lambda target: relative(target, start=folder)) if folder else (lambda target: rooted(site, target))


def _nav(site: SiteFacts, current: str, link: Linker) -> tuple[NavLink, ...]:
    return tuple(
        NavLink(href=link(target), text=text(site, name), current=name == current)
        for name, target in _TARGETS.items()
        if name != "search" or site.search
    )


def _feeds(title: str, category: Category | None, link: Linker) -> tuple[FeedLink, ...]:
    return tuple(
        FeedLink(href=link(feed_key(category, name)), format=form, type=kind, title=f"{title} ({form})")
        for name, form, kind in _FEEDS
    )


def _locale(language: str) -> str:
    """The tag as OpenGraph writes it, such as `zh_CN`; empty where it names no country."""
    first, *others = language.split("-")
    country = next((part.upper() for part in others if len(part) == 2 and part.isalpha()), "")
    return f"{first.lower()}_{country}" if country else ""
