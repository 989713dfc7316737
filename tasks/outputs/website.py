"""The site that people read: article, category, home, 404 and moved pages, and the style sheet.

Links are relative, so the site works under any prefix and from a folder on disk; `404.html` alone is shown at
unknown addresses, so its links start at the root of the host.
"""

from dataclasses import fields
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tasks.model import Article, Catalogue, Category, Headline, Page, Shelf, Wave
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.addresses import absolute, is_http, relative, rooted
from tasks.outputs.contexts import (
    ArticleContext,
    CategoryContext,
    Context,
    Day,
    Frame,
    HomeContext,
    Line,
    Link,
    MissingContext,
    Moment,
    MovedContext,
    Section,
)
from tasks.outputs.fragments import text_of

_HOME, _MISSING, _STYLE, _FEED = "index.html", "404.html", "static/style.css", "feed.xml"
_FULL, _DAY_AND_TIME, _TIME = "%Y-%m-%d %H:%M", "%m-%d %H:%M", "%H:%M"
_TELLING = 16  # characters of a summary that show where it comes from
_SCRIPTS = {"zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tasks.outputs"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _page(key: str, context: Context, wave: Wave) -> Page:
    variables = {field.name: getattr(context, field.name) for field in fields(context)}
    text = _environment().get_template(context.template).render(variables)
    seconds = 300 if wave is Wave.ARTICLES else 60
    return Page(
        key=key,
        body=text.encode("utf-8", "replace"),
        content_type="text/html; charset=utf-8",
        cache_control=f"public, max-age={seconds}",
        wave=wave,
    )


# --- an article -------------------------------------------------------------------------------


def _of_article(article: Article, site: SiteFacts) -> tuple[Page, ...]:
    key = article.page_key
    context = ArticleContext(
        frame=_frame(site, key, title=article.title, description=article.summary, kind="article"),
        title=article.title,
        category=Link(href=relative(_shelf_key(article.category), start=key), text=article.category.title),
        published=_moment(article.published_at, site, _FULL),
        updated=_moment(article.updated_at, site, _FULL) if article.revision > 1 else None,
        summary=_lead(article),
        body=Markup(article.html),  # noqa: S704  sanitised where the article was made
        origin_url=article.origin_url if is_http(article.origin_url) else "",
    )
    return (_page(key, context, Wave.ARTICLES),)


def _lead(article: Article) -> str:
    """The summary, unless the text itself says it: most are the beginning of the text."""
    return "" if article.summary[:_TELLING] in text_of(article.html) else article.summary


# --- the pages that list articles -------------------------------------------------------------


def _of_catalogue(catalogue: Catalogue, site: SiteFacts) -> tuple[Page, ...]:
    return (
        _style_sheet(),
        *(_category_page(shelf, key, site) for shelf in catalogue.touched for key in _shelf_keys(shelf.category)),
        *(_moved_page(old, headline, site) for old, headline in catalogue.moved),
        _home_page(catalogue.shelves, site),
        _missing_page(site),
    )


def _style_sheet() -> Page:
    return Page(
        key=_STYLE,
        body=files("tasks.outputs").joinpath(_STYLE).read_bytes(),
        content_type="text/css; charset=utf-8",
        cache_control="public, max-age=300",
        wave=Wave.ASSETS,
    )


def _category_page(shelf: Shelf, key: str, site: SiteFacts) -> Page:
    days = groupby(shelf.headlines, lambda headline: _local(headline.published_at, site).date())
    context = CategoryContext(
        frame=_frame(site, key, title=shelf.category.title, canonical=_shelf_key(shelf.category)),
        title=shelf.category.title,
        count=shelf.count,
        shown=len(shelf.headlines),
        days=tuple(
            Day(
                date=Moment(iso=day.isoformat(), text=f"{day.year}年{day.month}月{day.day}日"),
                lines=tuple(_line(headline, key, site, _TIME) for headline in found),
            )
            for day, found in days
        ),
    )
    return _page(key, context, Wave.LISTS)


def _home_page(shelves: tuple[Shelf, ...], site: SiteFacts) -> Page:
    sections = (
        Section(
            title=shelf.category.title,
            href=relative(_shelf_key(shelf.category), start=_HOME),
            count=shelf.count,
            lines=tuple(_line(headline, _HOME, site, _DAY_AND_TIME) for headline in shelf.headlines[:5]),
        )
        for shelf in shelves
        if shelf.headlines
    )
    context = HomeContext(frame=_frame(site, _HOME, title="", canonical=""), sections=tuple(sections))
    return _page(_HOME, context, Wave.FEEDS)


def _moved_page(old: str, headline: Headline, site: SiteFacts) -> Page:
    context = MovedContext(
        frame=_frame(site, old, title=headline.title, canonical=headline.page_key),
        target=Link(href=relative(headline.page_key, start=old), text=headline.title),
    )
    return _page(old, context, Wave.LISTS)


def _missing_page(site: SiteFacts) -> Page:
    frame = Frame(
        language=_language(site),
        site_title=site.title,
        title="404",
        description="",
        kind="website",
        canonical="",
        home=rooted(site, ""),
        stylesheet=rooted(site, _STYLE),
        feed=rooted(site, _FEED),
    )
    return _page(_MISSING, MissingContext(frame=frame), Wave.FEEDS)


# --- parts ------------------------------------------------------------------------------------


def _frame(
    site: SiteFacts, key: str, *, title: str, description: str = "", kind: str = "website", canonical: str | None = None
) -> Frame:
    """The frame of the page `key`; `canonical` is the key that search engines shall keep, where it is another."""
    return Frame(
        language=_language(site),
        site_title=site.title,
        title=title,
        description=description,
        kind=kind,
        canonical=absolute(site, key if canonical is None else canonical),
        home=relative(_HOME, start=key),
        stylesheet=relative(_STYLE, start=key),
        feed=relative(_FEED, start=key),
    )


def _line(headline: Headline, start: str, site: SiteFacts, form: str) -> Line:
    return Line(
        href=relative(headline.page_key, start=start),
        title=headline.title,
        summary=headline.summary,
        at=_moment(headline.published_at, site, form),
    )


def _moment(at: datetime, site: SiteFacts, form: str) -> Moment:
    local = _local(at, site)
    return Moment(iso=local.isoformat(timespec="seconds"), text=local.strftime(form))


def _local(at: datetime, site: SiteFacts) -> datetime:
    return at.astimezone(ZoneInfo(site.timezone))


def _shelf_key(category: Category) -> str:
    return f"category/{category.slug}.html"


def _shelf_keys(category: Category) -> tuple[str, ...]:
    """Keys of a category's page. A fixed one is also where the links of its posts lead: `/<slug>/`."""
    return (_shelf_key(category), *([f"{category.slug}/index.html"] if category.fixed else []))


def _language(site: SiteFacts) -> str:
    return _SCRIPTS.get(site.language, site.language)


OUTPUT = OutputKind(name="website", of_article=_of_article, of_catalogue=_of_catalogue, edition="1")
