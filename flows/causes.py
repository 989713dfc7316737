"""Problems of a run by their causes: many articles that fail for one reason are one thing to look at. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tasks.model import ArticleLine, Result, Stage

PROBLEMS = (Result.FAILED, Result.UNUSABLE)
"""How an article ends that somebody may have to look at."""
_ADDRESS = re.compile(r"(?:GET )?https?://[^\s'\"<>]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"(?<![\w.])(?![1-5]\d\d\b)\d[\d,.:-]*")  # not the status of an answer
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What went wrong, at which stage, and for which articles; they stand in the order of the report."""

    stage: Stage
    result: Result
    text: str
    lines: tuple[ArticleLine, ...] = field(repr=False)

    @property
    def is_final(self) -> bool:
        """Whether nothing of it is tried again by itself."""
        return all(is_final(line) for line in self.lines)


def is_final(line: ArticleLine) -> bool:
    """Whether its text is gone, and nobody asks for it again by itself."""
    return line.stage is Stage.FETCH and line.reason.startswith(("given up", "its page is gone"))


def causes(lines: Iterable[ArticleLine]) -> tuple[Cause, ...]:
    """The causes of all problems, the one with the most articles first."""
    found: dict[tuple[Stage, Result, str], list[ArticleLine]] = {}
    for line in lines:
        if line.result in PROBLEMS:
            found.setdefault((line.stage, line.result, cause_of(line)), []).append(line)
    made = [Cause(stage=key[0], result=key[1], text=key[2], lines=tuple(same)) for key, same in found.items()]
    return tuple(sorted(made, key=lambda cause: -len(cause.lines)))


def cause_of(line: ArticleLine) -> str:
    """The reason without what belongs to this article alone: of addresses the host stays, of numbers the HTTP status."""
    told = line.reason
    for own in filter(None, (line.code, line.key, line.title)):
        told = told.replace(own, "…")
    told = hosts_only(told)
    told = _NUMBER.sub("…", _QUOTED.sub("'…'", told))
    return re.sub(r"\s+", " ", told).strip()[:_LONGEST] or "no reason is known"


def hosts_only(text: str) -> str:
    """The text with the hosts in the place of addresses."""
    return _ADDRESS.sub(lambda found: _host(found[0]), text)


def _host(address: str) -> str:
    end = address[len(address.rstrip(":.,;)")) :]
    try:
        return (urlsplit(address.removeprefix("GET ").removesuffix(end)).hostname or "an address") + end
    except ValueError:
        return "an address" + end
