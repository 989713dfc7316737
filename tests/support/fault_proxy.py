"""A proxy in front of a real S3 server that breaks chosen calls, as networks and services do."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Fault(Enum):
    """What becomes of a call."""

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


_ERRORS = {
    Fault.ERROR: (500, "InternalError"),
    Fault.SLOW_DOWN: (503, "SlowDown"),
    Fault.DENIED: (403, "AccessDenied"),
    Fault.CONDITION_FAILED: (412, "PreconditionFailed"),
    Fault.CONFLICT: (409, "ConditionalRequestConflict"),
    Fault.NOT_KNOWN: (501, "NotImplemented"),
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

    address: str = ""
    calls: list[Call] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _fault: Fault | None = None
    _method: str = ""
    _nth: int = 0
    _times: int = 0
    _refuses_conditions: bool = False

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

    def __init__(self, target: str, proxy: FaultProxy) -> None:
        self.target, self.proxy = urlsplit(target), proxy
        super().__init__(("127.0.0.1", 0), _Handler)
        proxy.address = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what this is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts, headers = urlsplit(self.path), dict(self.headers.items())
        key = unquote(parts.path.lstrip("/").partition("/")[2])
        call = Call(method=self.command, key=key, query=parts.query, size=len(body), headers=headers)
        fault = self.server.proxy.came(call)
        if fault in (Fault.REFUSED, Fault.LOST_BEFORE):
            self.close_connection = True
            return
        if fault is Fault.NO_ANSWER:
            self.server.proxy.closing.wait(60)
            self.close_connection = True
            return
        if fault in _ERRORS:
            status, code = _ERRORS[fault]
            told = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>on purpose</Message></Error>"
            self._answer(status, {"Content-Type": "application/xml"}, told.encode())
            return
        status, answered, told_body = self._ask(body, headers)
        if fault is Fault.LOST_AFTER:
            self.close_connection = True
            return
        if fault is Fault.WRONG_TAG:
            answered = {name: value for name, value in answered.items() if name.lower() != "etag"}
            answered["ETag"] = '"0123456789abcdef0123456789abcdef"'
        self._answer(status, answered, told_body, cut_off=fault is Fault.CUT_OFF)

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
        self.wfile.write(body[: len(body) // 2] if cut_off else body)
        self.close_connection = self.close_connection or cut_off

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing: the test has its own log."""


@contextmanager
def proxying(target: str) -> Iterator[FaultProxy]:
    """A proxy for the server at `target`. Clients sign for the proxy's own address, which is passed on as it is."""
    proxy = FaultProxy()
    with _Server(target, proxy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.closing.set()
            server.shutdown()
            thread.join()
