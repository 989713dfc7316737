"""Upstream times. A zone always; the source's own when none is given."""

import re
from datetime import datetime, tzinfo

_FORM = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


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
