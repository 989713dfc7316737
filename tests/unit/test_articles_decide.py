"""What to do with a story: tables of cases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.articles.decide import MOST_MISSING, decide, is_gone, merge, next_try, summary_of
from tasks.model import Entry, Known, Status, Step
from tests.support.ledgers import HOUR, KEY, NOW, entry, offer, rolling

OFFER = offer()
READY = Known(key=KEY, status=Status.READY, offer_digest=OFFER.digest, source="media", first_seen_at=NOW - HOUR)
FAILED = replace(READY, status=Status.FAILED, attempts=2, next_try_at=NOW)
GIVEN_UP = replace(READY, status=Status.GIVEN_UP, attempts=8)
MARKET = entry(source="market-37")


@pytest.mark.parametrize(
    ("known", "force", "step", "reason"),
    [
        (None, False, Step.NEW, "not seen before"),
        (None, True, Step.NEW, "not seen before"),
        (replace(READY, status=Status.PENDING, first_seen_at=NOW), False, Step.NEW, "not seen before"),
        (replace(READY, status=Status.PENDING), False, Step.NEW, "listed before, not read yet"),
        (READY, False, Step.SAME, "already read, record unchanged"),
        (READY, True, Step.CHANGED, "asked for with force"),
        (replace(READY, offer_digest="other"), False, Step.CHANGED, "its record in the list changed"),
        (replace(READY, status=Status.WITHDRAWN), False, Step.WITHDRAWN, "withdrawn; only a person can bring it back"),
        (replace(READY, status=Status.WITHDRAWN), True, Step.WITHDRAWN, "withdrawn; only a person can bring it back"),
        (FAILED, False, Step.RETRY, "failed 2 times"),
        (replace(FAILED, next_try_at=None), False, Step.RETRY, "failed 2 times"),
        (
            replace(FAILED, next_try_at=NOW + HOUR),
            False,
            Step.NOT_DUE,
            "failed 2 times, next try after 2026-03-04 06:06 +0000",
        ),
        (replace(FAILED, next_try_at=NOW + HOUR), True, Step.CHANGED, "asked for with force"),
        (GIVEN_UP, True, Step.CHANGED, "asked for with force"),
        (
            GIVEN_UP,
            False,
            Step.GIVEN_UP,
            "its text is gone; asked for again when its record changes, or a run names it",
        ),
        (
            replace(GIVEN_UP, offer_digest="other"),
            False,
            Step.CHANGED,
            "given up before, and its record in the list changed",
        ),
    ],
)
def test_the_step_for_a_story(known: Known | None, force: bool, step: Step, reason: str) -> None:
    decision = decide(OFFER, known, now=NOW, force=force)
    assert (decision.step, decision.reason) == (step, reason)
    assert decision.fetches == (step in {Step.NEW, Step.CHANGED, Step.RETRY})


@pytest.mark.parametrize(
    ("known", "step"),
    [
        (READY, Step.RECHECK),
        (replace(READY, offer_digest="other"), Step.CHANGED),
        (replace(READY, status=Status.WITHDRAWN), Step.WITHDRAWN),
        (replace(FAILED, next_try_at=NOW + HOUR), Step.NOT_DUE),
        (GIVEN_UP, Step.GIVEN_UP),
        (None, Step.NEW),
    ],
)
def test_a_page_that_is_due_for_another_look(known: Known | None, step: Step) -> None:
    decision = decide(OFFER, known, now=NOW, recheck=True)
    assert decision.step is step
    assert decision.fetches == (step in {Step.RECHECK, Step.CHANGED, Step.NEW})


def test_what_was_given_up_is_asked_for_by_name() -> None:
    assert decide(OFFER, GIVEN_UP, now=NOW, named=True).step is Step.RETRY
    assert decide(OFFER, READY, now=NOW, named=True).step is Step.SAME


@pytest.mark.parametrize(
    ("status", "known", "gone"),
    [
        (410, READY, True),
        (404, READY, False),
        (404, replace(FAILED, missing=MOST_MISSING - 2), False),
        (404, replace(FAILED, missing=MOST_MISSING - 1), True),
        (503, replace(FAILED, missing=MOST_MISSING - 1), False),
        (None, replace(FAILED, missing=MOST_MISSING - 1), False),
        (404, GIVEN_UP, True),
        (503, GIVEN_UP, False),
    ],
)
def test_what_ends_asking(status: int | None, known: Known, gone: bool) -> None:
    assert is_gone(status, known) == gone


def test_a_missing_text_is_waited_for_some_days() -> None:
    waited = sum((next_try(failures, now=NOW) - NOW for failures in range(1, MOST_MISSING)), timedelta())
    assert timedelta(days=2) < waited < timedelta(days=7)


@pytest.mark.parametrize(("failures", "hours"), [(1, 0), (2, 1), (3, 3), (4, 6), (5, 12), (6, 24), (7, 24), (1000, 24)])
def test_waits_grow_to_a_day_and_never_end(failures: int, hours: int) -> None:
    assert next_try(failures, now=NOW) == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("entries", "settled", "winner"),
    [
        ([rolling()], "", "rolling"),
        ([rolling(), entry()], "", "media"),
        ([rolling(), entry()], "rolling", "media"),
        ([rolling(), entry(), MARKET], "", "media"),
        ([rolling(), MARKET, entry()], "", "market-37"),
        ([rolling(), entry(), MARKET], "market-37", "market-37"),
        ([rolling(), entry(), MARKET], "gone", "media"),
        ([rolling(), entry(media="")], "", "media"),
        ([rolling(), rolling(source="rolling-2")], "rolling-2", "rolling-2"),
    ],
)
def test_which_record_wins(entries: list[Entry], settled: str, winner: str) -> None:
    merged = merge(entries, settled=settled)
    assert merged.entry.source == winner
    assert merged.seen_in == tuple(record.source for record in entries)
    assert merge(entries, settled=merged.entry.source) == merged


def test_the_digest_of_the_rolling_record_is_the_summary() -> None:
    assert merge([rolling(), entry()]).summary == "增长两成。"
    assert merge([entry(), rolling()]).summary == "增长两成。"
    assert merge([entry()]).summary == ""


@pytest.mark.parametrize(
    ("digest", "summary"),
    [
        ("【港口】增长。", "增长。"),
        (" 【港口】 增长。 ", "增长。"),
        ("增长。（日报）", "增长。（日报）"),
        ("增长【两成】三。", "增长【两成】三。"),
        ("【一】【二】三", "【二】三"),
        ("【只有】", ""),
        ("【没有完", "【没有完"),
        ("", ""),
    ],
)
def test_a_summary_has_no_headline(digest: str, summary: str) -> None:
    assert summary_of(digest) == summary


def test_an_offer_changes_with_what_is_published_and_with_nothing_else() -> None:
    same = replace(OFFER, seen_in=("other",))
    assert same.digest == OFFER.digest
    for change in ({"title": "x"}, {"media": None}, {"media": ""}, {"link": "x"}, {"digest": "x"}, {"file_id": "x"}):
        other = offer(entry(**change)).digest
        assert (other == OFFER.digest) == (change == {"media": "河滨日报"})
    assert offer(entry(), summary="x").digest != OFFER.digest
    assert offer(entry(published_at=entry().published_at + HOUR)).digest != OFFER.digest


def test_who_names_a_story_does_not_wait_for_its_next_try() -> None:
    waiting = replace(FAILED, next_try_at=NOW + HOUR)
    assert decide(OFFER, waiting, now=NOW, named=True).step is Step.RETRY
    assert decide(OFFER, READY, now=NOW, named=True).step is Step.SAME
