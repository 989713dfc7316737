"""JSON that may stand in a page or be taken for one: no text in it can begin or end an element."""

import json

# Characters that HTML reads, and two line ends of old scripts.
_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def json_text(value: object) -> str:
    """The value as compact JSON, in which no character of HTML stands as such."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
