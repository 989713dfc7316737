"""More than a hundred ways for a server to answer, each with what has to come of it: the article, or a named error.

Every one is given the body of a good article and the target that is asked, so that one table serves the client's test and
that of a whole run.
"""

import gzip
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from urllib.parse import quote

import brotli
import zstandard

from tests.support.misbehaving import Connection, Script, answer

MOST = 60_000
"""The limit of bytes that the table is made for."""

_NOON = 1_772_600_000
_DATE = f"Date: {formatdate(_NOON, usegmt=True)}\r\n"
Answer = Callable[[bytes], Script | bytes]
Routes = Mapping[str, Sequence[Script | bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """`routes(body, target)`: what answers which target, one script a request, the last one all that follow.

    `says`: part of the error of the first request; empty when it works at once. `retryable`, `status`: the error's.
    `heals`: a later request works. `moved`: the target has moved for good. `cut`: the body ends early, and only who
    reads it can know. `waits`: seconds that the client is told to wait before the next request.
    """

    routes: Callable[[bytes, str], Routes]
    says: str = ""
    retryable: bool = False
    status: int | None = None
    heals: bool = False
    moved: bool = False
    cut: bool = False
    waits: float = 0

    @property
    def gives_the_article(self) -> bool:
        """Whether a run gets the whole article in the end."""
        return (not self.says or self.heals) and not self.cut


def _one(*answers: Answer) -> Callable[[bytes, str], Routes]:
    return lambda body, target: {target: [make(body) for make in answers]}


def _good(make: Answer) -> Behaviour:
    return Behaviour(routes=_one(make))


def _breaks(make: Answer, says: str) -> Behaviour:
    """Connection trouble: worth another try."""
    return Behaviour(routes=_one(make), says=says, retryable=True)


def _never(make: Answer, says: str, status: int | None = None) -> Behaviour:
    """Nothing that another try would mend."""
    return Behaviour(routes=_one(make), says=says, status=status)


def _heals(make: Answer, says: str, status: int | None = None) -> Behaviour:
    """Once, and then the article comes."""
    return Behaviour(routes=_one(make, answer), says=says, retryable=True, heals=True, status=status)


def _status(line: str, *, retryable: bool = False, headers: str = "", waits: float = 0, says: str = "") -> Behaviour:
    code = int(line[:3])
    page = b"" if code in (204, 304) else b"<h1>no</h1>"
    return Behaviour(
        routes=_one(lambda body: answer(page, status=line, headers=headers)),
        says=says or f"status {code}", retryable=retryable, status=code, waits=waits,
    )  # fmt: skip


def _encoded(coding: str, encode: Callable[[bytes], bytes]) -> Answer:
    return lambda body: answer(encode(body), headers=f"Content-Encoding: {coding}\r\n")


def _redirected(*hops: str, moved: bool = False, headers: str = "", waits: float = 0) -> Behaviour:
    """Through these statuses to the article."""

    def routes(body: bytes, target: str) -> Routes:
        stops = [target, *(f"/stop/{number}/{quote(target, safe='')}" for number, _ in enumerate(hops))]
        found: dict[str, Sequence[Script | bytes]] = {stops[-1]: [answer(body)]}
        for status, here, there in zip(hops, stops, stops[1:], strict=False):
            found[here] = [answer(b"moved", status=status, headers=f"Location: {there}\r\n{headers}")]
        return found

    return Behaviour(routes=routes, moved=moved, waits=waits)


def _sent_to(location: str, says: str, status: str = "302 Found") -> Behaviour:
    return _never(lambda body: answer(b"", status=status, headers=f"Location: {location}\r\n"), says)


def _chunked(body: bytes, *, extension: bytes = b"", last: bytes = b"0\r\n\r\n", headers: bytes = b"") -> bytes:
    half = len(body) // 2
    chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in (body[:half], body[half:]))
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" + headers + b"\r\n" + chunks + last


def _raw(head: bytes) -> Answer:
    return lambda body: head + body


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def _drips(data: bytes, after: bytes = b"") -> Answer:
    return lambda body: lambda connection: connection.drip(data, pause=0.05, after=after)


def _crumbs(body: bytes) -> Script:
    def send(connection: Connection) -> None:
        whole = answer(gzip.compress(body), headers="Content-Encoding: gzip\r\n")
        for start in range(0, len(whole), 7):
            connection.send(whole[start : start + 7])

    return send


def _reset(body: bytes) -> Script:
    def send(connection: Connection) -> None:
        connection.send(answer(body)[:-2])
        connection.reset()

    return send


def _flood(body: bytes) -> Script:
    def send(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\n", *(b"X-Header-%d: y\r\n" % n for n in range(100_000)), b"\r\n")

    return send


def _endless(body: bytes) -> Script:
    def send(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not connection.over.is_set() and connection.send(body):
            pass

    return send


_BROKE = "the connection broke before the answer was complete"
_RESET = "the connection broke: Connection reset by peer"
_NOT_HTTP = "the answer is not HTTP"
_SILENT = "no answer in time"
_SLOW = "not complete after"
_LARGE = f"larger than {MOST} bytes"
_HEADERS = "its headers are too long or too many"
_PARTIAL = (
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/99\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
)
_LONG_NAME = b"\x1f\x8b\x08\x08\0\0\0\0\0\0" + b"n" * 490  # RFC 1952: of which nothing is decoded
_BOMB = b"\0" * 40_000_000

_WELL: dict[str, Behaviour] = {
    "a length": _good(answer),
    "chunks": _good(_chunked),
    "chunks with extensions": _good(lambda body: _chunked(body, extension=b";name=value")),
    "chunks with a trailer": _good(lambda body: _chunked(body, last=b"0\r\nX-Trailer: y\r\n\r\n")),
    "HTTP/1.0 until the end": _good(_raw(b"HTTP/1.0 200 OK\r\n\r\n")),
    "no reason phrase": _good(_raw(b"HTTP/1.1 200 \r\nConnection: close\r\n\r\n")),
    "no headers at all": _good(_raw(b"HTTP/1.1 200 OK\r\n\r\n")),
    "lines that end in LF": _good(_raw(b"HTTP/1.1 200 OK\nContent-Type: text/json\n\n")),
    "a folded header": _good(_raw(b"HTTP/1.1 200 OK\r\nX-Old: one\r\n two\r\n\r\n")),
    "headers in lower case": _good(lambda body: _chunked(body).replace(b"Transfer-Encoding", b"transfer-encoding")),
    "100 Continue before": _good(lambda body: b"HTTP/1.1 100 Continue\r\n\r\n" + answer(body)),
    "a length twice": _good(lambda body: answer(body, headers=f"Content-Length: {len(body)}\r\n")),
    "a length that is no number": _good(_raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")),
    "a negative length": _good(_raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")),
    "a picture's type": _good(lambda body: answer(body, headers="Content-Type: image/png\r\n")),
    "no such charset": _good(lambda body: answer(body, headers="Content-Type: text/html; charset=none-such\r\n")),
    "another charset": _good(lambda body: answer(body, headers="Content-Type: text/html; charset=iso-8859-1\r\n")),
    "ninety headers": _good(lambda body: answer(body, headers="X: y\r\n" * 90)),
    "a cookie of 4,000 bytes": _good(lambda body: answer(body, headers=f"Set-Cookie: a={'b' * 4000}\r\n")),
    "gzip": _good(_encoded("gzip", gzip.compress)),
    "gzip by its old name": _good(_encoded("x-gzip", gzip.compress)),
    "gzip in capitals": _good(_encoded(" GZIP ", gzip.compress)),
    "gzip in crumbs": _good(_crumbs),
    "gzip of several members": _good(
        _encoded("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:]))
    ),
    "gzip with padding": _good(_encoded("gzip", lambda body: gzip.compress(body) + b"\0" * 512)),
    "gzip in chunks": _good(lambda body: _chunked(gzip.compress(body), headers=b"Content-Encoding: gzip\r\n")),
    "gzip on gzip": _good(_encoded("gzip, gzip", lambda body: gzip.compress(gzip.compress(body)))),
    "identity": _good(_encoded("identity", bytes)),
    "br": _good(_encoded("br", brotli.compress)),
    "zstd": _good(_encoded("zstd", _zstd)),
    "zstd in several frames": _good(_encoded("zstd", lambda body: _zstd(body[:9]) + _zstd(body[9:]))),
    "br on gzip": _good(_encoded("gzip, br", lambda body: brotli.compress(gzip.compress(body)))),
}  # fmt: skip

_REDIRECTED: dict[str, Behaviour] = {
    "301": _redirected("301 Moved Permanently", moved=True),
    "302": _redirected("302 Found"),
    "303": _redirected("303 See Other"),
    "307": _redirected("307 Temporary Redirect"),
    "308": _redirected("308 Permanent Redirect", moved=True),
    "301 and 308": _redirected("301 Moved", "308 Moved", moved=True),
    "301 and 302": _redirected("301 Moved", "302 Found"),
    "five in a row": _redirected(*["301 Moved"] * 5, moved=True),
    "six in a row": replace(_redirected(*["301 Moved"] * 6), says="more than 5 redirects", status=301),
    "a redirect that asks for a second": _redirected("302 Found", headers="Retry-After: 1\r\n", waits=1),
    "a redirect that asks for a day": replace(
        _redirected("302 Found", headers="Retry-After: 86400\r\n", waits=86_400),
        says="Retry-After 86400 s: left for a later run", status=302,
    ),
    "a circle of one": Behaviour(
        routes=lambda body, target: {target: [answer(status="302 Found", headers=f"Location: {target}\r\n")]},
        says="more than 5 redirects, in a circle", status=302,
    ),
    "a circle of two": Behaviour(
        routes=lambda body, target: {
            target: [answer(status="302 Found", headers=f"Location: /ring/{quote(target, safe='')}\r\n")],
            f"/ring/{quote(target, safe='')}": [answer(status="301 Moved", headers=f"Location: {target}\r\n")],
        },
        says="more than 5 redirects, in a circle", status=301,
    ),
    "a redirect whose body never ends": Behaviour(
        routes=lambda body, target: {
            target: [answer(b"x" * 50_000, status="301 Moved", headers=f"Location: /x{target}\r\n", length=10**9)],
            f"/x{target}": [answer(body)],
        },
        moved=True,
    ),
    "to nowhere": replace(_sent_to("//", "more than 5 redirects, in a circle"), status=302),
    "without a target": _never(lambda body: answer(b"", status="301 Moved"), "status 301", 301),
    "to a file": _sent_to(f"file:{'/' * 3}etc/passwd", "no address that can be asked"),
    "to FTP": _sent_to("ftp://127.0.0.1/", "no address that can be asked"),
    "to a script": _sent_to("javascript:alert(1)", "no address that can be asked"),
    "to brackets": _sent_to("http://[::1", "no address that can be asked"),
    "to a port that is none": _sent_to("http://127.0.0.1:99999/", "no address that can be asked"),
    "to an address of 9,000 characters": _sent_to("/" + "x" * 9_000, "a redirect to an address of 90"),
    "to a private address": _sent_to("http://10.0.0.1/", "10.0.0.1 is private"),
    "to metadata": _sent_to("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is a metadata service"),
    "to a number that is an address": _sent_to("http://167772161/", "10.0.0.1 is private"),
    "to an octal address": _sent_to("http://012.0.0.1/", "10.0.0.1 is private"),
    "to IPv6 loopback": _sent_to("http://[::1]/", "::1 is loopback"),
    "to a mapped address": _sent_to("http://[::ffff:10.0.0.1]/", "is private, written as IPv6"),
    "to a mail server": _sent_to("http://8.8.8.8:25/", "port 25 is none of"),
}  # fmt: skip

_REFUSED: dict[str, Behaviour] = {
    **{
        f"{code}": _status(f"{code} No")
        for code in (204, 205, 304, 400, 401, 403, 404, 405, 406, 409, 410, 418, 422, 451, 501, 505, 600, 999)
    },
    **{f"{code}": _status(f"{code} Not now", retryable=True) for code in (408, 425, 429, 500, 502, 503, 504)},
    "a part that nobody asked for": _never(lambda body: _PARTIAL.encode() + b"12345", "status 206", 206),
    "escape codes in the status": _status("500 Bad\x00\x1b[31m", retryable=True),
    "429 for two seconds": _status("429 Slow", retryable=True, headers="Retry-After: 2\r\n", waits=2),
    "503 for two seconds": _status("503 Busy", retryable=True, headers="Retry-After: 2\r\n", waits=2),
    "503 until a time": _status(
        "503 Busy", retryable=True, waits=2, headers=f"{_DATE}Retry-After: {formatdate(_NOON + 2, usegmt=True)}\r\n"
    ),
    "429 until a time": _status(
        "429 Slow", retryable=True, waits=2, headers=f"{_DATE}Retry-After: {formatdate(_NOON + 2, usegmt=True)}\r\n"
    ),
    "429 for an hour": _status("429 Slow", headers="Retry-After: 3600\r\n", waits=3600, says="left for a later run"),
    "503 until tomorrow": _status(
        "503 Busy", headers=f"{_DATE}Retry-After: {formatdate(_NOON + 86_000, usegmt=True)}\r\n", waits=86_000,
        says="left for a later run",
    ),
    "503 for three hundred years": _status(
        "503 Busy", headers="Retry-After: 9999999999\r\n", waits=86_400, says="Retry-After 86400 s"
    ),
    "503 until a time long past": _status(
        "503 Busy", retryable=True, headers=f"{_DATE}Retry-After: {formatdate(_NOON - 86_400, usegmt=True)}\r\n"
    ),
    "503 until sometime": _status("503 Busy", retryable=True, headers="Retry-After: soon\r\n"),
    "503 for minus one": _status("503 Busy", retryable=True, headers="Retry-After: -1\r\n"),
    "a 404 that never ends": _never(
        lambda body: answer(b"x" * 100_000, status="404 Not Found"), _LARGE
    ),
}  # fmt: skip

_BROKEN: dict[str, Behaviour] = {
    "nothing": _breaks(lambda body: b"", _BROKE),
    "a reset in the body": _breaks(_reset, _RESET),
    "half a status line": _breaks(lambda body: b"HTTP/1.", _NOT_HTTP),
    "half the headers": _breaks(lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-", _BROKE),
    "no body": _breaks(lambda body: answer(length=10), _BROKE),
    "half the body": _breaks(lambda body: answer(body[:50], length=len(body)), _BROKE),
    "a longer length": _breaks(lambda body: answer(body, length=len(body) + 1), _BROKE),
    "a shorter length": Behaviour(routes=_one(lambda body: answer(body, length=len(body) - 9)), cut=True),
    "an empty body": Behaviour(routes=_one(lambda body: answer(b"")), cut=True),
    "a broken chunk": _breaks(lambda body: _chunked(body, last=b"zz\r\nmore"), _BROKE),
    "a negative chunk": _breaks(lambda body: _chunked(body, last=b"-5\r\nmore\r\n"), _BROKE),
    "half a chunk": _breaks(lambda body: _chunked(body, last=b"ff\r\ntext"), _BROKE),
    "no last chunk": _breaks(lambda body: _chunked(body, last=b""), _BROKE),
    "chunks framed otherwise": _never(
        lambda body: _chunked(body).replace(b"chunked", b"gzip, chunked"), "framed as 'gzip, chunked'"
    ),
    "garbage": _breaks(lambda body: b"\x00\x01garbage\xff\r\n\r\n" * 10, _NOT_HTTP),
    "a mail server": _breaks(lambda body: b"220 mail.example.com ESMTP\r\n", _NOT_HTTP),
    "TLS": _breaks(lambda body: struct.pack(">BHH", 21, 0x0301, 2) + b"\x02\x46", _NOT_HTTP),
    "HTTP/2": _breaks(lambda body: b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80", _NOT_HTTP),
    "silence": _breaks(lambda body: lambda c: c.wait(), _SILENT),
    "silence after the headers": _breaks(lambda body: lambda c: c.drip(answer(length=5), pause=0), _SILENT),
    "headers that drip": _breaks(_drips(answer(headers="X: y\r\n" * 1000)), _SILENT),
    "a body that drips": _breaks(_drips(b"x" * 500, after=answer(length=500)), _SLOW),
    "gzip that drips": _breaks(
        _drips(_LONG_NAME, after=answer(headers="Content-Encoding: gzip\r\n", length=500)), _SLOW
    ),
    "a flood of headers": _breaks(_flood, _HEADERS),
    "101 headers": _breaks(lambda body: answer(body, headers="X: y\r\n" * 101), _HEADERS),
    "a header of 70,000 bytes": _breaks(lambda body: answer(body, headers=f"X: {'y' * 70_000}\r\n"), _HEADERS),
    "a status of 70,000 bytes": _breaks(lambda body: answer(body, status="200 " + "O" * 70_000), _HEADERS),
    "not gzip": _breaks(lambda body: answer(body, headers="Content-Encoding: gzip\r\n"), "not gzip, or cut off"),
    "half of gzip": _breaks(_encoded("gzip", lambda body: gzip.compress(body)[:-9]), "not gzip, or cut off"),
    "gzip with a wrong sum": _breaks(
        _encoded("gzip", lambda body: gzip.compress(body)[:-8] + b"\0" * 8), "not gzip, or cut off"
    ),
    "half a second member": _breaks(
        _encoded("gzip", lambda body: gzip.compress(body) + gzip.compress(body)[:-9]), "not gzip, or cut off"
    ),
    "not br": _breaks(_encoded("br", lambda body: b"\xff" + body), "not br, or cut off"),
    "half of br": _breaks(_encoded("br", lambda body: brotli.compress(body)[:-5]), "not br, or cut off"),
    "not zstd": _breaks(_encoded("zstd", bytes), "not zstd, or cut off"),
    "half of zstd": _breaks(_encoded("zstd", lambda body: _zstd(body)[:-5]), "not zstd, or cut off"),
    "a zstd window of 128 MB": _breaks(_encoded("zstd", lambda body: _wide_window(body)), "not zstd, or cut off"),
    "deflate": _never(_encoded("deflate", bytes), "sent as 'deflate', asked for gzip, br, zstd"),
    "a coding of its own": _never(_encoded("x-made-up", bytes), "sent as 'x-made-up'"),
    "four codings": _never(_encoded("gzip,gzip,gzip,gzip", bytes), "4 codings one on the other"),
}  # fmt: skip

_LARGER: dict[str, Behaviour] = {
    "too much with a length": _never(lambda body: answer(b"x" * (MOST + 1)), _LARGE),
    "too much without": _never(_raw(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1_000_000), _LARGE),
    "too much in chunks": _never(lambda body: _chunked(b"x" * (MOST + 1)), _LARGE),
    "a body without an end": _never(lambda body: _endless(b"x" * 9_000), _LARGE),
    "a bomb in gzip": _never(_encoded("gzip", lambda body: gzip.compress(_BOMB)), _LARGE),
    "a bomb in br": _never(_encoded("br", lambda body: brotli.compress(_BOMB, quality=1)), _LARGE),
    "a bomb in zstd": _never(_encoded("zstd", lambda body: _zstd(_BOMB)), _LARGE),
    "a bomb in a bomb": _never(_encoded("gzip, gzip", lambda body: gzip.compress(gzip.compress(_BOMB))), _LARGE),
}  # fmt: skip

_HEALING: dict[str, Behaviour] = {
    "a drop, then the article": _heals(lambda body: b"", _BROKE),
    "a reset, then the article": _heals(_reset, _RESET),
    "half, then the article": _heals(lambda body: answer(body[:50], length=len(body)), _BROKE),
    "500, then the article": _heals(lambda body: answer(b"", status="500 Oh"), "status 500", 500),
    "503, then the article": _heals(lambda body: answer(b"", status="503 Busy"), "status 503", 503),
    "silence, then the article": _heals(lambda body: lambda c: c.wait(), _SILENT),
    "a lie about gzip, then the article": _heals(
        lambda body: answer(body, headers="Content-Encoding: gzip\r\n"), "not gzip, or cut off"
    ),
}


def _wide_window(body: bytes) -> bytes:
    wide = zstandard.ZstdCompressionParameters(window_log=27)
    stream = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    return stream.compress(body) + stream.flush()


BEHAVIOURS: Mapping[str, Behaviour] = {**_WELL, **_REDIRECTED, **_REFUSED, **_BROKEN, **_LARGER, **_HEALING}
"""The table."""
