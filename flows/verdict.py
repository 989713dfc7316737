"""RunReport -> verdict. Pure: thresholds in, one of three endings and one sentence out."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from tasks.model import Outcome, Result, RunReport, Stage

BREAKER = "circuit breaker"
"""The subject of the outcome that says why nothing was published."""


class Ending(StrEnum):
    """How a run ended; the value is the name of the flow run's state."""

    COMPLETED = "Completed"
    PROBLEMS = "Completed with problems"
    FAILED = "Failed"
    SKIPPED = "Skipped"  # another run is at work
    SUPERSEDED = "Superseded"  # another run has taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The ending and the sentence that says what to look at first."""

    ending: Ending
    message: str


def judge(report: RunReport, *, max_problem_share: float) -> Verdict:
    """The verdict on a run.

    Failed: a source gave nothing usable, a wave was not written, or the share of listed articles with
    problems is above `max_problem_share`. Any other problem, and objects that the store did not confirm: Completed with
    problems.
    """
    keys = {line.key for line in report.articles}
    broken = [o for o in report.outcomes if o.result is Result.FAILED]
    sources = [o for o in broken if o.stage is Stage.ASK]
    waves = [o for o in broken if o.stage is Stage.PUBLISH and o.subject not in keys]
    if breaker := [o for o in waves if o.subject == BREAKER]:
        first = f"; the first: {sources[0].subject}: {sources[0].reason}" if sources else ""
        return Verdict(ending=Ending.FAILED, message=f"{BREAKER}: {breaker[0].reason}{first}"[:900])
    for what, failed in (("source ", sources), ("", waves)):
        if failed:
            names = ", ".join(outcome.subject for outcome in failed)
            return Verdict(ending=Ending.FAILED, message=f"{what}{names} failed: {failed[0].reason}"[:900])
    problems = [line for line in report.articles if line.result in (Result.FAILED, Result.UNUSABLE)]
    counts = Counter(line.result.value for line in problems)
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    if problems and len(problems) > max_problem_share * report.listed:
        share = f"{len(problems)} of {report.listed} articles with problems ({said}), more than {max_problem_share:.0%}"
        return Verdict(
            ending=Ending.FAILED, message=f"{share}; the first: {problems[0].code}: {problems[0].reason}"[:900]
        )
    new = sum(1 for line in report.articles if line.result is Result.DONE)
    done = f"{new} articles read, {len(report.written)} objects written"
    if others := [o for o in report.outcomes if o.subject not in keys and _is_problem(o)]:
        return Verdict(ending=Ending.PROBLEMS, message=f"{done}; {others[0].subject}: {others[0].reason}"[:900])
    if not report.dry_run and (doubtful := len(report.written) - report.verified) > 0:
        told = f"{done}; {doubtful} of them are not confirmed: the store tells another size or other headers"
        return Verdict(ending=Ending.PROBLEMS, message=told)
    if problems:
        return Verdict(
            ending=Ending.PROBLEMS, message=f"{done}; {said}; the first: {problems[0].code}: {problems[0].reason}"[:900]
        )
    return Verdict(ending=Ending.COMPLETED, message=done)


def _is_problem(outcome: Outcome) -> bool:
    """Publishing that is held, readers who do not get what was written, or a source that gives fewer articles."""
    held = outcome.stage is Stage.PUBLISH and outcome.result is Result.SKIPPED
    return held or (outcome.stage in (Stage.VERIFY, Stage.PARSE) and outcome.result is Result.FAILED)
