"""What Prefect's automations hear of a site: each incident once, again each day that it lasts, and nothing is lost on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.alerting import Told, changes, emit_changes
from tasks.status import Health, Pulse, SiteStatus, SourceStatus

BEGIN = datetime(2026, 11, 27, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def status(*healths: Health, hours: float = 0, quarantined: int = 0) -> SiteStatus:
    """A site of which the first source and so on fares like that, so many hours after the beginning."""
    sources = tuple(
        SourceStatus(name=f"s{n}", pulse=Pulse(health=health, reason="why"), asked_at=None, next_at=None)
        for n, health in enumerate(healths)
    )
    if quarantined:
        sources = (replace(sources[0], quarantined=quarantined), *sources[1:])
    now = BEGIN + hours * HOUR
    return SiteStatus(
        site="finews", base_url="https://a.example", written_at=now, renew_by=now, generation=1, last_run=None,
        last_good_at=None, sources=sources, retries=(),
    )  # fmt: skip


def told_over(*each: SiteStatus, before: Told | None = None) -> list[list[str]]:
    """The names of what each of these runs tells, one after the other."""
    found: list[list[str]] = []
    told: Told = before or {}
    for one in each:
        events, told = changes(one, told, identity="i", good=False)
        found.append([event.event.removeprefix("finews.") for event in events])
    return found


def test_what_lasts_is_told_again_each_day_and_not_each_hour() -> None:
    runs = [
        status(Health.FRESH),
        *(status(Health.BROKEN, hours=n) for n in range(1, 51)),
        status(Health.FRESH, hours=51),
    ]
    found = told_over(*runs)
    assert [number for number, told in enumerate(found) if told == ["source.broken"]] == [1, 24, 47]
    assert found[-1] == ["source.recovered"]
    assert sum(map(len, found)) == 4


def test_a_change_is_told_at_once() -> None:
    healths = (Health.LATE, Health.BROKEN, Health.LATE, Health.PAUSED, Health.LATE, Health.QUIET, Health.FRESH)
    found = told_over(*(status(health, hours=n) for n, health in enumerate(healths)))
    assert found == [["source.late"], ["source.broken"], ["source.late"], [], ["source.late"], ["source.recovered"], []]


def test_the_quarantine_is_told_when_it_has_grown() -> None:
    counts = (9, 10, 19, 5, 14, 15)
    found = told_over(*(status(Health.FRESH, hours=n, quarantined=count) for n, count in enumerate(counts)))
    assert found == [[], ["quarantine.grown"], [], [], [], ["quarantine.grown"]]


def test_what_a_ledger_of_before_has_kept_is_understood() -> None:
    before = {"source s0": "broken", "source s1": "fresh", "quarantined": "3"}
    assert told_over(status(Health.FRESH, Health.LATE), before=before) == [["source.recovered", "source.late"]]


def test_two_sites_of_one_file_name_are_two() -> None:
    ids = [
        {event.resource.id for event in changes(status(Health.BROKEN), {}, identity=identity, good=True)[0]}
        for identity in ("a", "b")
    ]
    assert ids == [{f"finews.source.{identity}.s0", f"finews.site.{identity}"} for identity in ("a", "b")]


def test_what_did_not_reach_the_server_stays_to_be_told(caplog: pytest.LogCaptureFixture) -> None:
    before = {"source s0": "fresh", "quarantined": "0"}
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        now = emit_changes(status(Health.BROKEN), before, identity="i", good=True)
    assert now == before
    assert "the Prefect server did not take it" in caplog.text
