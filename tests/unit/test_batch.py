"""Many subjects in one task run: each fails alone, and only what is worth it is tried again."""

from typing import Any

import pytest

from tasks.batch import Batch, BatchFailed
from tasks.errors import FetchError, ParseError

pytestmark = pytest.mark.usefixtures("no_prefect_server")


class Verb:
    """Answers each subject with its script, one after the other; the last one stays."""

    def __init__(self, **scripts: list[Any]) -> None:
        self.scripts = scripts
        self.asked: list[str] = []

    def __call__(self, subject: str) -> Any:
        self.asked.append(subject)
        script = self.scripts[subject]
        value = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(value, BaseException):
            raise value
        return value


def batch_of(verb: Verb) -> Batch:
    return Batch(verb, [(name, {"subject": name}) for name in verb.scripts])


BUSY = FetchError("status 503", retryable=True)
GONE = FetchError("status 404", retryable=False)


def test_all_goes_well() -> None:
    work = batch_of(Verb(a=[1], b=[None]))
    work.go_on()
    assert work.results == [1, None]


def test_only_what_is_worth_it_is_tried_again() -> None:
    verb = Verb(a=[1], b=[BUSY, 2], c=[GONE], d=[BUSY])
    work = batch_of(verb)
    with pytest.raises(BatchFailed, match="3 of 4 failed, the first: b: status 503") as first:
        work.go_on()
    assert first.value.retryable
    with pytest.raises(BatchFailed, match="2 of 4 failed, the first: c: status 404"):
        work.go_on()
    assert verb.asked == ["a", "b", "c", "d", "b", "d"]
    assert work.results == [1, 2, GONE, BUSY]


def test_what_cannot_heal_ends_the_trying() -> None:
    work = batch_of(Verb(a=[GONE], b=[ParseError("no text")]))
    with pytest.raises(BatchFailed) as failed:
        work.go_on()
    assert not failed.value.retryable


def test_a_mistake_of_ours_is_the_failure_of_one() -> None:
    mistake = ZeroDivisionError("division by zero")
    work = batch_of(Verb(a=[mistake], b=[2]))
    with pytest.raises(BatchFailed):
        work.go_on()
    assert work.results == [mistake, 2]


def test_what_was_never_begun_is_an_error_too() -> None:
    [result] = batch_of(Verb(a=[1])).results
    assert str(result) == "not tried"
