"""When pages are looked at again for corrections: soon after they were read, then ever more seldom."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import articles
from tasks.model import Status

AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))
"""How long after its first reading a page is looked at again."""
MOST_CHANGES = 3
"""A page that changed at so many of these looks is not looked at any more."""


class Rechecks:
    """The timetable of each article: `recheck_at` is the next look, and there is none when the last one is over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, keys: Iterable[str], *, now: datetime) -> None:
        """These were read for the first time just now."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                here = articles.update().where(articles.c.key.in_(chunk))
                db.execute(here.values(recheck_at=now + AFTER[0], rechecks=0, recheck_changes=0))

    def due(self, sources: Collection[str], *, now: datetime, limit: int) -> tuple[str, ...]:
        """Keys of the articles of these sources to look at now, the longest due first."""
        if not sources:
            return ()
        waiting = sa.and_(articles.c.recheck_at.is_not(None), articles.c.recheck_at <= now)
        query = sa.select(articles.c.key).where(
            waiting, articles.c.status == Status.READY, articles.c.source.in_(list(sources))
        )
        with self._database.begin() as db:
            return tuple(db.execute(query.order_by(articles.c.recheck_at, articles.c.key).limit(limit)).scalars())

    def looked(self, key: str, *, now: datetime, changed: bool, last: bool = False) -> bool:
        """One look is over, whatever it showed; false when it was one change too many, and the last look therefore.

        `last`: there is to be no other one in any case.
        """
        with self._database.begin() as db:
            names = (articles.c.read_at, articles.c.rechecks, articles.c.recheck_changes)
            row = db.execute(sa.select(*names).where(articles.c.key == key)).one()
            looks, changes = row.rechecks + 1, row.recheck_changes + changed
            restless = changes >= MOST_CHANGES
            ends = last or restless or looks >= len(AFTER)
            later = None if ends else (row.read_at or now) + AFTER[looks]
            # A look that came late does not make the next one come at once.
            at = None if later is None else max(later, now + AFTER[0])
            values = {"rechecks": looks, "recheck_changes": changes, "recheck_at": at}
            db.execute(articles.update().where(articles.c.key == key).values(**values))
        return not restless
