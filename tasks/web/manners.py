"""How a client behaves towards hosts, and what it has to remember for that beyond its own life."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import urlsplit

from tasks.model import RobotsFile, Turn

Scope = Literal["url", "host", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """On whose behalf is asked, and how. `hold`: for what a Retry-After counts: the address, its host, or the source."""

    source: str = ""
    robots: Literal["obey", "ignore"] = "obey"
    hold: Scope = "host"

    def stretched(self, gap: float) -> float:
        """The gap with this source's share of jitter: up to a quarter longer, always the same for the same name."""
        digest = hashlib.sha256(self.source.encode()).digest()
        return gap * (1 + digest[0] / 1024) if self.source else gap


class HostRecords(Protocol):
    """What is remembered of hosts over threads, runs and processes. The ledger has it; `Memory` is one client's own."""

    def robots(self, origin: str) -> RobotsFile | None:
        """What the last asking for an origin's robots.txt gave."""

    def keep_robots(self, file: RobotsFile) -> None:
        """Remember it, in place of what was known."""

    def holds(self, *, now: datetime) -> Mapping[tuple[str, str], datetime]:
        """Every Retry-After that still counts: scope and name to the time before which nothing is asked."""

    def hold(self, scope: Scope, name: str, until: datetime) -> None:
        """Remember one; the later of two counts."""

    def enter(self, host: str, *, now: datetime, gap: timedelta, at_most: int, lasts: timedelta) -> Turn | None:
        """The next turn with a host: `gap` after the one before. None while `at_most` others are at it.

        A turn that was not given back counts as given back after `lasts`.
        """

    def leave(self, turn: Turn) -> None:
        """Give a turn back."""


class Memory:
    """Records that last as long as this object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._robots: dict[str, RobotsFile] = {}
        self._holds: dict[tuple[str, str], datetime] = {}
        self._next: dict[str, datetime] = {}
        self._turns: dict[str, dict[int, datetime]] = {}
        self._count = 0

    def robots(self, origin: str) -> RobotsFile | None:
        """See `HostRecords`."""
        return self._robots.get(origin)

    def keep_robots(self, file: RobotsFile) -> None:
        """See `HostRecords`."""
        self._robots[file.origin] = file

    def holds(self, *, now: datetime) -> Mapping[tuple[str, str], datetime]:
        """See `HostRecords`."""
        with self._lock:
            return {key: until for key, until in self._holds.items() if until > now}

    def hold(self, scope: Scope, name: str, until: datetime) -> None:
        """See `HostRecords`."""
        with self._lock:
            self._holds[scope, name] = max(until, self._holds.get((scope, name), until))

    def enter(self, host: str, *, now: datetime, gap: timedelta, at_most: int, lasts: timedelta) -> Turn | None:
        """See `HostRecords`."""
        with self._lock:
            turns = {number: until for number, until in self._turns.get(host, {}).items() if until > now}
            self._turns[host] = turns
            if len(turns) >= at_most:
                return None
            at = max(now, self._next.get(host, now))
            self._next[host] = at + gap
            self._count += 1
            turns[self._count] = at + lasts
            return Turn(host=host, at=at, number=self._count)

    def leave(self, turn: Turn) -> None:
        """See `HostRecords`."""
        with self._lock:
            self._turns.get(turn.host, {}).pop(turn.number, None)


def host_of(url: str) -> str:
    """The host that a pace is kept for: its name, with the port where that is not the scheme's own."""
    parts = urlsplit(url)
    name, port = (parts.hostname or "").rstrip("."), parts.port
    return f"{name}:{port}" if port not in (None, 80, 443) else name


def origin_of(url: str) -> str:
    """Scheme, host and port: what one robots.txt is about (RFC 9309 section 2.3)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    own = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, own) else "")
