"""One story through the verbs of a run, to tell what a run would make of it. Nothing of it is kept."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape

from tasks.articles.clean import clean, text_of
from tasks.articles.compose import shelf_of
from tasks.articles.decide import merge
from tasks.articles.fingerprint import text_digest
from tasks.config import Site, SourceSpec
from tasks.errors import FetchError, ParseError
from tasks.fetch import ask, fetch
from tasks.ledger import Ledger
from tasks.ledger.articles import AHEAD
from tasks.model import Article, Capture, Entry, Listing, Text, Unmodified
from tasks.parse import parse
from tasks.sources import find_sources
from tasks.web import Client

_ENOUGH = 200  # characters of a text that counts as whole
_IMG = re.compile(r'<img[^>]* src="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a run would make of one story. `fault`: why it would be refused; empty when it would be published.

    `at`: when it was published, in the site's zone; None where neither list nor page tells it. `length` in characters of
    the whole text, `pictures` their addresses, `permitted_by` what robots.txt said of its page, `digest` of the text.
    """

    title: str
    url: str
    at: datetime | None = None
    length: int = 0
    pictures: tuple[str, ...] = ()
    method: str = ""
    confidence: float = 0.0
    permitted_by: str = ""
    digest: str = ""
    remark: str = ""
    fault: str = ""

    @property
    def completeness(self) -> float:
        """0 to 1: the share of title, time and text that is there; 0 for what would be refused."""
        if self.fault:
            return 0.0
        text = 1.0 if self.pictures and not self.length else min(1.0, self.length / _ENOUGH) * self.confidence
        return (bool(self.title) + (self.at is not None) + text) / 3

    def told(self) -> str:
        """Time, length, pictures and how it was read, on one line; only the fault of what could not be read at all."""
        if not self.method:
            return ""
        when = f"{self.at:%Y-%m-%d %H:%M %z}" if self.at else "no time: that of the reading would count"
        many = f"{len(self.pictures)} picture" + ("" if len(self.pictures) == 1 else "s")
        line = f"{when}; {self.length} characters, {many}; read as {self.method}, {self.confidence:.0%} sure"
        return "; ".join(filter(None, (line, self.remark)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What stories are tried with. `ledger`: for manners towards hosts, and to compare with; it is not written to."""

    site: Site
    ledger: Ledger
    client: Client
    now: datetime

    def list_of(self, spec: SourceSpec, *, conditional: bool = False) -> Listing | Unmodified:
        """What a source lists; `conditional`: it may be what it was at the last run."""
        answers = self.ledger.answers if conditional else None
        return ask.fn(spec=spec, client=self.client, journal=self.ledger.journal, answers=answers)

    def look(self, entry: Entry, spec: SourceSpec) -> Look:
        """Fetch and parse one story, with the proofs of a run."""
        try:
            capture = fetch.fn(entry=entry, spec=spec, client=self.client, journal=self.ledger.journal)
        except FetchError as error:
            later = " (a run tries this several times)" if error.retryable else ""
            return Look(title=entry.title, url=entry.link, fault=f"{error}{later}")
        permitted = capture.response.permitted_by if capture.response else ""
        try:
            text = find_sources()[spec.kind].extract(spec, entry, capture.response)
        except ParseError as error:
            return Look(title=entry.title, url=entry.link, permitted_by=permitted, fault=str(error))
        seen = replace(self._seen(entry, text, spec, capture), permitted_by=permitted)
        try:
            return self._proved(seen, self._parsed(entry, spec, capture), spec, capture)
        except ParseError as error:
            return replace(seen, fault=str(error))

    def _seen(self, entry: Entry, text: Text, spec: SourceSpec, capture: Capture) -> Look:
        """What was read, whatever the proofs say of it."""
        base = capture.response.url if capture.response else entry.link
        html = clean(text.html, base, https_hosts=spec.https_hosts)
        return Look(
            title=entry.title or text.title,
            url=base,
            length=len(text_of(html)),
            pictures=tuple(unescape(found) for found in _IMG.findall(html)),
            method=text.method or spec.kind,
            confidence=text.confidence,
            at=entry.published_at if entry.dated else text.published_at,
        )

    def _parsed(self, entry: Entry, spec: SourceSpec, capture: Capture) -> Article:
        return parse.fn(
            offer=merge([entry]),
            capture=capture,
            spec=spec,
            category=shelf_of(entry.media, category=spec.category, tag=spec.tag),
            zone=self.site.site.timezone,
            journal=self.ledger.journal,
        )

    def _proved(self, seen: Look, article: Article, spec: SourceSpec, capture: Capture) -> Look:
        """The proofs that need more than the page: another article's text, and a time that is still to come."""
        at, remark, fault = article.published_at if seen.at else None, "", ""
        if at is not None and at > self.now + AHEAD:
            remark = "that time is still to come: the time of its first sight would count"
        if find_sources()[spec.kind].pages and capture.response is not None:
            other = self.ledger.articles.repeats(article)
            fault = repeated(seen.url, other) if other is not None else ""
        digest = text_digest(article.html)
        return replace(seen, title=article.title, at=at, digest=digest, remark=remark, fault=fault)


def repeated(url: str, other: str) -> str:
    """The fault of a page with another article's text."""
    return f"{url}: no article: its text is that of {other!r}, word for word"


def without_repeats(looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """The looks, of which all with the text of an earlier one are refused: an outlet shows that for any address."""
    firsts: dict[str, str] = {}
    proved: list[Look] = []
    for look in looks:
        first = firsts.setdefault(look.digest, look.title) if look.digest and not look.fault else look.title
        proved.append(look if first == look.title else replace(look, fault=repeated(look.url, first)))
    return tuple(proved)
