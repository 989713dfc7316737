"""Values of a post's front matter, such that every YAML reader gets the same string back."""

import re
from functools import lru_cache

import yaml

# What a YAML stream must not hold unescaped, and what breaks a line in one.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_A_CHARACTER = re.compile(r"[\ud800-\udfff\ufffe\uffff]")

# PyYAML leaves some of these alone; Psych and SafeYAML, Jekyll's readers, make numbers, dates or booleans of them.
_READ_AS_OTHER_TYPE = re.compile(r"[0-9][0-9a-fox_,.:+tz-]*|y|n|yes|no|on|off|true|false|null", re.IGNORECASE)
_SAFE_START = re.compile(r"[^\W_]|[^\x00-\x7f]")


def one_line(text: str) -> str:
    """The text without line breaks and control characters: each run of them is one blank."""
    if text.isprintable():  # nearly every one; it has nothing that is looked for below
        return text
    return _NOT_A_CHARACTER.sub("\ufffd", _CONTROLS.sub(" ", text))


def quoted(text: str) -> str:
    """A double-quoted scalar. Only `"` and the backslash need an escape once the text is one line."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def one_item(text: str) -> str:
    """Value of `categories` or `tags` that stands for exactly this one text.

    Plain where that is unambiguous, else a list of one: Jekyll splits a string at its blanks, a list never.
    """
    return text if _is_plain(text) else f"[{quoted(text)}]"


@lru_cache(maxsize=4096)  # the names of a site's media, again and again
def _is_plain(text: str) -> bool:
    if re.search(r"\s", text) or one_line(text) != text:
        return False
    if not _SAFE_START.match(text) or _READ_AS_OTHER_TYPE.fullmatch(text):
        return False
    try:
        return bool(yaml.safe_load(f"key: {text}\n") == {"key": text})
    except (yaml.YAMLError, ValueError):  # ValueError: something in the form of a date that no calendar has
        return False
