"""One GET, with manners, and with limits that `requests` does not have: total time, size on the wire and decoded size.

The client never retries on its own: the task that asks does (retries live in one layer). Every hop of a redirect is a
request like any other: guarded, paced, and asked of robots.txt.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
import urllib3

from tasks.errors import FetchError
from tasks.masking import masked
from tasks.model import Request, Response, Validators
from tasks.web.decoding import ACCEPTED, TooLong, Undecodable, decoded
from tasks.web.failures import is_passing, plain
from tasks.web.guard import PORTS, Guard, Refused
from tasks.web.holding import Holding
from tasks.web.manners import HostRecords, Manners, Memory, host_of, origin_of
from tasks.web.pace import Pace
from tasks.web.punctual import PunctualAdapter
from tasks.web.retry_after import seconds_until
from tasks.web.robots import MOST_BYTES, Robots

log = logging.getLogger(__name__)

_CHUNK = 65_536
_REDIRECTS = 5
_LONGEST_URL = 8_000  # RFC 9110 section 4.1: what everybody has to take; a redirect to more leads nowhere
# RFC 9110 section 15: these say "not now"; every other 4xx says "not like this" or "never".
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one request: seconds, bytes as sent and decoded; waits longer than `max_retry_after` are not waited out.

    `min_gap`: seconds between two requests to a host, `per_host`: how many at once. `allow_hosts`, `ports`: see `Guard`.
    `sender`: an address for the header From (RFC 9110 section 10.1.2).
    """

    user_agent: str
    sender: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 60.0
    max_bytes: int = 8_000_000
    max_retry_after: float = 30.0
    min_gap: float = 0.0
    per_host: int = 2
    allow_hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = PORTS


