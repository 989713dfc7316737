"""One pace for each host: a gap between requests, and so many at once."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tasks.model import Turn
from tasks.web.manners import HostRecords

log = logging.getLogger(__name__)

_LOOK_AGAIN = 0.25  # seconds; when other processes have all turns of a host
_WORTH_SAYING = 2.0


class Pace:
    """Turns with hosts. Threads of this client queue here; the records do it for everybody who shares them."""

    def __init__(
        self, records: HostRecords, *, at_most: int, sleep: Callable[[float], None], clock: Callable[[], datetime]
    ) -> None:
        self._records = records
        self._at_most = at_most
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextlib.contextmanager
    def turn(self, host: str, *, gap: float, lasts: float) -> Iterator[None]:
        """The time of one request to `host`. `gap`: seconds to the next one's start; `lasts`: its own longest time.

        Without a gap nothing is kept in the records, so that it costs nothing.
        """
        with self._lock:
            here = self._hosts.setdefault(host, _Host(gate=threading.Semaphore(self._at_most)))
        with here.gate:
            if gap <= 0:
                yield
                return
            with here.start:
                turn = self._entered(host, gap, lasts)
                # A thread that came late to its turn must not bring the next one nearer.
                if here.next_at and (early := (here.next_at - self._clock()).total_seconds()) > 0:
                    self._sleep(min(early, gap))
                here.next_at = self._clock() + timedelta(seconds=gap)
            try:
                yield
            finally:
                self._records.leave(turn)

    def _entered(self, host: str, gap: float, lasts: float) -> Turn:
        started = time.monotonic()
        span, longest = timedelta(seconds=gap), timedelta(seconds=lasts)
        while (
            turn := self._records.enter(host, now=self._clock(), gap=span, at_most=self._at_most, lasts=longest)
        ) is None:
            self._sleep(_LOOK_AGAIN)
        if (wait := (turn.at - self._clock()).total_seconds()) > 0:
            self._sleep(wait)
        if (waited := time.monotonic() - started) > _WORTH_SAYING:
            log.info("waited %.1f s for a turn with %s", waited, host)
        return turn


@dataclass(slots=True, kw_only=True)
class _Host:
    """One host as this client's threads see it: who is at it, who may start, and when the next one may."""

    gate: threading.Semaphore
    start: threading.Lock = field(default_factory=threading.Lock)
    next_at: datetime | None = None
