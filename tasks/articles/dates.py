"""Upstream times. A zone always; the source's own when none is given.

Nothing is guessed: a time in which day and month could be swapped is refused. What lies more than a day ahead cannot be
right and becomes now; what is nearer stays as it is told, because clocks and zones err, and the time will have passed soon.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate
from zoneinfo import ZoneInfo

_FORM = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")

_LABEL = re.compile(
    r"^(?:(?:发布|发表|更新|创建|修改)?(?:时间|日期|于)|published|posted|updated|date|on)(?:\s+on)?\s*[:：]?\s*|\s*(?:发布|发表|更新)$",
    re.IGNORECASE,
)
_WEEKDAY = r"(?:\s*[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?)?"
_CLOCK = (
    r"(?:[\sT,]*(?:at\s+)?(?P<half>凌晨|早上|上午|中午|下午|傍晚|晚上|晚间)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?"
    r"(?:[:分]\s*(?P<second>\d{1,2})(?:[.,]\d+)?)?\s*[分秒]?)?"
    r"(?:\s*(?P<m>[AaPp]\.?[Mm]\.?))?(?:\s*(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)?\s*[+-]\d{1,2}:?(?:\d{2})?))?(?:\s*\([\w /]+\))?"
    + _WEEKDAY
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})(?:\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*[日号]?|月)?{_WEEKDAY}{_CLOCK}"
)
_NO_YEAR = re.compile(
    rf"(?P<month>\d{{1,2}})(?:月(?P<day>\d{{1,2}})[日号]?|-(?P<day_>\d{{2}})(?=\s)){_WEEKDAY}{_CLOCK}"
)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20|21)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?(?P<zone>Z|[+-]\d{4})?"
)
_EPOCH = re.compile(r"(\d{9,10})(\.\d+)?|(\d{13})(\.\d+)?")
_TIME_ONLY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_RELATIVE = re.compile(
    r"刚刚|刚才|前天|[昨今][天日]|\b(?:ago|just now|today|yesterday)\b"
    r"|[\d半一两几]\s*个?(?:秒|分|小?时|天|日|周|星期|月|年)\w*前",
    re.IGNORECASE,
)
# RFC 822 section 5, with the years of two digits that it had.
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{2,9},?\s+)?\d{1,2}[\s-]+[A-Za-z]{3,9}[\s-]+(?:\d{4}|\d\d)\s+\d{1,2}:\d{1,2}(?::\d{1,2})?"
)
_NAMED_MONTH = re.compile(r"(?=.*\b\d{4}\b)(?=.*\d.*\d{4}|.*\d{4}.*\d).*[^\W\d_]{3}.*")
_LANGUAGES = "en de fr es it pt ru uk nl pl cs sv da nb fi hu tr el ro id vi".split()
_SWAPPABLE = re.compile(r"\b\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(?:\d{4}|\d{2})\b")
# RFC 822 section 5.1, and what feeds of Europe and East Asia write. CST is read below: it depends on the source.
_ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7} | {
    "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "HKT": 8, "JST": 9, "KST": 9,
}  # fmt: skip
_PLACES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
_ZONE_AFTER_CLOCK = re.compile(
    rf"(?<=\d)(?P<m>\s*[ap]\.?m\.?)?\s*(?P<zone>(?:GMT|UTC)?\s*[+-]\d{{1,2}}(?::?\d\d)?\b"
    rf"|\b(?:CST|{'|'.join([*_ZONES, *_PLACES])})\b)(?:\s*\([\w /]+\))?",
    re.IGNORECASE,
)
_EAST_ASIAN = str.maketrans({"년": "年", "월": "月", "일": "日"})
_AFTER_NOON = ("下午", "傍晚", "晚上", "晚间")
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A time as it was read. `exact` is false when it only follows from the moment of reading, as "3 hours ago" does.

    `note`: what was odd about it.
    """

    at: datetime
    exact: bool = True
    note: str = ""


