"""An HTTP server that misbehaves, byte for byte as a test says, on loopback."""

import contextlib
import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One accepted connection, as a script sees it."""

    socket: socket.socket
    over: threading.Event
    answering: Callable[[], None] = lambda: None
    """Called before any byte of the answer leaves: whoever has the answer is no longer counted as waiting for it."""

    def send(self, *parts: bytes) -> bool:
        """Bytes as they are; a client that hung up is no error. Whether it still listens."""
        self.answering()
        try:
            for part in parts:
                self.socket.sendall(part)
        except OSError:
            return False
        return True

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

    def reset(self) -> None:
        """End the connection with a reset instead of a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Script = Callable[[Connection], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request in the server's log: seconds on its clock, target, head as it came, how many waited for an answer with it."""

    at: float
    target: str
    head: str
    waiting: int

    def header(self, name: str) -> str:
        """A header of the request; empty when there is none."""
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return next((value.strip() for key, _, value in lines if key.lower() == name.lower()), "")


@dataclass(slots=True, kw_only=True)
class Misbehaving:
    """The server: where it is, and the heads of the requests that it got; `log` has more of them.

    With `routes` the targets are answered, each by its scripts in their order; the last one stays.
    """

    origin: str
    requests: list[str] = field(default_factory=list)
    log: list[Asked] = field(default_factory=list)
    routes: dict[str, list[Script | bytes]] = field(default_factory=dict)
    waiting: set[socket.socket] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, target: str) -> list[Asked]:
        """The requests for one target."""
        return [asked for asked in self.log if asked.target == target]

    def answer(self, routes: Mapping[str, Sequence[Script | bytes]]) -> None:
        """Answer these targets so from now on."""
        with self.lock:
            self.routes.update({target: list(scripts) for target, scripts in routes.items()})

    def next_script(self, target: str) -> Script | bytes:
        """What answers the next request for `target`."""
        with self.lock:
            scripts = self.routes.get(target) or [answer(b"no such thing", status="404 Not Found")]
            return scripts.pop(0) if len(scripts) > 1 else scripts[0]


def answer(body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """A whole answer; `length` lies about its body."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body


def zipped(body: bytes) -> bytes:
    """A whole answer in gzip."""
    return answer(gzip.compress(body), headers="Content-Encoding: gzip\r\n")


@contextlib.contextmanager
def misbehaving(*scripts: Script | bytes) -> Iterator[Misbehaving]:
    """Each connection gets the next script, or bytes to send; the last one serves all that follow.

    Without scripts, what stands in the server's `routes` answers.
    """
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
                script = scripts[min(len(threads), len(scripts) - 1)] if scripts else None
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


def _serve(peer: socket.socket, script: Script | bytes | None, server: Misbehaving, over: threading.Event) -> None:
    with peer, contextlib.suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head and (piece := peer.recv(65_536)):
            head += piece
        server.waiting.add(peer)
        try:
            _answer(peer, head.decode("latin-1"), script, server, over)
        finally:
            server.waiting.discard(peer)


def _answer(
    peer: socket.socket, head: str, script: Script | bytes | None, server: Misbehaving, over: threading.Event
) -> None:
    server.requests.append(head)
    target = head.split(" ")[1] if head.count(" ") > 1 else ""
    server.log.append(Asked(at=time.monotonic(), target=target, head=head, waiting=len(server.waiting)))
    if script is None:
        script = server.next_script(target)
    connection = Connection(socket=peer, over=over, answering=lambda: server.waiting.discard(peer))
    if callable(script):
        script(connection)
    else:
        connection.send(script)
