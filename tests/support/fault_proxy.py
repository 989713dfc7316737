"""A proxy in front of a real S3 server that breaks chosen calls, as networks and services do."""

import contextlib
import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Fault(Enum):
    """What becomes of a call.

    `REFUSED`: nothing listens any more, for a second, or until `forget` when it is to happen more than once.
    `LOST_BEFORE`: the call came whole, and the connection ends without an answer and without an effect.
    """

    REFUSED = "connection refused"
    NO_ANSWER = "no answer"
    ERROR = "500 InternalError"
    SLOW_DOWN = "503 SlowDown"
    DENIED = "403 AccessDenied"
    CONDITION_FAILED = "412 PreconditionFailed"
    CONFLICT = "409 ConditionalRequestConflict"
    LOST_BEFORE = "connection lost before it took effect"
    LOST_AFTER = "connection lost after it took effect"
    NOT_KNOWN = "501 NotImplemented"
    WRONG_TAG = "wrong checksum in the answer"
    CUT_OFF = "body cut off"
    WRONG_SIZE = "another size in the answer"
    OTHER_HEADERS = "other headers in the answer"
    SOME_KEYS = "200 with an error for every other key"


_DOWN = 1.0  # seconds; a client that waits shorter before it tries again is refused
_ERRORS = {
    Fault.ERROR: (500, "InternalError"),
    Fault.SLOW_DOWN: (503, "SlowDown"),
    Fault.DENIED: (403, "AccessDenied"),
    Fault.CONDITION_FAILED: (412, "PreconditionFailed"),
    Fault.CONFLICT: (409, "ConditionalRequestConflict"),
    Fault.NOT_KNOWN: (501, "NotImplemented"),
}


