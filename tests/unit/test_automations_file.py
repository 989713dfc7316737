"""deployments/automations.yaml: what Prefect is told to watch over."""

import uuid
from typing import Any

import pytest
import yaml
from prefect.events.schemas.automations import EventTrigger

from flows.automations import FILE, automation_of
from flows.verdict import Ending

TABLES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
BLOCK = uuid.uuid4()


def named(name: str) -> dict[str, Any]:
    [table] = [table for table in TABLES if table["name"] == f"finews: {name}"]
    return table


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["name"])
def test_prefect_takes_it_and_it_does_something(table: dict[str, Any]) -> None:
    automation = automation_of(table, BLOCK)
    assert automation.name.startswith("finews: ")
    assert automation.description
    assert automation.actions
    assert isinstance(automation.trigger, EventTrigger)
    assert automation.trigger.expect


def test_whatever_ends_a_run_is_a_sign_that_it_did_not_fall_silent() -> None:
    """A state without a place in the list would be overruled by Crashed."""
    expected = set(named("a run fell silent")["trigger"]["expect"])
    assert {f"prefect.flow-run.{ending.value}" for ending in Ending} <= expected
    assert not {f"prefect.flow-run.{state}" for state in ("Running", "Pending", "*")} & expected


def test_without_a_block_only_what_acts_by_itself_is_left() -> None:
    assert [table["name"] for table in TABLES if automation_of(table, None).actions] == ["finews: a run fell silent"]


def test_how_long_a_site_may_be_without_a_good_run_can_be_said() -> None:
    stale = automation_of(named("a site is stale"), BLOCK, stale_after=60).trigger
    other = automation_of(named("a run failed"), BLOCK, stale_after=60).trigger
    assert isinstance(stale, EventTrigger)
    assert isinstance(other, EventTrigger)
    assert (stale.within.total_seconds(), other.within.total_seconds()) == (60, 0)


def test_the_runbook_has_a_section_for_every_alert_and_every_ending() -> None:
    lines = (FILE.parent / "README.md").read_text(encoding="utf-8").splitlines()
    headings = {line.removeprefix("### ").lower() for line in lines if line.startswith("### ")}
    wanted = {table["name"].removeprefix("finews: ") for table in TABLES} | {ending.value.lower() for ending in Ending}
    assert wanted | {"cancelled", "crashed", "late", "running"} <= headings
