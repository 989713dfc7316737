"""How long a run goes on with what can wait."""

import threading
from datetime import UTC, datetime

import pytest

from tasks.errors import FetchError
from tasks.web import Patience

ONE, TWO = "http://one.example/a.jpg", "http://two.example/a.jpg"


class Clock:
    """Seconds, as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def patience(clock: Clock | None = None, *, at_once: int = 1) -> Patience:
    """Ten seconds, three failures."""
    return Patience(seconds=10, failures=3, at_once=at_once, clock=clock or Clock())


def silence() -> FetchError:
    """The host did not answer."""
    return FetchError("no answer", retryable=True)


def fail(of: Patience, url: str, error: FetchError) -> FetchError:
    """A request that ends so."""
    with pytest.raises(FetchError) as raised, of.turn(url) as refusal:
        assert refusal == ""
        raise error
    return raised.value


def refused(of: Patience, url: str) -> str:
    """What a turn gives now."""
    with of.turn(url) as refusal:
        return refusal


def test_when_the_time_is_over_nobody_is_asked() -> None:
    clock = Clock()
    left = patience(clock)
    clock.now += 9.9
    assert (refused(left, ONE), left.is_over, left.reasons) == ("", False, ())
    clock.now += 0.1
    assert refused(left, ONE) == left.refusal(TWO) == "time budget"
    assert (left.is_over, left.reasons) == (True, ("time budget",))


def test_a_host_that_failed_so_often_in_a_row_is_let_alone_and_no_other() -> None:
    left = patience()
    assert fail(left, ONE, silence()).retryable
    assert fail(left, ONE, silence()).retryable
    assert left.refusal(ONE) == ""
    assert not fail(left, ONE, silence()).retryable  # no other try in this run
    assert refused(left, "http://one.example/b.jpg") == "one.example failed 3 times in a row"
    assert refused(left, TWO) == ""
    assert left.reasons == ("one.example failed 3 times in a row",)


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (FetchError("status 404", retryable=False, status=404), False),
        (FetchError("larger than 8 bytes", retryable=False), False),
        (FetchError("status 503", retryable=True, status=503), True),
        (FetchError("Retry-After", retryable=False, status=429, not_before=datetime.now(UTC)), True),
    ],
)
def test_an_answer_about_one_address_says_nothing_about_its_host(error: FetchError, counts: bool) -> None:
    left = patience()
    for _ in range(3):
        fail(left, ONE, error)
    assert bool(left.refusal(ONE)) is counts


def test_who_answers_once_has_all_patience_again() -> None:
    left = patience()
    for _ in range(5):
        fail(left, ONE, silence())
        fail(left, ONE, silence())
        assert refused(left, ONE) == ""


def test_nothing_is_tried_again_when_the_time_is_over() -> None:
    clock = Clock()
    left = patience(clock)
    with pytest.raises(FetchError) as raised, left.turn(ONE):
        clock.now += 11
        raise silence()
    assert not raised.value.retryable


def test_who_waited_for_a_host_does_not_ask_what_failed_meanwhile() -> None:
    left = patience()
    fail(left, ONE, silence())
    fail(left, ONE, silence())
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.append(refused(left, ONE)))
    with pytest.raises(FetchError), left.turn(ONE):
        waiting.start()
        waiting.join(0.2)
        assert found == []
        raise silence()
    waiting.join(10)
    assert found == ["one.example failed 3 times in a row"]


def test_hosts_are_asked_side_by_side() -> None:
    left = patience()
    with left.turn(ONE) as one, left.turn(TWO) as two:
        assert (one, two) == ("", "")


def test_an_address_that_is_none_is_left_to_who_asks() -> None:
    assert refused(patience(), "http://[x/a.jpg") == ""
