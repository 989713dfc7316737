"""RunReport -> verdict. Pure: thresholds in; an ending, what happened, and the first thing to do out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flows.causes import is_final
from tasks.model import ArticleLine, Outcome, Result, RunReport, Stage

BREAKER = "circuit breaker"
"""The subject of the outcome that says why nothing was published."""
TOLD = ("status", "journals")
"""Subjects of outcomes about what only the person on call reads."""
_LONGEST = 700  # characters of what happened, so that what is to be done is always seen


class Ending(StrEnum):
    """How a run ended; the value is the name of the flow run's state."""

    COMPLETED = "Completed"
    PROBLEMS = "Completed with problems"
    FAILED = "Failed"
    SKIPPED = "Skipped"  # another run is at work
    SUPERSEDED = "Superseded"  # another run has taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The ending, what happened, and the first thing to do about it; nothing to do when that is empty."""

    ending: Ending
    happened: str
    to_do: str = ""

    @property
    def message(self) -> str:
        """Both, as the state of the flow run tells them."""
        return f"{self.happened[:_LONGEST]}. To do: {self.to_do}" if self.to_do else self.happened[:_LONGEST]


def judge(report: RunReport, *, max_problem_share: float) -> Verdict:
    """The verdict on a run.

    Failed: a source gave nothing usable, a wave was not written, or the share of listed articles with
    problems is above `max_problem_share`. Any other problem, and objects that the store did not confirm: Completed with
    problems.
    """
    keys = {line.key for line in report.articles}
    problems = [line for line in report.articles if line.result in (Result.FAILED, Result.UNUSABLE)]
    if failed := _failed(report, keys) or _too_many(report, problems, max_problem_share):
        return failed
    read = sum(1 for line in report.articles if line.result is Result.DONE)
    done = f"{read} articles read, {len(report.written)} objects written"
    if others := [o for o in report.outcomes if o.subject not in keys and _is_problem(o)]:
        told = f"{done}; {others[0].subject}: {others[0].reason}"
        return Verdict(ending=Ending.PROBLEMS, happened=told, to_do=_remedy(others[0]))
    if not report.dry_run and (doubtful := len(report.written) - report.verified) > 0:
        told = f"{done}; {doubtful} of them are not confirmed: the store tells another size or other headers"
        return Verdict(ending=Ending.PROBLEMS, happened=told, to_do="start the flow audit, with repair")
    if problems:
        first = f"{problems[0].code}: {problems[0].reason}"
        told = f"{done}; {_counted(problems)}; the first: {first}"
        return Verdict(ending=Ending.PROBLEMS, happened=told, to_do=_wait_for(problems))
    return Verdict(ending=Ending.COMPLETED, happened=done)


def _failed(report: RunReport, keys: set[str]) -> Verdict | None:
    broken = [o for o in report.outcomes if o.result is Result.FAILED]
    sources = [o for o in broken if o.stage is Stage.ASK]
    waves = [o for o in broken if o.stage is Stage.PUBLISH and o.subject not in keys]
    if breaker := [o for o in waves if o.subject == BREAKER]:
        first = f"; the first: {sources[0].subject}: {sources[0].reason}" if sources else ""
        look = (
            "look at the artifact sources; what is published stays. If the lists are right as they are, raise [verdict]"
        )
        return Verdict(ending=Ending.FAILED, happened=f"{BREAKER}: {breaker[0].reason}{first}", to_do=look)
    if sources:
        names = ", ".join(outcome.subject for outcome in sources)
        look = f"open the task run 'ask {sources[0].subject}'; what the other sources brought is published"
        return Verdict(ending=Ending.FAILED, happened=f"source {names} failed: {sources[0].reason}", to_do=look)
    if waves:
        names = ", ".join(outcome.subject for outcome in waves)
        look = "mend what is named; then the next run takes up the remainder"
        return Verdict(ending=Ending.FAILED, happened=f"{names} failed: {waves[0].reason}", to_do=look)
    return None


def _too_many(report: RunReport, problems: Sequence[ArticleLine], most: float) -> Verdict | None:
    if not problems or len(problems) <= most * report.listed:
        return None
    share = f"{len(problems)} of {report.listed} articles with problems ({_counted(problems)}), more than {most:.0%}"
    return Verdict(
        ending=Ending.FAILED,
        happened=f"{share}; the first: {problems[0].code}: {problems[0].reason}",
        to_do="open the artifact summary: it has the problems by their causes",
    )


def _counted(problems: Sequence[ArticleLine]) -> str:
    counts = Counter(line.result.value for line in problems)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _wait_for(problems: Sequence[ArticleLine]) -> str:
    failed = [line for line in problems if line.result is Result.FAILED]
    if failed and all(is_final(line) for line in failed):
        return "look whether what is gone is to be withdrawn; nothing of it is tried again by itself"
    if failed:
        return "nothing yet: what failed is tried again by itself; the artifact summary has the causes"
    return "nothing: what a list tells unusably is left out; the artifact summary has the causes"


def _remedy(outcome: Outcome) -> str:
    if outcome.stage is Stage.PUBLISH:
        return "start the flow release once that is mended"
    if outcome.subject in TOLD:
        return "let the store take what is below _finews/: the site itself is published"
    if outcome.stage is Stage.VERIFY:
        return "ask the public address by hand: a cache, or the server in front of the store"
    return "open the artifact summary: it has the causes; an outlet that changed its pages needs another parser"


def _is_problem(outcome: Outcome) -> bool:
    """Publishing that is held, readers who do not get what was written, or a source that gives fewer articles."""
    held = outcome.stage is Stage.PUBLISH and outcome.result is Result.SKIPPED
    return held or (outcome.stage in (Stage.VERIFY, Stage.PARSE) and outcome.result is Result.FAILED)
