"""Due or not: what a source says is kept to, and a source that says nothing is asked at each run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.due import Asking, answered, as_json, due, failed, from_json, rhythm, unmodified

NOW = datetime(2026, 3, 4, 5, 0, 20, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def after(
    *, fresh: timedelta | None = None, ttl: timedelta | None = None, skip: tuple[int, ...] = (),
    news: tuple[datetime, ...] = (), before: Asking | None = None, now: datetime = NOW,
) -> Asking:  # fmt: skip
    """A source that has just answered."""
    until = now + fresh if fresh else None
    return answered(
        before or Asking(), now=now, fresh_until=until, fresh_says="max-age", listed_for=ttl, skip_hours=skip, news=news
    )


def test_a_source_that_was_never_asked_is_due() -> None:
    assert due(Asking(), NOW).ask


def test_a_source_that_says_nothing_is_due_at_once() -> None:
    assert due(after(), NOW).ask
    assert due(after(), NOW + HOUR - MINUTE).ask


@pytest.mark.parametrize("hints", [{"fresh": HOUR}, {"ttl": HOUR}, {"fresh": 10 * MINUTE, "ttl": HOUR}])
def test_what_holds_for_an_hour_is_asked_each_hour(hints: dict[str, timedelta]) -> None:
    asking = after(**hints)  # type: ignore[arg-type]
    for wait in (MINUTE, 30 * MINUTE, 54 * MINUTE):
        assert not due(asking, NOW + wait).ask
    for wait in (55 * MINUTE, HOUR - 19 * MINUTE / 60, HOUR, 2 * HOUR):  # the schedule comes a little early at times
        assert due(asking, NOW + wait).ask


def test_the_reason_names_the_header_and_the_time() -> None:
    said = due(after(fresh=3 * HOUR), NOW + HOUR)
    assert said.reason == "fresh by max-age; asked again after 2026-03-04 07:55 UTC"
    assert said.next_at == NOW + 3 * HOUR - 5 * MINUTE


def test_nothing_holds_longer_than_a_day() -> None:
    for asking in (after(fresh=400 * DAY), after(ttl=400 * DAY)):
        assert due(asking, NOW + DAY).ask


def test_hours_of_the_day_in_which_a_list_is_not_to_be_asked() -> None:
    asking = after(skip=(5, 6, 23, 0))
    assert due(asking, NOW + MINUTE).next_at == datetime(2026, 3, 4, 7, tzinfo=UTC)
    assert due(asking, NOW.replace(hour=23)).next_at == datetime(2026, 3, 5, 1, tzinfo=UTC)
    assert "skipHours" in due(asking, NOW).reason
    assert due(asking, NOW + 2 * HOUR).ask
    assert due(after(skip=tuple(range(24))), NOW).ask  # who names all hours names none


def test_failures_are_asked_again_later_and_later_and_once_a_day_for_ever() -> None:
    asking, now, waits = Asking(), NOW, []
    for _ in range(9):
        asking = failed(asking, now=now, error="status 500")
        waits.append(due(asking, now).next_at - now)
        now += waits[-1]
    assert [round(wait / HOUR) for wait in waits] == [0, 1, 3, 6, 12, 24, 24, 24, 24]
    assert "failed 9 times in a row, last: status 500" in due(asking, now - HOUR).reason
    assert due(after(before=asking), NOW).ask  # an answer ends it


def test_a_failure_forgets_what_the_answer_before_said() -> None:
    assert due(failed(after(fresh=6 * HOUR), now=NOW, error="x"), NOW + MINUTE).ask


def test_what_is_gone_is_asked_once_a_day() -> None:
    asking = failed(Asking(), now=NOW, error="status 410", status=410)
    assert not due(asking, NOW + 23 * HOUR).ask
    assert "gone (410) since 2026-03-04 05:00 UTC" in due(asking, NOW + HOUR).reason
    assert due(asking, NOW + DAY).ask
    again = failed(asking, now=NOW + DAY, error="status 410", status=410)
    assert not due(again, NOW + DAY + 23 * HOUR).ask
    assert "since 2026-03-04" in due(again, NOW + DAY + HOUR).reason


def test_what_the_answer_itself_forbids_has_no_slack() -> None:
    asking = failed(Asking(), now=NOW, error="Retry-After 7200 s", not_before=NOW + 2 * HOUR)
    assert not due(asking, NOW + 2 * HOUR - timedelta(seconds=1)).ask
    assert "Retry-After 7200 s" in due(asking, NOW + HOUR).reason
    assert due(asking, NOW + 2 * HOUR).ask


# --- rhythm -----------------------------------------------------------------------------------


def every(gap: timedelta, count: int = 12) -> tuple[datetime, ...]:
    """Times of articles."""
    return tuple(NOW - gap * place for place in range(count))


def test_a_source_with_news_once_a_day_is_asked_every_six_hours() -> None:
    asking = after(news=every(DAY))
    assert not due(asking, NOW + 5 * HOUR).ask
    assert "asked every 6 h, as it has news every 24 h" in due(asking, NOW + HOUR).reason
    assert due(asking, NOW + 6 * HOUR).ask


def test_a_source_with_news_every_few_hours_is_asked_at_each_run() -> None:
    assert due(after(news=every(3 * HOUR)), NOW + MINUTE).ask


def test_a_few_articles_make_no_rhythm() -> None:
    assert rhythm(every(DAY, 8)) == timedelta(0)
    assert rhythm(every(DAY, 9)) > timedelta(0)


def test_what_comes_at_once_has_come_out_once() -> None:
    """Twenty articles within minutes, each week: the editions of before are not forgotten for the newest twenty."""
    asking = Asking()
    for week in range(25):
        issue = NOW + week * 7 * DAY
        asking = after(news=tuple(issue + n * MINUTE for n in range(20)), before=asking, now=issue + HOUR)
    assert asking.editions == tuple(NOW + week * 7 * DAY for week in range(5, 25))
    assert max(asking.arrivals) == NOW + 24 * 7 * DAY + 19 * MINUTE


def test_what_comes_all_day_comes_out_every_hour() -> None:
    asking = Asking()
    for minutes in range(0, 60 * 24, 10):
        now = NOW + minutes * MINUTE
        asking = after(news=(now,), before=asking, now=now)
    assert asking.editions == tuple(NOW + n * HOUR for n in range(4, 24))


def test_the_pauses_of_the_night_are_no_rhythm() -> None:
    news = tuple(NOW - DAY * day - 10 * MINUTE * place for day in range(3) for place in range(6))
    assert rhythm(news) == timedelta(0)


def test_the_newest_articles_count() -> None:
    asking = after(news=every(DAY, 30))
    busy = after(before=asking, news=tuple(NOW + MINUTE * place for place in range(20)))
    assert not due(asking, NOW + HOUR).ask
    assert due(busy, NOW + HOUR).ask


# --- keeping ----------------------------------------------------------------------------------


def test_a_304_keeps_what_the_list_said() -> None:
    before = after(ttl=2 * HOUR, skip=(3,), news=every(DAY))
    later = unmodified(before, now=NOW + 3 * HOUR, fresh_until=None, fresh_says="")
    assert later.listed_until == NOW + 5 * HOUR
    assert (later.skip_hours, later.arrivals, later.asked_at) == ((3,), before.arrivals, NOW + 3 * HOUR)


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
maybe = st.none() | moments


@given(
    st.builds(
        Asking,
        asked_at=maybe, answered_at=maybe, fresh_until=maybe, fresh_says=st.text(max_size=9), listed_until=maybe,
        skip_hours=st.tuples(st.integers(0, 23)), failures=st.integers(0, 99), error=st.text(max_size=9), gone_at=maybe,
        not_before=maybe, arrivals=st.lists(moments, max_size=20).map(tuple),
        editions=st.lists(moments, max_size=20).map(tuple),
    ),
    moments,
)  # fmt: skip
def test_every_state_can_be_kept_and_is_due_at_some_time(asking: Asking, now: datetime) -> None:
    assert from_json(as_json(asking)) == asking
    said = due(asking, now)
    assert said.ask or said.next_at > now
    quiet = replace(asking, skip_hours=())
    assert due(quiet, max(due(quiet, now).next_at, now)).ask
