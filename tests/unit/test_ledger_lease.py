"""One run at a time, and nothing from a run that was taken for dead. On SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

import pytest

from tasks.errors import LeaseHeld, LeaseLost
from tasks.ledger import Ledger
from tests.support.ledgers import CHINA, HOUR, KEY, NOW, entry, keep, listing, opened

MINUTE = timedelta(minutes=1)


def at(url: str, minutes: int) -> Ledger:
    """The ledger as a process sees it whose clock says that many minutes after `NOW`."""
    now = NOW + minutes * MINUTE
    return Ledger(url, store="mem:", zone=CHINA, run_id=f"run at {minutes}", clock=lambda: now)


def test_a_second_run_is_told_who_is_at_work(database_url: str) -> None:
    with at(database_url, 0) as one, at(database_url, 1) as two:
        one.claim(holder="the first", lasts=2 * MINUTE)
        with pytest.raises(
            LeaseHeld, match=r"another run is at work on this site: the first; .* until 05:08:07"
        ) as held:
            two.claim(holder="the second", lasts=2 * MINUTE)
        assert held.value.holder == "the first"


def test_after_the_release_the_next_one_has_it(database_url: str) -> None:
    with at(database_url, 0) as one, at(database_url, 0) as two:
        first = one.claim(holder="the first", lasts=HOUR)
        first.release()
        second = two.claim(holder="the second", lasts=HOUR)
        assert second.fence == first.fence + 1
        first.release()  # no longer its own
        with pytest.raises(LeaseHeld):
            one.claim(holder="the first", lasts=HOUR)


def test_nothing_of_a_run_that_was_overtaken_is_kept(database_url: str) -> None:
    with at(database_url, 0) as one, at(database_url, 3) as two:
        keep(one)
        lease = one.claim(holder="the sleeper", lasts=2 * MINUTE)
        two.claim(holder="the next", lasts=2 * MINUTE)
        two.articles.mark_published([KEY])
        with pytest.raises(LeaseLost, match="another one has taken over: the next"):
            one.objects.forget()
        with pytest.raises(LeaseLost):
            one.articles.record(listing(entry(key="k2", code="k2", file_id="k2")), now=NOW)
        with pytest.raises(LeaseLost):
            lease.confirm()
        assert two.articles.known(["k2"]) == {}
        assert two.articles.read(two.articles.due(published=False, limit=9)) == ()


def test_a_living_run_keeps_it_by_confirming(database_url: str) -> None:
    now = [NOW]
    with (
        Ledger(database_url, store="mem:", zone=CHINA, run_id="1", clock=lambda: now[0]) as one,
        at(database_url, 3) as two,
    ):
        lease = one.claim(holder="the first", lasts=2 * MINUTE)
        now[0] = NOW + 2 * MINUTE
        lease.confirm()
        with pytest.raises(LeaseHeld):
            two.claim(holder="the second", lasts=MINUTE)


def test_a_dead_holder_is_followed_at_once_but_only_that_one(database_url: str) -> None:
    with at(database_url, 0) as one, at(database_url, 0) as two:
        one.claim(holder="dead", lasts=HOUR)
        with pytest.raises(LeaseHeld):
            two.claim(holder="me", lasts=HOUR, instead_of="another")
        two.claim(holder="me", lasts=HOUR, instead_of="dead")
        with pytest.raises(LeaseLost):
            keep(one)


def test_of_many_that_ask_at_once_one_gets_it(database_url: str) -> None:
    opened(database_url).__exit__(None, None, None)  # the schema is there
    start = threading.Barrier(5)
    won: list[int] = []
    lost: list[str] = []

    def claim(number: int) -> None:
        with at(database_url, 0) as ledger:
            start.wait()
            try:
                won.append(ledger.claim(holder=f"run {number}", lasts=HOUR).fence)
            except LeaseHeld as error:
                lost.append(error.holder)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (won, len(set(lost)), len(lost)) == ([1], 1, 4)
