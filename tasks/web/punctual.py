"""Connections that the guard makes, and on which the headers of an answer have to be complete within the read timeout.

`requests` limits the wait for each piece of an answer; a server that sends one byte of a header now and then
would hold it for ever.
"""

import contextlib
import functools
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from tasks.web.guard import Guard


class PunctualAdapter(HTTPAdapter):
    """The adapter of `requests` with such connections."""

    def __init__(self, guard: Guard, **settings: Any) -> None:
        self._guard = guard
        super().__init__(**settings)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Called by `requests` once."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = {
            "http": functools.partial(_HttpPool, guard=self._guard),
            "https": functools.partial(_HttpsPool, guard=self._guard),
        }


class _Http(HTTPConnection):
    def __init__(self, *arguments: Any, guard: Guard, **settings: Any) -> None:
        self._guard = guard
        super().__init__(*arguments, **settings)

    def _new_conn(self) -> socket.socket:
        return _connected(self, self._guard)

    def getresponse(self) -> Any:
        """The answer, once its headers are complete."""
        with _cut_after(self.timeout, self.sock):
            return super().getresponse()


class _Https(HTTPSConnection):
    def __init__(self, *arguments: Any, guard: Guard, **settings: Any) -> None:
        self._guard = guard
        super().__init__(*arguments, **settings)

    def _new_conn(self) -> socket.socket:
        return _connected(self, self._guard)

    def getresponse(self) -> Any:
        """The answer, once its headers are complete."""
        with _cut_after(self.timeout, self.sock):
            return super().getresponse()


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


def _connected(connection: HTTPConnection, guard: Guard) -> socket.socket:
    """What urllib3 does here, with its errors, by way of the guard. `_new_conn` is the place that it has for this."""
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else 60.0
    options = connection.socket_options or ()
    try:
        return guard.connect(connection._dns_host, connection.port or 0, seconds=seconds, options=options)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"no connection to {connection.host} in time") from error
    except OSError as error:
        raise NewConnectionError(connection, f"no connection: {error}") from error


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
