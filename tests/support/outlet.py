"""An outlet on loopback whose every page the test writes: by path, robots.txt as well, with a log of what was asked."""

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.upstream import Answer

HTML = "text/html; charset=utf-8"


class Outlet:
    """Answers by path and query; 404 to everything else."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self._answers: dict[str, Answer] = {}

    def answer(
        self, path: str, body: str | bytes, content_type: str = HTML, *, status: int = 200, **headers: str
    ) -> str:
        """Answer `path` with this; its address. `{origin}` in a text becomes this outlet's. `headers`: `_` stands for `-`."""
        data = body.replace("{origin}", self.origin).encode() if isinstance(body, str) else body
        told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self._answers[path] = Answer(status=status, body=data, content_type=content_type, headers=told)
        return f"{self.origin}{path}"

    def reply(self, target: str, headers: Mapping[str, str]) -> Answer:
        """The answer to GET `target`."""
        self.asked.append(target)
        self.headers.append(headers)
        known = self._answers.get(target)
        if known is not None and (tag := dict(known.headers).get("ETag")) and headers.get("If-None-Match") == tag:
            return Answer(status=304, headers=known.headers)
        return known or Answer(status=404, body=b"no such page", content_type="text/plain")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    outlet: Outlet

    def server_bind(self) -> None:
        """Binds without the look-up of the host's full name."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that speaks TLS to us first is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        """Answers one request."""
        answer = self.server.outlet.reply(self.path, dict(self.headers))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing: the test has its own log."""


@contextmanager
def serving() -> Iterator[Outlet]:
    """An outlet with no pages yet."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.outlet = Outlet(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.outlet
        finally:
            server.shutdown()
            thread.join()
