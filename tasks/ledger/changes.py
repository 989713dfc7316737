"""What readers can get that changed and that nobody was told of yet: a killed or failed run leaves it for the next one."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import changes
from tasks.model import ActionKind, Receipt

PRIVATE = "_finews/"
_AT_ONCE = 10_000  # what one run tells; IndexNow takes no more in one call


class Changes:
    """Keys of changed objects: `cached` where caches may have the former object, `new` where others shall hear of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cached(self) -> tuple[str, ...]:
        """Updated and deleted objects that caches were not told to forget."""
        return self._those(changes.c.cached)

    def new(self) -> tuple[str, ...]:
        """Created and updated objects that hubs and search engines have not heard of."""
        return self._those(changes.c.new)

    def forgotten(self) -> None:
        """Caches have forgotten everything, or there are none."""
        self._done(cached=False)

    def told(self) -> None:
        """Hubs and search engines have heard of everything, or there are none."""
        self._done(new=False)

    def _done(self, **done: bool) -> None:
        with self._database.begin() as db:
            db.execute(changes.update().values(**done))
            db.execute(changes.delete().where(~changes.c.cached, ~changes.c.new))

    def _those(self, where: sa.ColumnElement[bool]) -> tuple[str, ...]:
        query = sa.select(changes.c.key).where(where).order_by(changes.c.key).limit(_AT_ONCE)
        with self._database.begin() as db:
            return tuple(db.execute(query).scalars())


def note_changes(db: Connection, receipts: Iterable[Receipt]) -> None:
    """These were written or deleted."""
    kinds = {receipt.key: receipt.kind for receipt in receipts if not receipt.key.startswith(PRIVATE)}
    for chunk in batches(kinds):
        here = changes.c.key.in_(chunk)
        before = set(db.execute(sa.select(changes.c.key).where(here, changes.c.cached)).scalars())
        db.execute(changes.delete().where(here))
        rows = [
            {
                "key": key,
                "cached": kinds[key] is not ActionKind.CREATE or key in before,
                "new": kinds[key] is not ActionKind.DELETE,
            }
            for key in chunk
        ]
        db.execute(changes.insert(), rows)
