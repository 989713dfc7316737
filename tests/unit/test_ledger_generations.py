"""Numbered publications, and how open list pages looked in them. On SQLite and on PostgreSQL."""

import pytest

from tasks.errors import ConfigError
from tasks.ledger import Ledger
from tasks.ledger.generations import KEPT
from tasks.model import Page


def page(key: str, text: str) -> Page:
    """A list page."""
    return Page(key=key, body=text.encode(), content_type="text/html", cache_control="no-cache", encoding="gzip")


def publish(ledger: Ledger, *pages: Page) -> int:
    """A generation in which these pages changed."""
    ledger.generations.keep(pages)
    return ledger.generations.finish()


def test_numbers_only_grow(ledger: Ledger) -> None:
    assert ledger.generations.number() == 0
    assert [ledger.generations.finish() for _ in range(3)] == [1, 2, 3]
    assert ledger.generations.number() == 3


def test_each_page_as_it_was_in_a_generation(ledger: Ledger) -> None:
    publish(ledger, page("home", "1"), page("feed", "1"))
    publish(ledger, page("home", "2"))
    publish(ledger, page("home", "3"), page("new", "3"))
    assert ledger.generations.pages_of(1) == (page("feed", "1"), page("home", "1"))
    assert ledger.generations.pages_of(2) == (page("feed", "1"), page("home", "2"))


def test_a_killed_publication_does_not_count_twice(ledger: Ledger) -> None:
    publish(ledger, page("home", "1"))
    ledger.generations.keep([page("home", "half way")])
    assert publish(ledger, page("home", "2")) == 2
    publish(ledger, page("home", "3"))
    assert ledger.generations.pages_of(2) == (page("home", "2"),)


def test_only_the_last_ones_are_kept(ledger: Ledger) -> None:
    publish(ledger, page("seldom", "1"))
    for number in range(2, KEPT + 10):
        publish(ledger, page("home", str(number)))
    oldest = KEPT + 9 - KEPT
    with pytest.raises(ConfigError, match=f"generation {oldest - 1}: expected one from {oldest} to {KEPT + 8}"):
        ledger.generations.pages_of(oldest - 1)
    assert ledger.generations.pages_of(oldest) == (page("home", str(oldest)), page("seldom", "1"))


@pytest.mark.parametrize("number", [-1, 0, 2, 9])
def test_a_generation_that_never_was_is_an_error(ledger: Ledger, number: int) -> None:
    publish(ledger, page("home", "1"))
    publish(ledger, page("home", "2"))
    with pytest.raises(ConfigError, match="expected one from 1 to 1; the last is 2"):
        ledger.generations.pages_of(number)


def test_before_a_second_publication_there_is_nothing_to_go_back_to(ledger: Ledger) -> None:
    publish(ledger, page("home", "1"))
    with pytest.raises(ConfigError, match="there is no earlier generation"):
        ledger.generations.pages_of(0)


def test_lists_are_held_until_they_are_released(ledger: Ledger) -> None:
    assert ledger.generations.held_at() is None
    ledger.generations.hold(7)
    assert ledger.generations.held_at() == 7
    ledger.generations.release()
    assert ledger.generations.held_at() is None
