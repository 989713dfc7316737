"""The timetable of looks for corrections."""

from datetime import timedelta

from tasks.ledger import Ledger
from tests.support.ledgers import HOUR, KEY, NOW, entry, keep

DAY = timedelta(days=1)


def due(ledger: Ledger, hours: float, *, limit: int = 10) -> tuple[str, ...]:
    """What is due so long after the first reading."""
    return ledger.rechecks.due(["media"], now=NOW + hours * HOUR, limit=limit)


def test_looks_grow_seldom_and_end(ledger: Ledger) -> None:
    keep(ledger)
    ledger.rechecks.begin([KEY], now=NOW)
    for before, at in ((0.9, 1), (5.9, 6), (23.9, 24), (167.9, 168)):
        assert due(ledger, before) == ()
        assert due(ledger, at) == (KEY,)
        assert ledger.rechecks.looked(KEY, now=NOW + at * HOUR, changed=False)
    assert due(ledger, 100_000) == ()


def test_a_late_look_does_not_make_the_next_ones_come_at_once(ledger: Ledger) -> None:
    keep(ledger)
    ledger.rechecks.begin([KEY], now=NOW)
    ledger.rechecks.looked(KEY, now=NOW + 30 * HOUR, changed=False)
    assert due(ledger, 30.9) == ()
    assert due(ledger, 31) == (KEY,)


def test_a_page_that_changes_every_time_is_let_alone(ledger: Ledger) -> None:
    keep(ledger)
    ledger.rechecks.begin([KEY], now=NOW)
    assert ledger.rechecks.looked(KEY, now=NOW + HOUR, changed=True)
    assert ledger.rechecks.looked(KEY, now=NOW + 6 * HOUR, changed=True)
    assert not ledger.rechecks.looked(KEY, now=NOW + DAY, changed=True)
    assert due(ledger, 100_000) == ()


def test_a_page_that_is_gone_is_not_looked_at_again(ledger: Ledger) -> None:
    keep(ledger)
    ledger.rechecks.begin([KEY], now=NOW)
    assert ledger.rechecks.looked(KEY, now=NOW + HOUR, changed=False, last=True)
    assert due(ledger, 100_000) == ()


def test_few_at_a_time_the_longest_due_first(ledger: Ledger) -> None:
    for number in range(5):
        keep(ledger, entry(key=f"k{number}", code=f"k{number}", file_id=f"k{number}"))
        ledger.rechecks.begin([f"k{number}"], now=NOW - number * HOUR)
    assert due(ledger, 2, limit=2) == ("k4", "k3")
    assert ledger.rechecks.due(["other"], now=NOW + DAY, limit=9) == ()
    assert ledger.rechecks.due([], now=NOW + DAY, limit=9) == ()


def test_articles_of_services_are_not_looked_at(ledger: Ledger) -> None:
    keep(ledger)
    assert due(ledger, 100_000) == ()