def parse_time(text: str, *, zone: tzinfo) -> datetime | str:
    """`YYYY-MM-DD HH:MM:SS` (also with `/`, or without seconds) as an aware time in `zone`; else the reason."""
    if not text:
        return "the time is empty"
    match = _FORM.fullmatch(text)
    if not match:
        return f"the time {text[:40]!r} is not of the form YYYY-MM-DD HH:MM:SS"
    if not 1970 <= int(match[1]) < 2200:
        return f"the time {text[:40]!r} is not of our age"
    try:
        return datetime(*(int(part or 0) for part in match.groups()), tzinfo=zone)  # type: ignore[misc, arg-type]
    except ValueError as error:
        return f"the time {text[:40]!r} does not exist: {error}"


def read_time(text: str, *, zone: tzinfo, now: datetime) -> datetime | str:
    """Any written time as an aware one, never more than a day after `now`; else the reason why it cannot be read.

    ISO 8601, RFC 822, 年月日, seconds or milliseconds since 1970, months by their English names, relative forms. A date
    alone is its midnight; a time or a date without the year is the last such one. `zone` counts where none is written.
    """
    reading = tell_time(text, zone=zone, now=now)
    return reading if isinstance(reading, str) else reading.at


def tell_time(text: str, *, zone: tzinfo, now: datetime) -> Reading | str:
    """As `read_time`, with how sure the time is."""
    short = " ".join(unicodedata.normalize("NFKC", text[:200]).translate(_EAST_ASIAN).split())
    shown = repr(short[:40])
    if not short:
        return "the time is empty"
    plain = _LABEL.sub("", _LABEL.sub("", short))
    try:
        reading = _read(plain, zone, now) if len(plain) <= 80 else None
        if reading is None:
            swaps = ": which is the day and which the month?" if _SWAPPABLE.search(plain) else ""
            return f"the time {shown} is of no known form{swaps}"
        if not 1970 <= reading.at.astimezone(UTC).year < 2200:
            return f"the time {shown} is not of our age"
        ahead = reading.at - now
    except (ValueError, OverflowError) as error:
        return f"the time {shown} does not exist: {error}"
    if ahead > _AHEAD:
        return Reading(
            at=now, exact=False, note=f"the time {shown} is {ahead.days} days ahead: the time of reading is taken"
        )
    return reading


def _read(text: str, zone: tzinfo, now: datetime) -> Reading | None:
    if match := _EPOCH.fullmatch(text):
        seconds = float(text) if match[1] else float(text) / 1000
        return Reading(at=datetime.fromtimestamp(seconds, UTC).astimezone(zone))
    numbers = re.sub(r"^[A-Za-z]{2,9},?\s+(?=\d{4}[-/.])", "", text)  # a day of the week
    if match := _YEAR_FIRST.fullmatch(numbers) or _COMPACT.fullmatch(text):
        return _from_parts(match.groupdict(), zone)
    if match := _NO_YEAR.fullmatch(text):
        return _last_year_or_this(match.groupdict(), zone, now)
    if match := _TIME_ONLY.fullmatch(text):
        here = now.astimezone(zone)
        at = here.replace(hour=int(match[1]), minute=int(match[2]), second=int(match[3] or 0), microsecond=0)
        return Reading(at=at if at <= now + timedelta(hours=1) else at - timedelta(days=1))
    if _RELATIVE.search(text):
        return _relative(text, zone, now)
    return _by_month_name(text, zone)


