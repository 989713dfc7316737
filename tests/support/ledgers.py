"""Opening ledgers, and the records that tests keep in them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tasks.catalogue import IndexKind
from tasks.ledger import Ledger
from tasks.model import Article, Category, Entry, Listing, Offer, Unusable

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORE = "mem:"
KEY = "202603040000000001"
DAILY = Category(slug="hebinribao", title="河滨日报", tag="河滨日报新闻")
ROLLING = Category(slug="emnews", title="东财滚动新闻", tag="东财滚动新闻", fixed=True)


def opened(url: str, *, store: str = STORE, rehearsal: bool = False, busy: float = 15) -> Ledger:
    """A ledger whose clock stands still."""
    return Ledger(url, store=store, zone=CHINA, run_id="run-1", clock=lambda: NOW, rehearsal=rehearsal, busy=busy)


def entry(**changes: Any) -> Entry:
    """A record of the media list, with what the test says instead."""
    record = Entry(
        key=KEY,
        code=f"NW{KEY}",
        file_id=f"NW{KEY}",
        source="media",
        title="河滨港吞吐量增长“两成”",
        published_at=datetime(2026, 3, 4, 0, 5, 6, tzinfo=CHINA),
        media="河滨日报",
    )
    return replace(record, **changes)


def rolling(**changes: Any) -> Entry:
    """The same story in the rolling list."""
    return entry(**{"source": "rolling", "file_id": KEY, "media": None, "digest": "【港口】增长两成。"} | changes)


def listing(*items: Entry | Unusable, source: str = "media") -> Listing:
    """A list with these records."""
    return Listing(
        source=source,
        entries=tuple(item for item in items if isinstance(item, Entry)),
        unusable=tuple(item for item in items if isinstance(item, Unusable)),
    )


def offer(record: Entry | None = None, summary: str = "") -> Offer:
    """The offer of one record alone."""
    record = record or entry()
    return Offer(entry=record, summary=summary, seen_in=(record.source,))


def article(record: Entry | None = None, **changes: Any) -> Article:
    """What was read for a record."""
    record = record or entry()
    whole = Article(
        key=record.key,
        code=record.code,
        file_id=record.file_id,
        source=record.source,
        title=record.title,
        published_at=record.published_at,
        updated_at=record.published_at,
        category=DAILY,
        origin_url=f"http://example.com/share?code={record.code}",
        summary="增长两成。",
        quote=None,
        post_body="<p>增长两成。</p>",
        html="<p>增长两成。</p>",
    )
    return replace(whole, **changes)


def keep(ledger: Ledger, record: Entry | None = None, *, listed: bool = True, **changes: Any) -> Article:
    """An article recorded, read, saved and, as a rule, shown in lists."""
    record = record or entry()
    made = article(record, **changes)
    ledger.shelves.assign([made.category], pinned={})
    ledger.articles.record(listing(record, source=record.source), now=NOW)
    saved = ledger.articles.save(made, offer(record), now=NOW)
    if listed:
        ledger.places.shelve(now=NOW)
    return saved


def due(ledger: Ledger) -> tuple[Article, ...]:
    """Every article whose page has to be written."""
    return ledger.articles.read(ledger.articles.due(published=False, limit=100)) + ledger.articles.read(
        ledger.articles.due(published=True, limit=100)
    )


def moved_from(ledger: Ledger) -> tuple[str, ...]:
    """Every address that an article had before."""
    return tuple(ref.name for ref in ledger.indexes.never_published(IndexKind.MOVED, limit=100))
