"""JSON that may stand in a page or be taken for one: no text in it can begin or end an element."""

import json
import re

# Characters that HTML reads, and two line ends of old scripts.
_ESCAPED = re.compile("[<>&\u2028\u2029]")


def json_text(value: object) -> str:
    """The value as compact JSON, in which no character of HTML stands as such."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", told)
