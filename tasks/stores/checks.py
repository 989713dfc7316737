"""What every store refuses alike, so that a site can move from one kind to another."""

import re
from collections.abc import Iterable
from dataclasses import replace

from tasks.errors import StoreError
from tasks.model import Action, ActionKind, Page, Receipt

SCRATCH = ".tmp"
"""First segment that no key may have: the directory store works there."""

_MAX_SEGMENT = 255  # bytes of a file name
_MAX_KEY = 1024  # bytes of an S3 key
# Backslashes are separators elsewhere; the rest cannot be stated in XML 1.0, in which stores list and delete keys.
_REFUSED = re.compile("[\\\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def check_key(key: str) -> None:
    """Raise `StoreError` unless `key` is safe as a path below a folder and as the name of an S3 object."""
    if reason := _fault(key):
        raise StoreError(f"unsafe key {key[:300]!r}: {reason}; expected segments like 'news/2021/12/17/x.html'")


def check_writes(actions: Iterable[Action]) -> tuple[tuple[Action, Page], ...]:
    """The actions, each with its page, after checking that all of them can be written."""
    return tuple((action, _page_of(action)) for action in actions)


def written(action: Action, page: Page, *, tag: str = "", error: str = "", verified: bool = False) -> Receipt:
    """The receipt of an action that was carried out, or failed for `error`."""
    return Receipt(
        key=page.key,
        kind=action.kind,
        digest=page.digest,
        body_digest=page.body_digest,
        size=len(page.body),
        tag=tag,
        error=error,
        verified=verified and not error,
    )


def conflicting(action: Action, page: Page) -> Receipt:
    """The receipt of an action whose object is not as the action expects it."""
    if action.kind is ActionKind.CREATE:
        error = "there is an object of that key already; expected none"
    else:
        error = f"the object has another tag than {action.tag!r}: someone else wrote or removed it"
    return replace(written(action, page, error=error), conflict=True)


def deleted(key: str, *, error: str = "") -> Receipt:
    """The receipt of a deletion that was carried out, or failed for `error`."""
    return Receipt(key=key, kind=ActionKind.DELETE, error=error)


def _fault(key: str) -> str:
    if found := _REFUSED.search(key):
        return f"it holds the character {found[0]!a}"
    if len(key.encode()) > _MAX_KEY:
        return f"it is longer than {_MAX_KEY} bytes"
    segments = key.split("/")
    if "" in segments:
        return "it has an empty segment (or begins or ends with a slash)"
    if "." in segments or ".." in segments:
        return "it has a segment '.' or '..'"
    if segments[0] == SCRATCH:
        return f"{SCRATCH!r} is kept for work in progress"
    if any(len(segment.encode()) > _MAX_SEGMENT for segment in segments):
        return f"it has a segment of more than {_MAX_SEGMENT} bytes"
    return ""


def _page_of(action: Action) -> Page:
    if action.kind not in (ActionKind.CREATE, ActionKind.UPDATE, ActionKind.HEADERS) or action.page is None:
        raise ValueError(
            f"cannot write {action.key!r}: the action is '{action.kind}', expected create, update or headers"
        )
    if action.key != action.page.key:
        raise ValueError(f"cannot write {action.key!r}: its page has the key {action.page.key!r}")
    check_key(action.key)
    return action.page
