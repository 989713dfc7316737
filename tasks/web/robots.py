"""What robots.txt allows (RFC 9309). Protego reads it; here is what to do when there is none, or none to be had."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego
from protego._utils import _quote_path

from tasks.articles.freshness import kept_headers, validators_of
from tasks.errors import FetchError
from tasks.model import Response, RobotsFile, Validators
from tasks.web.guard import Refused
from tasks.web.manners import HostRecords, origin_of

MOST_BYTES = 512_000  # section 2.5: at least 500 KiB are read; what comes after is left
SLOWEST = 30.0  # seconds: a Crawl-delay above that would be a refusal by other means
_HOLDS = timedelta(hours=24)  # section 2.4
_FAILURE_HOLDS = timedelta(minutes=30)  # so that an hourly run looks again
_GIVEN_UP = timedelta(days=30)  # section 2.3.1.4: then the last good answer counts again
_TRIES = 2  # in a row without an answer, before it counts as none


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Whether an address may be asked, the rule that says so, the gap that the site wants (seconds), until when."""

    allowed: bool
    said: str
    delay: float
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """The rules of an origin, read. `parser` None: everything is as `allowed` says."""

    file: RobotsFile
    until: datetime
    allowed: bool
    said: str
    parser: Protego | None = None


class Robots:
    """Rulings for one user agent; each origin's robots.txt is asked for when it is first needed, and read once."""

    def __init__(
        self,
        ask: Callable[[str, Validators], Response],
        records: HostRecords,
        *,
        agent: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._ask = ask
        self._records = records
        # The product token (section 2.2.1); of an agent that calls itself Mozilla first, Protego finds the one in it.
        self._agent = agent if agent.lower().startswith("mozilla/") else agent.split("/")[0].strip() or "*"
        self._clock = clock
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._rules: dict[str, _Rules] = {}
        self._failures = Counter[str]()

    def ruling(self, url: str) -> Ruling:
        """May `url` be asked? A `FetchError` while it is not known, because robots.txt did not come."""
        origin = origin_of(url)
        with self._lock:
            lock = self._locks.setdefault(origin, threading.Lock())
        with lock:
            rules = self._rules.get(origin)
            if rules is None or rules.until <= self._clock():
                rules = self._rules[origin] = _read(self._current(origin), self._clock())
        if rules.parser is None:
            return Ruling(allowed=rules.allowed, said=rules.said, delay=0.0, until=rules.until)
        allowed = rules.parser.can_fetch(url, self._agent)
        delay = min(rules.parser.crawl_delay(self._agent) or 0.0, SLOWEST)
        said = f"{_deciding_rule(rules.parser, url, self._agent)}{rules.said}"
        return Ruling(allowed=allowed, said=said, delay=delay, until=rules.until)

    def _current(self, origin: str) -> RobotsFile:
        known = self._records.robots(origin)
        if known is not None and _holds_until(known) > self._clock():
            return known
        file = self._asked(origin, known)
        self._records.keep_robots(file)
        return file

    def _asked(self, origin: str, known: RobotsFile | None) -> RobotsFile:
        validators = known.validators if known else Validators()
        try:
            response = self._ask(f"{origin}/robots.txt", validators)
        except FetchError as error:
            if isinstance(error.__cause__, Refused) or error.not_before is not None:
                raise
            return self._without(origin, known, error)
        if response.status == 304 and known is not None:
            before = {"etag": validators.etag, "last-modified": validators.last_modified}
            told = validators_of(kept_headers(response, before), response.url)
            return RobotsFile(origin=origin, status=200, asked_at=self._clock(), body=known.body, validators=told)
        told = validators_of(kept_headers(response), response.url)
        body = response.body[:MOST_BYTES]
        return RobotsFile(origin=origin, status=200, asked_at=self._clock(), body=body, validators=told)

    def _without(self, origin: str, known: RobotsFile | None, error: FetchError) -> RobotsFile:
        """No file: a 4xx and too many redirects mean that there are no rules; a 5xx and silence mean no."""
        now, status = self._clock(), error.status or 0
        if 200 <= status < 500:
            return RobotsFile(origin=origin, status=status, asked_at=now)
        self._failures[origin] += 1
        if self._failures[origin] < _TRIES:
            raise FetchError(f"{error}; nothing is asked of {origin} without it", retryable=True) from error
        since = known.failing_since if known and known.failing_since else now
        return RobotsFile(
            origin=origin,
            status=status,
            asked_at=now,
            body=known.body if known else b"",
            validators=known.validators if known else Validators(),
            failing_since=since,
        )


def _holds_until(file: RobotsFile) -> datetime:
    return file.asked_at + (_FAILURE_HOLDS if file.failing_since else _HOLDS)


def _read(file: RobotsFile, now: datetime) -> _Rules:
    until, where = _holds_until(file), f"{file.origin}/robots.txt"
    if file.failing_since is not None and now - file.failing_since < _GIVEN_UP:
        what = f"status {file.status}" if file.status else "no answer"
        said = f"{where}: {what} since {file.failing_since:%Y-%m-%d %H:%M} UTC, which counts as no"
        return _Rules(file=file, until=until, allowed=False, said=said)
    if file.status != 200 and not file.body:
        what = f"status {file.status}" if file.status else "no answer for 30 days"
        return _Rules(file=file, until=until, allowed=True, said=f"{where}: {what}: no rules")
    parser = Protego.parse(file.body.decode("utf-8", "replace").removeprefix("\ufeff"))
    return _Rules(file=file, until=until, allowed=True, said=f" ({where})", parser=parser)


def _deciding_rule(parser: Protego, url: str, agent: str) -> str:
    """The rule behind `can_fetch`, which itself says only yes or no: the first in Protego's order that matches."""
    group = parser._get_matching_rule_set(agent)
    if group is None:
        return "no rule for us"
    path = _quote_path(url)
    for rule in group._rules:
        if rule.value.match(path):
            return f"{rule.field.capitalize()}: {rule.value._pattern[:200]}, for {group.user_agent}"
    return f"no rule matches, for {group.user_agent}"
