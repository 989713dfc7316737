"""Feeds that other feed readers are tested with: each is read or refused by name, and what they state is read right."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
