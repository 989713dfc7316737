"""Headlines as lists show them, and the ways from page to page of a list."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import groupby

from tasks.model import Headline
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import category_key, day_key, relative
from tasks.outputs.contexts import Day, Line, Link, Moment, PageNumber, Pager
from tasks.outputs.facts import category_title, title_of
from tasks.outputs.front_matter import one_line
from tasks.outputs.wording import date_text, local_time, time_text

# To the end of the first sentence, with the quotation marks that close after it. A dot counts before a blank.
_SENTENCE = re.compile(r".*?(?:[。！？]|[.!?](?=\s|$))[”’」』）)]*")
# What stands before a summary and says nothing of its story: a label, and that another page began it.
_LABEL = re.compile(r"^(?:\s*(?:【[^】]{1,12}】|[（(]上接[^）)]{1,12}[）)]))+\s*")
_LONGEST = 48  # characters of a sentence in a list
_NEWEST_PAGES = 5  # closed pages that a pager names, besides the first


def moment(at: datetime, site: SiteFacts, form: str) -> Moment:
    """The time, to the minute for machines, and for readers as the words called `form` write it."""
    return Moment(iso=local_time(site, at).isoformat(timespec="minutes"), text=time_text(site, form, at))


def day_moment(day: date, site: SiteFacts, form: str) -> Moment:
    """The same for a day."""
    return Moment(iso=day.isoformat(), text=date_text(site, form, day))


def line(headline: Headline, start: str, site: SiteFacts, form: str = "time") -> Line:
    """The headline with its whole summary, on the page `start`."""
    title, summary = title_of(headline), one_line(headline.summary).strip()
    return Line(
        href=relative(headline.page_key, start=start),
        title=title,
        summary="" if summary.strip("。.") == title else summary,
        media=Link(
            href=relative(category_key(headline.category), start=start),
            text=category_title(headline.category),
        ),
        at=moment(headline.published_at, site, form),
    )


def days_of(
    headlines: Iterable[Headline], start: str, site: SiteFacts, make: Callable[[Headline], Line]
) -> tuple[Day, ...]:
    """The headlines, each made a line, by their days."""
    return tuple(
        Day(
            date=day_moment(day, site, "date_with_weekday"),
            href=relative(day_key(day), start=start),
            lines=tuple(make(headline) for headline in found),
        )
        for day, found in groupby(headlines, lambda headline: local_time(site, headline.published_at).date())
    )


def first_sentence(summary: str) -> str:
    """The first sentence of a summary, or its beginning where that is long."""
    flat = _LABEL.sub("", one_line(summary)).strip()
    found = _SENTENCE.match(flat)
    sentence = found[0] if found else flat
    return sentence if len(sentence) <= _LONGEST else sentence[: _LONGEST - 1] + "…"


def pager(number: int, closed: int, key_of: Callable[[int], str], *, all_numbers: bool = False) -> Pager:
    """The pager of page `number` of a list with `closed` closed pages; `key_of` gives the key of a page.

    A closed page names only what was there when it was closed: older pages and the open one, never the next.
    """
    start, last = key_of(number), number or closed
    least = 1 if all_numbers else max(1, last - _NEWEST_PAGES + 1)
    shown = [*range(last, least - 1, -1), *([1] if least > 1 else [])]
    return Pager(
        newest=relative(key_of(0), start=start) if number else "",
        older=relative(key_of(last - 1), start=start) if last > 1 else "",
        numbers=tuple(
            PageNumber(
                number=n,
                href=relative(key_of(n), start=start),
                current=n == number,
                after_gap=n + 1 < before,
            )
            for n, before in zip(shown, [last + 1, *shown], strict=False)
        ),
    )
