"""Which story a code names. Two lists that carry one story give one key."""

import re
from urllib.parse import urlsplit

_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", re.ASCII)
_CHOICE = re.compile(r"(?:NW)?(\d{18})", re.ASCII)


def is_safe_code(code: str) -> bool:
    """Whether `code` can stand in a file name and an address as it is: letters, digits, `-`, `_`, at most 64."""
    return _SAFE.fullmatch(code) is not None


def story_key(code: str) -> str:
    """The 18 digits of a Choice code with or without its `NW`; any other code is its own key."""
    match = _CHOICE.fullmatch(code)
    return match[1] if match else code


def same_site(url: str, other: str) -> bool:
    """Whether two addresses are of one publisher, as far as their names tell: `m.` and `www.` of one domain are."""
    one, two = _domain(url), _domain(other)
    return bool(one) and one == two


def _domain(url: str) -> str:
    """The domain that a publisher registered: its last two labels, three under endings such as `com.cn`."""
    try:
        labels = (urlsplit(url).hostname or "").split(".")
    except ValueError:
        return ""
    if all(label.isdigit() for label in labels):
        return ".".join(labels)
    wide = len(labels) > 2 and len(labels[-1]) == 2 and (len(labels[-2]) <= 3)
    return ".".join(labels[-3:] if wide else labels[-2:])
