"""RunReport -> verdict. Pure: thresholds in, one of three endings and one sentence out."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from tasks.model import Result, RunReport, Stage


class Ending(StrEnum):
    """How a run ended; the value is the name of the flow run's state."""

    COMPLETED = "Completed"
    PROBLEMS = "Completed with problems"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The ending and the sentence that says what to look at first."""

    ending: Ending
    message: str


def judge(report: RunReport, *, max_problem_share: float) -> Verdict:
    """The verdict on a run.

    Failed: a source gave nothing usable, a wave was not written, or the share of listed articles with
    problems is above `max_problem_share`. Any other problem: Completed with problems.
    """
    keys = {line.key for line in report.articles}
    broken = [o for o in report.outcomes if o.result is Result.FAILED]
    sources = [o for o in broken if o.stage is Stage.ASK]
    waves = [o for o in broken if o.stage is Stage.PUBLISH and o.subject not in keys]
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
    if problems:
        return Verdict(
            ending=Ending.PROBLEMS, message=f"{done}; {said}; the first: {problems[0].code}: {problems[0].reason}"[:900]
        )
    return Verdict(ending=Ending.COMPLETED, message=done)
