"""Sitemaps: XML and text, indexes, news sitemaps, gzipped or not (sitemaps.org protocol 0.9)."""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from tasks.articles.charset import decode_data
from tasks.articles.dates import read_time
from tasks.articles.nodes import absolute
from tasks.config import EntryCount, SourceSpec
from tasks.errors import ParseError
from tasks.model import Listing, Request, Response
from tasks.sources import SourceKind
from tasks.sources._pages import PageOptions, ask_list, ask_page, extract_entry, facts_of, share_url
from tasks.sources._records import Record, listing_of
from tasks.sources._xml import harmless_xml, is_whole

_LARGEST = 52_428_800  # bytes, decoded: what the protocol allows for one file
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapOptions(PageOptions):
    """Which pages are articles, and how many of them a run takes.

    `include` and `exclude`: beginnings of addresses, or of paths where they begin with `/`; a `*` stands for anything, and the
    pattern then for the whole. `exclude` holds for the sitemaps of an index too. `newest`: a sitemap lists whole sites;
    the others are left out.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    newest: EntryCount = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One address of a sitemap, with the time that it tells; `told_at` orders them."""

    record: Record
    told_at: datetime


def read(spec: SourceSpec, response: Response) -> Listing:
    """The pages of a sitemap as entries, the newest first, or the sitemaps of an index as further pages of the list."""
    try:
        body = _unpacked(response.body)
        if re.match(rb"(?:\xef\xbb\xbf)?\s*https?://", body[:200]):
            return _listing(spec, response, [Record(link=line) for line in _lines(body, response.content_type)])
        text = harmless_xml(body, response.content_type)
        root = _root(text)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    whole, elements = is_whole(text), [element for element in root if _name(element) in ("url", "sitemap")]
    records = [_record(element) for element in (elements if whole else elements[:-1])]
    if not whole and not records:
        raise ParseError(f"{response.url}: the sitemap is cut off before the end of its first address")
    if _name(root) == "sitemapindex":
        return Listing(source=spec.name, entries=(), more=tuple(_children(spec, response, records)))
    return _listing(spec, response, records, cut_off=not whole)


def _unpacked(body: bytes) -> bytes:
    """The plain bytes of all gzip members (RFC 1952 section 2.2); `ParseError` when broken, cut off or too large together."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    # Scripts end their answer with a line break. As the end of a member it would mean more than is let through.
    members = io.BytesIO(body.rstrip(b"\r\n"))
    try:
        with gzip.GzipFile(fileobj=members) as file:
            plain = file.read(_LARGEST + 1)
    except EOFError as error:
        raise ParseError("the gzip data are cut off") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ParseError(f"broken gzip data: {error}") from error
    if len(plain) > _LARGEST:
        raise ParseError(f"more than {_LARGEST} bytes once unpacked")
    return plain


def _lines(body: bytes, content_type: str) -> Iterator[str]:
    text = decode_data(body, content_type).text
    return (line.strip() for line in text.splitlines() if line.strip())


def _root(text: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"this is no XML: {error}; it begins {text.strip()[:60]!r}") from error
    name = _name(root) if root is not None else ""
    if name not in ("urlset", "sitemapindex"):
        hint = " (a feed: kind 'feed' reads it)" if name in ("rss", "feed", "RDF") else ""
        raise ParseError(f"this is no sitemap: expected <urlset> or <sitemapindex>, got {name[:60]!r}{hint}")
    return root


def _record(element: etree._Element) -> Record:
    told: dict[str, str] = {}
    for inner in element.iter():
        told.setdefault(_name(inner), (inner.text or "").strip())
    changed = re.sub(r"^(\d{4})$", r"\1-01-01", told.get("lastmod", ""))
    published = told.get("publication_date", "")
    return Record(
        link=told.get("loc", ""),
        title=told.get("title", "") if published else "",  # others are titles of pictures and films
        times=(published or changed,),
        exact=bool(published),
        modified=(changed,),
        media=told.get("name", "") if published else "",
    )


def _name(element: etree._Element) -> str:
    """Its name without the namespace: half of all sitemaps have a wrong one, or none. Empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _listing(spec: SourceSpec, response: Response, records: Iterable[Record], *, cut_off: bool = False) -> Listing:
    options = spec.options
    places = [
        _Place(record=record, told_at=_told_at(response, record))
        for record in records
        if (not options.include or _matches(record.link, options.include))
        and not _matches(record.link, options.exclude)
    ]
    places.sort(key=lambda place: place.told_at, reverse=True)
    taken: list[Record | str] = [place.record for place in places[: options.newest]]
    if cut_off:
        taken.append("the sitemap is cut off in or behind this address")
    return listing_of(facts_of(spec, response), taken)


def _children(spec: SourceSpec, response: Response, records: Iterable[Record]) -> Iterator[Request]:
    """The sitemaps of an index: the newest first, and without times the highest numbers, which are the newest of most."""
    ordered = sorted(
        (record for record in records if not _matches(record.link, spec.options.exclude)),
        key=lambda record: (
            _told_at(response, record),
            [int(number) for number in re.findall(r"\d{1,9}", record.link)],
        ),
        reverse=True,
    )
    for record in ordered:
        if address := absolute(response.url, record.link):
            yield Request(url=address)


def _told_at(response: Response, record: Record) -> datetime:
    told = read_time(record.times[0], zone=UTC, now=response.received_at) if record.times and record.times[0] else ""
    return told if isinstance(told, datetime) else _LONG_AGO


def _matches(address: str, patterns: Iterable[str]) -> bool:
    path = re.sub(r"^https?://[^/]*", "", address)
    for pattern in patterns:
        whole = ".*".join(map(re.escape, pattern.split("*"))) + ("" if "*" in pattern else ".*")
        if re.fullmatch(whole, path if pattern.startswith("/") else address, re.DOTALL):
            return True
    return False


SOURCE = SourceKind(
    name="sitemap",
    options=SitemapOptions,
    ask=ask_list,
    read=read,
    ask_text=ask_page,
    extract=extract_entry,
    share_url=share_url,
)
