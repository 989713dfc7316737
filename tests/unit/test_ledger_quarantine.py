"""Answers that are no article: kept as they came, and not for ever."""

import pytest

from tasks.ledger import Ledger
from tasks.model import Response, WithdrawalReason
from tests.support.ledgers import HOUR, NOW, entry, keep, listing, offer

WALL = "<p>请完成安全验证</p>".encode()


def lock_up(ledger: Ledger, key: str, *, hours: float = 0, body: bytes = WALL) -> None:
    """A story of that key whose answer is no article."""
    ledger.articles.record(listing(entry(key=key, code=key, file_id=key)), now=NOW)
    at = NOW + hours * HOUR
    answer = Response(
        url=f"http://a.example/{key}", status=200, body=body, content_type="text/html", seconds=0, received_at=at
    )
    ledger.quarantine.keep(key, "media", f"no article: {key}\x00", answer, now=at)


def held(ledger: Ledger) -> list[str]:
    """Keys of what is kept, in order."""
    return [one.key for one in ledger.quarantine.listed()]


def test_what_is_kept_is_listed_without_its_bytes(ledger: Ledger) -> None:
    lock_up(ledger, "one")
    lock_up(ledger, "two", hours=1, body=b"x" * 3_000_000)
    lock_up(ledger, "one", hours=2)
    newest, other = ledger.quarantine.listed()
    assert (newest.key, newest.source, newest.attempts, newest.at) == ("one", "media", 2, NOW + 2 * HOUR)
    assert (newest.size, newest.body, newest.reason) == (len(WALL), b"", "no article: one")
    assert (other.key, other.size) == ("two", 3_000_000)
    whole, cut = ledger.quarantine.of("one"), ledger.quarantine.of("two")
    assert whole is not None
    assert cut is not None
    assert (whole.body, len(cut.body), cut.size) == (WALL, 2_000_000, 3_000_000)


def test_what_came_long_ago_goes(ledger: Ledger) -> None:
    lock_up(ledger, "old")
    lock_up(ledger, "young", hours=2)
    assert ledger.quarantine.forget(before=NOW + HOUR) == 1
    assert held(ledger) == ["young"]


@pytest.mark.parametrize("end", ["released", "withdrawn", "given up", "absorbed"])
def test_nothing_stays_of_a_story_that_has_ended(ledger: Ledger, end: str) -> None:
    lock_up(ledger, "other")
    lock_up(ledger, "one")
    match end:
        case "released":
            ledger.quarantine.release(["one"])
        case "withdrawn":
            ledger.withdrawals.withdraw(["one"], WithdrawalReason.LEGAL, now=NOW)
        case "given up":
            ledger.articles.give_up("one", "status 410", offer(entry(key="one")))
        case "absorbed":
            keep(ledger)
            assert ledger.aliases.absorb("one", entry().key)
            assert ledger.articles.unread(now=NOW)[0] == entry().key  # what the lists say of it may have changed
    assert held(ledger) == ["other"]
