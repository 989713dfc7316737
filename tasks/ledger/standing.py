"""How many stories of each source still wait, failed or are in quarantine, and which it named last."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa

from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, quarantine, sightings
from tasks.model import Status

_ALWAYS: Mapping[str, str] = MappingProxyType({Status.PENDING: "waiting", Status.FAILED: "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Stories of one source by what keeps them from readers: the status that they have; and how many are in quarantine."""

    statuses: Mapping[str, int]
    quarantined: int

    def told(self) -> str:
        """On one line; what waits and what failed in any case."""
        rest = {name: number for name, number in self.statuses.items() if name not in _ALWAYS}
        numbers = {label: self.statuses.get(name, 0) for name, label in _ALWAYS.items()} | rest
        return ", ".join(
            f"{number} {label}" for label, number in (*numbers.items(), ("in quarantine", self.quarantined))
        )


class Standing:
    """Counted anew at every call, over the whole ledger: for people, not for runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str) -> Count:
        """How the stories of a source stand."""
        there = sa.and_(articles.c.source == source, articles.c.status.not_in((Status.READY, Status.WITHDRAWN)))
        by_status = sa.select(articles.c.status, sa.func.count()).where(there).group_by(articles.c.status)
        held = sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.source == source)
        with self._database.begin() as db:
            statuses = {str(status): number for status, number in db.execute(by_status)}
            return Count(statuses=statuses, quarantined=db.execute(held).scalar_one())

    def named_last(self, source: str, *, limit: int) -> tuple[str, ...]:
        """Keys of the stories that a source's list named last, the newest first."""
        query = sa.select(sightings.c.key).where(sightings.c.source == source)
        newest = query.order_by(sightings.c.first_seen_at.desc(), sightings.c.key.desc()).limit(limit)
        with self._database.begin() as db:
            return tuple(db.execute(newest).scalars())
