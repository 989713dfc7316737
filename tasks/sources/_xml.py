"""XML from outside, made harmless before any parser sees it: no DTD, no entities from outside, none that grow."""

import re
from collections import Counter

from tasks.articles.charset import decode_page
from tasks.articles.page import without_endless_attributes
from tasks.articles.plain import legal
from tasks.errors import ParseError

_DEEPEST = 1_000
_MOST_GROWN = 1_000_000  # characters that a document's own entities may add
_DECLARATION = re.compile(r"\s*<\?xml[^>]*>", re.IGNORECASE)
_PROLOG = re.compile(r"(?:[^<]|<\?[^>]*>|<!--.*?-->)*", re.DOTALL)
# Possessive, and an open comment reaches to the end: there is one way to read a text, so that none takes long.
_DOCTYPE = re.compile(
    r"<!DOCTYPE(?:[^<>\[\"']|\"[^\"]*+\"|'[^']*+')*+"
    r"(?:\[(?P<subset>(?:\"[^\"]*+\"|'[^']*+'|<!--.*?(?:-->|\Z)|[^\]\"'])*+)\]\s*+)?+>",
    re.S | re.I,
)
_ENTITY = re.compile(
    r"<!ENTITY\s++(?P<kind>%\s++)?+(?P<name>[\w.:-]++)\s++"
    r"(?:(?P<outside>SYSTEM|PUBLIC)\b|(?P<value>\"[^\"]*+\"|'[^']*+'))(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>",
    re.I,
)
_REFERENCE = re.compile(r"&([\w.:-]++);")
_CHARACTER = re.compile(r"&#(?:(\d+)|x([0-9a-f]+));", re.IGNORECASE)
_UNSEEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(?P<end>/)?(?P<name>[A-Za-z_][\w.:-]*+)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(?P<empty>/)?>")
_VOID = frozenset({"br", "hr", "img", "input", "meta", "wbr", "source"})


def harmless_xml(body: bytes, content_type: str) -> str:
    """The document without declaration and DTD; `ParseError` when its entities or its depth are an attack, or it is none.

    Entities that the document declares for single texts stay, in a DTD that holds nothing else.
    """
    text = without_endless_attributes(legal(decode_page(body, content_type).text))
    text = _CHARACTER.sub(_legal_reference, text)
    text = text[match.end() :] if (match := _DECLARATION.match(text)) else text
    prolog = _PROLOG.match(text)
    start = prolog.end() if prolog else 0
    if doctype := _DOCTYPE.match(text, start):
        text = _without_dtd(text[doctype.end() :], doctype["subset"] or "")
    elif text[start : start + 9].upper() == "<!DOCTYPE":
        raise ParseError("a DTD that does not end")
    if (depth := _depth(text)) > _DEEPEST:
        raise ParseError(f"elements nested {depth} deep, expected at most {_DEEPEST}")
    return text


def _legal_reference(match: re.Match[str]) -> str:
    """The reference to a character, unless XML has no such one: parsers stumble over those in ways of their own."""
    digits = (match[1] or match[2]).lstrip("0") or "0"
    number = int(digits, 10 if match[1] else 16) if len(digits) <= 7 else 0x110000
    windows = 0x80 <= number <= 0x9F  # written for signs of windows-1252, and read so
    return match[0] if windows or (number <= 0x10FFFF and legal(chr(number))) else ""


def is_whole(text: str) -> bool:
    """Whether the document's first element is closed: the sign that it was not cut off."""
    opening = _TAG.search(_UNSEEN.sub("", text))
    return opening is not None and bool(
        opening["empty"] or re.search(rf"</{re.escape(opening['name'])}(?=[\s>]|\Z)", text)
    )


def _without_dtd(text: str, subset: str) -> str:
    kept, grown, references = [], 0, Counter(_REFERENCE.findall(text))
    for entity in _ENTITY.finditer(subset):
        name, value = entity["name"], (entity["value"] or "")[1:-1]
        if entity["kind"] or entity["outside"]:
            continue  # nobody is asked for it; where the text refers to it, the reference stays as it is written
        if "&" in _CHARACTER.sub("", value) or "%" in value:
            raise ParseError(f"the entity {name!r} is made of other entities: that is refused")
        grown += len(value) * references[name]
        kept.append(f'<!ENTITY {name} "{value.replace(chr(34), "&#34;")}">')
    if grown > _MOST_GROWN:
        raise ParseError(f"its entities would add {grown} characters, expected at most {_MOST_GROWN}")
    return f"<!DOCTYPE feed [\n{chr(10).join(kept)}\n]>\n{text}" if kept else text


def _depth(text: str) -> int:
    deepest = depth = 0
    for tag in _TAG.finditer(_UNSEEN.sub("", text)):
        if tag["name"].lower() in _VOID or tag["empty"]:
            continue
        depth = max(depth - 1, 0) if tag["end"] else depth + 1
        deepest = max(deepest, depth)
    return deepest
