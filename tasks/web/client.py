"""One GET, with limits that `requests` does not have: total time and decoded size.

The client never retries on its own: the task that asks does (retries live in one layer). It remembers a
`Retry-After` for a host and holds the next request to it back until then.
"""

import gzip
import http.client
import io
import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from tasks.errors import FetchError
from tasks.model import Request, Response
from tasks.web.punctual import PunctualAdapter
from tasks.web.retry_after import seconds_until

log = logging.getLogger(__name__)

_CHUNK = 65_536
_REDIRECTS = 5
# RFC 9110 section 15: these say "not now"; every other 4xx says "not like this" or "never".
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one request: seconds, decoded bytes; waits longer than `max_retry_after` are not waited out."""

    user_agent: str
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 60.0
    max_bytes: int = 8_000_000
    max_retry_after: float = 30.0


class Client:
    """Makes requests from several threads at once. Close it, or use it as a context manager."""

    def __init__(
        self,
        limits: Limits,
        *,
        connections: int = 16,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._limits = limits
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._not_before: dict[str, float] = {}
        self._session = requests.Session()
        adapter = PunctualAdapter(pool_connections=connections, pool_maxsize=connections, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update({"User-Agent": limits.user_agent, "Accept-Encoding": "gzip"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def get(self, request: Request) -> Response:
        """The complete answer to `request`; a `FetchError` that says whether to try again otherwise."""
        started = time.monotonic()
        try:
            host = urlsplit(request.url).netloc
            self._wait_for(host)
            deadline = time.monotonic() + self._limits.total_timeout
            with self._ask(request, deadline) as answer:
                body = self._read(answer, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise FetchError(f"GET {request.url}: {_plain(error)}", retryable=_is_passing(error)) from error
        log.info(
            "GET %s -> %s, %s bytes in %.2f s", request.url, answer.status_code, len(body), time.monotonic() - started
        )
        if answer.status_code != 200:
            raise self._refusal(request.url, host, answer, len(body))
        return Response(
            url=answer.url,
            status=answer.status_code,
            body=body,
            content_type=answer.headers.get("Content-Type", ""),
            seconds=time.monotonic() - started,
            received_at=self._clock(),
            headers=tuple((name.lower(), value) for name, value in answer.headers.items()),
        )

    def _ask(self, request: Request, deadline: float) -> requests.Response:
        """The answer, its body still to be read. Redirects are followed here: `requests` reads their bodies whole."""
        url = request.url
        for _ in range(_REDIRECTS + 1):
            answer = self._session.get(
                url,
                headers=dict(request.headers),
                timeout=(self._limits.connect_timeout, self._limits.read_timeout),
                stream=True,
                allow_redirects=False,
            )
            target = self._session.get_redirect_target(answer)
            if target is None:
                return answer
            answer.close()
            url = urljoin(url, target)
            if time.monotonic() > deadline:
                raise self._too_slow(url, 0)
        raise FetchError(f"GET {request.url}: more than {_REDIRECTS} redirects", retryable=False)

    def _too_slow(self, url: str, size: int) -> FetchError:
        seconds = f"{self._limits.total_timeout:g} s"
        return FetchError(f"GET {url}: not complete after {seconds}", retryable=True, size=size)

    def _read(self, answer: requests.Response, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        # read1 hands over what has come, so that a slow drip meets the deadline; and it is not let decode,
        # because it would wait for more until something decoded came out.
        while part := answer.raw.read1(_CHUNK, decode_content=False):
            size += len(part)
            if size > self._limits.max_bytes:
                raise self._too_large(answer.url, size)
            if time.monotonic() > deadline:
                raise self._too_slow(answer.url, size)
            parts.append(part)
        body = b"".join(parts)
        encoding = answer.headers.get("Content-Encoding", "").strip().lower()
        if not body or encoding in ("", "identity"):
            return body
        if encoding not in ("gzip", "x-gzip"):
            raise FetchError(f"GET {answer.url}: sent as {encoding[:40]!r}, asked for gzip", retryable=False, size=size)
        return self._unzip(answer.url, body)

    def _unzip(self, url: str, body: bytes) -> bytes:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
                plain = file.read(self._limits.max_bytes + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FetchError(f"GET {url}: not gzip, or cut off: {error}", retryable=True, size=len(body)) from error
        if len(plain) > self._limits.max_bytes:
            raise self._too_large(url, len(plain))
        return plain

    def _too_large(self, url: str, size: int) -> FetchError:
        return FetchError(f"GET {url}: larger than {self._limits.max_bytes} bytes", retryable=False, size=size)

    def _refusal(self, url: str, host: str, answer: requests.Response, size: int) -> FetchError:
        retryable = answer.status_code in _PASSING
        phrase = "".join(c for c in str(answer.reason or "") if c.isprintable())[:80]
        message = f"GET {url}: status {answer.status_code} {phrase}".rstrip()
        if retryable and (wait := seconds_until(answer.headers.get("Retry-After"), answer.headers.get("Date"))):
            message += f", Retry-After {wait:.0f} s"
            if wait > self._limits.max_retry_after:
                message += f" (longer than {self._limits.max_retry_after:g} s: left for a later run)"
                retryable = False
            else:
                with self._lock:
                    self._not_before[host] = max(self._not_before.get(host, 0.0), time.monotonic() + wait)
        return FetchError(message, retryable=retryable, status=answer.status_code, size=size)

    def _wait_for(self, host: str) -> None:
        with self._lock:
            wait = self._not_before.get(host, 0.0) - time.monotonic()
        if wait > 0:
            log.info("waiting %.1f s for %s, as its Retry-After asks", wait, host)
            self._sleep(wait)


def _is_passing(error: Exception) -> bool:
    """Connection trouble passes; an address that cannot be asked at all (always a `ValueError`) does not."""
    return not isinstance(error, ValueError)


def _plain(error: Exception) -> str:
    """What happened, without the object addresses and pools of urllib3's messages."""
    if isinstance(error, ValueError):
        return f"no address that can be asked: {error}"[:300]
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.ReadTimeoutError):
        return "no answer in time"
    causes = tuple(_causes(error))
    if any(isinstance(cause, http.client.BadStatusLine) and not isinstance(cause, OSError) for cause in causes):
        return "the answer is not HTTP"
    if said := next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None):
        return f"no connection: {said}"
    if any(isinstance(cause, urllib3.exceptions.ProtocolError | http.client.HTTPException) for cause in causes):
        return "the connection broke before the answer was complete"
    return f"{type(error).__name__}: {error}"[:300]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those inside it: urllib3 keeps them in several places."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = next((part for part in cause.args if isinstance(part, BaseException)), None)
        cause = inner or getattr(cause, "reason", None) or cause.__cause__
        cause = cause if isinstance(cause, BaseException) else None
