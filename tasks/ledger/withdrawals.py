"""Taking articles down, and bringing them back."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.catalogue import IndexKind, IndexRef
from tasks.errors import ConfigError
from tasks.ledger.generations import forget_versions, release
from tasks.ledger.opening import Database
from tasks.ledger.pictures import note_uses
from tasks.ledger.places import mark_stale, take_out
from tasks.ledger.quarantine import let_go
from tasks.ledger.schema import articles, indexes, moves, objects
from tasks.model import Status, WithdrawalReason


class Withdrawals:
    """A withdrawn article stands in no list; a tombstone is at its address, and no list brings it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def withdraw(self, keys: Iterable[str], reason: WithdrawalReason, *, now: datetime) -> tuple[str, ...]:
        """Take these down; the keys of those that were not down already. An unknown key is a `ConfigError`.

        Nobody can go back to lists of before, nor stay with them after a rollback: they would show it.
        """
        done: list[str] = []
        with self._database.begin() as db:
            for key in dict.fromkeys(keys):
                row = db.execute(sa.select(articles).where(articles.c.key == key)).first()
                if row is None:
                    raise ConfigError(
                        f"article {key}: this ledger does not know it; expected a code or address that a list has named"
                    )
                if row.status == Status.WITHDRAWN and row.withdrawal_reason == reason:
                    continue
                take_out(db, row, changed_at=now)
                values = {"withdrawn_at": now, "withdrawal_reason": reason, "place": None, "day_place": None}
                cleared = {"next_try_at": None, "error": None, "attempts": 0, "missing": 0, "stale": False}
                here = articles.update().where(articles.c.key == key)
                db.execute(here.values(**values, **cleared, status=Status.WITHDRAWN))
                if row.post_key:
                    db.execute(objects.update().where(objects.c.key == row.post_key).values(delete_after=now))
                mark_stale(db, dict.fromkeys([_tombstone_of(key), *_pointers_to(db, key)], now))
                note_uses(db, key, "", now=now)
                done.append(key)
            if done:
                let_go(db, done)
                forget_versions(db)
                release(db)
        return tuple(done)

    def reinstate(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Bring these back; the keys of those that were down. They arrive in the lists anew, with their own dates.

        One whose text is not kept, or was never read, is read again with the next run that lists it; until then its
        tombstones stay.
        """
        done: list[str] = []
        with self._database.begin() as db:
            for key in dict.fromkeys(keys):
                row = db.execute(sa.select(articles).where(articles.c.key == key)).first()
                if row is None or row.status != Status.WITHDRAWN:
                    continue
                status = Status.READY if row.content_digest else Status.PENDING
                db.execute(articles.update().where(articles.c.key == key).values(status=status))
                if status is Status.READY:
                    bring_back(db, key)
                    note_uses(db, key, row.html, now=row.updated_at)
                else:
                    mark_stale(db, {_tombstone_of(key): None})  # what the store keeps of it for a new ledger changes
                done.append(key)
        return tuple(done)


def bring_back(db: Connection, key: str) -> None:
    """The article takes the place of its tombstones."""
    back = {"withdrawn_at": None, "withdrawal_reason": None, "published": False, "stale": True}
    db.execute(articles.update().where(articles.c.key == key).values(**back))
    db.execute(indexes.delete().where(indexes.c.kind == IndexKind.WITHDRAWN, indexes.c.name == key))
    mark_stale(db, dict.fromkeys(_pointers_to(db, key)))


def _tombstone_of(key: str) -> IndexRef:
    return IndexRef(kind=IndexKind.WITHDRAWN, name=key)


def _pointers_to(db: Connection, key: str) -> list[IndexRef]:
    """Pages at addresses that the article had before."""
    old = db.execute(sa.select(moves.c.old_key).where(moves.c.article == key)).scalars()
    return [IndexRef(kind=IndexKind.MOVED, name=name) for name in old]
