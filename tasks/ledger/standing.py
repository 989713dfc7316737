"""How the site stands: counts of what waits or fails, what is tried next, the last runs, and sources that are paused."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, facts, quarantine
from tasks.model import Status
from tasks.status import Retry, RunStatus

_PAUSED = "paused "
_LAST, _GOOD, _TOLD, _ALERTED = "last run", "last good run", "status told", "alerted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Articles of one source."""

    waiting: int = 0
    failing: int = 0
    quarantined: int = 0


class Standing:
    """What `finews status` is made from. Costs what waits, not what is archived."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Mapping[str, Counts]:
        """By source; one of which nothing waits is left out."""
        due = articles.c.status.in_([Status.PENDING, Status.FAILED])
        query = sa.select(articles.c.source, articles.c.status, sa.func.count()).where(due)
        locked = sa.select(quarantine.c.source, sa.func.count()).group_by(quarantine.c.source)
        found: dict[str, dict[str, int]] = {}
        with self._database.begin() as db:
            for source, status, count in db.execute(query.group_by(articles.c.source, articles.c.status)):
                found.setdefault(source, {})["waiting" if status == Status.PENDING else "failing"] = count
            for source, count in db.execute(locked):
                found.setdefault(source, {})["quarantined"] = count
        return {source: Counts(**counted) for source, counted in found.items()}

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
        query = sa.select(facts).where(facts.c.name >= _PAUSED, facts.c.name < _PAUSED + "\U0010ffff")
        with self._database.begin() as db:
            return {row.name.removeprefix(_PAUSED): row.value for row in db.execute(query)}
