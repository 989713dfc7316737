"""The text of the interface: the words of the site's language, with their places filled in."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from tasks.errors import RenderError
from tasks.outputs import SiteFacts
from tasks.outputs.theme import Theme


def text(site: SiteFacts, name: str, /, **places: object) -> str:
    """The words called `name`, such as `"{count} 篇"` with `count=3`; plain text."""
    return filled(name, _words(site.theme, name), **places)


def filled(name: str, words: str, /, **places: object) -> str:
    """`words` with its places filled in; `RenderError` where it has a place that nothing fills."""
    try:
        return words.format(**places)
    except (LookupError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{place}}}" for place in places)
        raise RenderError(f"words: {name} = {words!r}: only {known or 'no places'} can stand in it") from error


def filled_markup(words: str, /, **places: object) -> Markup:
    """The same for templates: whatever is filled in stays text."""
    return escape(filled(words, words, **places))


def date_text(site: SiteFacts, name: str, day: date) -> str:
    """The day as the words called `name` write it."""
    return text(site, name, **_date_places(site.theme, day))


def time_text(site: SiteFacts, name: str, at: datetime) -> str:
    """The time, in the site's zone, as the words called `name` write it."""
    local = local_time(site, at)
    return text(site, name, **_date_places(site.theme, local.date()), hour=local.hour, minute=local.minute)


def local_time(site: SiteFacts, at: datetime) -> datetime:
    """The time in the site's zone."""
    return at.astimezone(ZoneInfo(site.timezone))


def names(theme: Theme, name: str, count: int) -> list[str]:
    """The words called `name` as a list of `count` names, which blanks separate in the file."""
    found = _words(theme, name).split()
    if len(found) != count:
        raise RenderError(f"words: {name}: expected {count} names with a blank between them, found {len(found)}")
    return found


@lru_cache(maxsize=1024)  # what stands together in a list, or is published together, is of the same days
def _date_places(theme: Theme, day: date) -> Mapping[str, object]:
    return {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "weekday": names(theme, "weekdays", 7)[day.weekday()],
        "month_name": names(theme, "month_names", 12)[day.month - 1],
    }


def _words(theme: Theme, name: str) -> str:
    try:
        return theme.words[name]
    except KeyError:
        raise RenderError(f"words: there is none called {name!r}; words/en.toml names them all") from None
