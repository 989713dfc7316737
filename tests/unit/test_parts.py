"""Reading is cut by source and, within one, by time."""

from datetime import timedelta
from itertools import pairwise
from random import Random

from flows.parts import parts_of
from tasks.model import Offer
from tests.support.ledgers import NOW, entry, offer


def offers(source: str, count: int) -> list[Offer]:
    """One an hour, the newest first."""
    return [
        offer(entry(key=f"{source}-{n:03}", source=source, published_at=NOW - timedelta(hours=n))) for n in range(count)
    ]


def test_every_story_is_in_one_part_and_the_windows_of_a_source_do_not_overlap() -> None:
    due = offers("media", 23) + offers("rolling", 7)
    Random(1).shuffle(due)
    parts = parts_of(due, 5)
    assert sorted(key for part in parts for key in part.keys) == sorted(one.entry.key for one in due)
    assert [part.number for part in parts] == list(range(1, 8))
    assert max(len(part.keys) for part in parts) == 5
    of_media = sorted((part for part in parts if part.source == "media"), key=lambda part: part.since)
    assert all(earlier.until < later.since for earlier, later in pairwise(of_media))
    at = {one.entry.key: one.entry.published_at for one in due}
    assert all(part.since <= at[key] <= part.until for part in parts for key in part.keys)


def test_what_the_run_wants_first_is_given_out_first() -> None:
    due = offers("rolling", 4) + offers("media", 8)
    assert [part.source for part in parts_of(due, 4)] == ["rolling", "media", "media"]
    assert parts_of(due, 4)[1].name == "media 2026-03-04 02:06 to 2026-03-04 05:06"


def test_the_order_of_what_is_due_does_not_change_what_is_in_a_part() -> None:
    due = offers("media", 9)
    assert {part.keys for part in parts_of(due, 4)} == {part.keys for part in parts_of(due[::-1], 4)}
