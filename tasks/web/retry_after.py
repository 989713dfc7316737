"""`Retry-After` in both of its forms (RFC 9110 section 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# A day: what a server may ask of an hourly client. Anything above is a mistake or an abuse.
CLAMP = 86_400.0


def seconds_until(value: str | None, date: str | None, *, received_at: datetime) -> float:
    """Seconds to wait, 0 when the header is absent or makes no sense, never above `CLAMP`.

    A date is taken against the answer's own `Date` header, so that a wrong clock here does not matter;
    without one, against the time of receipt.
    """
    if value is None:
        return 0.0
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), CLAMP)
    then = _http_date(value)
    if then is None:
        return 0.0
    return min(max((then - (_http_date(date) or received_at)).total_seconds(), 0.0), CLAMP)


def _http_date(value: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
