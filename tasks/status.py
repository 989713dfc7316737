"""How a site stands: what the command, the UI and the store show to whoever is on call."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum


class Health(StrEnum):
    """How a source fares."""

    FRESH = "fresh"
    QUIET = "quiet"  # longer without news than usual, but it has been so before
    LATE = "late"  # longer without news than it ever was
    BROKEN = "broken"
    PAUSED = "paused"
    UNKNOWN = "unknown"  # too few articles to know what is usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How a source fares and why; `usual` is the median time between two articles, `newest` the time of its last one."""

    health: Health
    reason: str
    usual: timedelta | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source. `next_at`: from when on it is asked again; `waiting`, `failing`, `quarantined` count its articles.

    `waiting` were not read yet, `failing` could not be, `quarantined` came as something else than an article.
    """

    name: str
    pulse: Pulse
    asked_at: datetime | None
    next_at: datetime | None
    waiting: int = 0
    failing: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run that has ended."""

    id: str
    name: str
    ending: str
    message: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """An article that is tried again, and when."""

    code: str
    title: str
    reason: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStatus:
    """The whole site. `renew_by`: when this was not written anew until then, no run came to its end: somebody has to look.

    `retries`: the next ones; how many there are in all stands with the sources.
    """

    site: str
    base_url: str
    written_at: datetime
    renew_by: datetime
    generation: int
    last_run: RunStatus | None
    last_good_at: datetime | None
    sources: tuple[SourceStatus, ...]
    retries: tuple[Retry, ...]
    held_at: int | None = None

    def total(self, count: str) -> int:
        """A count of the sources, over all of them: waiting, failing or quarantined."""
        return sum(getattr(source, count) for source in self.sources)


def as_json(status: SiteStatus) -> bytes:
    """The status as `status.json` holds it: times in ISO 8601 with their zone, lengths of time in seconds."""
    return (json.dumps(asdict(status), default=_plain, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    raise TypeError(f"no JSON form for {type(value).__name__}")
