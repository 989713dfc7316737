"""Names of flow runs: which site and hour, and when it is over, what came of it. Pure."""

from collections import Counter

from flows.causes import is_final
from flows.verdict import Ending, Verdict
from tasks.model import ArticleLine, Result, RunReport, Stage

_SEPARATOR = " · "
_ORDER = ("new", "corrected", "imported", "rendered", "retry", "quarantined", "given up", "unusable")


def ended_name(begun: str, report: RunReport, verdict: Verdict) -> str:
    """The name of a run that has ended: `finews 2026-11-23 04:00 · 37 new · 2 retry`.

    `begun`: its name until then; of a run that was started again after its end, what came of it before is replaced.
    """
    counts = Counter(filter(None, (_became(line) for line in report.articles)))
    told = [f"{counts[name]} {name}" for name in _ORDER if counts[name]]
    if verdict.ending is Ending.FAILED:
        told.insert(0, "failed")
    if report.dry_run:
        told.insert(0, "dry run")
    return _SEPARATOR.join([begun.partition(_SEPARATOR)[0], *(told or [_nothing_new(report)])])


def early_name(begun: str, ending: Ending) -> str:
    """The name of a run that did nothing: another one is at work, or has taken over."""
    return _SEPARATOR.join([begun.partition(_SEPARATOR)[0], ending.value.lower()])


def _nothing_new(report: RunReport) -> str:
    return f"{len(report.written)} objects written" if report.written else "nothing new"


def _became(line: ArticleLine) -> str:
    if line.result is Result.UNUSABLE:
        return "unusable"
    if line.result is Result.FAILED:
        if is_final(line):
            return "given up"
        return "quarantined" if line.stage is Stage.PARSE else "retry"
    if line.revision:
        return "new" if line.revision == 1 else "corrected"
    if line.result is not Result.DONE:
        return ""
    return {"imported": "imported", "render": "rendered"}.get(line.step, "")