def _from_parts(parts: dict[str, str | None], zone: tzinfo) -> Reading | None:
    hour, second = int(parts.get("hour") or 0), min(int(parts.get("second") or 0), 59)  # 60 is a leap second
    half, m = parts.get("half") or "", (parts.get("m") or "").lower()[:1]
    if hour < 12 and (m == "p" or half in _AFTER_NOON or (half == "中午" and hour < 3)):
        hour += 12
    elif hour == 12 and (m == "a" or half == "凌晨"):
        hour = 0
    told = _offset(parts.get("zone") or "", zone)
    if told is None:
        return None
    year, month, day = int(parts["year"] or 0), int(parts["month"] or 0), int(parts.get("day") or 1)
    return Reading(at=datetime(year, month, day, hour, int(parts.get("minute") or 0), second, tzinfo=told))


def _last_year_or_this(parts: dict[str, str | None], zone: tzinfo, now: datetime) -> Reading | None:
    year = now.astimezone(zone).year
    parts["day"] = parts.get("day") or parts.get("day_")
    for candidate in (year + 1, year, year - 1):  # on 31 December, 1 January can have begun elsewhere
        try:
            reading = _from_parts(parts | {"year": str(candidate)}, zone)
        except ValueError:  # 29 February is not in every year
            continue
        if reading is None or reading.at <= now + _AHEAD:
            return reading
    raise ValueError("no such day in this year or the last")


def _offset(name: str, zone: tzinfo) -> tzinfo | None:
    """The zone of a name or an offset; the source's own without one; None when nobody knows it."""
    name = re.sub(r"^(?:GMT|UTC)\s*(?=[+-])", "", name.strip().upper())
    if not name:
        return zone
    if match := re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", name):
        if (minutes := int(match[2]) * 60 + int(match[3] or 0)) > 24 * 60 - 1:
            raise ValueError("an offset of more than a day")
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    if name == "CST":  # China Standard Time where the source is at home there, else that of North America
        chinese = zone.utcoffset(datetime(2000, 1, 1)) == timedelta(hours=8)  # noqa: DTZ001  utcoffset takes local times
        return timezone(timedelta(hours=8 if chinese else -6))
    if name in _PLACES:
        return ZoneInfo(_PLACES[name])
    return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else None


def _relative(text: str, zone: tzinfo, now: datetime) -> Reading | None:
    text = text.replace("昨日", "昨天").replace("今日", "今天").replace("刚才", "刚刚").replace("个", "")
    here = now.astimezone(zone)
    from dateparser.date import DateDataParser  # takes long to read; most times are told in numbers

    parser = DateDataParser(
        languages=["zh", "en"],
        try_previous_locales=False,
        settings={"RELATIVE_BASE": here.replace(tzinfo=None), "RETURN_AS_TIMEZONE_AWARE": False},
    )
    found = parser.get_date_data(text).date_obj
    if found is None:
        return None
    days = re.search(r"[昨今前]天|today|yesterday", text, re.IGNORECASE)
    return Reading(at=found.replace(tzinfo=zone), exact=bool(days and re.search(r"\d", text)))


def _by_month_name(text: str, zone: tzinfo) -> Reading | None:
    """RFC 822, and what else names its month, in the languages of `_LANGUAGES`."""
    told: tzinfo | None = zone
    clock = re.search(r"\d{1,2}:\d{1,2}", text)
    if clock and (match := _ZONE_AFTER_CLOCK.search(text, clock.end())):
        told = _offset(match["zone"], zone)
        text = f"{text[: match.start()]}{match['m'] or ''}{text[match.end() :]}".strip()
    if _RFC_822.fullmatch(text) and (parts := parsedate(f"{text} +0000")):
        return Reading(at=datetime(*parts[:5], min(parts[5], 59), tzinfo=told))
    if not _NAMED_MONTH.fullmatch(text) or _SWAPPABLE.search(text):
        return None
    from dateparser.date import DateDataParser

    settings = {"PARSERS": ["absolute-time"], "STRICT_PARSING": True, "RETURN_AS_TIMEZONE_AWARE": False}
    found = (
        DateDataParser(languages=_LANGUAGES, try_previous_locales=False, settings=settings).get_date_data(text).date_obj
    )
    return Reading(at=found.replace(tzinfo=told)) if found else None
