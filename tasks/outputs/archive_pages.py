"""The archive by day, month and year."""

from calendar import monthrange
from itertools import groupby

from tasks.catalogue import ArchiveList, DayPage, MonthPage
from tasks.model import Page
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import ARCHIVE, day_key, month_key, relative
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.contexts import (
    ArchiveContext,
    CalendarDay,
    DayContext,
    Link,
    MonthContext,
    MonthTile,
    Year,
)
from tasks.outputs.framing import frame_of
from tasks.outputs.lines import day_moment, line, pager
from tasks.outputs.templating import html_page
from tasks.outputs.wording import date_text, names, text


def day_page(page: DayPage, site: SiteFacts) -> tuple[Page, ...]:
    """A page of the articles published on one day."""
    key = day_key(page.day, page.number)
    date = day_moment(page.day, site, "date_with_weekday")
    title = text(site, "day_title", date=date_text(site, "date", page.day))
    numbered = text(site, "page_of_title", title=title, number=page.number) if page.number else title
    shown = text(site, "day_description", site=site.title, date=date_text(site, "date", page.day))
    earlier, later = (
        Link(href=relative(day_key(day), start=key), text=date_text(site, "date_short", day)) if day else None
        for day in (page.previous, page.next)
    )
    context = DayContext(
        frame=frame_of(site, key, title=numbered, description=shown),
        date=date,
        number=page.number,
        count=page.count,
        lines=tuple(line(headline, key, site) for headline in page.headlines),
        pager=pager(page.number, page.closed, lambda number: day_key(page.day, number), all_numbers=True),
        up=Link(href=relative(month_key(page.day), start=key), text=date_text(site, "month", page.day)),
        earlier=earlier,
        later=later,
    )
    return (html_page(key, context, site, IMMUTABLE if page.number else INDEX),)


def month_page(page: MonthPage, site: SiteFacts) -> tuple[Page, ...]:
    """The days of a month as a calendar."""
    key, counts = month_key(page.month), dict(page.days)
    first, length = monthrange(page.month.year, page.month.month)
    month = date_text(site, "month", page.month)
    days = (page.month.replace(day=number + 1) for number in range(length))
    context = MonthContext(
        frame=frame_of(
            site,
            key,
            title=text(site, "month_title", month=month),
            description=text(site, "month_description", site=site.title, month=month),
        ),
        month=month,
        count=sum(counts.values()),
        weekdays=tuple(names(site.theme, "weekdays_short", 7)),
        first_weekday=first + 1,
        days=tuple(
            CalendarDay(
                day=day.day,
                href=relative(day_key(day), start=key) if counts.get(day) else "",
                count=counts.get(day, 0),
                label=f"{date_text(site, 'date_short', day)} {text(site, 'count', count=counts.get(day, 0))}",
            )
            for day in days
        ),
        up=Link(href=relative(ARCHIVE, start=key), text=text(site, "archive")),
    )
    return (html_page(key, context, site, INDEX),)


def archive_page(listed: ArchiveList, site: SiteFacts) -> tuple[Page, ...]:
    """All months that have articles, by years."""
    context = ArchiveContext(
        frame=frame_of(
            site,
            ARCHIVE,
            title=text(site, "archive_title"),
            description=text(site, "archive_description", site=site.title),
        ),
        years=tuple(
            Year(
                text=text(site, "year", year=year),
                months=tuple(
                    MonthTile(
                        href=relative(month_key(month), start=ARCHIVE),
                        text=date_text(site, "month_short", month),
                        count=count,
                    )
                    for month, count in found
                ),
            )
            for year, found in groupby(listed.months, lambda counted: counted[0].year)
        ),
    )
    return (html_page(ARCHIVE, context, site, INDEX),)
