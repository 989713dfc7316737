"""What the headers of an answer say of its version and of how long it holds (RFC 9110 section 8.8, RFC 9111)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.model import Response, Validators

Headers = Mapping[str, str]

_KEPT = ("age", "cache-control", "date", "etag", "expires", "last-modified")
_LONGEST = 1_000  # characters of a header that is worth keeping
_DIRECTIVE = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,;]*))?')


def kept_headers(response: Response, before: Headers | None = None) -> Headers:
    """What to keep of an answer: name to value; of a 304 what was kept `before`, freshened (RFC 9111 section 4.3.4).

    Nothing when it says no-store (section 5.2.2.5), and when a 304 is about another version than ours.
    """
    told = {name: value for name in _KEPT if _is_plain(value := response.header(name))}
    if response.status != 304:
        return {} if "no-store" in directives(told) else told
    before = before or {}
    ours, theirs = before.get("etag", ""), told.get("etag", "")
    if theirs and not theirs.startswith("W/") and ours.removeprefix("W/") != theirs:
        return {}
    freshened = {name: value for name, value in before.items() if name != "age"} | told
    return {} if "no-store" in directives(freshened) else freshened


def validators_of(headers: Headers, url: str) -> Validators:
    """The validators among kept headers, for the address that gave them."""
    return Validators(url=url, etag=headers.get("etag", ""), last_modified=headers.get("last-modified", ""))


def fresh_for(headers: Headers, *, received_at: datetime) -> tuple[timedelta, str]:
    """How much longer an answer holds that came at `received_at`, with the header that says so; 0 when none does.

    We keep answers for ourselves alone: s-maxage is for shared caches (RFC 9111 section 5.2.2.10), and nothing is guessed
    where nothing is said (section 4.2.2 allows it). What cannot be read counts as stale (section 4.2).
    """
    told = directives(headers)
    if "no-cache" in told or "no-store" in told:
        return timedelta(0), ""
    if "max-age" in told:
        lifetime, said = _seconds(told["max-age"]), f"Cache-Control: max-age={told['max-age'][:20]}"
    elif "expires" in headers:
        expires, date = http_date(headers["expires"]), http_date(headers.get("date", "")) or received_at
        lifetime = (expires - date).total_seconds() if expires else 0.0
        said = f"Expires: {headers['expires'][:40]}"
    else:
        return timedelta(0), ""
    left = min(max(lifetime - _seconds(headers.get("age", "").split(",")[0]), 0.0), 366 * 86_400.0)
    return timedelta(seconds=left), said if left else ""


def directives(headers: Headers) -> Mapping[str, str]:
    """Cache-Control by directive in lower case; of several of a name the shorter number counts (section 4.2.1)."""
    found: dict[str, str] = {}
    for name, value in _DIRECTIVE.findall(headers.get("cache-control", "")):
        name, value = name.lower(), value.strip('"')
        if name not in found or _seconds(value) < _seconds(found[name]):
            found[name] = value
    return found


def http_date(value: str) -> datetime | None:
    """A time in any of the three forms of RFC 9110 section 5.6.7; None when it is none."""
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    try:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def _seconds(value: str) -> float:
    """delta-seconds (RFC 9111 section 1.2.2)."""
    value = value.strip()
    return float(value[:10]) if value.isascii() and value.isdigit() else 0.0


def _is_plain(value: str) -> bool:
    return 0 < len(value) <= _LONGEST and value.isprintable() and value == value.strip()
