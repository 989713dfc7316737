"""JSON from outside, with limits, whatever call or variable stands around it."""

import json
import re

from tasks.articles.charset import decode_data
from tasks.articles.plain import legal
from tasks.errors import ParseError

_DEEPEST = 100
_WRAPPING = re.compile(r"(?:(?:var|let|const)\s++)?[\w$.]++\s*+(?P<sign>[=(])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # one that does not end reaches to the end


def load_json(body: bytes, content_type: str) -> object:
    """The value: plain JSON, JSONP `call({…})` or `var name={…}`; `ParseError` when it is none, cut off or too deep."""
    text = decode_data(body, content_type).text.lstrip("\ufeff").strip()
    if not text:
        raise ParseError("the answer is empty")
    bare = _unwrapped(re.sub(r"^(?:/\*.*?\*/\s*)+", "", text, flags=re.DOTALL))
    if (depth := _depth(bare)) > _DEEPEST:
        raise ParseError(f"values nested {depth} deep, expected at most {_DEEPEST}")
    try:
        return json.loads(bare)
    except (ValueError, RecursionError) as error:
        kind = "HTML" if text.startswith("<") else "cut off or not JSON"
        raise ParseError(f"the answer is {kind}, expected JSON: {error}; it begins {text[:60]!r}") from error


def _unwrapped(text: str) -> str:
    """What stands in the call or the variable; the text itself when there is neither."""
    if not (start := _WRAPPING.match(text)):
        return text
    inner = text[start.end() :].rstrip().removesuffix(";").rstrip()
    if start["sign"] == "=":
        return inner
    return inner[:-1] if inner.endswith(")") else text


def text_of_value(value: object) -> str:
    """A value as text: ids and times come as numbers too, and a list of names as one; anything else counts as missing."""
    if isinstance(value, list):
        return (
            ", ".join(filter(None, map(text_of_value, value[:20])))
            if not any(isinstance(v, list) for v in value)
            else ""
        )
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    return legal(value) if isinstance(value, str) else (f"{value:f}" if abs(value) < 1e30 else "")


def _depth(text: str) -> int:
    deepest = depth = 0
    for sign in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    return deepest
