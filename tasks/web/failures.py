"""What went wrong with a request, in words for people."""

import http.client
from collections.abc import Iterator

import requests
import urllib3


def is_passing(error: Exception) -> bool:
    """Connection trouble passes; an address that cannot be asked at all (always a `ValueError`) does not."""
    return not isinstance(error, ValueError)


def plain(error: Exception) -> str:
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
    if any(isinstance(cause, http.client.LineTooLong) or "100 headers" in str(cause) for cause in causes):
        return "its headers are too long or too many"
    if said := next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None):
        made = not any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes)
        return f"{'the connection broke' if made else 'no connection'}: {said}"
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