_CHANGED = {
    Fault.WRONG_TAG: {"etag": '"0123456789abcdef0123456789abcdef"'},
    Fault.WRONG_SIZE: {"content-length": "3"},
    Fault.OTHER_HEADERS: {"cache-control": "private"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that came. `key` is the path behind the bucket, decoded; `query` as it came."""

    method: str
    key: str
    query: str
    size: int
    headers: dict[str, str]


@dataclass(slots=True)
class FaultProxy:
    """Where the proxy is, what came, and what is to break."""

    target: str
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    delete: Callable[[Sequence[str]], object] | None = None  # removes keys for `SOME_KEYS`
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _fault: Fault | None = None
    _method: str = ""
    _nth: int = 0
    _times: int = 0
    _refuses_conditions: bool = False
    _server: "_Server | None" = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Take connections, at the same port as before."""
        with self._lock:
            if self._server is None and not self.closing.is_set():
                self._server = _Server(self)
                self.port = self._server.server_address[1]
                threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop_listening(self) -> None:
        """Refuse new connections, and end those on which nothing is under way."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.end_idle()

    def go_down(self) -> None:
        """Refuse all connections: for a second, or until `forget`."""
        self.stop_listening()
        if self._times == 0:
            again = threading.Timer(_DOWN, self.listen)
            again.daemon = True
            again.start()

    def break_at(self, fault: Fault, *, nth: int, method: str = "PUT", times: int = 1) -> None:
        """Break the `nth` call of that method from now on, and so many calls of it in all."""
        with self._lock:
            self._fault, self._method, self._nth, self._times = fault, method, nth, times

    def refuse_conditions(self) -> None:
        """Be a service that does not know conditional writes."""
        self._refuses_conditions = True

    def forget(self) -> None:
        """Begin the log anew, and break nothing."""
        with self._lock:
            self.calls.clear()
            self._fault = None
        self.listen()

    def writes(self) -> list[Call]:
        """Calls that write or delete."""
        return [call for call in self.calls if call.method in ("PUT", "DELETE", "POST")]

    def came(self, call: Call) -> Fault | None:
        """Note a call; what is to become of it."""
        with self._lock:
            self.calls.append(call)
            if (
                self._refuses_conditions
                and call.method == "PUT"
                and {"If-Match", "If-None-Match"} & call.headers.keys()
            ):
                return Fault.NOT_KNOWN
            if self._fault is None or call.method != self._method:
                return None
            self._nth -= 1
            if self._nth > 0 or self._times < 1:
                return None
            self._times -= 1
            return self._fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy, self.target = proxy, urlsplit(proxy.target)
        self._idle: set[socket.socket] = set()
        self._down = False
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", proxy.port), _Handler)

    def waits(self, connection: socket.socket) -> bool:
        """Nothing is under way on this connection; whether it may wait for a call."""
        with self._lock:
            if not self._down:
                self._idle.add(connection)
            return not self._down

    def works(self, connection: socket.socket) -> None:
        """A call has come on it, or it has ended."""
        with self._lock:
            self._idle.discard(connection)

    def end_idle(self) -> None:
        """End the connections on which nothing is under way."""
        with self._lock:
            self._down = True
            for connection in self._idle:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what this is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        """Waits for a call, then answers it."""
        if not self.server.waits(self.connection):
            self.close_connection = True
            return
        try:
            super().handle_one_request()
        finally:
            self.server.works(self.connection)

    def handle_call(self) -> None:
        self.server.works(self.connection)
        parts, headers = urlsplit(self.path), dict(self.headers.items())
        key = unquote(parts.path.lstrip("/").partition("/")[2])
        size = int(self.headers.get("Content-Length") or 0)
        call = Call(method=self.command, key=key, query=parts.query, size=size, headers=headers)
        fault = self.server.proxy.came(call)
        if fault is Fault.REFUSED:
            self.server.proxy.go_down()
            self._reset()
            return
        body = self.rfile.read(size)
        if fault in _ERRORS:
            status, code = _ERRORS[fault]
            told = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>on purpose</Message></Error>"
            self._answer(status, {"Content-Type": "application/xml"}, told.encode())
        elif fault is Fault.SOME_KEYS:
            self._answer(200, {"Content-Type": "application/xml"}, self._delete_some(body))
        elif fault in (Fault.NO_ANSWER, Fault.LOST_BEFORE):
            if fault is Fault.NO_ANSWER:
                self.server.proxy.closing.wait(60)
            self.close_connection = True
        else:
            self._pass_on(fault, body, headers)

    def _pass_on(self, fault: Fault | None, body: bytes, headers: dict[str, str]) -> None:
        status, answered, told = self._ask(body, headers)
        if fault is Fault.LOST_AFTER:
            self.close_connection = True
            return
        changed = _CHANGED.get(fault, {}) if fault else {}
        answered = {name: value for name, value in answered.items() if name.lower() not in changed} | changed
        self._answer(status, answered, told, cut_off=fault is Fault.CUT_OFF)

    def _reset(self) -> None:
        """End the connection with a reset, as the machine does for a process that is gone."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    def _delete_some(self, body: bytes) -> bytes:
        """Delete every other key, and say of the others that it cannot be done now."""
        keys = [found.decode() for found in re.findall(rb"<Key>([^<]*)</Key>", body)]
        assert self.server.proxy.delete is not None
        self.server.proxy.delete(keys[1::2])
        errors = "".join(
            f"<Error><Key>{key}</Key><Code>InternalError</Code><Message>on purpose</Message></Error>"
            for key in keys[::2]
        )
        return f"<?xml version='1.0'?><DeleteResult>{errors}</DeleteResult>".encode()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_call  # noqa: N815

    def _ask(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(str(self.server.target.hostname), self.server.target.port, timeout=60)
        try:
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes, *, cut_off: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = next((value for name, value in headers.items() if name.lower() == "content-length"), str(len(body)))
        if status != 304 and status != 204:
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut_off else body)
        self.close_connection = self.close_connection or cut_off

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing: the test has its own log."""


@contextmanager
def proxying(target: str) -> Iterator[FaultProxy]:
    """A proxy for the server at `target`. Clients sign for the proxy's own address, which is passed on as it is."""
    proxy = FaultProxy(target=target)
    proxy.listen()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        proxy.stop_listening()
