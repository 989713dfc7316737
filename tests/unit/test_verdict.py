"""What a run's end says of objects that the store did not confirm."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flows.report import objects_line
from flows.verdict import Ending, judge
from tasks.model import RunReport

REPORT = RunReport(
    site="site",
    run_id="1",
    started_at=datetime(2026, 11, 20, tzinfo=UTC),
    seconds=1.0,
    dry_run=False,
    listed=0,
    articles=(),
    outcomes=(),
    written=("a", "b", "c"),
    unchanged=(),
    deleted=(),
    task_runs=1,
    verified=3,
)


def test_all_are_confirmed() -> None:
    assert judge(REPORT, max_problem_share=0.5).ending is Ending.COMPLETED
    assert objects_line(REPORT) == "3 written (3 confirmed by the store), 0 unchanged, 0 deleted"


@pytest.mark.parametrize("verified", [0, 2])
def test_fewer_are_a_problem(verified: int) -> None:
    report = replace(REPORT, verified=verified)
    verdict = judge(report, max_problem_share=0.5)
    assert verdict.ending is Ending.PROBLEMS
    assert f"3 objects written; {3 - verified} of them are not confirmed" in verdict.message
    assert f"({verified} confirmed by the store)" in objects_line(report)


def test_a_dry_run_has_nothing_to_confirm() -> None:
    report = replace(REPORT, verified=0, dry_run=True)
    assert judge(report, max_problem_share=0.5).ending is Ending.COMPLETED
    assert "confirmed" not in objects_line(report)
