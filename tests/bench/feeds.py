"""The reader of feeds as a callable for scorers: `read(data, url, headers)` gives title, link, id and items."""

from collections.abc import Mapping
from datetime import UTC, datetime

from tasks.articles.dates import read_time
from tasks.articles.nodes import absolute
from tasks.sources._feeds import read_feed
from tasks.sources._records import Record

NOW = datetime(2100, 1, 1, tzinfo=UTC)  # feeds of any age are measured


def read(data: bytes, url: str, headers: Mapping[str, str]) -> dict[str, object]:
    """The feed in these bytes, as it was answered at `url`."""
    base = headers.get("content-location", url)
    feed = read_feed(data, url=base, content_type=headers.get("content-type", ""))
    return {
        "title": feed.title,
        "link": feed.link,
        "id": feed.id,
        "items": [_item(record, base) for record in feed.records],
    }


def _item(record: Record, base: str) -> dict[str, object]:
    return {
        "title": record.title,
        "link": absolute(base, record.link) or record.link,
        "id": next(iter(record.ids), ""),
        "published": _moment(record.times),
        "updated": _moment(record.modified),
        "author": record.author,
        "summary": record.summary,
    }


def _moment(writings: tuple[str, ...]) -> datetime | None:
    read = (read_time(writing, zone=UTC, now=NOW) for writing in writings)
    return next((moment for moment in read if isinstance(moment, datetime)), None)
