"""What the ledger remembers of the store. On SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from tasks.catalogue import IndexKind, IndexRef
from tasks.ledger import Ledger
from tasks.model import ActionKind, Receipt
from tests.support.ledgers import HOUR, KEY, NOW, keep, opened


def receipt(key: str, kind: ActionKind = ActionKind.CREATE, *, digest: str = "d", error: str = "") -> Receipt:
    """What became of a key."""
    return Receipt(key=key, kind=kind, digest=digest, size=3, error=error)


def digests(ledger: Ledger, keys: Iterable[str]) -> dict[str, str]:
    """What is known of the keys."""
    return {key: known.digest for key, known in ledger.objects.known(keys).items()}


def test_what_was_written_is_known(ledger: Ledger) -> None:
    ledger.objects.record([receipt("a"), receipt("b", digest="e")], now=NOW)
    assert digests(ledger, ["a", "b", "c", "a"]) == {"a": "d", "b": "e"}
    assert digests(ledger, []) == {}


def test_a_later_digest_replaces_an_earlier_one(ledger: Ledger) -> None:
    ledger.objects.record([receipt("a")], now=NOW)
    ledger.objects.record([receipt("a", ActionKind.UPDATE, digest="e")], now=NOW)
    assert digests(ledger, ["a"]) == {"a": "e"}


def test_what_was_deleted_is_not_known(ledger: Ledger) -> None:
    ledger.objects.record([receipt("a"), receipt("b")], now=NOW)
    ledger.objects.record([receipt("a", ActionKind.DELETE), receipt("c", ActionKind.DELETE)], now=NOW)
    assert digests(ledger, ["a", "b", "c"]) == {"b": "d"}


def test_what_failed_or_was_kept_changes_nothing(ledger: Ledger) -> None:
    ledger.objects.record([receipt("a")], now=NOW)
    failed = receipt("a", ActionKind.UPDATE, digest="e", error="refused")
    gone = receipt("a", ActionKind.DELETE, error="refused")
    ledger.objects.record([failed, gone, receipt("b", ActionKind.KEEP)], now=NOW)
    ledger.objects.record([], now=NOW)
    assert digests(ledger, ["a", "b"]) == {"a": "d"}


def test_more_keys_than_a_statement_takes(ledger: Ledger) -> None:
    keys = [f"k{number}" for number in range(1100)]
    ledger.objects.record(map(receipt, keys), now=NOW)
    assert set(digests(ledger, keys)) == set(keys)


def test_what_is_no_longer_wanted_goes_when_its_time_has_come(ledger: Ledger) -> None:
    ledger.objects.record(map(receipt, ["s/1/a", "s/1/b", "s/10/a", "t"]), now=NOW)
    assert ledger.objects.under("s/1/") == {"s/1/a", "s/1/b"}
    ledger.objects.delete_later(["s/1/a", "unknown"], after=NOW + HOUR)
    assert ledger.objects.under("s/1/") == {"s/1/b"}
    assert ledger.objects.to_delete(now=NOW) == ()
    assert ledger.objects.to_delete(now=NOW + HOUR) == ("s/1/a",)
    ledger.objects.record([receipt("s/1/a")], now=NOW)
    assert ledger.objects.to_delete(now=NOW + HOUR) == ()


def test_a_store_that_was_emptied_is_forgotten(ledger: Ledger) -> None:
    saved = keep(ledger)
    ledger.articles.mark_published([KEY])
    ledger.objects.record([receipt("a")], now=NOW)
    home = IndexRef(kind=IndexKind.HOME)
    ledger.indexes.mark_published([home])
    ledger.objects.forget()
    assert digests(ledger, ["a"]) == {}
    assert ledger.articles.read(ledger.articles.due(published=False, limit=9)) == (saved,)
    assert ledger.indexes.never_published(IndexKind.HOME, limit=9) == (home,)


def test_two_stores_do_not_meet(database_url: str) -> None:
    with opened(database_url, store="file:one") as ledger:
        ledger.objects.record([receipt("a")], now=NOW)
    with opened(database_url, store="file:two") as ledger:
        assert digests(ledger, ["a"]) == {}
        ledger.objects.forget()
    with opened(database_url, store="file:one") as ledger:
        assert digests(ledger, ["a"]) == {"a": "d"}


def test_the_ledgers_name_stays(database_url: str) -> None:
    with opened(database_url) as ledger:
        name = ledger.objects.ledger_id()
        assert len(name) == 32
    with opened(database_url, store="file:two") as ledger:
        assert ledger.objects.ledger_id() == name


def test_what_lies_below_a_prefix_is_found_in_a_database_of_any_language(
    new_postgres_database: Callable[..., str],
) -> None:
    """Languages sort `/` and letters otherwise than bytes do, and the last character of all may count for nothing."""
    keys = {"s/1/B", "s/1/a", "s/1/ä", "s/1/z-z", "s/1/字"}
    url = new_postgres_database("sv")
    with opened(url) as ledger:
        others = ["S/1/a", "s/1", "s/1-a", "s/10", "s/2/a", "s1/a", "t"]
        ledger.objects.record([receipt(key) for key in (*keys, *others)], now=NOW)
        assert ledger.objects.under("s/1/") == keys
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with engine.connect() as db:
        db.execute(sa.text("SET enable_seqscan = off"))
        plan = db.execute(sa.text("EXPLAIN SELECT key FROM objects WHERE store = 'x' AND key >= 's' AND key < 't'"))
        conditions = [line for (line,) in plan if "Index Cond" in line]
    assert len(conditions) == 1
    assert ">= 's'" in conditions[0]
