"""Times as pages write them, for machines and for readers. A zone always: the source's own when none is given.

Here a time is found among other words, and what is none is passed over. `dates.py` reads fields of lists that are a time and
nothing else, in many more forms, and says why one cannot be read.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ]+(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
# A day, and the time of the day when it follows closely.
_SEEN = re.compile(
    r"(?<![\d/-])((?:19|20)\d{2})\s*([-/.年])\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日號号]?"
    r"(?:[T\s,，]*(?:星期.|周.|[（(]?[一二三四五六日][)）]?)?\s*(上午|下午|晚上|凌晨|AM|PM)?\s*(\d{1,2})\s*[:：时時]\s*(\d{2})(?:\s*[:：分]\s*(\d{2}))?)?",
    re.ASCII,
)
_FIRST = 1990
_AHEAD = timedelta(days=1)


def moment(text: str, *, zone: tzinfo, now: datetime) -> datetime | None:
    """The time that a machine-readable field holds (ISO 8601, RFC 5322, or as a reader sees it); None for no true one."""
    text = " ".join(text.split())[:80]
    if found := _ISO.match(text):
        year, month, day, hour, minute, second, offset = found.groups()
        written = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
        return _true(written + _offset(offset), zone, now)
    try:
        return _true(parsedate_to_datetime(text).isoformat(), zone, now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return next(iter(moments_in(text, zone=zone, now=now)), None)


def moments_in(text: str, *, zone: tzinfo, now: datetime) -> Iterator[datetime]:
    """The times that a line shows its reader, those with a time of the day first."""
    found = []
    for match in _SEEN.finditer(text):
        year, _, month, day, half, hour, minute, second = match.groups()
        late = half in {"下午", "晚上", "PM"} and hour is not None and int(hour) < 12
        written = (
            f"{year}-{int(month):02}-{int(day):02}T{int(hour or 0) + 12 * late:02}:{minute or '00'}:{second or '00'}"
        )
        if (time := _true(written, zone, now)) is not None:
            found.append((hour is None, time))
    yield from (time for _, time in sorted(found, key=lambda one: one[0]))


def is_day_only(time: datetime) -> bool:
    """Whether no time of the day was given, as far as it can be seen."""
    return (time.hour, time.minute, time.second) == (0, 0, 0)


def _offset(given: str | None) -> str:
    if not given:
        return ""
    digits = given[1:].replace(":", "")
    return "+00:00" if given == "Z" else f"{given[0]}{digits[:2]}:{digits[2:] or '00'}"


def _true(written: str, zone: tzinfo, now: datetime) -> datetime | None:
    """The time when it exists and an article can have it."""
    try:
        time = datetime.fromisoformat(written)
        time = time if time.tzinfo is not None else time.replace(tzinfo=zone)
        return time if time.year >= _FIRST and time <= now + _AHEAD else None
    except (ValueError, OverflowError):
        return None
