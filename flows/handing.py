"""What another process has read for a run, as it travels through the ledger: JSON, so that it can hold nothing but records.

Pure. A time keeps its zone, as RFC 9557 writes it: the day in an article's address is one of that zone.
"""

import base64
import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from flows.reading import Read
from tasks import errors
from tasks.model import Article, Capture, Note, Offer, Outcome, Response

# What errors say beside their message: all of them, and those of a request.
_TOLD_BY_ALL = ("retryable", "attempts")
_TOLD = (*_TOLD_BY_ALL, "status", "size", "not_before", "answer")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """An error: its class, its message and what else it says."""

    kind: str
    text: str
    retryable: bool = False
    status: int | None = None
    size: int = 0
    not_before: datetime | None = None
    attempts: int = 1
    answer: Response | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What came of one story, with its lines for the journal and its outcomes for the report."""

    capture: Capture | None = None
    not_got: _Trouble | None = None
    article: Article | None = None
    not_made: _Trouble | None = None
    notes: tuple[Note, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    def read(self, offer: Offer) -> Read:
        """As if it had been read here."""
        article = self.article or (_error(self.not_made) if self.not_made else None)
        if self.capture is None:
            return Read(offer=offer, capture=_error(self.not_got or _Trouble(kind="", text="nothing was handed in")))
        return Read(offer=offer, capture=self.capture, article=article)


def packed(read: Read, notes: tuple[Note, ...], outcomes: tuple[Outcome, ...]) -> bytes:
    """What was read, to be handed in."""
    capture, article = read.capture, read.article
    handed = Handed(
        capture=None if isinstance(capture, BaseException) else capture,
        not_got=_trouble(capture) if isinstance(capture, BaseException) else None,
        article=None if isinstance(article, BaseException) else article,
        not_made=_trouble(article) if isinstance(article, BaseException) else None,
        notes=notes,
        outcomes=outcomes,
    )
    return json.dumps(_plain(handed)).encode("ascii")


def unpacked(text: bytes) -> Handed:
    """What was handed in."""
    handed: Handed = _typed(Handed, json.loads(text))
    return handed


def _trouble(error: BaseException) -> _Trouble:
    told = {name: value for name in _TOLD if (value := getattr(error, name, None)) is not None}
    return _Trouble(kind=type(error).__name__, text=str(error), **told)


def _error(trouble: _Trouble) -> BaseException:
    """The error again; a mistake of ours, of any other class, becomes a `FinewsError` that names it."""
    kind = vars(errors).get(trouble.kind)
    if not (isinstance(kind, type) and issubclass(kind, errors.FinewsError)):
        return errors.FinewsError(f"{trouble.kind}: {trouble.text}")
    error = kind.__new__(kind, trouble.text)  # each wants other things to be made; what counts of them follows
    for name in _TOLD if issubclass(kind, errors.FetchError) else _TOLD_BY_ALL:
        setattr(error, name, getattr(trouble, name))
    return error


def _plain(value: object) -> Any:
    """As JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: _plain(one) for name, one in told}
    if isinstance(value, datetime):
        zone = f"[{value.tzinfo.key}]" if isinstance(value.tzinfo, ZoneInfo) else ""
        return value.isoformat() + zone
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _typed(kind: Any, value: Any) -> Any:
    """The value of that type that `_plain` made this of."""
    if value is None:
        return None
    if get_origin(kind) in (Union, UnionType):
        [kind] = [one for one in get_args(kind) if one is not NoneType]
    if get_origin(kind) is tuple:
        first, *others = get_args(kind)
        kinds = [first] * len(value) if others == [...] else [first, *others]
        return tuple(_typed(one, item) for one, item in zip(kinds, value, strict=True))
    if dataclasses.is_dataclass(kind):
        return _record(kind, value)
    if kind is datetime:
        told, _, zone = value.partition("[")
        at = datetime.fromisoformat(told)
        return at.astimezone(ZoneInfo(zone.rstrip("]"))) if zone else at
    if kind is bytes:
        return base64.b64decode(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


def _record(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{name: _typed(hints[name], one) for name, one in value.items()})


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
