"""Content codings taken off, never making more than a limit: a few bytes of any of them can stand for gigabytes.

RFC 9110 section 8.4.1 (gzip), RFC 7932 (br), RFC 8878 with RFC 9659 (zstd: windows of up to 8 MB).
"""

import zlib
from collections.abc import Callable, Iterator, Mapping

import brotli
import zstandard

ACCEPTED = "gzip, br, zstd"

_MOST_CODINGS = 3  # one on the other; nobody means more
# So little at a time: a zstd block of four bytes can be 128 KiB long, and what it is given is made whole.
_PIECE = 256
_MUCH = 262_144
_ZSTD_WINDOW = 8 << 20


class Undecodable(Exception):
    """The bytes are not what their Content-Encoding says, or not all of it. `wanted`: we did not ask for that coding."""

    def __init__(self, message: str, *, wanted: bool = True) -> None:
        super().__init__(message)
        self.wanted = wanted


class TooLong(Exception):
    """More comes out than the limit; `start` is what came until then."""

    def __init__(self, start: bytes) -> None:
        super().__init__("more than the limit")
        self.start = start


def decoded(body: bytes, encoding: str, *, limit: int) -> bytes:
    """`body` without the codings that `encoding` lists in the order in which they were put on; at most `limit` bytes."""
    codings = [coding for coding in (part.strip().lower() for part in encoding.split(",")) if coding]
    codings = [coding for coding in codings if coding != "identity"]
    if unknown := next((coding for coding in codings if coding not in _DECODERS), ""):
        raise Undecodable(f"sent as {unknown[:40]!r}, asked for {ACCEPTED}", wanted=False)
    if len(codings) > _MOST_CODINGS:
        raise Undecodable(f"{len(codings)} codings one on the other, expected up to {_MOST_CODINGS}", wanted=False)
    for coding in reversed(codings):
        if not body:
            break
        try:
            body = _within(_DECODERS[coding](body), limit)
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
            name = coding.removeprefix("x-")
            raise Undecodable(f"not {name}, or cut off: {error}") from error
    return body


def _within(parts: Iterator[bytes], limit: int) -> bytes:
    whole = bytearray()
    for part in parts:
        whole += part
        if len(whole) > limit:
            raise TooLong(bytes(whole[:limit]))
    return bytes(whole)


def _gunzip(body: bytes) -> Iterator[bytes]:
    """All members (RFC 1952 section 2.2). What comes after the last and is none is padding, as everywhere."""
    member = zlib.decompressobj(wbits=31)
    for piece in _pieces(body):
        while piece:
            if member.eof:
                if not _begins_member(piece):
                    return
                member = zlib.decompressobj(wbits=31)
            yield member.decompress(piece)
            piece = member.unused_data
    if not member.eof:
        raise EOFError("the last member is not complete")


def _begins_member(piece: bytes) -> bool:
    return piece.startswith(b"\x1f\x8b"[: len(piece)])


def _unzstd(body: bytes) -> Iterator[bytes]:
    """All frames (RFC 8878 section 3.1)."""
    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = reader.decompressobj()
    for piece in _pieces(body):
        while piece:
            if frame.eof:
                frame = reader.decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("the last frame is not complete")


def _unbrotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    yield stream.process(body, output_buffer_limit=_MUCH)
    while part := stream.process(b"", output_buffer_limit=_MUCH):
        yield part
    if not stream.is_finished():
        raise EOFError("the stream is not complete")


def _pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


_DECODERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "br": _unbrotli,
    "zstd": _unzstd,
}
