"""The proxy that breaks calls: what it calls a refused connection is one."""

import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.fault_proxy import Fault, FaultProxy, proxying


class _Counts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        TAKEN.append(self.command)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else b"ok")

    do_PUT = do_HEAD = do_DELETE = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


TAKEN: list[str] = []
METHODS = ("PUT", "HEAD", "DELETE", "POST")


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """A proxy in front of a server that counts what it takes."""
    TAKEN.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Counts) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        with proxying(f"http://127.0.0.1:{server.server_port}") as running:
            yield running
        server.shutdown()
        thread.join()


def ask(proxy: FaultProxy, method: str) -> int:
    """The status of a call on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    try:
        connection.request(method, "/bucket/key", body=b"body")
        with connection.getresponse() as answer:
            answer.read()
            return answer.status
    finally:
        connection.close()


@pytest.mark.parametrize("method", METHODS)
def test_a_refused_connection_is_one_to_which_nobody_listens(proxy: FaultProxy, method: str) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as idle:
        proxy.break_at(Fault.REFUSED, nth=1, method=method, times=2)
        with pytest.raises(ConnectionResetError):
            ask(proxy, method)
        for other in METHODS:
            with pytest.raises(ConnectionRefusedError):
                ask(proxy, other)
        assert idle.recv(1) == b""
    assert TAKEN == []
    proxy.forget()
    assert (ask(proxy, method), TAKEN) == (200, [method])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("fault", "taken"), [(Fault.LOST_BEFORE, 0), (Fault.LOST_AFTER, 1)])
def test_a_lost_connection_is_one_that_ends_without_an_answer(
    proxy: FaultProxy, method: str, fault: Fault, taken: int
) -> None:
    proxy.break_at(fault, nth=2, method=method)
    assert ask(proxy, method) == 200
    with pytest.raises(http.client.RemoteDisconnected):
        ask(proxy, method)
    assert [method] * (1 + taken) == TAKEN
    assert ask(proxy, method) == 200


@pytest.mark.parametrize("method", METHODS)
def test_an_error_is_answered_in_the_place_of_the_server(proxy: FaultProxy, method: str) -> None:
    proxy.break_at(Fault.SLOW_DOWN, nth=1, method=method)
    assert (ask(proxy, method), TAKEN) == (503, [])
    assert ask(proxy, method) == 200
