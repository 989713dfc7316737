"""Feeds that other feed readers are tested with: each is read or refused by name, and what they state is read right."""

import io
import json
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tasks.errors import ParseError
from tasks.model import Listing
from tasks.sources.feed import SOURCE
from tests.bench.feeds import read
from tests.support.answers import answer, source

CORPORA = Path(__file__).parents[2].parent / "shared/corpora"
CASES: list[dict[str, Any]] = []
if (CORPORA / "feeds.jsonl").exists():
    CASES = [json.loads(line) for line in (CORPORA / "feeds.jsonl").read_text(encoding="utf-8").split("\n") if line]
needs_corpora = pytest.mark.skipif(not CASES, reason="the feeds of other readers are not beside this project")
SPEC = source("feed", 'text = "feed"')


@needs_corpora
def test_each_is_read_or_refused_by_name() -> None:
    read_some = 0
    for case in CASES:
        told = answer((CORPORA / case["path"]).read_bytes(), content_type=case["headers"].get("content-type", ""))
        try:
            listing = SOURCE.read(SPEC, told)
        except ParseError as error:
            assert str(error).startswith(told.url), case["id"]
            assert not case["expect"], case["id"]
            continue
        assert isinstance(listing, Listing)
        assert all(item.reason for item in listing.unusable)
        read_some += bool(listing.entries)
    assert read_some > len(CASES) / 6  # most state one element, and name no page


@needs_corpora
def test_what_they_state_is_read_right() -> None:
    """Numbers of items, titles and times; the scorer beside the corpora compares addresses too."""
    wrong = []
    for case in CASES:
        if not case["expect"]:
            continue
        feed: Any = read((CORPORA / case["path"]).read_bytes(), case["url"], case["headers"])
        for where, wanted in case["expect"]:
            if where == "len" and len(feed["items"]) != wanted:
                wrong.append((case["id"], where, wanted, len(feed["items"])))
            elif where.endswith(".published") and (moment := _moment(wanted)) is not None:
                got = feed["items"][int(where.split(".")[1])]["published"]
                if got is None or got.replace(microsecond=0) != moment:
                    wrong.append((case["id"], where, wanted, got))
    assert not wrong


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:  # stated as it is written in the feed
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- the suite of feedparser ------------------------------------------------------------------

FETCHED = Path(__file__).parents[2] / ".feeds"
_HEADER = re.compile(rb"^\s*Header:\s*Content-type:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)


def _suite() -> Iterator[tuple[str, bytes]]:
    """Every file that feedparser is tested with, from the source archive of the version that is locked."""
    archives = sorted(FETCHED.glob("feedparser-*.tar.gz"))
    if not archives:
        pytest.skip("left out the feeds of feedparser: `make setup-feeds` fetches them")
    with tarfile.open(archives[-1]) as archive:
        for member in archive:
            if "/tests/" in member.name and (file := archive.extractfile(member)) and not member.name.endswith(".py"):
                yield member.name.partition("/tests/")[2], file.read()


def test_the_suite_of_feedparser_is_read_or_refused_by_name() -> None:
    """Where feedparser finds a well-formed feed, each of its records is an entry, or unusable for a reason."""
    records = refused = files = 0
    for name, body in _suite():
        files += 1
        header = _HEADER.search(body[:2000])
        content_type = header[1].decode() if header else "application/xml"
        known = feedparser.parse(io.BytesIO(body), response_headers={"content-type": content_type})
        told = answer(body, content_type=content_type)
        try:
            listing = SOURCE.read(SPEC, told)
        except ParseError as error:
            assert re.fullmatch(rf"{re.escape(told.url)}: .{{10,}}", str(error), re.DOTALL), name
            assert known.bozo or not known.entries, (name, str(error))
            refused += 1
            continue
        assert all(item.reason for item in listing.unusable), name
        if not known.bozo:
            assert len(listing.entries) + len(listing.unusable) == len(known.entries), name
        records += len(known.entries)
    assert files > 1800
    assert records > 1000
    assert refused < 60
