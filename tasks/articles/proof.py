"""Proof of article: whether what was read is an article, and not a page that an outlet shows in its place.

Walls are known by what they say to the reader. A news text may say such things of others, so a phrase counts only where
hardly anything else is said.
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from lxml import etree

from tasks.articles.charset import decode_page
from tasks.articles.clean import text_of
from tasks.articles.page import body_of, line_of, read_page
from tasks.articles.walls import BARRED, BARRED_TITLES, MARKS, TITLES, WALLS
from tasks.config import SourceSpec
from tasks.errors import ParseError
from tasks.model import Article, Text

SHORTEST = 40
"""Characters of the shortest article that a page may hold, when its source does not say otherwise."""

_MOST_REPLACED = 0.01  # share of characters that could not be read
_WALL = 300  # characters of the longest wall
_BARE = 80  # of a text that says nothing but one such phrase
_REFUSAL = 2_000  # of a page with the status of an error, around which a whole site may stand

_SUFFIX = re.compile(r"\s*(?:[-_|–—·]|::)\s*[^-_|–—·:]{1,30}$")


def fault_of(
    article: Article, text: Text, spec: SourceSpec, *, answer: bytes = b"", url: str = "", page: bool = False
) -> str:
    """Why what was read is no article; empty when it is one.

    `answer` are the bytes that came from `url`; `page` says that they are a page made for readers, not a service's record.
    """
    shown = text_of(article.html)
    dense = re.sub(r"\s", "", shown)
    if shown and shown.count("\ufffd") > max(2, _MOST_REPLACED * len(dense)):
        return f"{shown.count(chr(0xFFFD))} of {len(dense)} characters could not be read; expected nearly none"
    if fault := _title_fault(article, text, spec, url):
        return fault
    if len(dense) <= _WALL and (fault := _wall(shown, short=len(dense) <= _BARE)):
        return fault
    if page and len(dense) <= _WALL and (mark := MARKS.search(answer)):
        return f"a challenge: {mark[0].decode('ascii', 'replace')!r} in the answer, and {len(dense)} characters of text"
    least = spec.min_text if spec.min_text is not None else (SHORTEST if page else 1)
    if len(dense) < least and "<img" not in article.html and "<table" not in article.html:
        return f"{len(dense)} characters of text, expected {least} or more (min_text of source {spec.name!r})"
    return ""


def wall_in(answer: bytes, *, content_type: str) -> str:
    """Which wall an answer with the status of an error is, and what it says; empty for a mere error.

    The status has said already that it is no article, so one phrase is enough.
    """
    try:
        root = read_page(decode_page(answer, content_type))
    except ParseError:
        return ""
    title = _folded(root.findtext(".//title") or "")
    etree.strip_elements(root, "script", "style", with_tail=False)
    shown = line_of(body_of(root))
    if BARRED_TITLES.fullmatch(title):
        return f"a challenge: its title is {title[:60]!r}"
    if len(shown) <= _REFUSAL:
        for name in BARRED:
            if hit := WALLS[name].search(shown):
                return f"{name}: {hit[0][:60]!r} in a text of {len(shown)} characters"
    if len(shown) <= _WALL and (mark := MARKS.search(answer)):
        return f"a challenge: {mark[0].decode('ascii', 'replace')!r} in the answer"
    return ""


def _title_fault(article: Article, text: Text, spec: SourceSpec, url: str) -> str:
    for title in dict.fromkeys(filter(None, (article.title, text.title))):
        bare = _folded(_SUFFIX.sub("", title))
        if TITLES.fullmatch(bare) or TITLES.fullmatch(_folded(title)):
            return f"the title {title[:60]!r} is that of an error, a challenge or a login, not of an article"
    names = (spec.title, spec.tag, article.category.title, text.media, urlsplit(url).hostname)
    if _folded(article.title) in set(_names(names)):
        return f"the title {article.title[:60]!r} is the name of the site"
    return ""


def _names(known: Iterable[str | None]) -> Iterable[str]:
    for name in filter(None, known):
        yield _folded(name)
        yield _folded(name).removeprefix("www.")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _wall(text: str, *, short: bool) -> str:
    """What a short text says to its reader instead of news. Longer ones have to say it twice, or in their first words."""
    found = [(name, hit) for name, pattern in WALLS.items() for hit in pattern.finditer(text)]
    if not found:
        return ""
    name, first = min(found, key=lambda one: one[1].start())
    if len(found) > 1 or first.start() <= 10 or (short and first.end() >= len(text) - 12):
        return f"{name}: {first[0][:60]!r} in a text of {len(text)} characters"
    return ""
