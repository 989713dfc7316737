"""One stage over many subjects: whose failure it is."""

from datetime import UTC, datetime

import pytest
from prefect import flow, task

from flows.run import Run, open_run, read_site
from flows.stages import each
from tasks.errors import LedgerBusy, ParseError
from tasks.model import Result, Stage
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream


@task
def parse(subject: str) -> str:
    """One of the subjects is no article, another one meets a ledger that is held."""
    if subject == "bad":
        raise ParseError("no article")
    if subject == "late":
        raise LedgerBusy("ledger: held by another process")
    return subject


def stage(run: Run, subjects: list[str]) -> list[object]:
    """What comes of each, in a flow."""

    @flow(name="stage")
    def work() -> list[object]:
        return [value for _, value in each(parse, Stage.PARSE, subjects, str, lambda one: {"subject": one}, run)]

    return work()


@pytest.mark.parametrize("subjects", [["good", "bad", "late"], ["late"]], ids=["among others", "alone"])
def test_a_ledger_that_cannot_be_used_ends_the_run(subjects: list[str], site: SiteFolder, upstream: Upstream) -> None:
    with open_run(read_site(str(site.file)), run_id="one", clock=lambda: datetime.now(UTC)) as run:
        with pytest.raises(LedgerBusy, match="held by another process"):
            stage(run, subjects)
        told = {outcome.subject: outcome.result for outcome in run.recorder.report(seconds=0).outcomes}
    assert told == {one: Result.DONE if one == "good" else Result.FAILED for one in subjects}


def test_what_cannot_be_parsed_stops_nothing_else(site: SiteFolder, upstream: Upstream) -> None:
    with open_run(read_site(str(site.file)), run_id="one", clock=lambda: datetime.now(UTC)) as run:
        good, bad = stage(run, ["good", "bad"])
    assert good == "good"
    assert isinstance(bad, ParseError)
