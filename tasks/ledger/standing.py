"""How many stories of each source still wait, failed or are in quarantine, and which it named last."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, quarantine, sightings
from tasks.model import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Stories of one source by what keeps them from readers. What is in quarantine has failed, too."""

    waiting: int = 0
    failed: int = 0
    quarantined: int = 0


class Standing:
    """Counted anew at every call, over the whole ledger: for people, not for runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Mapping[str, Count]:
        """By source; those with nothing to count are left out."""
        of = sa.select(articles.c.source, articles.c.status, sa.func.count()).group_by(
            articles.c.source, articles.c.status
        )
        held = sa.select(quarantine.c.source, sa.func.count()).group_by(quarantine.c.source)
        found: dict[str, dict[str, int]] = {}
        with self._database.begin() as db:
            for source, status, number in db.execute(of.where(articles.c.status.in_((Status.PENDING, Status.FAILED)))):
                found.setdefault(source, {})["waiting" if status == Status.PENDING else "failed"] = number
            for source, number in db.execute(held):
                found.setdefault(source, {})["quarantined"] = number
        return {source: Count(**numbers) for source, numbers in found.items()}

    def named_last(self, source: str, *, limit: int) -> tuple[str, ...]:
        """Keys of the stories that a source's list named last, the newest first."""
        query = sa.select(sightings.c.key).where(sightings.c.source == source)
        newest = query.order_by(sightings.c.first_seen_at.desc(), sightings.c.key.desc()).limit(limit)
        with self._database.begin() as db:
            return tuple(db.execute(newest).scalars())
