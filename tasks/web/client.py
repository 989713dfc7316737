"""One GET, with limits that `requests` does not have: total time and decoded size.

The client never retries on its own: the task that asks does (retries live in one layer). It remembers a
`Retry-After` for a host and holds the next request to it back until then.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import requests
import urllib3

from tasks.errors import FetchError
from tasks.model import Request, Response
from tasks.web.retry_after import seconds_until

log = logging.getLogger(__name__)

_CHUNK = 65_536
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

    def __init__(self, limits: Limits, *, connections: int = 16, sleep: Callable[[float], None] = time.sleep) -> None:
        self._limits = limits
        self._sleep = sleep
        self._lock = threading.Lock()
        self._not_before: dict[str, float] = {}
        self._session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_connections=connections, pool_maxsize=connections, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers["User-Agent"] = limits.user_agent

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
        host = urlsplit(request.url).netloc
        self._wait_for(host)
        deadline = time.monotonic() + self._limits.total_timeout
        try:
            with self._session.get(
                request.url,
                headers=dict(request.headers),
                timeout=(self._limits.connect_timeout, self._limits.read_timeout),
                stream=True,
            ) as answer:
                body = self._read(answer, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise FetchError(f"GET {request.url}: {_plain(error)}", retryable=_is_passing(error)) from error
        log.info(
            "GET %s -> %s, %s bytes in %.2f s", request.url, answer.status_code, len(body), time.monotonic() - started
        )
        if answer.status_code != 200:
            raise self._refusal(request.url, host, answer, len(body))
        return Response(
            url=request.url,
            status=answer.status_code,
            body=body,
            content_type=answer.headers.get("Content-Type", ""),
            seconds=time.monotonic() - started,
        )

    def _read(self, answer: requests.Response, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        # read1, not iter_content: it hands over what has come, so that a slow drip meets the deadline.
        while part := answer.raw.read1(_CHUNK, decode_content=True):
            size += len(part)
            if size > self._limits.max_bytes:
                limit = self._limits.max_bytes
                raise FetchError(f"GET {answer.url}: larger than {limit} bytes", retryable=False, size=size)
            if time.monotonic() > deadline:
                seconds = f"{self._limits.total_timeout:g} s"
                raise FetchError(f"GET {answer.url}: not complete after {seconds}", retryable=True, size=size)
            parts.append(part)
        return b"".join(parts)

    def _refusal(self, url: str, host: str, answer: requests.Response, size: int) -> FetchError:
        retryable = answer.status_code in _PASSING
        message = f"GET {url}: status {answer.status_code} {answer.reason}".rstrip()
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
    """Connection trouble passes; an address that cannot be asked at all does not."""
    permanent = (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        requests.exceptions.TooManyRedirects,
    )
    return not isinstance(error, permanent)


def _plain(error: Exception) -> str:
    """What happened, without the object addresses and pools of urllib3's messages."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | urllib3.exceptions.ProtocolError):
        return "the connection broke before the answer was complete"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f"no connection: {cause.strerror}"
        inner = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else None
        cause = inner or getattr(cause, "reason", None) or cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {error}"[:300]
