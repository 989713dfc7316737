"""Which articles are made again. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from tasks.ledger import Ledger
from tasks.ledger.again import Chosen
from tests.support.ledgers import DAILY, NOW, entry, keep

MINUTE = timedelta(minutes=1)
AT = NOW.replace(microsecond=0)


@pytest.mark.parametrize(
    ("chosen", "keys"),
    [
        (Chosen(), "abcd"),
        (Chosen(since=AT), "bcd"),  # those of that time are in
        (Chosen(since=AT + MINUTE), "d"),
        (Chosen(until=AT), "a"),  # and those of that one are not
        (Chosen(since=AT, until=AT + MINUTE), "bc"),
        (Chosen(keys=("c", "a", "unknown")), "ac"),
        (Chosen(keys=("c", "a"), since=AT), "c"),
        (Chosen(categories=(DAILY.slug, "none", DAILY.slug), until=AT + MINUTE), "abc"),
        (Chosen(categories=("none",)), ""),
        (Chosen(sources=("media",), keys=("b",)), "b"),
        (Chosen(sources=("other",)), ""),
    ],
)
def test_what_is_chosen(chosen: Chosen, keys: str, ledger: Ledger) -> None:
    for number, key in ((0, "b"), (1, "d"), (-1, "a"), (0, "c")):
        keep(ledger, entry(key=key, file_id=key, code=key, published_at=AT + number * MINUTE))
    ledger.articles.mark_published("abcd")
    pages = [key for batch in ledger.again.objects_of(chosen) for key in batch if key.endswith(".html")]
    assert sorted(page[-6] for page in pages) == list(keys)
    assert ledger.again.render(chosen) == len(keys)
    assert {one.key for one in ledger.articles.read(ledger.articles.due(published=True, limit=9))} >= set(
        keys
    )  # and their neighbours
