"""The parsers under a fuzzer that follows coverage: `python -m tests.bench.fuzz TARGET FOLDER -max_total_time=60`.

Needs atheris, which nothing else here does: `VIRTUAL_ENV=.venv .venv/bin/uv run --active --no-project --with atheris==3.0.0
python -m tests.bench.fuzz records /tmp/records -max_total_time=60`. FOLDER keeps what reached new code, and may begin with
samples; other options are libFuzzer's. What ends it is an exception that no parser promises; the input is left beside it.
"""

import contextlib
import io
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["tasks", "protego", "warcio", "feedparser", "bs4"]):
    from tasks.articles.clean import clean
    from tasks.articles.dates import tell_time
    from tasks.articles.extract import extract_page
    from tasks.errors import ParseError
    from tasks.model import Response, Validators
    from tasks.sources._feeds import read_feed
    from tasks.web import kept_answers
    from tasks.web.manners import Memory
    from tasks.web.robots import Robots

ZONE, NOW = ZoneInfo("Asia/Shanghai"), datetime(2026, 8, 20, tzinfo=UTC)
URL = "https://h.example/a?b=c"


def pages(data: bytes) -> None:
    """An article from a page; or a refusal."""
    extract_page(data, url=URL, content_type="text/html", layouts=(), zone=ZONE, now=NOW)


def markup(data: bytes) -> None:
    """The cleaner."""
    clean(data.decode("utf-8", "replace"), URL)


def feeds(data: bytes) -> None:
    """A feed; or a refusal."""
    read_feed(data, url=URL, content_type="")


def times(data: bytes) -> None:
    """A time, with a zone; or the reason why not."""
    told = tell_time(data.decode("utf-8", "replace"), zone=ZONE, now=NOW)
    assert isinstance(told, str) or told.at.tzinfo is not None


def robots(data: bytes) -> None:
    """A ruling by any robots.txt."""

    def ask(asked: str, validators: Validators) -> Response:
        return Response(url=asked, status=200, body=data, content_type="", seconds=0.1, received_at=NOW)

    Robots(ask, Memory(), agent="finews/1.0", clock=lambda: NOW).ruling(URL)


def records(data: bytes) -> None:
    """A record of a kept answer, decompressed; or what is wrong with it."""
    with contextlib.suppress(ValueError):
        record = kept_answers._response_in(io.BytesIO(data))
        if record is not None:
            kept_answers._captured(record)


TARGETS = {target.__name__: target for target in (pages, markup, feeds, times, robots, records)}


def main() -> None:
    """Fuzz one target until the time is over or something breaks."""
    target = TARGETS[sys.argv.pop(1)]

    def once(data: bytes) -> None:
        with contextlib.suppress(ParseError):
            target(data)

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
