"""What a run gives to others to read, and takes back. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from tasks.errors import LeaseLost
from tasks.ledger import Ledger
from tasks.model import Stage
from tests.support.ledgers import HOUR, opened

PARTS = {1: [("b", "new"), ("a", "retry due")], 2: [("c", "new")]}


def test_a_part_has_its_stories_in_order_until_they_are_handed_in(ledger: Ledger) -> None:
    ledger.handouts.give(PARTS)
    assert list(ledger.handouts.of(1).items()) == PARTS[1]
    assert ledger.handouts.unread() == {"a", "b", "c"}
    ledger.handouts.hand_in({"b": b"1"})
    assert list(ledger.handouts.of(1)) == ["a"]
    assert ledger.handouts.unread() == {"a", "c"}


def test_what_is_taken_is_waited_for_no_more(ledger: Ledger) -> None:
    ledger.handouts.give(PARTS)
    ledger.handouts.hand_in({"a": b"1" * 9_999, "c": b"3"})
    assert ledger.handouts.take(["a", "b"]) == {"a": b"1" * 9_999}
    assert ledger.handouts.unread() == frozenset()
    ledger.handouts.hand_in({"b": b"too late"})
    assert ledger.handouts.take(["a", "b", "c"]) == {"c": b"3"}


def test_a_new_handout_drops_what_an_earlier_run_has_left(ledger: Ledger) -> None:
    ledger.handouts.give(PARTS)
    ledger.handouts.hand_in({"c": b"3"})
    ledger.handouts.give({1: [("d", "new")]})
    assert ledger.handouts.of(2) == {}
    assert ledger.handouts.take(["c", "d"]) == {}


def test_who_works_for_a_run_that_was_overtaken_hands_in_nothing(database_url: str) -> None:
    with opened(database_url) as run, opened(database_url) as child, opened(database_url) as next_one:
        lease = run.claim(holder="the run", lasts=timedelta(0))
        run.handouts.give(PARTS)
        child.work_under(lease.fence)
        child.handouts.hand_in({"a": b"1"})
        next_one.claim(holder="the next", lasts=HOUR)
        with pytest.raises(LeaseLost, match="another one has taken over: the next"):
            child.handouts.hand_in({"b": b"2"})
        assert next_one.handouts.unread() == {"b", "c"}


def test_lines_of_another_process_are_written_as_the_runs_own(database_url: str) -> None:
    with opened(database_url) as run, opened(database_url) as child:
        child.journal.note("a", Stage.FETCH, "attempt 1")
        child.journal.note("b", Stage.FETCH, "attempt 1")
        [taken] = child.journal.take("a")
        run.journal.add([taken])
        run.journal.flush()
        assert run.journal.of("a") == (taken,)
        child.journal.flush()
        assert len(run.journal.of("a")) == 1
        assert len(run.journal.of("b")) == 1
