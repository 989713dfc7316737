"""Reading the answers that runs have kept: found in one pass over the files, then read one by one from their places.

A file is read member by member, so that one answer is in memory at a time, and what a killed run has left half is told
from what is whole by its length and its checksum (RFC 1952 section 2.3.1).
"""

import contextlib
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataException
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParserException

from tasks.model import Response
from tasks.web.captures import ANSWERED_BY, MOVED_TO, SECONDS, files_in

_CHUNK = 64 * 1024
_GZIP = 31  # `wbits` for a stream with a header of gzip


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One kept answer, and the address that was asked."""

    asked_url: str
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer is kept, and when it came."""

    path: Path
    offset: int
    received_at: datetime


class KeptAnswers:
    """The newest answer of every address that was asked. `remarks` name files that could not be read to their ends."""

    def __init__(self, newest: Mapping[str, Place], *, remarks: tuple[str, ...] = ()) -> None:
        self._newest = newest
        self.remarks = remarks

    def __len__(self) -> int:
        return len(self._newest)

    def newest(self, *urls: str) -> Place | None:
        """Where the newest answer to any of these addresses is; None when none is kept."""
        found = [place for url in urls if (place := self._newest.get(url)) is not None]
        return max(found, key=lambda place: place.received_at, default=None)


def find_kept(folder: Path) -> KeptAnswers:
    """One pass over every file of a folder. Of a damaged one, what stands before the damage is used."""
    newest: dict[str, Place] = {}
    remarks = []
    for path in files_in(folder):
        found = 0
        try:
            with path.open("rb") as file:
                for offset, record in _records(file):
                    found += 1
                    place = Place(path=path, offset=offset, received_at=_received_at(record))
                    known = newest.get(url := _asked_url(record))
                    if known is None or known.received_at < place.received_at:
                        newest[url] = place
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            remarks.append(f"{path.name}: {said}; the {found} answers before that are used")
    return KeptAnswers(newest, remarks=tuple(remarks))


def read_kept(place: Place) -> Captured | None:
    """The answer at a place; None when it is not there any more."""
    try:
        with place.path.open("rb") as file:
            file.seek(place.offset)
            records = _records(file)
            offset, record = next(records, (None, None))
            return _captured(record) if offset == place.offset else None
    except (OSError, ValueError):
        return None


def captured(path: Path) -> Iterator[Captured]:
    """The answers in a file, in their order, up to the first one that is not whole."""
    with path.open("rb") as file:
        try:
            for _, record in _records(file):
                yield _captured(record)
        except ValueError:
            return


def _records(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """The answers from here on, each with its place; `ValueError` at what is not whole."""
    for offset, member in _members(file):
        with io.BytesIO(member) as body:  # closed at once: the library's objects hold on to it until they are collected
            if (record := _response_in(body)) is not None:
                yield offset, record


def _members(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each member from here on with its place, decompressed; `ValueError` at the first that is not whole."""
    start, data = file.tell(), b""
    while data := data or file.read(_CHUNK):
        decoder, parts = zlib.decompressobj(_GZIP), []
        while data and not decoder.eof:
            try:
                parts.append(decoder.decompress(data))
            except zlib.error as error:
                raise ValueError(f"damaged in the answer at byte {start}: {error}") from error
            data = decoder.unused_data if decoder.eof else file.read(_CHUNK)
        if not decoder.eof:
            raise ValueError(f"ends in the middle of the answer at byte {start}")
        yield start, b"".join(parts)
        start = file.tell() - len(data)


def _response_in(member: BinaryIO) -> Any:
    """The record in a member when it is an answer that was of use; its body is not read yet."""
    with _damage_named():
        record = next(iter(ArchiveIterator(member)), None)
        if record is None or record.rec_type != "response" or record.http_headers is None:
            return None
        return record if int(record.http_headers.get_statuscode()) == HTTPStatus.OK else None


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    """`ValueError` for what the library says of a record that is none; the last three where a header is missing or odd."""
    try:
        yield
    except (
        *(ArchiveLoadFailed, StatusAndHeadersParserException, ChunkedDataException, EOFError, zlib.error),
        *(AttributeError, TypeError, LookupError),
    ) as error:
        raise ValueError(f"holds what is no WARC record: {error}") from error


def _asked_url(record: Any) -> str:
    return str(record.rec_headers.get_header("WARC-Target-URI"))


def _received_at(record: Any) -> datetime:
    at = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date") or "")
    if at.tzinfo is None:
        raise ValueError(f"holds a WARC-Date without a zone: {at}")
    return at


def _captured(record: Any) -> Captured:
    told, headers, asked = record.rec_headers, record.http_headers, _asked_url(record)
    with _damage_named():
        body = record.content_stream().read()
    kept = tuple((name.lower(), value) for name, value in headers.headers)
    return Captured(
        asked_url=asked,
        response=Response(
            url=told.get_header(ANSWERED_BY) or asked,
            status=int(headers.get_statuscode()),
            body=body,
            content_type=headers.get_header("content-type") or "",
            seconds=float(told.get_header(SECONDS) or 0),
            received_at=_received_at(record),
            headers=kept,
            moved_to=told.get_header(MOVED_TO) or "",
        ),
    )
