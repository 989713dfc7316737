"""Plain text and addresses inside a Markdown file that Jekyll reads with Liquid and kramdown.

Entities are used throughout rather than backslashes: they mean the same in Markdown and in HTML.
"""

import re
from urllib.parse import quote

from tasks.outputs.addresses import is_http
from tasks.outputs.front_matter import one_line

_LIQUID = re.compile(r"\{(?=[{%])")
_INLINE = re.compile(r"[\\`*_~|<\[\]]|\{(?=[{%:])|\$(?=\$)")
_QUOTE = re.compile(r"[\\`*_~|<\[]|\{(?=[{%:])|\$(?=\$)")
_AT_LINE_START = re.compile(
    r"""^(?P<indent>[ \t]*)(?:
        (?P<number>\d+)(?P<dot>\.)(?=[ \t]|$)   # ordered list
        | (?P<mark>[#>^] | [+:](?=[ \t]|$) | [-=](?=[ \t=-]|$))   # heading, quote, end of block, lists, rule
    )""",
    re.VERBOSE | re.MULTILINE,
)
_DEEP_INDENT = re.compile(r"^(?: {0,3}\t| {4})[ \t]*", re.MULTILINE)
_UNSAFE_IN_URL = re.compile(r"""[\s<>{}"|\\^`\x00-\x20\x7f-\x9f\ud800-\udfff]""")


def without_liquid(text: str) -> str:
    """The text with nothing that Liquid would evaluate: the opening brace of `{{` and `{%` as an entity."""
    return _LIQUID.sub("&#123;", text)


def quote_line(text: str) -> str:
    """Text for one line of a block quote; it is shown as it stands. Entities such as `&lt;` are kept."""
    return flat(_without_block_marks(_entities(_QUOTE, one_line(text))))


def link_text(text: str) -> str:
    """Text between the brackets of a link."""
    return _entities(_INLINE, one_line(text))


def html_text(text: str, *, outside_blocks: bool) -> str:
    """Text of an HTML fragment that kramdown may read as Markdown. Outside of blocks, depth of indent means code."""
    escaped = _without_block_marks(_entities(_INLINE, text))
    return flat(escaped) if outside_blocks else escaped


def flat(text: str) -> str:
    """The text with no line indented so deep that Markdown prints it as code."""
    return _DEEP_INDENT.sub(" ", text)


def autolink(url: str) -> str:
    """`<URL>`; `<>` when the address is not one of the web."""
    if not is_http(url):
        return "<>"
    return "<" + _UNSAFE_IN_URL.sub(lambda m: quote(m[0], safe="", errors="replace"), url) + ">"


def _entities(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda m: f"&#{ord(m[0])};", text)


def _without_block_marks(text: str) -> str:
    def entity(found: re.Match[str]) -> str:
        mark = found["mark"] or found["dot"]
        return f"{found['indent']}{found['number'] or ''}&#{ord(mark)};"

    return _AT_LINE_START.sub(entity, text)
