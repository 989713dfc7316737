"""How the site stands: counts of what waits or fails, what is tried next, the last runs, and sources that are paused."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, facts, quarantine, sightings
from tasks.model import Status
from tasks.status import Retry, RunStatus

_ALWAYS: Mapping[str, str] = MappingProxyType({Status.PENDING: "waiting", Status.FAILED: "failed"})
# What keeps a story from readers. Not "is not ready": the database would read the whole archive.
_KEPT = tuple(status for status in Status if status not in (Status.READY, Status.WITHDRAWN))
_PAUSED, _BEGUN = "paused ", "run begun "
_LAST, _GOOD, _TOLD, _ALERTED = "last run", "last good run", "status told", "alerted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Stories of one source by what keeps them from readers: the status that they have; and how many are in quarantine."""

    statuses: Mapping[str, int]
    quarantined: int

    @property
    def waiting(self) -> int:
        """Those that were not read yet."""
        return self.statuses.get(Status.PENDING, 0)

    @property
    def failing(self) -> int:
        """Those that could not be read and are tried again."""
        return self.statuses.get(Status.FAILED, 0)

    def told(self) -> str:
        """On one line; what waits and what failed in any case."""
        rest = {name: number for name, number in self.statuses.items() if name not in _ALWAYS}
        numbers = {label: self.statuses.get(name, 0) for name, label in _ALWAYS.items()} | rest
        return ", ".join(
            f"{number} {label}" for label, number in (*numbers.items(), ("in quarantine", self.quarantined))
        )


class Standing:
    """What `finews status` is made from. Costs what waits, not what is archived."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Mapping[str, Count]:
        """By source; one of which nothing is kept from readers is left out."""
        query = sa.select(articles.c.source, articles.c.status, sa.func.count()).where(articles.c.status.in_(_KEPT))
        locked = sa.select(quarantine.c.source, sa.func.count()).group_by(quarantine.c.source)
        with self._database.begin() as db:
            rows = db.execute(query.group_by(articles.c.source, articles.c.status)).all()
            held: dict[str, int] = dict(db.execute(locked).tuples().all())
        statuses: dict[str, dict[str, int]] = {source: {} for source in held}
        for source, status, count in rows:
            statuses.setdefault(source, {})[str(status)] = count
        return {
            source: Count(statuses=MappingProxyType(found), quarantined=held.get(source, 0))
            for source, found in statuses.items()
        }

    def of(self, source: str) -> Count:
        """How the stories of one source stand."""
        return self.counts().get(source, Count(statuses=MappingProxyType({}), quarantined=0))

    def named_last(self, source: str, *, limit: int) -> tuple[str, ...]:
        """Keys of the stories that a source's list named last, the newest first."""
        query = sa.select(sightings.c.key).where(sightings.c.source == source)
        newest = query.order_by(sightings.c.first_seen_at.desc(), sightings.c.key.desc()).limit(limit)
        with self._database.begin() as db:
            return tuple(db.execute(newest).scalars())

    def retries(self, *, limit: int) -> tuple[Retry, ...]:
        """The articles that are tried again next."""
        failed = sa.select(articles).where(articles.c.status == Status.FAILED, articles.c.next_try_at.is_not(None))
        with self._database.begin() as db:
            rows = db.execute(failed.order_by(articles.c.next_try_at, articles.c.key).limit(limit))
            return tuple(
                Retry(code=row.code or row.key, title=row.title or "", reason=row.error or "", next_at=row.next_try_at)
                for row in rows
            )

    def ended(self, run: RunStatus, *, good: bool) -> None:
        """Keep that a run has ended; a good one brought the store up to date."""
        with self._database.begin() as db:
            keep_fact(db, _LAST, json.dumps(asdict(run), default=datetime.isoformat, ensure_ascii=False))
            if good:
                keep_fact(db, _GOOD, run.ended_at.isoformat())

    def begin(self, run_id: str, holder: str) -> None:
        """A run has the lease; it is unended until `over`."""
        with self._database.begin() as db:
            keep_fact(db, f"{_BEGUN}{run_id}", holder)

    def over(self, run_id: str) -> None:
        """It came to an end, or nobody asks any more."""
        with self._database.begin() as db:
            db.execute(facts.delete().where(facts.c.name == f"{_BEGUN}{run_id}"))

    def unended(self) -> tuple[str, ...]:
        """Runs that had the lease and did not come to an end: the one that asks, and those whose process is gone."""
        with self._database.begin() as db:
            return tuple(_named(db, _BEGUN))

    def last_run(self) -> RunStatus | None:
        """The run that ended last."""
        with self._database.begin() as db:
            found = fact(db, _LAST)
        if not found:
            return None
        raw = json.loads(found)
        return RunStatus(**raw | {"ended_at": datetime.fromisoformat(raw["ended_at"])})

    def last_good_at(self) -> datetime | None:
        """When a run brought the store up to date last."""
        with self._database.begin() as db:
            found = fact(db, _GOOD)
        return datetime.fromisoformat(found) if found else None

    def told(self) -> str:
        """What `tell` kept."""
        with self._database.begin() as db:
            return fact(db, _TOLD)

    def tell(self, told: str) -> None:
        """Keep what the store was told last."""
        with self._database.begin() as db:
            keep_fact(db, _TOLD, told)

    def alerted(self) -> Mapping[str, str]:
        """What `alert` kept."""
        with self._database.begin() as db:
            found: Mapping[str, str] = json.loads(fact(db, _ALERTED) or "{}")
        return found

    def alert(self, told: Mapping[str, str]) -> None:
        """Keep what was told to Prefect's automations."""
        with self._database.begin() as db:
            keep_fact(db, _ALERTED, json.dumps(told, ensure_ascii=False))

    def pause(self, source: str, reason: str) -> None:
        """Do not ask this source until `resume`."""
        with self._database.begin() as db:
            keep_fact(db, f"{_PAUSED}{source}", reason)

    def resume(self, source: str) -> bool:
        """Ask it again; whether it was paused."""
        with self._database.begin() as db:
            gone = db.execute(facts.delete().where(facts.c.name == f"{_PAUSED}{source}"))
        return bool(gone.rowcount)

    def paused(self) -> Mapping[str, str]:
        """Why each source that is paused is."""
        with self._database.begin() as db:
            return _named(db, _PAUSED)


def _named(db: Connection, prefix: str) -> Mapping[str, str]:
    """Facts by what follows the prefix in their names."""
    query = sa.select(facts).where(facts.c.name.startswith(prefix, autoescape=True)).order_by(facts.c.name)
    return {row.name.removeprefix(prefix): row.value for row in db.execute(query)}
