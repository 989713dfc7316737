"""The circuit breaker: when what was read cannot be right, what is published stays as it is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.config import VerdictTable

_SHORT = 10  # of lists that are usually shorter than this nothing is expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a run has read. `lists` maps each source that answered to its list's length now and as a rule."""

    asked: int
    failed: tuple[str, ...]
    lists: Mapping[str, tuple[int, int]]
    listed: int
    failed_articles: int


def tripped(read: Readings, limits: VerdictTable) -> str:
    """Why lists have to stay as they are; empty when they need not."""
    if len(read.failed) > limits.max_failed_sources * read.asked:
        named = ", ".join(read.failed[:5])
        return f"{len(read.failed)} of {read.asked} sources failed ({named}), more than {limits.max_failed_sources:.0%}"
    if read.failed_articles > limits.max_problem_share * read.listed:
        return f"{read.failed_articles} of {read.listed} articles failed, more than {limits.max_problem_share:.0%}"
    for source, (now, usual) in sorted(read.lists.items()):
        if usual >= _SHORT and now < limits.min_list_share * usual:
            least = f"{limits.min_list_share:.0%}"
            return f"the list of {source} has {now} usable records, less than {least} of the usual {usual}"
    return ""
