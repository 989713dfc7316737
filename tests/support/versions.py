"""A server that does right: it keeps connections open, knows the versions of its files, and writes a log."""

import itertools
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LAST_MODIFIED = "Fri,  20 Nov 2026 01:00:00 +0000"  # as nobody would write it who makes it anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One request: seconds on the server's clock, path, status, number of its connection, how many were answered with it.

    `versions`: If-None-Match and If-Modified-Since as they came.
    """

    at: float
    path: str
    status: int
    connection: int
    together: int
    versions: tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Versions:
    """Its files, as path -> (content type, body), and its log."""

    origin: str = ""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    takes: dict[str, float] = field(default_factory=dict)
    """Seconds that the answer of a path takes."""

    def put(self, path: str, content_type: str, text: str) -> None:
        """Have a file; `ORIGIN` in it is where it is."""
        self.files[path] = (content_type, text.replace("ORIGIN", self.origin).encode())

    def tag(self, path: str) -> str:
        """What it calls the version of a file."""
        return f'W/"{sha256(self.files[path][1]).hexdigest()[:8]}, as it is"'


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, told: Versions) -> None:
        self.told = told
        self.numbers = itertools.count(1)
        self.answering = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        told.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Binds without the look-up of the host's full name."""
        socketserver.TCPServer.server_bind(self)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 30
    server: _Server

    def setup(self) -> None:
        """A connection was made."""
        super().setup()
        self.number = next(self.server.numbers)

    def do_GET(self) -> None:
        """Answer with the file, or that it is what it was."""
        told, at = self.server.told, time.monotonic()
        with self.server.lock:
            self.server.answering += 1
            together = self.server.answering
        versions = (self.headers.get("If-None-Match", ""), self.headers.get("If-Modified-Since", ""))
        known = self.path in told.files
        same = known and versions == (told.tag(self.path), LAST_MODIFIED)
        status = 304 if same else 200 if known else 404
        hit = Hit(at=at, path=self.path, status=status, connection=self.number, together=together, versions=versions)
        told.hits.append(hit)
        time.sleep(told.takes.get(self.path, 0))
        with self.server.lock:
            self.server.answering -= 1  # before the answer: whoever has it may ask again at once
        content_type, body = told.files.get(self.path, ("text/plain", b"no such thing"))
        self.send_response(status)
        if known:
            self.send_header("ETag", told.tag(self.path))
            self.send_header("Last-Modified", LAST_MODIFIED)
        if not same:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not same:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing: the log is the test's."""


@contextmanager
def versions() -> Iterator[Versions]:
    """A server without files."""
    told = Versions()
    with _Server(told) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
