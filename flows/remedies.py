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


def remedy(cause: Cause, *, site: str) -> Remedy:
    """What mends this cause. `site` is the path of the site file."""
    if cause.result is Result.UNUSABLE:
        return Remedy(text="Nothing to do here: the list itself tells these records unusably.", parameters={})
    chosen = {"site": site, "articles": [line.code for line in cause.lines[:_MOST]]}
    if cause.stage is Stage.FETCH:
        told = "They are asked for again by themselves; to ask now:"
        return Remedy(text=told, parameters=chosen | {"force": True})
    if cause.stage is Stage.PARSE:
        told = "The answers are kept. Once the table of the source, or its parser, is mended, read them again:"
        return Remedy(text=told, parameters=chosen | {"stage": Stage.PARSE.value})
    if cause.stage is Stage.RENDER:
        told = "Once the template is mended, render them again:"
        return Remedy(text=told, parameters=chosen | {"stage": Stage.RENDER.value})
    told = "Mend what is named. The next run takes up the remainder; to start it now:"
    return Remedy(text=told, parameters={"site": site, "stage": Stage.PUBLISH.value})
