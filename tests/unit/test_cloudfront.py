"""Purging a distribution, as its API wants it."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.stores.cloudfront import MOST, invalidate


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    status = 201

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[tuple[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.server.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        told = b"<Error><Code>NoSuchDistribution</Code></Error>" if self.server.status >= 400 else b"<Invalidation/>"
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing."""


@pytest.fixture
def service(aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    """Answers as CloudFront does."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any-secret")
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_paths_are_encoded_and_the_reference_is_the_callers(service: _Server) -> None:
    address = f"http://127.0.0.1:{service.server_port}"
    assert invalidate("E123", ["/", "/分类/a b.html"], reference="run 1", endpoint_url=address) == ""
    ((path, body),) = service.bodies
    assert path.endswith("/distribution/E123/invalidation")
    assert re.findall("<Path>(.*?)</Path>", body) == ["/", "/%E5%88%86%E7%B1%BB/a%20b.html"]
    assert "<CallerReference>run 1</CallerReference>" in body


def test_more_paths_than_it_takes_are_all_of_them(service: _Server) -> None:
    address = f"http://127.0.0.1:{service.server_port}"
    paths = [f"/{number}" for number in range(MOST + 1)]
    assert invalidate("E123", paths, reference="r", endpoint_url=address) == ""
    assert re.findall("<Path>(.*?)</Path>", service.bodies[0][1]) == ["/*"]


def test_a_refusal_is_a_reason_without_a_secret(service: _Server) -> None:
    service.status = 404
    reason = invalidate("E1", ["/"], reference="r", endpoint_url=f"http://127.0.0.1:{service.server_port}")
    assert reason == "CloudFront refused: NoSuchDistribution"


def test_no_credentials_is_a_reason(aws_environment: None) -> None:
    assert invalidate("E1", ["/"], reference="r").startswith("CloudFront cannot be asked: NoCredentials")
