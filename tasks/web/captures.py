"""Answers kept as they came, in WARC files (ISO 28500:2017): one a run, each answer a compressed member of its own.

A killed run leaves a file that can be read up to its last whole answer; `kept_answers.py` reads it. Requests are not
kept: they may hold secrets.
"""

import io
import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tasks.model import Request, Response, Validators
from tasks.web.client import Client, Limits
from tasks.web.manners import Manners

SUFFIX = ".warc.gz"
# They tell of bytes on the wire, and the body is kept decoded.
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"})
# Named fields of this program (5.1 of the standard allows them).
ANSWERED_BY, MOVED_TO, SECONDS = "Finews-Answered-By", "Finews-Moved-To", "Finews-Seconds"


class Captures:
    """Writes the answers of one run, from several threads. A disk that refuses ends the file, never the run.

    `refused` says why nothing more is written; empty while all is well.
    """

    def __init__(self, folder: Path, *, run_id: str) -> None:
        self._folder = folder
        self._name = re.sub(r"[^\w-]", "-", run_id) or "run"
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self.refused = ""

    def write(self, request: Request, response: Response) -> None:
        """Keep a complete answer; one that says "not modified" has nothing to keep, and of a picture nothing is parsed."""
        if response.status != 200 or response.content_type.startswith("image/"):
            return
        member = _member(request, response)
        with self._lock:
            if self.refused:
                return
            try:
                self._file = self._file or self._opened()
                self._file.write(member)
                self._file.flush()
            except OSError as error:
                self.refused = f"answers are not kept: {self._folder}: {error.strerror or error}"

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _opened(self) -> BinaryIO:
        """A new file: one that an earlier attempt of the run left may end in the middle of an answer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            name = self._name if number == 1 else f"{self._name}-{number}"
            try:
                return (self._folder / f"{name}{SUFFIX}").open("xb")
            except FileExistsError:
                number += 1


class CapturingClient(Client):
    """A client that keeps what it is answered, but for what is asked on nobody's behalf, as this site's own objects are."""

    def __init__(self, limits: Limits, *, captures: Captures | None = None, **told: Any) -> None:
        super().__init__(limits, **told)
        self._captures = captures

    def get(
        self, request: Request, *, validators: Validators | None = None, manners: Manners | None = None
    ) -> Response:
        """As `Client.get`."""
        response = super().get(request, validators=validators, manners=manners)
        if self._captures is not None and (manners is None or manners.source):
            self._captures.write(request, response)
        return response

    def close(self) -> None:
        """Close all connections, and the file."""
        super().close()
        if self._captures is not None:
            self._captures.close()


def files_in(folder: Path) -> tuple[Path, ...]:
    """Every file of a folder, the newest first."""
    found = [(path.stat().st_mtime_ns, path) for path in folder.glob(f"*{SUFFIX}")]
    return tuple(path for _, path in sorted(found, reverse=True))


def remove_old(folder: Path, *, before: datetime) -> tuple[str, ...]:
    """Remove the files that were last written before that time; their names."""
    old = [path for path in files_in(folder) if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return tuple(path.name for path in old)


def _member(request: Request, response: Response) -> bytes:
    kept = [(name, _line(value)) for name, value in response.headers if name not in _OF_THE_WIRE]
    if not response.header("content-type") and response.content_type:
        kept.append(("content-type", _line(response.content_type)))
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    record = writer.create_warc_record(
        _line(request.url),
        "response",
        payload=io.BytesIO(response.body),
        length=len(response.body),  # told, so that no temporary file is made of it
        http_headers=StatusAndHeaders(f"{response.status} OK", kept, protocol="HTTP/1.1"),
        warc_headers_dict={
            "WARC-Date": response.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            ANSWERED_BY: _line(response.url),
            SECONDS: f"{response.seconds:.4f}",
            **({MOVED_TO: _line(response.moved_to)} if response.moved_to else {}),
        },
    )
    writer.write_record(record)
    return buffer.getvalue()


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c == "\t")
