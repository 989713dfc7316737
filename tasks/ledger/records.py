"""What the store keeps of every article so that a lost ledger can be made again: one JSON object an article, private.

A record holds what the ledger knows and pages do not show: places in the orders of arrival, records of lists, former
addresses. Of a withdrawn article its text is left out.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.catalogue import (
    IN_FEED,
    IN_SEARCH,
    IN_SITEMAP,
    ON_CATEGORY_PAGE,
    ON_DAY_PAGE,
    IndexKind,
    IndexRef,
    page_of,
)
from tasks.errors import ConfigError, LedgerError
from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database, batches
from tasks.ledger.pictures import pictures_in_records, take_over_pictures
from tasks.ledger.schema import (
    Instant,
    aliases,
    articles,
    bands,
    categories,
    echoes,
    holes,
    indexes,
    journal,
    journals_owed,
    moves,
    objects,
    orders,
    picture_uses,
    pictures,
    quarantine,
    revisions,
    sightings,
    sketches,
    unusable,
)
from tasks.model import Status

FORMAT = 1
_RESTORING = "restoring"
PREFIX = "_finews/articles/"
_TABLES = (articles, aliases, revisions, sketches, bands, echoes, quarantine)
_TEXT = ("title", "summary", "quote", "post_body", "html", "content_digest")
_COLUMNS = tuple(
    column.name
    for column in articles.c
    if column.name
    not in (
        "published", "stale", "attempts", "next_try_at", "error", "recheck_at", "rechecks", "recheck_changes",
        "fingerprint", "text_digest", "missing", "owed",
    )
)  # fmt: skip
# Records that an earlier version wrote have none of these.
_LATER = frozenset({"modified_at", "released_at", "read_at"})
_PLACES = (
    articles.c.category, articles.c.place, articles.c.day, articles.c.day_place, articles.c.month, articles.c.month_place,
    articles.c.published_at,
)  # fmt: skip
_Row = sa.Row[tuple[object, ...]]
_TIMES = frozenset(column.name for column in articles.c if isinstance(column.type, Instant))


class Records:
    """Writing and reading the records of articles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """Records of these articles, by the key of the object that holds each. The same ledger gives the same bytes."""
        made: dict[str, bytes] = {}
        with self._database.begin() as db:
            for chunk in batches(keys):
                beside = _beside(db, chunk)
                rows = db.execute(sa.select(articles).where(articles.c.key.in_(chunk)))
                made |= {f"{PREFIX}{row.key[:6]}/{row.key}.json": _record(row, beside) for row in rows}
        return made

    def begin(self, ledger_id: str) -> None:
        """Make this ledger the one of that name, or go on where that was begun; `ConfigError` when it has published anything.

        What a ledger without a publication knows came from lists, which will name it again: it goes.
        """
        with self._database.begin() as db:
            if fact(db, _RESTORING) == ledger_id:
                return
            if (generation := fact(db, "generation")) or db.execute(sa.select(objects.c.key).limit(1)).first():
                raise ConfigError(
                    f"this ledger has published itself (generation {generation or 0}); expected an empty one to restore into"
                )
            for table in (
                *_TABLES,
                picture_uses,
                pictures,
                sightings,
                unusable,
                categories,
                orders,
                indexes,
                holes,
                moves,
                journal,
                journals_owed,
            ):
                db.execute(table.delete())
            keep_fact(db, "ledger", ledger_id)
            keep_fact(db, _RESTORING, ledger_id)

    def unfinished(self) -> bool:
        """Whether a restore has begun and not ended: the ledger does not know yet what it had known."""
        with self._database.begin() as db:
            return bool(fact(db, _RESTORING))

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of these records, named by their objects' keys, that were not taken over."""
        named = {_article_of(name): name for name in names}
        with self._database.begin() as db:
            for chunk in batches(named):
                for key in db.execute(sa.select(articles.c.key).where(articles.c.key.in_(chunk))).scalars():
                    del named[key]
        return list(named.values())

    def read(self, bodies: Mapping[str, bytes]) -> None:
        """Take over records, by their objects' keys; `LedgerError` names one that cannot be read."""
        told: list[_Told] = []
        for name, body in bodies.items():
            try:
                told.append(_read(json.loads(body)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise LedgerError(f"{name}: not a record of an article: {type(error).__name__}: {error}") from error
        with self._database.begin() as db:
            _take_over(db, told)

    def finish(self, *, news_files: int, shards: Mapping[str, datetime]) -> None:
        """When all records are there: the orders of arrival, and which pages of lists there are.

        `shards`: when each shard of sitemaps last changed, by its label; who left it and came back is in no record. Done
        again, it comes to the same.
        """
        with self._database.begin() as db:
            db.execute(orders.delete())
            db.execute(indexes.delete())
            _count_orders(db)
            rows = [
                {
                    "kind": ref.kind,
                    "name": ref.name,
                    "number": ref.number,
                    "published": True,
                    "stale": True,
                    "changed_at": shards.get(f"{ref.name}-{ref.number}", at) if ref.kind is IndexKind.SITEMAP else at,
                }
                for ref, at in _pages(db).items()
            ]
            if rows:
                db.execute(indexes.insert(), rows)
            keep_fact(db, "news files", str(max(1, news_files)))

    def end(self) -> None:
        """Nothing is left to take over."""
        with self._database.begin() as db:
            keep_fact(db, _RESTORING, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What other tables hold of some articles. `categories` by slug, all others by the articles' keys."""

    categories: Mapping[str, dict[str, Any]]
    sightings: Mapping[str, list[_Row]]
    holes: Mapping[str, list[_Row]]
    moves: Mapping[str, list[_Row]]
    revisions: Mapping[str, list[_Row]]
    aliases: Mapping[str, list[_Row]]
    echoes: Mapping[str, list[_Row]]
    pictures: Mapping[str, list[dict[str, Any]]]


def _beside(db: Connection, keys: Sequence[str]) -> _Beside:
    """A statement a table, however many articles there are."""

    def of(table: sa.Table, *order: sa.ColumnElement[Any], article: str = "article") -> Mapping[str, list[_Row]]:
        found: defaultdict[str, list[_Row]] = defaultdict(list)
        for row in db.execute(sa.select(table).where(table.c[article].in_(keys)).order_by(*order)):
            found[row._mapping[article]].append(row)
        return found

    slugs = sa.select(articles.c.category).where(articles.c.key.in_(keys))
    shelves = db.execute(sa.select(categories).where(categories.c.slug.in_(slugs)))
    return _Beside(
        categories={row.slug: dict(row._mapping) for row in shelves},
        sightings=of(sightings, sightings.c.source, article="key"),
        holes=of(holes, holes.c.kind, holes.c.name, holes.c.place),
        moves=of(moves, moves.c.old_key),
        revisions=of(revisions, revisions.c.number),
        aliases=of(aliases, aliases.c.name),
        echoes=of(echoes, echoes.c.other),
        pictures=pictures_in_records(db, keys),
    )


def _article_of(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".json")


def _record(row: _Row, beside: _Beside) -> bytes:
    key = row.key
    known = {name: _plain(row._mapping[name]) for name in _COLUMNS}
    withdrawn = row.status == Status.WITHDRAWN
    if withdrawn:
        known |= dict.fromkeys(_TEXT)
    seen = [
        {
            "source": one.source,
            "entry": json.loads(one.entry),
            "first_seen_at": _plain(one.first_seen_at),
            "changed_at": _plain(one.changed_at),
        }
        for one in beside.sightings.get(key, ())
        if not withdrawn
    ]
    told = {
        "format": FORMAT,
        "article": known,
        "category": beside.categories.get(row.category),
        "sightings": seen,
        "holes": [{"kind": hole.kind, "name": hole.name, "place": hole.place} for hole in beside.holes.get(key, ())],
        "moves": [move.old_key for move in beside.moves.get(key, ())],
        "revisions": [_plain_row(one) for one in beside.revisions.get(key, ()) if not withdrawn],
        "aliases": [alias.name for alias in beside.aliases.get(key, ())],
        "echoes": [echo.other for echo in beside.echoes.get(key, ())],
    }
    if not withdrawn and (shown := beside.pictures.get(key)):
        told["pictures"] = shown
    return (json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def _plain_row(row: _Row) -> dict[str, object]:
    return {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A record as rows: of the article, of its category, of other tables; and the pictures that it tells of."""

    article: dict[str, Any]
    category: dict[str, Any] | None
    beside: Sequence[tuple[sa.Table, dict[str, Any]]]
    pictures: Sequence[Mapping[str, Any]]


def _read(told: dict[str, Any]) -> _Told:
    if told["format"] != FORMAT:
        raise ValueError(f"format {told['format']}, expected {FORMAT}")
    article = {name: told["article"].get(name) if name in _LATER else told["article"][name] for name in _COLUMNS}
    for name in _TIMES & article.keys():
        article[name] = datetime.fromisoformat(article[name]) if article[name] else None
    key = article["key"]
    beside: list[tuple[sa.Table, dict[str, Any]]] = []
    for seen in told["sightings"]:
        times = {name: datetime.fromisoformat(seen[name]) for name in ("first_seen_at", "changed_at")}
        entry = json.dumps(seen["entry"], ensure_ascii=False)
        beside.append((sightings, {"key": key, "source": seen["source"], "entry": entry, **times}))
    beside += [(holes, {**hole, "article": key}) for hole in told["holes"]]
    beside += [(moves, {"old_key": old, "article": key}) for old in told["moves"]]
    for revision in told.get("revisions", ()):
        beside.append((revisions, revision | {"at": datetime.fromisoformat(revision["at"])}))
    beside += [(aliases, {"name": alias, "article": key}) for alias in told.get("aliases", ())]
    beside += [(echoes, {"article": key, "other": other}) for other in told.get("echoes", ())]
    return _Told(
        article=article | {"published": bool(article["page_key"]), "stale": True},
        category=told["category"],
        beside=beside,
        pictures=told.get("pictures", ()),
    )


def _take_over(db: Connection, told: Sequence[_Told]) -> None:
    shelves = {one.category["slug"]: one.category for one in told if one.category}
    known = sa.select(categories.c.slug).where(categories.c.slug.in_(list(shelves)))
    for slug in db.execute(known).scalars():
        del shelves[slug]
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        categories: list(shelves.values()),
        articles: [one.article for one in told],
    }
    for one in told:
        for table, row in one.beside:
            rows.setdefault(table, []).append(row)
    for table, new in rows.items():
        if new:
            db.execute(table.insert(), new)
    for one in told:
        html = one.article["html"] or ""
        take_over_pictures(db, one.article["key"], html, one.pictures, now=one.article["first_seen_at"])


def _count_orders(db: Connection) -> None:
    last: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], datetime] = {}

    def arrive(kind: str, name: str, place: int, at: datetime | None) -> None:
        last[kind, name] = max(last[kind, name], place)
        if at is not None:
            held[kind, name] += 1
            newest[kind, name] = max(at, newest.get((kind, name), at))

    for row in db.execute(sa.select(*_PLACES)):
        if row.month_place is not None:
            arrive("month", row.month, row.month_place, row.published_at)
        if row.place is not None:
            arrive("category", row.category, row.place, row.published_at)
            arrive("day", row.day, row.day_place, row.published_at)
            arrive("calendar", row.day[:7], 0, row.published_at)
    for hole in db.execute(sa.select(holes)):
        arrive(hole.kind, hole.name, hole.place, None)
        if hole.kind == "day":
            arrive("calendar", hole.name[:7], 0, None)
    rows = [
        {"kind": kind, "name": name, "last": place, "held": held[kind, name], "newest_at": newest.get((kind, name))}
        for (kind, name), place in last.items()
    ]
    if rows:
        db.execute(orders.insert(), rows)


def _pages(db: Connection) -> dict[IndexRef, datetime | None]:
    """Every page of a list that there is, and the newest change of what it shows, which the sitemap tells."""
    refs: dict[IndexRef, datetime | None] = {}

    def pages(kind: IndexKind, name: str, numbers: Iterable[int]) -> None:
        refs.update({IndexRef(kind=kind, name=name, number=number): None for number in numbers})

    counted = list(db.execute(sa.select(orders).order_by(orders.c.name)))
    months = [row.name for row in counted if row.kind == "month"]
    for row in counted:
        match row.kind:
            case "category":
                pages(IndexKind.CATEGORY, row.name, range(row.last // ON_CATEGORY_PAGE + 1))
                pages(IndexKind.CATEGORY_FEED, row.name, range(row.last // IN_FEED + 1))
            case "day":
                pages(IndexKind.DAY, row.name, range(row.last // ON_DAY_PAGE + 1))
            case "calendar":
                pages(IndexKind.MONTH, row.name, [0])
            case "month":
                over = row.name < months[-1]
                documents = page_of(row.last, IN_FEED) if over else row.last // IN_FEED
                pages(IndexKind.FEED_ARCHIVE, row.name, range(1, documents + 1))
                pages(IndexKind.SITEMAP, row.name, range(1, page_of(row.last, IN_SITEMAP) + 1))
                pages(IndexKind.SEARCH, row.name, range(1, page_of(row.last, IN_SEARCH) + 1))
    for old in db.execute(sa.select(moves.c.old_key)).scalars():
        pages(IndexKind.MOVED, old, [0])
    for key in db.execute(sa.select(articles.c.key).where(articles.c.withdrawn_at.is_not(None))).scalars():
        pages(IndexKind.WITHDRAWN, key, [0])
    placed = sa.select(*_PLACES, articles.c.updated_at, articles.c.withdrawn_at).where(
        articles.c.month_place.is_not(None)
    )
    for row in db.execute(placed):
        shard = IndexRef(kind=IndexKind.SITEMAP, name=row.month, number=page_of(row.month_place, IN_SITEMAP))
        changes = [at for at in (row.updated_at, row.withdrawn_at, refs[shard]) if at is not None]
        refs[shard] = max(changes)
    return refs
