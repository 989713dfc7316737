"""Archives of any size in a ledger, without the years that it takes to collect one.

The rows are those that runs would have left: everything read, in its places, published. The objects of the archive are
on record only, but for those that the next run changes: these it finds missing, and makes.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from flows.publication import MARKER, State
from flows.run import facts_of, open_ledger, read_site, store_of
from tasks.articles.fingerprint import fingerprint, text_digest
from tasks.articles.slugs import new_slug
from tasks.ledger import Ledger
from tasks.ledger.schema import aliases, articles, categories, indexes, objects, sightings
from tasks.model import Action, ActionKind, Article, Category, Entry, Offer, Page
from tasks.outputs import edition, find_outputs
from tasks.outputs.caching import STATE
from tests.bench.stories import Made, media, story

BATCH = 2_000


def shelves() -> dict[str, Category]:
    """The category of each paper."""
    found: dict[str, Category] = {}
    for name in media():
        slug = new_slug(name, pinned={}, taken={shelf.slug for shelf in found.values()})
        found[name] = Category(slug=slug, title=name, tag=f"{name}新闻")
    return found


def article_of(made: Made, shelf: Category) -> tuple[Entry, Article]:
    """The record of the media list and the article that a run makes of it."""
    entry = Entry(
        key=made.code.removeprefix("NW"),
        code=made.code,
        file_id=made.code,
        source="media",
        title=made.title,
        published_at=made.at,
        media=made.media,
    )
    article = Article(
        key=entry.key,
        code=entry.code,
        file_id=entry.file_id,
        source=entry.source,
        title=entry.title,
        published_at=made.at,
        updated_at=made.at,
        category=shelf,
        origin_url=f"https://news.example/share?code={made.code}",
        summary=made.paragraphs[0][:120],
        quote=None,
        post_body=made.html,
        html=made.html,
    )
    return entry, article


def fill(ledger: Ledger, url: str, store: str, count: int, *, on_record: bool) -> None:
    """Stories 0 to `count` - 1, read and in their places. `on_record`: their objects are published, as the ledger knows.

    `store` is the store's URL. Each category's newest article is left to be written: the next run links it to what it brings.
    """
    engine = sa.create_engine(url)
    shelf_of = shelves()
    with engine.begin() as db:
        db.execute(categories.insert(), [asdict(shelf) for shelf in shelf_of.values()])
    places: Counter[tuple[str, str]] = Counter()
    newest: dict[str, str] = {}
    for start in range(0, count, BATCH):
        made = [story(number) for number in range(start, min(count, start + BATCH))]
        rows = [_rows(one, shelf_of[one.media], places, on_record=on_record) for one in made]
        newest |= {row[0]["category"]: row[0]["key"] for row in rows}
        with engine.begin() as db:
            db.execute(articles.insert(), [row[0] for row in rows])
            db.execute(sightings.insert(), [row[1] for row in rows])
            db.execute(aliases.insert(), [row[2] for row in rows])
            if on_record:
                db.execute(objects.insert(), [_object(store, key, row[0]) for row in rows for key in _keys(row[0])])
    ledger.records.finish(news_files=1, shards={})
    with engine.begin() as db:
        if on_record:
            db.execute(indexes.update().values(published=True, stale=False))
            ends = articles.c.key.in_(list(newest.values()))
            ended = db.execute(sa.select(articles).where(ends)).mappings().all()
            db.execute(objects.delete().where(objects.c.key.in_([key for row in ended for key in _keys(dict(row))])))
        else:
            db.execute(indexes.update().values(published=False, stale=True))
    engine.dispose()


def _rows(
    made: Made, shelf: Category, places: Counter[tuple[str, str]], *, on_record: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    entry, article = article_of(made, shelf)
    day = f"{made.at:%Y-%m-%d}"
    for order in (("category", shelf.slug), ("day", day), ("month", day[:7])):
        places[order] += 1
    names = (
        "key code file_id source title published_at updated_at origin_url summary quote post_body html revision page_key "
        "post_key content_digest"
    ).split()
    told = {name: getattr(article, name) for name in names}
    row = told | {
        "status": "ready",
        "first_seen_at": made.at,
        "read_at": made.at,
        "attempts": 0,
        "offer_digest": Offer(entry=entry, summary="", seen_in=("media",)).digest,
        "published": on_record,
        "stale": not on_record,
        "category": shelf.slug,
        "place": places["category", shelf.slug],
        "day": day,
        "day_place": places["day", day],
        "month": day[:7],
        "month_place": places["month", day[:7]],
        "fingerprint": fingerprint(article),
        "text_digest": text_digest(article.html) or None,
    }
    seen = {
        "key": entry.key,
        "source": entry.source,
        "entry": json.dumps(asdict(entry), default=datetime.isoformat, ensure_ascii=False),
        "first_seen_at": made.at,
        "changed_at": made.at,
    }
    return row, seen, {"name": article.origin_url, "article": entry.key}


def _keys(row: dict[str, Any]) -> Iterator[str]:
    yield row["page_key"]
    yield row["post_key"]
    yield f"_finews/articles/{row['key'][:6]}/{row['key']}.json"


def _object(store: str, key: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "store": store,
        "key": key,
        "digest": row["content_digest"],
        "body_digest": row["content_digest"],
        "tag": row["content_digest"][:32],
        "size": len(row["html"]),
        "written_at": row["read_at"],
    }


def prepare(path: str, count: int, *, on_record: bool) -> None:
    """The ledger and the store of the site file at `path`, as if runs had brought `count` articles."""
    site = read_site(path)
    with open_ledger(site, run_id="archive", clock=lambda: datetime.now(UTC)) as ledger:
        objects_of = ledger.objects
        objects_of.settled("timezone", site.site.timezone)
        objects_of.settle_store()
        objects_of.settle_edition(edition(facts_of(site), find_outputs()))
        ledger.indexes.expect(now=datetime.now(UTC))
        fill(ledger, site.ledger.url, site.publish.url, count, on_record=on_record)
        if on_record:
            ledger.generations.finish()
            state = State(ledger=objects_of.ledger_id(), generation=ledger.generations.number())
            page = Page(key=MARKER, body=state.body(), content_type="application/json", cache_control=STATE)
            store_of(site).write([Action(kind=ActionKind.CREATE, key=MARKER, reason="archive", page=page)])


if __name__ == "__main__":
    prepare(sys.argv[1], int(sys.argv[2]), on_record=sys.argv[3:] == ["on-record"])
