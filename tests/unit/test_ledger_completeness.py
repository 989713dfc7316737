"""Which share of a source's answers are articles, and when that is a fall."""

import pytest

from tasks.ledger import Ledger


@pytest.mark.parametrize(
    ("articles", "others", "degraded"),
    [
        (0, 3, False),  # a few texts that cannot be read are everyday
        (0, 4, True),
        (0, 60, True),
        (40, 4, False),  # in whichever order they ended
        (4, 40, True),
        (10, 0, False),
    ],
)
def test_a_fall_is_seen_with_few_answers_and_with_many(
    ledger: Ledger, articles: int, others: int, degraded: bool
) -> None:
    ledger.completeness.note("a", articles=40, others=0)
    share = ledger.completeness.note("a", articles=articles, others=others)
    assert share.is_degraded == degraded
    assert ledger.completeness.note("a", articles=0, others=0) == share


def test_nothing_is_usual_in_a_new_source(ledger: Ledger) -> None:
    share = ledger.completeness.note("a", articles=10, others=10)
    assert (share.usual, share.is_degraded) == (None, False)
    assert share.lately == 0.5


def test_a_source_recovers(ledger: Ledger) -> None:
    ledger.completeness.note("a", articles=40, others=0)
    assert ledger.completeness.note("a", articles=0, others=10).is_degraded
    assert not ledger.completeness.note("a", articles=8, others=0).is_degraded
