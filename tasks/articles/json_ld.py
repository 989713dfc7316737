"""What a page says of its article in JSON-LD (schema.org Article and its kinds)."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

_KINDS = re.compile(r"(?:News|Blog|Report|Analysis|Opinion|Live|Tech|Scholarly|Social)?\w*(?:Article|Posting)|Report")
_WRONG_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_LARGEST = 2_000_000  # characters of one script
_MOST = 2_000  # objects
_DEEPEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Texts as they stand there; empty where nothing is said."""

    title: str = ""
    published: str = ""
    modified: str = ""
    author: str = ""
    media: str = ""
    description: str = ""
    body: str = ""
    address: str = ""


def described_article(root: HtmlElement) -> Described:
    """The article of the page, the one with most said when there are several; empty when there is none."""
    articles = [
        item
        for script in _scripts(root)
        for item in _objects(script)
        if _KINDS.fullmatch(_kind(item)) and _is_main(item)
    ]
    if not articles:
        return Described()
    item = max(articles, key=lambda one: (bool(one.get("headline")), bool(one.get("datePublished")), len(str(one))))
    return Described(
        title=_text(item.get("headline")) or _text(item.get("name")),
        published=_text(item.get("datePublished")) or _text(item.get("dateCreated")),
        modified=_text(item.get("dateModified")),
        author="; ".join(dict.fromkeys(_names(item.get("author")))),
        media=next(iter(_names(item.get("publisher"))), ""),
        description=_text(item.get("description")),
        body=_body(item.get("articleBody")),
        address=_text(item.get("mainEntityOfPage")) or _text(item.get("url")),
    )


def _scripts(root: HtmlElement) -> Iterator[object]:
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text and len(script.text) <= _LARGEST:
            text = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>)?[\s;]*$", "", script.text)
            try:
                yield json.loads(_WRONG_ESCAPE.sub(r"\\\\", text), strict=False)
            except (ValueError, RecursionError):
                continue


def _objects(script: object) -> Iterator[dict[str, object]]:
    """All objects of a script, those within others too, breadth first."""
    waiting, count = [(script, 0)], 0
    while waiting and count < _MOST:
        item, depth = waiting.pop(0)
        count += 1
        if isinstance(item, dict):
            yield item
            inner = [item[key] for key in ("@graph", "mainEntity", "itemListElement", "item") if key in item]
        else:
            inner = item if isinstance(item, list) else []
        if depth < _DEEPEST:
            waiting.extend((one, depth + 1) for one in inner[:_MOST])


def _kind(item: dict[str, object]) -> str:
    kind = item.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return next((str(one) for one in kinds if _KINDS.fullmatch(str(one))), "")


def _is_main(item: dict[str, object]) -> bool:
    return bool(item.get("headline") or item.get("articleBody") or item.get("datePublished"))


def _names(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if name := _text(one.get("name") if isinstance(one, dict) else one):
            yield name


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@id") or value.get("@value")
    return " ".join(html.unescape(value).split()) if isinstance(value, str) else ""


def _body(value: object) -> str:
    text = html.unescape(value) if isinstance(value, str) else ""
    return re.sub(r"<(?:br|/p|/div)\b[^<>]*>", "\n", text, flags=re.IGNORECASE) if "<" in text else text
