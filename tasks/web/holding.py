"""What a `Retry-After` holds back: an address, its host, or a source. Short waits are waited out."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from tasks.errors import NotAsked
from tasks.masking import masked
from tasks.web.manners import HostRecords, Manners, Scope, host_of

log = logging.getLogger(__name__)


class Holding:
    """The holds that count now. Those above `longest` seconds are kept in the records, for later runs and others."""

    def __init__(
        self,
        records: HostRecords,
        *,
        longest: float,
        sleep: Callable[[float], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._longest = longest
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str], datetime] | None = None

    def look(self, url: str, manners: Manners) -> float:
        """Seconds until `url` may be asked; `NotAsked` when that is too long."""
        names = _names(url, manners)
        with self._lock:
            known = self._known()
            held = [(known[key], key) for key in names.items() if key in known]
        if not held:
            return 0.0
        until, (scope, name) = max(held)
        seconds = (until - self._clock()).total_seconds()
        if seconds > self._longest:
            raise NotAsked(
                f"GET {url}: not asked: the {scope} {name} is to be left alone until {until:%Y-%m-%d %H:%M:%S} UTC",
                retryable=False,
                not_before=until,
            )
        return seconds

    def wait(self, url: str, manners: Manners) -> None:
        """Wait until `url` may be asked."""
        if (seconds := self.look(url, manners)) > 0:
            log.info("waiting %.1f s before GET %s, as a Retry-After asks", seconds, masked(url))
            self._sleep(seconds)

    def hold(self, url: str, manners: Manners, seconds: float) -> datetime:
        """Ask nothing of what `manners` say for so many seconds; until when."""
        until = self._clock() + timedelta(seconds=seconds)
        scope: Scope = manners.hold if manners.hold != "source" or manners.source else "host"
        name = _names(url, manners)[scope]
        with self._lock:
            known = self._known()
            known[scope, name] = max(until, known.get((scope, name), until))
        if seconds > self._longest:
            self._records.hold(scope, name, until)
        return until

    def _known(self) -> dict[tuple[str, str], datetime]:
        if self._until is None:
            self._until = dict(self._records.holds(now=self._clock()))
        return self._until


def _names(url: str, manners: Manners) -> Mapping[Scope, str]:
    """What would have to be held for this request to be held."""
    names: dict[Scope, str] = {"url": url.split("#")[0], "host": host_of(url)}
    return names | {"source": manners.source} if manners.source else names
