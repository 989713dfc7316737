"""What a list tells of one article -> an entry, for every kind of source whose articles are named by their addresses."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tasks.articles.addresses import ORDINARY, AddressRules, address_key, canonical_address, text_key, without_tracking
from tasks.articles.dates import Reading, tell_time
from tasks.articles.nodes import absolute
from tasks.articles.page import soup_of
from tasks.articles.plain import legal, without_controls
from tasks.config import SourceSpec
from tasks.model import Entry, Listing, Request, Unusable

_LONGEST_NAME = 600  # the ledger has room for this many characters
_LONGEST_ADDRESS = 2_000
_LONGEST_SUMMARY = 300
_LONGEST_MARKUP = 100_000  # characters of a title or summary that are looked at: so that one cannot be too much
_BLOCK_END = re.compile(r"<(?:br|hr|/p|/div|/li|/tr|/td|/h[1-6])\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as a list has it; what is empty is not told.

    `code` is the publisher's own for the article: where there is none, the canonical address is the identity, and where
    there is none either, an id within this list. `link` may be relative. `times`: the same moment in several writings, the
    first that can be read counts. `ids` and `links` are other names of the article. `title`, `media`, `author` and
    `summary` are text without markup, `content` is HTML. `exact` is false when the times are not quite those of publication.
    """

    code: str = ""
    link: str = ""
    title: str = ""
    times: tuple[str, ...] = ()
    exact: bool = True
    modified: tuple[str, ...] = ()
    media: str = ""
    author: str = ""
    summary: str = ""
    content: str = ""
    ids: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFacts:
    """What holds for all records of one answer: its address, when it came, and what the list is called."""

    spec: SourceSpec
    url: str
    received_at: datetime
    title: str = ""
    rules: AddressRules = ORDINARY


def listing_of(facts: ListFacts, records: Iterable[Record | str], *, more: Sequence[Request] = ()) -> Listing:
    """The records as entries; a record that is a string is the reason why there is none."""
    entries, unusable, remarks = list[Entry](), list[Unusable](), list[tuple[str, str]]()
    for place, record in enumerate(records, start=1):
        subject = f"{facts.spec.name}#{place}"
        made = record if isinstance(record, str) else entry_of(facts, record)
        if isinstance(made, str):
            unusable.append(Unusable(subject=subject, source=facts.spec.name, reason=made))
        else:
            entries.append(made[0])
            remarks += [(made[0].key, remark) for remark in made[1]]
    return Listing(
        source=facts.spec.name,
        entries=tuple(entries),
        unusable=tuple(unusable),
        more=tuple(more),
        remarks=tuple(remarks),
    )


def entry_of(facts: ListFacts, record: Record) -> tuple[Entry, tuple[str, ...]] | str:
    """The entry of a record, and what was odd about it; else the reason why there is none."""
    spec, link = facts.spec, absolute(facts.url, record.link)
    if len(link) > _LONGEST_ADDRESS:
        return f"an address of {len(link)} characters: {link[:80]!r}"
    # Some lists count by parameters that differ with every answer.
    link = without_tracking(link, facts.rules)
    canonical = canonical_address(link, facts.rules)
    names = _names(facts, record)
    if not (canonical or record.code or (names and record.content)):
        return f"the record has no address of a page: {record.link[:80]!r}"
    title, media = _line(record.title), media_of(facts, record.media)
    if media is not None and len(media) > _LONGEST_NAME:
        return f"a media name of {len(media)} characters: {media[:40]!r}"
    reading, remarks = _told(facts, record.times)
    modified, _ = _told(facts, record.modified)
    dated = reading is not None and reading.exact and record.exact
    tells = modified is not None and modified.exact and not (dated and reading and modified.at <= reading.at)
    key = record.code or _key(canonical, names)
    entry = Entry(
        key=key,
        code=key,
        file_id=key,
        source=spec.name,
        title=title,
        published_at=reading.at if reading else facts.received_at,
        media=media,
        digest=_shortened(_line(record.summary)),
        link=link,
        dated=dated,
        modified_at=modified.at if modified and tells else None,
        author=_line(record.author)[:_LONGEST_NAME],
        content=legal(record.content),
        aliases=tuple(name for name in dict.fromkeys((canonical, *map(_alias, names))) if name),
    )
    return entry, remarks


def _key(canonical: str, names: Sequence[str]) -> str:
    """From the address; but where that is only the front door of a site, it names no article, and an id does."""
    front_door = re.fullmatch(r"https?://[^/]*/", canonical) is not None
    return text_key(names[0]) if names and (front_door or not canonical) else address_key(canonical)


def media_of(facts: ListFacts, told: str) -> str | None:
    """The media name of a record: what is told; none where the source has a category; else the source's own name."""
    if told := _line(told):
        return told
    return None if facts.spec.category else facts.spec.title or _line(facts.title) or facts.spec.name


def plain(html: str) -> str:
    """Text of a piece of HTML on one line; only blocks are parted by a blank."""
    if "<" not in html and "&" not in html:
        return _line(html)
    return _line(soup_of(_BLOCK_END.sub(" ", html[:_LONGEST_MARKUP])).get_text())


def _told(facts: ListFacts, writings: Iterable[str]) -> tuple[Reading | None, tuple[str, ...]]:
    zone, refusals = ZoneInfo(facts.spec.timezone), list[str]()
    for writing in writings:
        if not writing.strip():
            continue
        reading = tell_time(writing, zone=zone, now=facts.received_at)
        if isinstance(reading, Reading):
            return reading, (reading.note,) if reading.note else ()
        refusals.append(reading)
    return None, tuple(refusals[:1])


def _names(facts: ListFacts, record: Record) -> list[str]:
    """Other names of the article. An id that is no URI means something only within its list."""
    here = canonical_address(facts.spec.options.list_url)
    ids = [_line(item) if ":" in item else f"{here}#{_line(item)}" for item in record.ids if item.strip()]
    links = [absolute(facts.url, link) for link in record.links]
    # What stands behind a # tells ids apart, though not pages.
    names = [("" if "#" in name else canonical_address(name, facts.rules)) or name for name in (*ids, *links)]
    return [name[:_LONGEST_ADDRESS] for name in names if name]


def _alias(name: str) -> str:
    """An id that looks like a place within a page is marked as an id: all ids of a list would name that one page."""
    return f"id {name}" if re.search("#(?!!?/)", name) else name


def _line(text: str) -> str:
    return " ".join(without_controls(text).split())


def _shortened(summary: str) -> str:
    if len(summary) <= _LONGEST_SUMMARY:
        return summary
    end = max(summary.rfind(mark, _LONGEST_SUMMARY // 2, _LONGEST_SUMMARY) for mark in "。！？；")
    return summary[: end + 1] if end > 0 else summary[: _LONGEST_SUMMARY - 1] + "…"
