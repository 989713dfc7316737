"""When what was read cannot be right."""

import pytest

from flows.breaker import Readings, tripped
from flows.report import Recorder
from tasks.config import VerdictTable
from tasks.model import Decision, Outcome, Result, Stage, Step
from tests.support.ledgers import NOW, entry, offer

LIMITS = VerdictTable(max_problem_share=0.5, max_failed_sources=0.5, min_list_share=0.2)


def readings(
    *,
    asked: int = 4,
    failed: tuple[str, ...] = (),
    lists: dict[str, tuple[int, int]] | None = None,
    listed: int = 100,
    failed_articles: int = 0,
) -> Readings:
    return Readings(asked=asked, failed=failed, lists=lists or {}, listed=listed, failed_articles=failed_articles)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (readings(), ""),
        (readings(failed=("a", "b")), ""),
        (readings(failed=("a", "b", "c")), "3 of 4 sources failed (a, b, c), more than 50%"),
        (readings(asked=1, failed=("a",)), "1 of 1 sources failed (a), more than 50%"),
        (readings(asked=0, listed=0), ""),
        (readings(failed_articles=50), ""),
        (readings(failed_articles=51), "51 of 100 articles failed, more than 50%"),
        (readings(lists={"a": (20, 100), "b": (99, 100)}), ""),
        (readings(lists={"a": (19, 100)}), "the list of a has 19 usable records, less than 20% of the usual 100"),
        (readings(lists={"a": (0, 9), "b": (3, 0)}), ""),
    ],
)
def test_it_trips_above_the_limits_of_the_site(read: Readings, reason: str) -> None:
    assert tripped(read, LIMITS) == reason


def test_a_site_can_turn_it_off() -> None:
    off = VerdictTable(max_problem_share=1, max_failed_sources=1, min_list_share=0)
    assert tripped(readings(failed=("a", "b", "c", "d"), lists={"a": (0, 100)}, failed_articles=100), off) == ""


@pytest.mark.parametrize(("step", "counted"), [(Step.NEW, (1, 1)), (Step.RETRY, (0, 0)), (Step.RECHECK, (0, 0))])
def test_what_is_tried_or_looked_at_again_says_nothing_of_lists(step: Step, counted: tuple[int, int]) -> None:
    recorder = Recorder(site="site", run_id="1", started_at=NOW, dry_run=False)
    recorder.decided(offer(entry()), Decision(step=step, reason=""), category="", address="")
    recorder.outcome(Outcome(subject=entry().key, stage=Stage.FETCH, result=Result.FAILED, reason="no answer"))
    assert recorder.counts() == counted
