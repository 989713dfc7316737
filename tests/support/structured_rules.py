"""What schema.org and Google's article guide ask of the JSON-LD of an article."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.support.rule_forms import is_address, is_language, rfc_3339

_NEEDED = (
    "@context @type headline datePublished dateModified author publisher url mainEntityOfPage inLanguage articleSection"
).split()
_KNOWN = frozenset((*_NEEDED, "description", "image", "isBasedOn"))
_OUTLETS = ("NewsMediaOrganization", "Organization", "Person")


def news_article_faults(markup: str) -> list[str]:
    """Every rule that the markup breaks: one script element of JSON-LD, which holds one whole NewsArticle."""
    page = _Scripts()
    page.feed(markup)
    page.close()
    if page.tags != ["script"] or page.other.strip():
        return [f"not just one script element: {page.tags} {page.other.strip()[:60]!r}"]
    if page.types != ["application/ld+json"]:
        return [f"the script is of type {page.types}"]
    if any(mark in page.text for mark in "<>&\u2028\u2029"):
        return ["a character in the script could end it"]
    return news_article_text_faults(page.text)


def news_article_text_faults(text: str) -> list[str]:
    """The same for the text of the script element alone."""
    try:
        found = json.loads(text)
    except ValueError as error:
        return [f"not JSON: {error}"]
    return list(_faults(found)) if isinstance(found, dict) else ["not an object"]


def _faults(found: dict[str, Any]) -> Iterator[str]:
    if found.get("@context") != "https://schema.org" or found.get("@type") != "NewsArticle":
        yield f"@context and @type are {found.get('@context')!r}, {found.get('@type')!r}"
    yield from (f"no {name}" for name in _NEEDED if not found.get(name))
    yield from (f"unknown {name}" for name in found if name not in _KNOWN)
    yield from (f"{name} is empty" for name, value in found.items() if value in ("", [], {}))
    for name in ("headline", "description", "articleSection"):
        text = found.get(name, "")
        if not isinstance(text, str) or "\n" in text:
            yield f"{name} is no line of text"
    published, modified = (rfc_3339(found.get(name)) for name in ("datePublished", "dateModified"))
    if published is None or modified is None:
        yield "datePublished or dateModified is no time with zone"
    elif modified < published:
        yield "dateModified is before datePublished"
    for name in ("url", "mainEntityOfPage", "isBasedOn"):
        if name in found and not is_address(found[name]):
            yield f"{name} {found[name]!r} is not absolute"
    if found.get("mainEntityOfPage") not in (found.get("url"), found.get("isBasedOn")):
        yield "mainEntityOfPage is neither this page nor the original"
    pictures = found.get("image", [])
    if not isinstance(pictures, list) or not all(is_address(picture) for picture in pictures):
        yield "image is no list of absolute addresses"
    if not is_language(found.get("inLanguage")):
        yield f"inLanguage is {found.get('inLanguage')!r}"
    yield from _party_faults(found.get("author"), "author", _OUTLETS)
    yield from _party_faults(found.get("publisher"), "publisher", _OUTLETS[:2])


def _party_faults(party: object, role: str, types: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(party, dict) or party.get("@type") not in types:
        yield f"{role} is none of {', '.join(types)}"
    elif not str(party.get("name", "")).strip():
        yield f"{role} has no name"
    elif not is_address(party.get("url")) and (role == "publisher" or "url" in party):
        yield f"{role} has no absolute url"  # an outlet that only the text names has none, rather than a wrong one


class _Scripts(HTMLParser):
    """The script elements as a browser finds them: nothing but an end tag ends one."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.types: list[str | None] = []
        self.text = self.other = ""
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.types.append(dict(attrs).get("type"))
        self._within = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.text += data
        else:
            self.other += data
