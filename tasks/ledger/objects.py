"""What the store holds as far as we wrote it, and single facts about the ledger."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.catalogue import IndexKind
from tasks.ledger.changes import note_changes
from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database, batches
from tasks.ledger.pictures import lose_pictures
from tasks.ledger.records import PREFIX
from tasks.ledger.schema import articles, indexes, objects
from tasks.model import ActionKind, Receipt, Recorded


class Objects:
    """Digests of the objects in one store (named by its URL)."""

    def __init__(self, database: Database, store: str) -> None:
        self._database = database
        self._store = store
        self._ours = objects.c.store == store

    def known(self, keys: Iterable[str]) -> Mapping[str, Recorded]:
        """What is recorded of those among `keys` that we wrote."""
        with self._database.begin() as db:
            return {
                row.key: Recorded(digest=row.digest, body_digest=row.body_digest or "", tag=row.tag or "")
                for chunk in batches(keys)
                for row in db.execute(sa.select(objects).where(self._ours, objects.c.key.in_(chunk)))
            }

    def unknown(self, keys: Iterable[str]) -> list[str]:
        """Those of these keys of which nothing is recorded."""
        with self._database.begin() as db:
            left = dict.fromkeys(keys)
            for chunk in batches(left):
                for key in db.execute(sa.select(objects.c.key).where(self._ours, objects.c.key.in_(chunk))).scalars():
                    del left[key]
        return list(left)

    def want(self, keys: Iterable[str]) -> None:
        """These objects are shown again: they stay, though they were to be deleted."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                leaving = sa.and_(self._ours, objects.c.key.in_(chunk), objects.c.delete_after.is_not(None))
                db.execute(objects.update().where(leaving).values(delete_after=None))

    def all(self) -> Mapping[str, Recorded]:
        """What is recorded of every object that we wrote: as long as the archive, so only audits ask."""
        with self._database.begin() as db:
            query = sa.select(objects.c.key, objects.c.digest, objects.c.body_digest, objects.c.tag).where(self._ours)
            return {
                row.key: Recorded(digest=row.digest, body_digest=row.body_digest or "", tag=row.tag or "")
                for row in db.execute(query)
            }

    def lose(self, missing: Collection[str], *, damaged: Mapping[str, str], begun: Collection[str] = ()) -> None:
        """These are not in the store, and those (with the tags that they have now) are not what was written.

        Whatever is to stand there is due, in the same transaction: of an object that the ledger has forgotten nobody would know
        later that it is missing. Likewise what killed runs have `begun`.
        """
        with self._database.begin() as db:
            _make_due(db, [*missing, *damaged, *begun])
            for chunk in batches(missing):
                db.execute(objects.delete().where(self._ours, objects.c.key.in_(chunk)))
            for key, tag in damaged.items():
                here = objects.update().where(self._ours, objects.c.key == key)
                db.execute(here.values(digest="", body_digest="", tag=tag))

    def retag(self, tags: Mapping[str, str]) -> None:
        """The same bytes have other tags now: the store was copied."""
        with self._database.begin() as db:
            for key, tag in tags.items():
                db.execute(objects.update().where(self._ours, objects.c.key == key).values(tag=tag))

    def render_again(self) -> None:
        """Every page has to be made again."""
        with self._database.begin() as db:
            db.execute(articles.update().values(stale=True))
            db.execute(indexes.update().values(stale=True))

    def count(self, *, at_most: int | None = None) -> int:
        """How many objects we have there; `at_most`: where there are more, that number, without a look at the others."""
        found = sa.select(objects.c.key).where(self._ours).limit(at_most).subquery()
        with self._database.begin() as db:
            return db.execute(sa.select(sa.func.count()).select_from(found)).scalar() or 0

    def intend(self, keys: Iterable[str], *, now: datetime, until: datetime | None = None) -> None:
        """Before these are written or deleted: from now on it is not known what stands there, until it is recorded.

        Killed in between, the ledger still knows that the keys may be ours: they are written again, or deleted. `until`:
        new ones are to go then, unless they are wanted meanwhile.
        """
        with self._database.begin() as db:
            for chunk in batches(keys):
                here = sa.and_(self._ours, objects.c.key.in_(chunk))
                known = set(db.execute(sa.select(objects.c.key).where(here)).scalars())
                db.execute(objects.update().where(here).values(digest="", body_digest=""))
                rows = [
                    {
                        "store": self._store,
                        "key": key,
                        "digest": "",
                        "size": 0,
                        "written_at": now,
                        "delete_after": until,
                    }
                    for key in chunk
                    if key not in known
                ]
                if rows:
                    db.execute(objects.insert(), rows)

    def record(
        self, receipts: Iterable[Receipt], *, now: datetime, announced: bool = False, wanted: bool = True
    ) -> None:
        """Keep what was written and deleted; failed receipts change nothing. `announced`: others are to hear of it.

        What was written stays, unless it is not `wanted` yet: then what was intended to go still is.
        """
        done = [receipt for receipt in receipts if not receipt.error and receipt.kind is not ActionKind.KEEP]
        if not done:
            return
        with self._database.begin() as db:
            leaving = {} if wanted else self._leaving(db, [receipt.key for receipt in done])
            gone = objects.delete().where(objects.c.store == self._store, objects.c.key == sa.bindparam("gone"))
            db.execute(gone, [{"gone": receipt.key} for receipt in done])
            rows = [
                {
                    "store": self._store,
                    "key": r.key,
                    "digest": r.digest,
                    "body_digest": r.body_digest,
                    "tag": r.tag,
                    "size": r.size,
                    "written_at": now,
                    "delete_after": leaving.get(r.key),
                }
                for r in done
                if r.kind is not ActionKind.DELETE
            ]
            if rows:
                db.execute(objects.insert(), rows)
            if announced:
                note_changes(db, done)

    def _leaving(self, db: Connection, keys: Iterable[str]) -> Mapping[str, datetime]:
        rows = (
            row
            for chunk in batches(keys)
            for row in db.execute(
                sa.select(objects.c.key, objects.c.delete_after).where(self._ours, objects.c.key.in_(chunk))
            )
        )
        return {row.key: row.delete_after for row in rows}

    def disown(self, keys: Iterable[str]) -> None:
        """These are not ours: they stay in the store, and nothing is known of them."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                db.execute(objects.delete().where(self._ours, objects.c.key.in_(chunk)))

    def under(self, prefix: str) -> frozenset[str]:
        """Keys that we wrote below a prefix and that are to stay."""
        below = sa.and_(objects.c.key >= prefix, objects.c.key < prefix + "\U0010ffff")
        with self._database.begin() as db:
            query = sa.select(objects.c.key).where(self._ours, below, objects.c.delete_after.is_(None))
            return frozenset(db.execute(query).scalars())

    def delete_later(self, keys: Iterable[str], *, after: datetime) -> None:
        """These objects are no longer wanted; they go with the first run after that time."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                db.execute(objects.update().where(self._ours, objects.c.key.in_(chunk)).values(delete_after=after))

    def to_delete(self, *, now: datetime) -> tuple[str, ...]:
        """Keys whose time has come."""
        with self._database.begin() as db:
            query = sa.select(objects.c.key).where(self._ours, objects.c.delete_after <= now)
            return tuple(db.execute(query.order_by(objects.c.key)).scalars())

    def settle_store(self) -> bool:
        """From now on this store is the one that is published to; whether it was another one before.

        Nothing is known to be published there then; what is recorded of its objects stays.
        """
        with self._database.begin() as db:
            before = fact(db, "store")
            if before == self._store:
                return False
            keep_fact(db, "store", self._store)
            if not before:
                return False
            lose_pictures(db)
            db.execute(articles.update().values(published=False))
            db.execute(indexes.update().values(published=False, stale=True))
            return True

    def forget(self) -> None:
        """The store is not the one that was written: nothing in it is known, everything has to be written."""
        with self._database.begin() as db:
            db.execute(objects.delete().where(self._ours))
            lose_pictures(db)
            db.execute(articles.update().values(published=False))
            db.execute(indexes.update().values(published=False, stale=True))

    def settle_edition(self, edition: str) -> None:
        """From now on pages are made as this edition; when it is another one, every page has to be made again."""
        with self._database.begin() as db:
            if fact(db, "edition") != edition:
                db.execute(articles.update().values(stale=True))
                db.execute(indexes.update().values(stale=True))
                keep_fact(db, "edition", edition)

    def ledger_id(self) -> str:
        """The ledger's own name, made when it is first asked for."""
        return self.settled("ledger", uuid.uuid4().hex)

    def remembered(self, name: str) -> str:
        """A fact about this store; empty when there is none."""
        with self._database.begin() as db:
            return fact(db, f"{name} {self._store}"[:200])

    def remember(self, name: str, value: str) -> None:
        """Keep a fact about this store."""
        with self._database.begin() as db:
            keep_fact(db, f"{name} {self._store}"[:200], value)

    def settled(self, name: str, value: str) -> str:
        """The value that was given to `name` first: this one when there was none."""
        with self._database.begin() as db:
            if found := fact(db, name):
                return found
            keep_fact(db, name, value)
        return value


def _make_due(db: Connection, keys: Iterable[str]) -> None:
    """Pages that are to stand under these keys have to be made again."""
    rest = set(keys)
    lose_pictures(db, rest)
    for chunk in batches(sorted(rest)):
        of_article = sa.or_(articles.c.page_key.in_(chunk), articles.c.post_key.in_(chunk))
        query = sa.select(articles.c.key, articles.c.page_key, articles.c.post_key).where(of_article)
        for row in db.execute(query).all():
            _article_is_due(db, row.key)
            rest -= {row.page_key, row.post_key}
    for key in {key.rpartition("/")[2].removesuffix(".json") for key in rest if key.startswith(PREFIX)}:
        _article_is_due(db, key)
    if rest:
        db.execute(indexes.update().values(stale=True))


def _article_is_due(db: Connection, key: str) -> None:
    """Its page, its post and its record; of a withdrawn one, the tombstone and the record."""
    db.execute(articles.update().where(articles.c.key == key).values(stale=True))
    tombstone = sa.and_(indexes.c.kind == IndexKind.WITHDRAWN, indexes.c.name == key)
    db.execute(indexes.update().where(tombstone).values(stale=True))
