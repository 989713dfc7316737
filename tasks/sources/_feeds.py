"""A feed of any kind -> one shape: RSS 0.9x to 2.0, RDF, Atom and CDF through feedparser; JSON Feed 1.0 and 1.1."""

import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import feedparser

from tasks.errors import ParseError
from tasks.sources._json import load_json, text_of_value
from tasks.sources._records import Record, plain
from tasks.sources._xml import harmless_xml, is_whole

_LONGEST_FRESH = timedelta(days=1)
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_HOURS = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_SKIPPED = re.compile(r"<skipHours>(.*?)(?:</skipHours>|\Z)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as it was read. `next_url`: its next page (RFC 5005 section 3). `fresh_for` and `skip_hours` as in `Listing`.

    `whole` is false when it was cut off: its last record may then be half of one.
    """

    title: str = ""
    link: str = ""
    id: str = ""
    records: tuple[Record, ...] = ()
    next_url: str = ""
    fresh_for: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    whole: bool = True


def read_feed(body: bytes, *, url: str, content_type: str) -> Feed:
    """The feed in these bytes, well-formed or not; `ParseError` when there is none.

    `url`: what relative addresses are relative to. Nobody is asked for anything.
    """
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", body[:200]):
        return _json_feed(load_json(body, content_type))
    text = harmless_xml(body, content_type)
    if not text.strip():
        raise ParseError("the answer is empty")
    document = io.BytesIO(text.encode("utf-8", "replace"))
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        parsed = feedparser.parse(document, response_headers=headers, sanitize_html=False)
    except (ValueError, LookupError, RecursionError, AssertionError, TypeError, AttributeError) as error:
        raise ParseError(f"the feed cannot be read: {type(error).__name__}: {str(error)[:100]}") from error
    if not parsed.version and not parsed.entries:
        raise ParseError(f"this is no feed: expected RSS, RDF, Atom or JSON Feed; it begins {text.strip()[:60]!r}")
    if not (whole := is_whole(text)) and not parsed.entries:
        raise ParseError("the feed is cut off before its first record")
    return Feed(
        title=_plain_of(parsed.feed, "title"),
        link=str(parsed.feed.get("link", "")),
        id=str(parsed.feed.get("id", "")),
        records=tuple(_record(entry) for entry in parsed.entries),
        next_url=_link(parsed.feed, "next"),
        fresh_for=_fresh_for(parsed.feed),
        skip_hours=_skip_hours(text),
        whole=whole,
    )


def _record(entry: dict[str, Any]) -> Record:
    link, original = str(entry.get("link", "")), str(entry.get("feedburner_origlink", ""))
    source = entry.get("source") or {}
    return Record(
        link=original or link,
        title=_plain_of(entry, "title"),
        times=_times(entry, "published", "created", "updated"),
        modified=_times(entry, "updated"),
        media=plain(str(source.get("title", "") or source.get("value", ""))),
        author=plain(str(entry.get("author", ""))),
        summary=_plain_of(entry, "summary"),
        content=_content(entry),
        ids=tuple(filter(None, [str(entry.get("id", ""))])),
        links=(link,) if original else (),
    )


def _times(entry: dict[str, Any], *names: str) -> tuple[str, ...]:
    """The moments as they are written: feedparser's own reading fills in from the clock what a text leaves open."""
    # Not `entry.get`: for a missing date that looks for another one, and warns of it.
    return tuple(str(written) for name in names if (written := dict.get(entry, name)))


def _plain_of(holder: Mapping[str, Any], name: str) -> str:
    """A text without markup. What looks like plain text is left as it is: an `&lt;` in it is what a reader shall see."""
    value = str(holder.get(name, ""))
    kind = (holder.get(f"{name}_detail") or {}).get("type", "")
    return " ".join(value.split()) if kind == "text/plain" and not _TAG.search(value) else plain(value)


def _content(entry: dict[str, Any]) -> str:
    """The longest of its contents, else its description, as HTML."""
    parts = [part for part in entry.get("content", ()) if _is_text(part.get("type", ""))]
    best = max(parts, key=lambda part: len(part.get("value", "")), default=entry.get("summary_detail") or {})
    value = str(best.get("value", ""))
    return _paragraphs(value) if best.get("type") == "text/plain" and "<" not in value else value


def _is_text(content_type: str) -> bool:
    return content_type in ("", "application/xhtml+xml") or content_type.startswith("text/")


def _paragraphs(text: str) -> str:
    lines = [line.strip() for line in re.split(r"\n\s*\n|\r\n?|\n", text)]
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def _link(feed: Mapping[str, Any], relation: str) -> str:
    return next((str(link.get("href", "")) for link in feed.get("links", ()) if link.get("rel") == relation), "")


def _fresh_for(feed: Mapping[str, Any]) -> timedelta | None:
    """How long the feed says it stays as it is: `ttl` (RSS 2.0), else `sy:updatePeriod` (RSS 1.0 module); a day at most."""
    ttl, period = str(feed.get("ttl", "")).strip(), str(feed.get("sy_updateperiod", "")).strip().lower()
    if re.fullmatch(r"\d{1,7}", ttl) and int(ttl):
        return min(timedelta(minutes=int(ttl)), _LONGEST_FRESH)
    if hours := _PERIODS.get(period):
        often = str(feed.get("sy_updatefrequency", "")).strip()
        times = int(often) if re.fullmatch(r"\d{1,4}", often) and int(often) else 1
        return min(timedelta(hours=hours) / times, _LONGEST_FRESH)
    return None


def _skip_hours(text: str) -> tuple[int, ...]:
    """Hours of the day in UTC in which the feed does not change (RSS 2.0; 0.91 writes midnight as 24)."""
    found = _SKIPPED.search(text)
    hours = {int(hour) % 24 for hour in _HOURS.findall(found[1]) if int(hour) <= 24} if found else set()
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def _json_feed(feed: object) -> Feed:
    """JSON Feed 1.1; the version is not asked for, because feeds without one are read everywhere."""
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        got = sorted(map(str, feed))[:8] if isinstance(feed, dict) else type(feed).__name__
        raise ParseError(f"this is no JSON Feed: expected an object with 'items', got {str(got)[:200]}")
    return Feed(
        title=text_of_value(feed.get("title")),
        link=text_of_value(feed.get("home_page_url")),
        id=text_of_value(feed.get("feed_url")),
        records=tuple(_json_record(item if isinstance(item, dict) else {}) for item in feed["items"]),
        next_url=text_of_value(feed.get("next_url")),
    )


def _json_record(item: Mapping[str, object]) -> Record:
    told = {name: text_of_value(item.get(name)) for name in item}
    text = told.get("content_text", "")
    authors = item.get("authors")
    names = [
        author.get("name")
        for author in (authors if isinstance(authors, list) else [item.get("author")])
        if isinstance(author, dict)
    ]
    return Record(
        link=told.get("url") or told.get("external_url", ""),
        title=told.get("title", ""),
        times=(told.get("date_published", ""), told.get("date_modified", "")),
        modified=(told.get("date_modified", ""),),
        author=text_of_value(names),
        summary=told.get("summary", ""),
        content=told.get("content_html") or _paragraphs(text),
        ids=tuple(filter(None, [told.get("id", "")])),
        links=tuple(filter(None, [told.get("external_url", "")])),
    )
