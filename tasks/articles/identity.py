"""Which story a code names. Two lists that carry one story give one key."""

import re

_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", re.ASCII)
_CHOICE = re.compile(r"(?:NW)?(\d{18})", re.ASCII)


def is_safe_code(code: str) -> bool:
    """Whether `code` can stand in a file name and an address as it is: letters, digits, `-`, `_`, at most 64."""
    return _SAFE.fullmatch(code) is not None


def story_key(code: str) -> str:
    """The 18 digits of a Choice code with or without its `NW`; any other code is its own key."""
    match = _CHOICE.fullmatch(code)
    return match[1] if match else code
