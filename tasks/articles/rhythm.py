"""Whether a source brings what it usually brings: by the times of its last articles and by how asking it went. Pure."""

import itertools
from datetime import datetime, timedelta
from statistics import median

from tasks.articles.due import Asking, editions
from tasks.status import Health, Pulse

_ENOUGH = 4  # gaps between editions, to know what is usual
_BROKEN = 3  # askings that failed in a row
_QUIET_AT_LEAST = timedelta(hours=3)
_LATE_AT_LEAST = timedelta(days=1)  # newspapers sleep at night
_WEEKEND = (5, 6)


def pulse(asking: Asking, now: datetime, *, degraded: str = "", paused: str = "") -> Pulse:
    """How a source fares at `now`, a time in the zone whose weekends it keeps.

    Late is: more than twice as long without news as between any two of its last editions, at least a day, and days of a
    weekend are not counted. Only time up to its last answer counts: what nobody asked for is not late. `degraded`,
    `paused`: why, when it is.
    """
    between = [later - earlier for earlier, later in itertools.pairwise(editions({*asking.editions, *asking.arrivals}))]
    usual = timedelta(seconds=median(gap.total_seconds() for gap in between)) if len(between) >= _ENOUGH else None
    longest, newest = max(between, default=timedelta()), max(asking.arrivals, default=None)
    health, reason = _judged(asking, now, usual, longest, degraded, paused)
    return Pulse(health=health, reason=reason, usual=usual, newest=newest)


def _judged(
    asking: Asking, now: datetime, usual: timedelta | None, longest: timedelta, degraded: str, paused: str
) -> tuple[Health, str]:
    if paused:
        return Health.PAUSED, paused
    if asking.gone_at is not None:
        return Health.BROKEN, f"gone (410) since {asking.gone_at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
    if asking.failures >= _BROKEN:
        return Health.BROKEN, f"failed {asking.failures} times in a row: {asking.error}"
    if degraded:
        return Health.BROKEN, degraded
    if usual is None:
        return Health.UNKNOWN, "too few articles to know what is usual"
    newest, heard = max(asking.arrivals), min(asking.answered_at or now, now).astimezone(now.tzinfo)
    silent = _awake(newest.astimezone(now.tzinfo), heard)
    if silent > max(2 * longest, _LATE_AT_LEAST):
        return Health.LATE, f"nothing new for {told(heard - newest)}, usually every {told(usual)}"
    if silent > max(4 * usual, _QUIET_AT_LEAST):
        return Health.QUIET, f"nothing new for {told(heard - newest)}"
    return Health.FRESH, f"failed {asking.failures} times: {asking.error}" if asking.failures else ""


def _awake(since: datetime, now: datetime) -> timedelta:
    """The time between, without the whole days of weekends."""
    days = (since + timedelta(days=n) for n in range(1, min((now - since).days, 60) + 1))
    return now - since - timedelta(days=sum(day.weekday() in _WEEKEND for day in days))


def told(span: timedelta) -> str:
    """A length of time in words: `12 min`, `5 h`, `3 days`."""
    minutes = max(0.0, span.total_seconds() / 60)
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