class Client:
    """Makes requests from several threads at once. Close it, or use it as a context manager.

    `records`: what is remembered of hosts; without any, robots.txt is not asked and the pace is this client's own.
    Proxies and passwords of the environment are not used: a proxy would connect to what the guard refuses.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        records: HostRecords | None = None,
        connections: int = 16,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._limits = limits
        self._sleep = sleep
        self._clock = clock
        kept = records or Memory()
        self._pace = Pace(kept, at_most=limits.per_host, sleep=sleep, clock=clock)
        self._holding = Holding(kept, longest=limits.max_retry_after, sleep=sleep, clock=clock)
        asked = Robots(self._get_robots, kept, agent=limits.user_agent, clock=clock)
        self._robots = asked if records is not None else None
        self._session = requests.Session()
        self._session.trust_env = False
        guard = Guard(limits.allow_hosts, ports=limits.ports)
        adapter = PunctualAdapter(guard, pool_connections=connections, pool_maxsize=connections, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update({"User-Agent": limits.user_agent, "Accept-Encoding": ACCEPTED})
        if limits.sender:
            self._session.headers["From"] = limits.sender

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def get(
        self, request: Request, *, validators: Validators | None = None, manners: Manners | None = None
    ) -> Response:
        """The complete answer to `request`; a `FetchError` that says whether to try again otherwise.

        With `validators` of an earlier answer the server may say that it still holds: status 304, with an empty body.
        """
        return self._follow(request, validators or Validators(), manners or Manners(), self._limits.max_bytes)

    def _get_robots(self, url: str, validators: Validators) -> Response:
        return self._follow(Request(url=url), validators, Manners(robots="ignore"), MOST_BYTES, cut=True)

    def _follow(
        self, request: Request, validators: Validators, manners: Manners, most: int, *, cut: bool = False
    ) -> Response:
        exchange = _Exchange(validators=validators, most=most, cut=cut, left=self._limits.total_timeout)
        asked, permanent = [urldefrag(request.url).url], True
        for hop in range(_REDIRECTS + 1):
            try:
                got, target = self._hop(_towards(request, asked[-1]), manners, exchange)
            except Refused as error:
                raise FetchError(f"GET {request.url}: {error}", retryable=False) from error
            except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
                raise FetchError(f"GET {request.url}: {plain(error)}", retryable=is_passing(error)) from error
            if target is None:
                return replace(got, moved_to=got.url if hop and permanent else "")
            permanent = permanent and got.status in _PERMANENT
            asked.append(target)
        circle = ", in a circle" if len(set(asked)) < len(asked) else ""
        message = f"GET {request.url}: more than {_REDIRECTS} redirects{circle}"
        raise FetchError(message, retryable=False, status=got.status)

    def _hop(self, request: Request, manners: Manners, exchange: "_Exchange") -> tuple[Response, str | None]:
        """One request and its answer, or the address that it redirects to."""
        url, gap, permitted = request.url, self._limits.min_gap, ""
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError("expected http:// or https:// and a host")
        host = host_of(url)
        if self._robots is not None and manners.robots == "obey":
            ruling = self._robots.ruling(url)
            if not ruling.allowed:
                message = f"GET {url}: not asked: robots.txt: {ruling.said}"
                raise FetchError(message, retryable=False, not_before=ruling.until)
            gap, permitted = max(gap, ruling.delay), ruling.said
        self._holding.look(url, manners)
        with self._pace.turn(host, gap=manners.stretched(gap), lasts=self._limits.total_timeout + 60):
            self._holding.wait(url, manners)
            started = time.monotonic()
            deadline = started + exchange.left
            with self._send(request, exchange.validators) as answer:
                target = self._redirect(url, answer, manners)
                body = b"" if target else self._read(answer, deadline, exchange)
            seconds = time.monotonic() - started
        exchange.left -= seconds
        exchange.seconds += seconds
        log.info("GET %s -> %s, %s bytes in %.2f s", masked(url), answer.status_code, len(body), seconds)
        if target and exchange.left <= 0:
            raise self._too_slow(url, 0)
        asked_conditionally = _are_for(exchange.validators, url)
        response = self._response(url, answer, body, exchange.seconds, permitted)
        if not target and answer.status_code != 200 and not (answer.status_code == 304 and asked_conditionally):
            raise self._refusal(url, answer, response, manners)
        return response, target

    def _response(self, url: str, answer: requests.Response, body: bytes, seconds: float, permitted: str) -> Response:
        return Response(
            url=url,
            status=answer.status_code,
            body=body,
            content_type=answer.headers.get("Content-Type", ""),
            seconds=seconds,
            received_at=self._clock(),
            # One by one: those of `requests` are joined where a name comes twice.
            headers=tuple((name.lower(), value) for name, value in answer.raw.headers.items()),
            permitted_by=permitted,
        )

    def _send(self, request: Request, validators: Validators) -> requests.Response:
        """The answer, its body still to be read. Redirects are not followed: `requests` reads their bodies whole."""
        headers = dict(request.headers)
        if _are_for(validators, request.url):  # of no other address, or they would be invented
            if validators.etag:
                headers["If-None-Match"] = validators.etag
            if validators.last_modified:
                headers["If-Modified-Since"] = validators.last_modified
        return self._session.get(
            request.url,
            headers=headers,
            timeout=(self._limits.connect_timeout, self._limits.read_timeout),
            stream=True,
            allow_redirects=False,
        )

    def _redirect(self, url: str, answer: requests.Response, manners: Manners) -> str | None:
        location = self._session.get_redirect_target(answer)
        if location is None:
            return None
        target = urldefrag(urljoin(url, location)).url
        if len(target) > _LONGEST_URL:
            raise FetchError(f"GET {url}: a redirect to an address of {len(target)} characters", retryable=False)
        # RFC 9110 section 10.2.3: with a 3xx it is the least time before the redirected request.
        if wait := _retry_after(answer, self._clock()):
            until = self._holding.hold(target, manners, wait)
            if wait > self._limits.max_retry_after:
                message = f"GET {url}: status {answer.status_code}, Retry-After {wait:.0f} s: left for a later run"
                raise FetchError(message, retryable=False, status=answer.status_code, not_before=until)
        return target

    def _read(self, answer: requests.Response, deadline: float, exchange: "_Exchange") -> bytes:
        if (framing := answer.headers.get("Transfer-Encoding", "chunked").strip().lower()) != "chunked":
            raise FetchError(f"GET {answer.url}: framed as {framing[:40]!r}, expected chunked", retryable=False)
        parts: list[bytes] = []
        size = 0
        # read1 hands over what has come, so that a slow drip meets the deadline; and it is not let decode,
        # because it would wait for more until something decoded came out.
        while size <= exchange.most and (part := answer.raw.read1(_CHUNK, decode_content=False)):
            size += len(part)
            if time.monotonic() > deadline:
                raise self._too_slow(answer.url, size)
            parts.append(part)
        encoding = answer.headers.get("Content-Encoding", "")
        try:
            if size > exchange.most and (encoding or not exchange.cut):
                raise self._too_large(answer.url, size, exchange)
            return decoded(b"".join(parts), encoding, limit=exchange.most)
        except TooLong as error:
            if exchange.cut:
                return error.start
            raise self._too_large(answer.url, exchange.most + 1, exchange) from error
        except Undecodable as error:
            raise FetchError(f"GET {answer.url}: {error}", retryable=error.wanted, size=size) from error

    def _too_slow(self, url: str, size: int) -> FetchError:
        seconds = f"{self._limits.total_timeout:g} s"
        return FetchError(f"GET {url}: not complete after {seconds}", retryable=True, size=size)

    def _too_large(self, url: str, size: int, exchange: "_Exchange") -> FetchError:
        setting = "" if exchange.cut else ", the most that [fetch] max_bytes allows"
        return FetchError(f"GET {url}: larger than {exchange.most} bytes{setting}", retryable=False, size=size)

    def _refusal(self, url: str, answer: requests.Response, response: Response, manners: Manners) -> FetchError:
        retryable, until = answer.status_code in _PASSING, None
        phrase = "".join(c for c in str(answer.reason or "") if c.isprintable())[:80]
        message = f"GET {url}: status {answer.status_code} {phrase}".rstrip()
        if retryable and (wait := _retry_after(answer, self._clock())):
            message += f", Retry-After {wait:.0f} s"
            until = self._holding.hold(url, manners, wait)
            if wait > self._limits.max_retry_after:
                message += f" (longer than {self._limits.max_retry_after:g} s: left for a later run)"
                retryable = False
        size = len(response.body)
        return FetchError(
            message, retryable=retryable, status=response.status, size=size, not_before=until, answer=response
        )


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """A request with its redirects while it goes on: how many bytes, how many seconds are left and were used.

    `cut`: what is longer is cut off instead of refused.
    """

    validators: Validators
    most: int
    cut: bool
    left: float
    seconds: float = 0.0


def _are_for(validators: Validators, url: str) -> bool:
    """Whether there is something to ask this address conditionally with."""
    return validators.url == url and bool(validators.etag or validators.last_modified)


def _towards(request: Request, url: str) -> Request:
    """The request at another address. What the source wants said may be a secret, and stays with the origin it is for."""
    if origin_of(url) == origin_of(request.url):
        return replace(request, url=url)
    general = tuple((name, value) for name, value in request.headers if name.lower().startswith("accept"))
    return Request(url=url, headers=general)


def _retry_after(answer: requests.Response, received_at: datetime) -> float:
    return seconds_until(answer.headers.get("Retry-After"), answer.headers.get("Date"), received_at=received_at)
