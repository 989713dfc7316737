"""The Choice/eastmoney services: three shapes of list, one article service.

The lists differ in names only; extra keys are ignored and missing ones tolerated where an article can do
without. Shapes as read by public readers of these services; the complete answers are not documented.
"""

import json
import re
import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import quote

from tasks.articles.charset import decode_data
from tasks.articles.dates import parse_time
from tasks.articles.identity import is_safe_code, story_key
from tasks.articles.plain import legal, without_controls
from tasks.config import ArticleUrl, HttpUrl, SourceSpec
from tasks.errors import ParseError
from tasks.model import Entry, Listing, Request, Response, Text, Unusable
from tasks.sources import SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceOptions:
    """Addresses of the services. `{code}` in them stands for the record's infoCode."""

    list_url: HttpUrl
    article_url: ArticleUrl
    share_url: HttpUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Names of the fields of one list shape, and of the text in the article answer."""

    code: str
    time: str
    media: str | None
    text: tuple[str, ...]


# Names of 300 characters are taken as they come; the ledger has room for this many.
_LONGEST_NAME = 600

_SHAPES = {
    "records": _Shape(code="infoCode", time="showtime", media=None, text=("content", "text")),
    "nodeList": _Shape(code="infocode", time="showtime", media="from", text=("text", "content")),
    "record": _Shape(code="infoCode", time="datetime", media="medianame", text=("text", "content")),
}


def ask(spec: SourceSpec) -> Request:
    """The list."""
    return Request(url=spec.options.list_url)


def read(spec: SourceSpec, response: Response) -> Listing:
    """The list's records as entries; those that cannot be used, with the reason."""
    answer, _ = _json_object(response)
    key = next((key for key in _SHAPES if isinstance(answer.get(key), list)), None)
    if key is None:
        expected = ", ".join(repr(key) for key in _SHAPES)
        raise ParseError(f"{response.url}: no list in the answer: expected one of {expected}, got {_keys(answer)}")
    shape, records = _SHAPES[key], cast(list[object], answer[key])
    if shape.media is None and not (spec.category and spec.tag):
        raise ParseError(f"{response.url}: this list names no media: give source {spec.name!r} a category and a tag")
    if not records:
        raise ParseError(f"{response.url}: the list is empty")
    read_records = [_read_record(spec, shape, record, place) for place, record in enumerate(records)]
    return Listing(
        source=spec.name,
        entries=tuple(item for item in read_records if isinstance(item, Entry)),
        unusable=tuple(item for item in read_records if isinstance(item, Unusable)),
    )


def _read_record(spec: SourceSpec, shape: _Shape, record: object, place: int) -> Entry | Unusable:
    subject = f"{spec.name}#{place + 1}"
    if not isinstance(record, dict):
        return Unusable(
            subject=subject, source=spec.name, reason=f"the record is {type(record).__name__}, not an object"
        )
    fields = {str(key): value if isinstance(value, str) else _as_text(value) for key, value in record.items()}
    # Media and market lists spell the code's key differently; a list that changes its mind is still read.
    code = (fields.get(shape.code) or fields.get("infoCode") or fields.get("infocode") or "").strip()
    if not code:
        return Unusable(subject=subject, source=spec.name, reason="the record has no code")
    if not is_safe_code(code):
        return Unusable(
            subject=subject, source=spec.name, reason=f"{code[:80]!r} is not a code: letters, digits, - and _"
        )
    subject, key = code, story_key(code)
    file_id = code if shape.media else (fields.get("id") or "").strip() or key
    title, time = without_controls(fields.get("title", "")), fields.get(shape.time, "").strip()
    if not title.strip():
        return Unusable(subject=subject, source=spec.name, reason="the title is empty")
    if story_key(file_id) != key:
        return Unusable(
            subject=subject, source=spec.name, reason=f"the id {file_id[:80]!r} does not belong to this code"
        )
    media = without_controls(fields.get(shape.media, "")).strip() if shape.media else None
    if media is not None and len(media) > _LONGEST_NAME:
        return Unusable(
            subject=subject, source=spec.name, reason=f"a media name of {len(media)} characters: {media[:40]!r}"
        )
    published_at = parse_time(time, zone=zoneinfo.ZoneInfo(spec.timezone))
    if not isinstance(published_at, datetime):
        return Unusable(subject=subject, source=spec.name, reason=published_at)
    return Entry(
        key=key,
        code=code,
        file_id=file_id,
        source=spec.name,
        title=title,
        published_at=published_at,
        media=media,
        digest=without_controls(fields.get("digest", "")) if shape.media is None else "",
        link=without_controls(fields.get("url_w", "")).strip() if shape.media is None else "",
    )


def ask_text(spec: SourceSpec, entry: Entry) -> Request:
    """The article service, asked for the entry's code."""
    return Request(url=_fill(spec.options.article_url, entry.code))


def extract(spec: SourceSpec, entry: Entry, response: Response | None) -> Text:
    """The HTML of the text: annotated for lists without media, plain for the others."""
    if response is None:
        raise ParseError(f"{entry.code}: no answer to read; expected that of the article service")
    answer, replaced_share = _json_object(response)
    names = _SHAPES["records"].text if entry.media is None else _SHAPES["nodeList"].text
    for name in names:
        if isinstance(value := answer.get(name), str) and re.search(r"[^\s\u3000]", value):
            return Text(html=legal(value), method="service", replaced_share=replaced_share)
    raise ParseError(f"{response.url}: no text: expected {names[0]!r} with some HTML, got keys {_keys(answer)}")


def share_url(spec: SourceSpec, entry: Entry) -> str:
    """The human page for the entry's code."""
    return _fill(spec.options.share_url, entry.code)


def _fill(template: str, code: str) -> str:
    return template.replace("{code}", quote(code, safe=""))


def _json_object(response: Response) -> tuple[dict[str, object], float]:
    """The answer, and the share of its characters that could not be read."""
    try:
        decoded = decode_data(response.body, response.content_type)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    text = decoded.text.lstrip("\ufeff").strip()
    if not text:
        raise ParseError(f"{response.url}: the answer is empty")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "HTML" if text.startswith("<") else "cut off or not JSON"
        raise ParseError(
            f"{response.url}: the answer is {kind}, expected a JSON object: {error}; it begins {text[:60]!r}"
        ) from error
    if not isinstance(answer, dict):
        raise ParseError(f"{response.url}: expected a JSON object, got {type(answer).__name__}")
    return answer, decoded.replaced_share


def _keys(answer: dict[str, object]) -> str:
    return str(sorted(answer)[:8])[:200]


def _as_text(value: object) -> str:
    """Numbers become text (ids come as either); anything else counts as missing."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


SOURCE = SourceKind(
    name="choice",
    options=ChoiceOptions,
    ask=ask,
    read=read,
    ask_text=ask_text,
    extract=extract,
    share_url=share_url,
    pages=False,
)
