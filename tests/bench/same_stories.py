"""Pairs of texts, labelled by hand: the same story told twice, or two stories of one pattern.

They stand in `same_stories.txt`, a line each, in groups with an empty line between them. All are made up.
"""

from itertools import combinations
from pathlib import Path

_RETOLD, _PATTERNS = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("# patterns")


def _groups(part: str) -> tuple[tuple[str, ...], ...]:
    told = (group.strip().splitlines() for group in part.removeprefix("# retold").split("\n\n"))
    return tuple(tuple(group) for group in told if group)


RETOLD = _groups(_RETOLD)
"""Each group is one story: edited, shortened, in other words."""

PATTERNS = _groups(_PATTERNS)
"""Each text is a story of its own, though nearly all of its words are those of the others in its group."""


def pairs() -> list[tuple[bool, str, str]]:
    """Every pair that is labelled: whether it is one story, and its two texts."""
    same = [(True, one, other) for told in RETOLD for one, other in combinations(told, 2)]
    pattern = [(False, one, other) for group in PATTERNS for one, other in combinations(group, 2)]
    firsts = [told[0] for told in RETOLD] + [group[0] for group in PATTERNS]
    mixed = [(False, one, other) for one, other in combinations(firsts, 2) if not _is_one_operation(one, other)]
    return same + pattern + mixed


def _is_one_operation(one: str, other: str) -> bool:
    """One of the patterns is told among the retold stories too."""
    return all("1850" in text.replace(",", "") for text in (one, other))
