"""A source of plain HTML pages, for tests of what happens to pages whatever their kind."""

import json
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import pytest

import flows.keeping
import flows.reading
import flows.run
import tasks.fetch
import tasks.parse
from tasks.config import HttpUrl, SourceSpec
from tasks.errors import ParseError
from tasks.model import Entry, Listing, Request, Response, Text
from tasks.sources import SourceKind, find_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """`list_url` answers a JSON array of objects with `id`, `url` and what else of an entry is told."""

    list_url: HttpUrl


def _read(spec: SourceSpec, response: Response) -> Listing:
    zone = zoneinfo.ZoneInfo(spec.timezone)
    entries = []
    for record in json.loads(response.body):
        told = datetime.fromisoformat(record["time"]).replace(tzinfo=zone) if record.get("time") else None
        entries.append(
            Entry(
                key=record["id"],
                code=record["id"],
                file_id=record["id"],
                source=spec.name,
                title=record.get("title", ""),
                published_at=told or response.received_at,
                dated=told is not None,
                media=record.get("media", "河滨网"),
                link=record["url"],
                aliases=tuple(record.get("aliases", ())),
            )
        )
    return Listing(source=spec.name, entries=tuple(entries))


def _extract(spec: SourceSpec, entry: Entry, response: Response | None) -> Text:
    assert response is not None
    page = response.body.decode()
    if not (body := re.search(r"<body>(.*)</body>", page, re.DOTALL)):
        raise ParseError(f"{response.url}: no body")
    title = re.search(r"<title>(.*?)</title>", page)
    canonical = re.search(r'<link rel="canonical" href="([^"]*)"', page)
    return Text(html=body[1], title=title[1] if title else "", canonical=canonical[1] if canonical else "")


PAGES = SourceKind(
    name="pages",
    options=PageOptions,
    ask=lambda spec: Request(url=spec.options.list_url),
    read=_read,
    ask_text=lambda spec, entry: Request(url=entry.link),
    extract=_extract,
    share_url=lambda spec, entry: entry.link,
)


@pytest.fixture
def page_kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While a test runs, there is one kind of source more: `pages`."""
    kinds: Mapping[str, SourceKind] = MappingProxyType({**find_sources(), PAGES.name: PAGES})
    for module in (flows.run, flows.keeping, flows.reading, tasks.fetch, tasks.parse):
        if hasattr(module, "find_sources"):
            monkeypatch.setattr(module, "find_sources", lambda: kinds)
    yield
