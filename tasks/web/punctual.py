"""Connections on which the headers of an answer have to be complete within the read timeout.

`requests` limits the wait for each piece of an answer; a server that sends one byte of a header now and then
would hold it for ever.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection


class PunctualAdapter(HTTPAdapter):
    """The adapter of `requests` with such connections."""

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Called by `requests` once, and again in a copy."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _Http(HTTPConnection):
    def getresponse(self) -> Any:
        """The answer, once its headers are complete."""
        with _cut_after(self.timeout, self.sock):
            return super().getresponse()


class _Https(HTTPSConnection):
    def getresponse(self) -> Any:
        """The answer, once its headers are complete."""
        with _cut_after(self.timeout, self.sock):
            return super().getresponse()


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


@contextlib.contextmanager
def _cut_after(seconds: Any, connection: socket.socket | None) -> Iterator[None]:
    """Shut the connection down when the block takes longer: `TimeoutError` then, whatever the block made of it."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        if connection is not None:
            with contextlib.suppress(OSError):
                # Past the TLS layer, which another thread is reading: only the socket itself may be touched.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise TimeoutError("headers not complete in time") from error
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError("headers not complete in time")
