"""Whether a source brings what it usually brings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tasks.articles.due import Asking
from tasks.articles.rhythm import pulse, told
from tasks.status import Health

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)  # a Thursday
HOUR = timedelta(hours=1)


def news(*hours_ago: float, now: datetime = NOW) -> Asking:
    """A source with articles of so many hours ago."""
    arrivals = tuple(sorted(now.astimezone(UTC) - hours * HOUR for hours in hours_ago))
    return Asking(asked_at=now, answered_at=now, arrivals=arrivals)


HOURLY = range(20)


@pytest.mark.parametrize(
    ("asking", "health"),
    [
        (news(*HOURLY), Health.FRESH),
        (news(*(n / 6 for n in range(60))), Health.FRESH),  # all day long
        (news(*(n + 2.5 for n in HOURLY)), Health.FRESH),  # a pause for lunch
        (news(*(n + 5 for n in HOURLY)), Health.QUIET),
        (news(*(n + 25 for n in HOURLY)), Health.LATE),
        (news(1, 2), Health.UNKNOWN),
        (Asking(), Health.UNKNOWN),
        # It was silent for 40 hours before: 60 are nothing special, 90 are.
        (news(60, 100, 101, 102, 103, 104), Health.QUIET),
        (news(90, 130, 131, 132, 133, 134), Health.LATE),
        # A weekly paper, with one article or with twenty within minutes.
        (news(*(168 * n + k / 60 + 100 for n in range(6) for k in range(20))), Health.FRESH),
        (news(*(168 * n + k / 60 + 500 for n in range(6) for k in range(20))), Health.LATE),
        (news(*(168 * n + 100 for n in range(6))), Health.FRESH),
    ],
)
def test_how_long_without_news(asking: Asking, health: Health) -> None:
    assert pulse(asking, NOW).health is health


def test_an_outage_of_ours_makes_no_source_late() -> None:
    """Nobody has asked it for two days."""
    asking = news(*(n + 49 for n in HOURLY))
    assert pulse(asking, NOW).health is Health.LATE
    unasked = replace(asking, asked_at=NOW - 48 * HOUR, answered_at=NOW - 48 * HOUR)
    assert pulse(unasked, NOW).health is Health.FRESH


def test_weekends_do_not_count() -> None:
    friday = datetime(2026, 11, 20, 18, tzinfo=SHANGHAI)
    asking = replace(news(*HOURLY, now=friday), answered_at=friday + timedelta(days=9))
    assert pulse(asking, friday + timedelta(days=2, hours=20)).health is Health.QUIET  # Monday, at two
    assert pulse(asking, friday + timedelta(days=3, hours=20)).health is Health.LATE


def test_the_weekend_is_that_of_the_site() -> None:
    """What was said on a Friday morning in Shanghai was said on a Thursday in Los Angeles."""
    friday = datetime(2026, 11, 20, 8, tzinfo=SHANGHAI)
    sunday = friday + timedelta(days=2, hours=20)
    asking = replace(news(*HOURLY, now=friday), answered_at=sunday)
    assert pulse(asking, sunday).health is Health.QUIET
    assert pulse(asking, sunday.astimezone(ZoneInfo("America/Los_Angeles"))).health is Health.LATE


def test_what_is_broken_goes_before_what_is_late() -> None:
    late = news(*(n + 50 for n in HOURLY))
    failing = replace(late, failures=3, error="GET https://a.example/: status 500")
    assert pulse(failing, NOW).health is Health.BROKEN
    assert "failed 3 times in a row: GET https://a.example/: status 500" in pulse(failing, NOW).reason
    assert pulse(replace(failing, failures=2), NOW).health is Health.LATE
    gone = replace(late, gone_at=NOW.astimezone(UTC))
    assert pulse(gone, NOW).reason == "gone (410) since 2026-11-26 12:00"
    assert pulse(news(*HOURLY), NOW, degraded="few articles").health is Health.BROKEN


def test_a_paused_source_is_paused_whatever_else_it_is() -> None:
    found = pulse(Asking(failures=9, error="status 500"), NOW, paused="their wish")
    assert (found.health, found.reason) == (Health.PAUSED, "their wish")


def test_one_failure_is_told_and_no_more() -> None:
    found = pulse(replace(news(*HOURLY), failures=1, error="status 500"), NOW)
    assert (found.health, found.reason) == (Health.FRESH, "failed 1 times: status 500")


def test_what_is_usual_and_newest() -> None:
    found = pulse(news(*HOURLY), NOW)
    assert (found.usual, found.newest) == (HOUR, NOW)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (-5, "0 min"), (89, "89 min"), (300, "5 h"), (60 * 72, "3 days")]
)
def test_lengths_of_time(minutes: int, words: str) -> None:
    assert told(timedelta(minutes=minutes)) == words
