"""Whether a source is to be asked now: what its answers and its list said, how it fared, and how often it has news. Pure."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from statistics import median

DAY = timedelta(days=1)
# After so many failures in a row the next asking waits so long: at once, then longer, then once a day for ever.
_BACKOFF = tuple(timedelta(hours=hours) for hours in (0, 1, 3, 6, 12, 24))
_SLACK = timedelta(minutes=5)  # a schedule starts now a little early, now a little late
_SLOWEST = timedelta(hours=6)  # a source that rarely has news is asked at least as often
_GAPS = 8  # so many gaps between articles make a rhythm
_ARRIVALS = 20
_TOGETHER = timedelta(hours=1)  # a paper that brings twenty articles at once has come out once
_TIMES = ("_at", "_until", "_before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How asking one source has gone. All times are aware; those that are None never were.

    `fresh_until`: what the answer's headers said, with `fresh_says`; `listed_until`: what the list itself said.
    `not_before`: a Retry-After or robots.txt. `arrivals`: times of its newest articles, oldest first; `editions`: those
    with an hour without news before them, which reach further back.
    """

    asked_at: datetime | None = None
    answered_at: datetime | None = None
    fresh_until: datetime | None = None
    fresh_says: str = ""
    listed_until: datetime | None = None
    skip_hours: tuple[int, ...] = ()
    failures: int = 0
    error: str = ""
    gone_at: datetime | None = None
    not_before: datetime | None = None
    arrivals: tuple[datetime, ...] = ()
    editions: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Whether to ask now, why or why not, and from when on to ask."""

    ask: bool
    reason: str
    next_at: datetime


def due(asking: Asking, now: datetime) -> Due:
    """Whether a source is due at `now`. One of which nothing is known, or that says nothing, always is."""
    waits = [(until, reason) for until, reason in (*_waits(asking), *_skips(asking, now)) if until > now]
    if not waits:
        return Due(ask=True, reason="nothing says otherwise", next_at=now)
    next_at, reason = max(waits)
    return Due(ask=False, reason=f"{reason}; asked again after {next_at:%Y-%m-%d %H:%M} UTC", next_at=next_at)


def _waits(asking: Asking) -> Iterable[tuple[datetime, str]]:
    """Times before which asking is not wanted or of no use, with the reason."""
    asked = asking.asked_at
    if asking.not_before is not None:
        yield asking.not_before, f"not to be asked earlier: {asking.error}"
    if asking.gone_at is not None:
        yield _about((asked or asking.gone_at) + DAY, asked), f"gone (410) since {asking.gone_at:%Y-%m-%d %H:%M} UTC"
    elif asking.failures and asked is not None:
        wait = _BACKOFF[min(asking.failures, len(_BACKOFF)) - 1]
        yield _about(asked + wait, asked), f"failed {asking.failures} times in a row, last: {asking.error}"
    if asking.failures:
        return  # what an answer said before counts no more
    if asking.fresh_until is not None:
        yield _about(asking.fresh_until, asked), f"fresh by {asking.fresh_says}"
    if asking.listed_until is not None:
        yield _about(asking.listed_until, asked), "fresh by the list's own ttl"
    if asked is not None and (pause := rhythm(asking.arrivals)):
        yield _about(asked + pause, asked), f"asked every {_told(pause)}, as it has news every {_told(pause * 4)}"


def _skips(asking: Asking, now: datetime) -> Iterable[tuple[datetime, str]]:
    """The end of the hours (of the day, UTC) in which the list is not to be asked. One that names all hours names none."""
    hours = {hour % 24 for hour in asking.skip_hours}
    if len(hours) == 24:
        return
    end = now.astimezone(UTC)
    while end.hour in hours:
        end = end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    yield end, "in the list's skipHours"


def rhythm(arrivals: Iterable[datetime]) -> timedelta:
    """A quarter of the usual gap between two articles, where that is longer than an hour; 0 while it is not known."""
    times = sorted(arrivals)
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
    if len(gaps) < _GAPS:
        return timedelta(0)
    pause = min(timedelta(seconds=median(gaps) / 4), _SLOWEST)
    return pause if pause > timedelta(hours=1) else timedelta(0)


def _about(until: datetime, asked: datetime | None) -> datetime:
    """A little earlier, so that the run that is meant by an hour is not left out for being some seconds early."""
    if asked is None or until <= asked:
        return until
    return until - min((until - asked) / 10, _SLACK)


def answered(
    before: Asking,
    *,
    now: datetime,
    fresh_until: datetime | None,
    fresh_says: str,
    listed_for: timedelta | None,
    skip_hours: Iterable[int] = (),
    news: Iterable[datetime] = (),
) -> Asking:
    """After an answer that could be read. `news`: times of the articles that were new in it. A day is the longest wait."""
    arrivals = {*before.arrivals, *news}
    return Asking(
        asked_at=now,
        answered_at=now,
        fresh_until=min(fresh_until, now + DAY) if fresh_until else None,
        fresh_says=fresh_says,
        listed_until=now + min(listed_for, DAY) if listed_for else None,
        skip_hours=tuple(skip_hours),
        arrivals=tuple(sorted(arrivals)[-_ARRIVALS:]),
        editions=tuple(editions({*before.editions, *arrivals})[-_ARRIVALS:]),
    )


def editions(times: Iterable[datetime]) -> list[datetime]:
    """When a source came out, by the times of its articles: what came within an hour came together.

    Each begins an hour or more after the one before: what goes on all day is an edition an hour, not one without end.
    """
    found: list[datetime] = []
    for time in sorted(times):
        if not found or time - found[-1] >= _TOGETHER:
            found.append(time)
    return found


def unmodified(before: Asking, *, now: datetime, fresh_until: datetime | None, fresh_says: str) -> Asking:
    """After a 304: what the list said still holds, from now on."""
    own = before.listed_until - before.answered_at if before.listed_until and before.answered_at else None
    return answered(
        before, now=now, fresh_until=fresh_until, fresh_says=fresh_says, listed_for=own, skip_hours=before.skip_hours
    )


def failed(
    before: Asking, *, now: datetime, error: str, status: int | None = None, not_before: datetime | None = None
) -> Asking:
    """After an asking that gave nothing usable."""
    gone_at = (before.gone_at or now) if status == 410 else None
    return replace(
        before, asked_at=now, failures=before.failures + 1, error=error, gone_at=gone_at, not_before=not_before
    )


def as_json(asking: Asking) -> str:
    """For keeping; `from_json` reads it."""
    return json.dumps(asdict(asking), default=datetime.isoformat)


def from_json(text: str) -> Asking:
    """What `as_json` wrote; keys of other versions are left out."""
    raw, names = json.loads(text), {field.name for field in fields(Asking)}
    raw = {name: value for name, value in raw.items() if name in names}
    times = {name: datetime.fromisoformat(raw[name]) for name in raw if name.endswith(_TIMES) and raw[name]}
    came = {name: tuple(map(datetime.fromisoformat, raw.get(name, ()))) for name in ("arrivals", "editions")}
    return Asking(**raw | times | came | {"skip_hours": tuple(raw.get("skip_hours", ()))})


def _told(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
