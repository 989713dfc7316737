"""What a person can do about a cause: in words, and as the parameters of the manual run that mends it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.causes import Cause
from tasks.model import Result, Stage

_MOST = 50  # codes in one form


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What to do; `parameters` are those of the deployment manual, empty when a run would not help."""

    text: str
    parameters: Mapping[str, Any]


def remedy(cause: Cause, *, site: str, tripped: bool = False) -> Remedy:
    """What mends this cause. `site` is the path of the site file; `tripped`: the circuit breaker held everything back."""
    if cause.result is Result.UNUSABLE:
        return Remedy(text="Nothing to do here: the list itself tells these records unusably.", parameters={})
    if cause.stage is Stage.PUBLISH and tripped:
        held = "The circuit breaker held them back; the next run that it lets pass publishes them."
        return Remedy(text=held, parameters={})
    if cause.stage not in (Stage.FETCH, Stage.PARSE, Stage.RENDER):
        told = "Mend what is named. The next run takes up the remainder; to start it now:"
        return Remedy(text=told, parameters={"site": site, "stage": Stage.PUBLISH.value})
    chosen = {"site": site, "articles": [line.code for line in cause.lines[:_MOST]]}
    again = {"stage": Stage.PARSE.value} if cause.stage is Stage.PARSE else {"force": True}
    return Remedy(text=_told(cause) + _first(cause), parameters=chosen | again)


def _told(cause: Cause) -> str:
    if cause.is_final:
        return "Nothing is tried again by itself: their texts are gone. To ask once more:"
    if cause.stage is Stage.FETCH:
        return "They are asked for again by themselves; to ask now:"
    if cause.stage is Stage.PARSE:
        return "The answers are kept. Once the table of the source, or its parser, is mended, read them again:"
    return "They are taken out of all lists until they can be made. Once the template is mended, read them again:"


def _first(cause: Cause) -> str:
    return f" (the first {_MOST} of {len(cause.lines)})" if len(cause.lines) > _MOST else ""
