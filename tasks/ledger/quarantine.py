"""Answers that are no article, kept as they came, so that a person can look at them and a better parser can read them."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.articles.plain import legal
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import quarantine
from tasks.model import Response

_LARGEST = 2_000_000  # bytes of an answer that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One answer. `at` is when it came last, `attempts` how often something like it came, `size` the bytes that came.

    `body` has no more than the first two million of them.
    """

    key: str
    source: str
    reason: str
    at: datetime
    url: str
    status: int
    content_type: str
    attempts: int
    size: int
    body: bytes = b""


class Quarantine:
    """By the story's key, the newest answer of each. Nothing of it is ever published."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, key: str, source: str, reason: str, answer: Response, *, now: datetime) -> None:
        """Lock an answer up."""
        row = {
            "source": source,
            "reason": legal(reason)[:900],
            "at": now,
            "url": answer.url,
            "status": answer.status,
            "content_type": legal(answer.content_type),
            "body": zlib.compress(answer.body[:_LARGEST]),
            "size": len(answer.body),
        }
        with self._database.begin() as db:
            here = quarantine.update().where(quarantine.c.key == key)
            if not db.execute(here.values(**row, attempts=quarantine.c.attempts + 1)).rowcount:
                db.execute(quarantine.insert().values(**row, key=key, attempts=1))

    def release(self, keys: Iterable[str]) -> None:
        """These stories were read after all."""
        with self._database.begin() as db:
            let_go(db, keys)

    def forget(self, *, before: datetime) -> int:
        """Drop what came last before that time; how many answers. Their reasons stay in the journal."""
        with self._database.begin() as db:
            return db.execute(quarantine.delete().where(quarantine.c.at < before)).rowcount

    def of(self, key: str) -> Quarantined | None:
        """What is kept of a story."""
        with self._database.begin() as db:
            row = db.execute(sa.select(quarantine).where(quarantine.c.key == key)).first()
        return None if row is None else Quarantined(**dict(row._mapping) | {"body": zlib.decompress(row.body)})

    def listed(self) -> tuple[Quarantined, ...]:
        """Everything that is kept, without the answers themselves, the newest first."""
        told = [column for column in quarantine.c if column.name != "body"]
        query = sa.select(*told).order_by(quarantine.c.at.desc(), quarantine.c.key)
        with self._database.begin() as db:
            return tuple(Quarantined(**row._mapping) for row in db.execute(query))


def let_go(db: Connection, keys: Iterable[str]) -> None:
    """Nothing is kept of these stories any more."""
    for chunk in batches(keys):
        db.execute(quarantine.delete().where(quarantine.c.key.in_(chunk)))
