"""What reading kept answers again needs to know: which stories there are, how new their texts are, what they still owe."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import articles, quarantine, revisions, sightings
from tasks.model import Offer, Status


class Replays:
    """Nothing here asks, and nothing here is changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(
        self, sources: Collection[str], *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[str, ...]:
        """Stories of these sources, the newest first: those published from `since` on and before `until`.

        With those that were never read: when they were published stands in their records.
        """
        at = articles.c.published_at
        where: list[sa.ColumnElement[bool]] = [articles.c.source.in_(list(sources))]
        where += [sa.or_(at.is_(None), at >= since)] if since else []
        where += [sa.or_(at.is_(None), at < until)] if until else []
        newest = sa.func.coalesce(at, articles.c.first_seen_at).desc()
        with self._database.begin() as db:
            query = sa.select(articles.c.key).where(*where).order_by(newest, articles.c.key)
            return tuple(db.execute(query).scalars())

    def read_at(self, keys: Iterable[str]) -> Mapping[str, datetime]:
        """When the answer came of which each story has its text, or the run began that read it."""
        with self._database.begin() as db:
            return {
                row.article: row.at
                for chunk in batches(keys)
                for row in db.execute(
                    sa.select(revisions.c.article, sa.func.max(revisions.c.at).label("at"))
                    .where(revisions.c.article.in_(chunk))
                    .group_by(revisions.c.article)
                )
            }


def still_owes(db: Connection, before: Row[tuple[object, ...]], offer: Offer, *, answered_at: datetime) -> bool:
    """Whether a story has to be asked for all the same after its kept answer was read: asking would tell something newer.

    So when its record in the list changed after the answer, or when nothing came the last time that it was asked for.
    """
    entry = offer.entry
    record = sa.and_(sightings.c.key == entry.key, sightings.c.source == entry.source)
    changed_at = db.execute(sa.select(sightings.c.changed_at).where(record)).scalar()
    if changed_at is not None and changed_at > answered_at:
        return True
    if before.status not in (Status.FAILED, Status.GIVEN_UP) or before.content_digest is None:
        return False
    came = db.execute(sa.select(quarantine.c.at).where(quarantine.c.key == entry.key)).scalar()
    return came is None
