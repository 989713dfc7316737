"""Answers that are no article, kept as they came, so that a person can look at them and a better parser can read them."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tasks.articles.plain import legal
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import quarantine
from tasks.model import Response

_LARGEST = 2_000_000  # bytes of an answer that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One answer. `at` is when it came last, `attempts` how often something like it came."""

    key: str
    source: str
    reason: str
    at: datetime
    url: str
    status: int
    content_type: str
    body: bytes
    attempts: int


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
        }
        with self._database.begin() as db:
            here = quarantine.update().where(quarantine.c.key == key)
            if not db.execute(here.values(**row, attempts=quarantine.c.attempts + 1)).rowcount:
                db.execute(quarantine.insert().values(**row, key=key, attempts=1))

    def release(self, keys: Iterable[str]) -> None:
        """These stories were read after all."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                db.execute(quarantine.delete().where(quarantine.c.key.in_(chunk)))

    def of(self, key: str) -> Quarantined | None:
        """What is kept of a story."""
        with self._database.begin() as db:
            row = db.execute(sa.select(quarantine).where(quarantine.c.key == key)).first()
        return None if row is None else Quarantined(**dict(row._mapping) | {"body": zlib.decompress(row.body)})

    def keys(self) -> tuple[str, ...]:
        """Stories of which an answer is kept, the newest first."""
        query = sa.select(quarantine.c.key).order_by(quarantine.c.at.desc(), quarantine.c.key)
        with self._database.begin() as db:
            return tuple(db.execute(query).scalars())
