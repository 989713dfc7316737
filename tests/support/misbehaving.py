"""An HTTP server that misbehaves, byte for byte as a test says, on loopback."""

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One accepted connection, as a script sees it."""

    socket: socket.socket
    over: threading.Event

    def send(self, *parts: bytes) -> None:
        """Bytes as they are; a client that hung up is no error."""
        with contextlib.suppress(OSError):
            for part in parts:
                self.socket.sendall(part)

    def drip(self, data: bytes, *, pause: float, after: bytes = b"") -> None:
        """What goes before at once, then a byte at a time; then silence until the test is over."""
        self.send(after)
        with contextlib.suppress(OSError):
            for place in range(len(data)):
                if self.over.wait(pause):
                    return
                self.socket.sendall(data[place : place + 1])
        self.wait()

    def wait(self) -> None:
        """Say nothing until the test is over."""
        self.over.wait(30)


Script = Callable[[Connection], None]


@dataclass(slots=True, kw_only=True)
class Misbehaving:
    """The server: where it is, and the heads of the requests that it got."""

    origin: str
    requests: list[str] = field(default_factory=list)


def answer(body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """A whole answer; `length` lies about its body."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body


def zipped(body: bytes) -> bytes:
    """A whole answer in gzip."""
    return answer(gzip.compress(body), headers="Content-Encoding: gzip\r\n")


@contextlib.contextmanager
def misbehaving(*scripts: Script | bytes) -> Iterator[Misbehaving]:
    """Each connection gets the next script, or bytes to send; the last one serves all that follow."""
    over = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Misbehaving(origin=f"http://127.0.0.1:{listener.getsockname()[1]}")

        def accept() -> None:
            while True:
                peer, _ = listener.accept()
                if over.is_set():
                    peer.close()
                    return
                script = scripts[min(len(threads), len(scripts) - 1)]
                threads.append(threading.Thread(target=_serve, args=(peer, script, server, over)))
                threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield server
        finally:
            over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname()).close()  # wakes the acceptor
            for thread in [acceptor, *threads]:
                thread.join(10)


def _serve(peer: socket.socket, script: Script | bytes, server: Misbehaving, over: threading.Event) -> None:
    with peer, contextlib.suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head and (piece := peer.recv(65_536)):
            head += piece
        server.requests.append(head.decode("latin-1"))
        connection = Connection(socket=peer, over=over)
        if callable(script):
            script(connection)
        else:
            connection.send(script)
