"""The site that people read: home page, articles, lists, archive, and the files that all of them need.

Links are relative, so the site works under any prefix and from a folder on disk; `404.html` alone is shown at
unknown addresses, so its links start at the root of the host.
"""

from dataclasses import replace
from datetime import datetime

from tasks.catalogue import (
    ArchiveList,
    CategoryList,
    CategoryPage,
    DayPage,
    Fixed,
    Front,
    MonthPage,
    Moved,
    Shelf,
    Withdrawn,
)
from tasks.model import Headline, Page, WithdrawalReason
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.addresses import CATEGORIES, HOME, SEARCH, absolute, category_key, is_http, relative
from tasks.outputs.archive_pages import archive_page, day_page, month_page
from tasks.outputs.article_page import article_page
from tasks.outputs.caching import INDEX
from tasks.outputs.category_pages import categories_page, category_pages
from tasks.outputs.contexts import HomeContext, Line, Link, Moment, MovedContext, Section, WithdrawnContext
from tasks.outputs.facts import category_title, title_of
from tasks.outputs.fixed_pages import fixed_pages
from tasks.outputs.framing import frame_of
from tasks.outputs.front_matter import one_line
from tasks.outputs.lines import day_moment, days_of, first_sentence, line
from tasks.outputs.templating import html_page
from tasks.outputs.wording import local_time, text, time_text


def _home_page(front: Front, site: SiteFacts) -> tuple[Page, ...]:
    first = front.newest[0] if front.newest else None
    context = HomeContext(
        frame=frame_of(
            site, HOME, title="", description=site.description or text(site, "home_description", site=site.title)
        ),
        today=day_moment(local_time(site, first.published_at).date(), site, "date_with_weekday") if first else None,
        lead=_short_line(first, site) if first else None,
        days=days_of(front.newest[1:], HOME, site, lambda headline: _short_line(headline, site)),
        sections=tuple(_section(shelf, site) for shelf in front.sections if shelf.headlines),
        all_href=relative(CATEGORIES, start=HOME),
        categories=front.categories,
    )
    return (html_page(HOME, context, site, INDEX),)


def _short_line(headline: Headline, site: SiteFacts) -> Line:
    """With one sentence of the summary: the home page shows many and has to stay light."""
    return line(replace(headline, summary=first_sentence(headline.summary)), HOME, site)


def _section(shelf: Shelf, site: SiteFacts) -> Section:
    return Section(
        title=category_title(shelf.category),
        href=relative(category_key(shelf.category), start=HOME),
        newest_at=_short_moment(shelf.newest_at, site) if shelf.newest_at else None,
        lines=tuple(line(headline, HOME, site) for headline in shelf.headlines),
    )


def _short_moment(at: datetime, site: SiteFacts) -> Moment:
    """To the minute for readers; for machines the day is enough here, and light."""
    day = local_time(site, at).date()
    return Moment(iso=day.isoformat(), text=time_text(site, "short_date_and_time", at))


def _moved_page(moved: Moved, site: SiteFacts) -> tuple[Page, ...]:
    title, target = title_of(moved.headline), moved.headline.page_key
    context = MovedContext(
        frame=frame_of(site, moved.old_key, title=title, canonical=absolute(site, target)),
        target=Link(href=relative(target, start=moved.old_key), text=title),
    )
    return (html_page(moved.old_key, context, site, INDEX),)


_REASONS = {
    WithdrawalReason.SOURCE: "withdrawn_source",
    WithdrawalReason.LEGAL: "withdrawn_legal",
    WithdrawalReason.OWN: "withdrawn_own",
}


def _tombstone(withdrawn: Withdrawn, site: SiteFacts) -> tuple[Page, ...]:
    """What the article was about stands nowhere on it."""
    key = withdrawn.page_key
    if not key:
        return ()
    contact = one_line(site.contact)
    context = WithdrawnContext(
        frame=frame_of(site, key, title=text(site, "withdrawn_title"), canonical="", robots="noindex"),
        at=Moment(
            iso=local_time(site, withdrawn.withdrawn_at).isoformat(timespec="seconds"),
            text=time_text(site, "date_and_time", withdrawn.withdrawn_at),
        ),
        reason=text(site, _REASONS[withdrawn.reason]),
        search=relative(SEARCH, start=key) if site.search else "",
        contact=contact if is_http(contact) or contact.lower().startswith("mailto:") else "",
    )
    return (html_page(key, context, site, INDEX),)


OUTPUT = OutputKind(
    name="website",
    edition="2",
    of_article=article_page,
    of_index={
        Fixed: fixed_pages,
        Front: _home_page,
        CategoryList: categories_page,
        CategoryPage: category_pages,
        DayPage: day_page,
        MonthPage: month_page,
        ArchiveList: archive_page,
        Moved: _moved_page,
        Withdrawn: _tombstone,
    },
)
