"""Forms that several formats share: addresses, times, languages, markup within a document."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC_822 = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?")
_NO_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`\x7f\ufffd]|%(?![0-9A-Fa-f]{2})')
_ACTIVE = frozenset(("script", "style", "iframe", "object", "embed", "form", "base", "meta", "link"))


def root_of(body: bytes) -> Element | str:
    """The outermost element of a strict XML document, or why there is none."""
    if not body.startswith(b'<?xml version="1.0" encoding="utf-8"?>'):
        return "the XML declaration does not say version 1.0 and UTF-8"
    if b"<!DOCTYPE" in body:
        return "there is a document type"
    try:
        return ElementTree.fromstring(body.decode("utf-8").partition("?>")[2])
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        return f"not well-formed: {error}"


def is_address(text: str | None) -> bool:
    """Whether this is an absolute http(s) IRI, with nothing in it that must be percent-encoded."""
    if not text or _NO_IRI.search(text) or text.count("#") > 1:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_language(text: str | None) -> bool:
    """Whether this is a plain BCP 47 tag: language, perhaps script, perhaps region."""
    return text is not None and _LANGUAGE.fullmatch(text) is not None


def rfc_3339(text: str | None) -> datetime | None:
    """The time that stands there with its zone, as RFC 4287 3.3 wants it; None for anything else."""
    if text is None or not _RFC_3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def rfc_822(text: str | None) -> datetime | None:
    """The time that stands there with its true day of the week; None for anything else."""
    if text is None or not _RFC_822.fullmatch(text):
        return None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return at if names[at.weekday()] == text[:3] else None


def is_newest_first(times: Iterable[datetime | None]) -> bool:
    """Whether no time comes after an older one; what is no time is left out."""
    known = [at for at in times if at is not None]
    return known == sorted(known, reverse=True)


def html_faults(where: str, html: str) -> Iterator[str]:
    """Links that are not absolute, and active content, in HTML that a reader will show anywhere."""
    page = _Html()
    page.feed(html)
    page.close()
    for fault in page.faults:
        yield f"{where}: {fault}"


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ACTIVE:
            self.faults.append(f"active content <{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self.faults.append(f"a script in {name}= of <{tag}>")
            if name in ("href", "src", "poster") and not re.match(r"(https?://|mailto:)", value or ""):
                self.faults.append(f"{name}={value!r} of <{tag}> is not absolute")
