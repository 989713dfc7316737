"""HTML fragments, token by token: is one harmless as it stands, and what of it would Markdown touch?

One pass with possessive patterns, so the time grows with the length and with nothing else.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import urljoin

import nh3

from tasks.articles.clean import untagged
from tasks.errors import RenderError
from tasks.outputs.markdown import flat, html_text, without_liquid

_INLINE = frozenset("a b br code del em font i img s small span strong sub sup u".split())
_BLOCKS = frozenset(
    (
        "blockquote caption center col colgroup dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p "
        "section table tbody td tfoot th thead tr ul"
    ).split()
)
_VOID = frozenset(("br", "col", "hr", "img"))
_ADDRESSES = frozenset(("href", "src", "orginial_src", "original_src"))  # the first spelling is the upstream's
_PLAIN_ATTRIBUTES = frozenset(
    (
        "align alt bgcolor border cellpadding cellspacing class color colspan face height id rel rowspan size "
        "start target title valign web width"
    ).split()
)

_TOKEN = re.compile(
    r"""(?P<text>[^<]++)
    | <(?P<open>[a-z][a-z0-9]*+)(?P<attributes>(?:[ \t\r\n]++[a-z][a-z0-9_-]*+="[^"]*+")*+)[ \t\r\n]*+/?>
    | </(?P<close>[a-z][a-z0-9]*+)>
    | <!--[ ]EM_StockImg_(?:Start|End)[ ]-->""",
    re.VERBOSE | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r'([a-z][a-z0-9_-]*+)="([^"]*+)"', re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HARMLESS_ADDRESS = re.compile(r"(?:(?:https?:)?//|[^\s:/?#\\]*+(?=[/?#]|$))[^\x00-\x1f\\]*+", re.IGNORECASE)
_HARMLESS_STYLE = re.compile(
    r"""(?:\s*+(?:background-color|border(?:-[a-z-]++)?|color|display|float|font(?:-[a-z-]++)?|height|line-height
        |letter-spacing|margin(?:-[a-z]++)?|max-width|min-width|overflow|padding(?:-[a-z]++)?|text-[a-z]++
        |vertical-align|white-space|width|word-break)
        \s*+:(?:rgba?\([\d\ .,%]*+\)|[\w\ #%.,!'-])*+(?:;|$))*+\s*+""",
    re.VERBOSE | re.IGNORECASE,
)

_KEPT_ATTRIBUTES = {
    "*": {"align", "class", "id", "title"},
    "a": {"href", "target"},
    "img": {"alt", "border", "height", "src", "width"},
    "font": {"color", "face", "size"},
    "ol": {"start"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "td": {"colspan", "rowspan", "valign", "width"},
    "th": {"colspan", "rowspan", "valign", "width"},
}
_CUT_WITH_CONTENT = {"iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"}


class _Piece(NamedTuple):  # a text has dozens, and a tuple is made in a third of the time of a frozen record
    """One token. `within_block` says whether an element around it is a block, `name` is empty for text and comments."""

    text: str
    name: str
    is_text: bool
    within_block: bool
    harmless: bool


def post_fragment(received: str) -> str:
    """A body for a Jekyll post: as received when it is harmless, sanitised when it is not.

    Control characters other than tab and line ends go. Either way Liquid finds nothing to evaluate, and text that
    stands outside of blocks is not read as Markdown.
    """
    legal = _CONTROL.sub("", received)
    pieces = _pieces(legal)
    if pieces is None or not all(piece.harmless for piece in pieces):
        sanitised = _sanitised(legal)
        pieces = _pieces(sanitised)
        if pieces is None:
            raise RenderError(f"the sanitised body is not a sequence of closed elements: {sanitised[:80]!r}")
    return without_liquid("".join(_beside_markdown(pieces)))


@lru_cache(maxsize=128)  # an article's page asks for it three times
def text_of(html: str) -> str:
    """The text of an article's sanitised HTML, without its markup."""
    return untagged(html)


def with_absolute_links(html: str, base: str) -> str:
    """The fragment with its `href`, `src` and `srcset` made absolute against the address `base`.

    A `srcset` is one of ours: candidates parted by a comma and a blank, with no other comma in them.
    """

    def attribute(found: re.Match[str]) -> str:
        name, value = found[1].lower(), unescape(found[2])
        try:
            if name == "srcset":
                joined = ", ".join(urljoin(base, candidate) for candidate in value.split(", "))
            elif name in ("href", "src"):
                joined = urljoin(base, value)
            else:
                return found[0]
        except ValueError:  # a malformed host: no better address is known
            return found[0]
        return f'{found[1]}="{escape(joined)}"'

    def token(found: re.Match[str]) -> str:
        return _ATTRIBUTE.sub(attribute, found[0]) if found["attributes"] else found[0]

    return _TOKEN.sub(token, html)


def _pieces(html: str) -> tuple[_Piece, ...] | None:
    """The fragment's tokens; None where it is not a sequence of them with all elements closed in order."""
    pieces: list[_Piece] = []
    around: list[str] = []
    blocks_around = at = 0
    while at < len(html):
        found = _TOKEN.match(html, at)
        if found is None:
            return None
        at = found.end()
        opened, closed = (found["open"] or "").lower(), (found["close"] or "").lower()
        if closed:
            if not around or around.pop() != closed:
                return None
            blocks_around -= closed in _BLOCKS
        pieces.append(
            _Piece(
                text=found[0],
                name=opened or closed,
                is_text=found["text"] is not None,
                within_block=blocks_around > 0,
                harmless=_is_harmless(found, opened or closed),
            )
        )
        if opened and opened not in _VOID:
            around.append(opened)
            blocks_around += opened in _BLOCKS
    return None if around else tuple(pieces)


def _is_harmless(found: re.Match[str], name: str) -> bool:
    if name and name not in _INLINE and name not in _BLOCKS:
        return False
    return all(_is_harmless_attribute(n.lower(), value) for n, value in _ATTRIBUTE.findall(found["attributes"] or ""))


def _is_harmless_attribute(name: str, value: str) -> bool:
    if "<" in value or ">" in value:
        return False
    if name in _ADDRESSES:
        return _HARMLESS_ADDRESS.fullmatch(unescape(value)) is not None
    if name == "style":
        return _HARMLESS_STYLE.fullmatch(value) is not None
    return name in _PLAIN_ATTRIBUTES or name.startswith("data-")


def _sanitised(html: str) -> str:
    return nh3.clean(
        _encodable(html),
        tags=set(_INLINE | _BLOCKS),
        clean_content_tags=_CUT_WITH_CONTENT,
        attributes=_KEPT_ATTRIBUTES,
        attribute_filter=lambda _, name, value: value if _is_harmless_attribute(name, value) else None,
        url_schemes={"http", "https"},
    )


def _encodable(html: str) -> str:
    """The text with a mark for each half of a surrogate pair; the sanitiser takes none."""
    return html.encode("utf-8", "replace").decode()


def _beside_markdown(pieces: tuple[_Piece, ...]) -> Iterator[str]:
    """The texts of the pieces. kramdown leaves blocks alone, until anything else stands between them."""
    mixed = any(_is_outside(piece) for piece in pieces)
    for piece in pieces:
        if not piece.is_text:
            yield piece.text
        elif mixed:
            yield html_text(piece.text, outside_blocks=not piece.within_block)
        else:
            yield piece.text if piece.within_block else flat(piece.text)


def _is_outside(piece: _Piece) -> bool:
    if piece.within_block:
        return False
    return piece.name in _INLINE if piece.name else piece.is_text and not piece.text.isspace()
