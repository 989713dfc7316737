"""What is remembered of hosts for all who ask them: robots.txt, whose turn it is, and what is to be left alone."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.errors import LedgerError
from tasks.ledger.opening import Database
from tasks.ledger.schema import Instant, holds, paces, robots
from tasks.model import RobotsFile, Turn, Validators

_FAR = timedelta(hours=1)  # a turn further off than this comes from a machine whose clock is wrong


T = TypeVar("T")


class Hosts:
    """One transaction each, from any thread. Every change begins with its write, so that two of them wait in line."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def robots(self, origin: str) -> RobotsFile | None:
        """What the last asking for an origin's robots.txt gave."""
        with self._database.begin() as db:
            row = db.execute(sa.select(robots).where(robots.c.origin == origin[:300])).first()
        if row is None:
            return None
        return RobotsFile(
            origin=origin,
            status=row.status,
            asked_at=row.asked_at,
            body=row.body,
            validators=Validators(**json.loads(row.validators)),
            failing_since=row.failing_since,
        )

    def keep_robots(self, file: RobotsFile) -> None:
        """Remember it, in place of what was known."""
        values = {name: getattr(file, name) for name in ("status", "asked_at", "body", "failing_since")}
        values["validators"] = json.dumps(asdict(file.validators))
        here = robots.c.origin == file.origin[:300]

        def put(db: Connection) -> None:
            if not db.execute(robots.update().where(here).values(**values)).rowcount:
                db.execute(robots.insert().values(origin=file.origin[:300], **values))

        self._done(put)

    def holds(self, *, now: datetime) -> Mapping[tuple[str, str], datetime]:
        """Every Retry-After that still counts: scope and name to the time before which nothing is asked."""
        with self._database.begin() as db:
            rows = db.execute(sa.select(holds).where(holds.c.until > sa.literal(now, Instant)))
            return {(row.scope, row.name): row.until for row in rows}

    def hold(self, scope: str, name: str, until: datetime) -> None:
        """Remember one; the later of two counts."""
        digest = hashlib.sha256(name.encode()).hexdigest()
        here = sa.and_(holds.c.scope == scope, holds.c.digest == digest)
        later = sa.case((holds.c.until > sa.literal(until, Instant), holds.c.until), else_=sa.literal(until, Instant))

        def put(db: Connection) -> None:
            if not db.execute(holds.update().where(here).values(until=later)).rowcount:
                db.execute(holds.insert().values(scope=scope, digest=digest, name=name, until=until))

        self._done(put)

    def enter(self, host: str, *, now: datetime, gap: timedelta, at_most: int, lasts: timedelta) -> Turn | None:
        """The next turn with a host: `gap` after the one before. None while `at_most` others are at it.

        A turn that was not given back counts as given back after `lasts`.
        """
        return self._done(lambda db: _next_turn(db, host[:300], now, gap, at_most, lasts))

    def leave(self, turn: Turn) -> None:
        """Give a turn back."""
        with self._database.begin() as db:
            if _locked(db, turn.host):
                row = db.execute(sa.select(paces).where(paces.c.host == turn.host)).one()
                turns = {number: until for number, until in json.loads(row.turns).items() if number != str(turn.number)}
                db.execute(paces.update().where(paces.c.host == turn.host).values(turns=json.dumps(turns)))

    def _done(self, change: Callable[[Connection], T]) -> T:
        """The change in a transaction; once more when another process has made the row in between."""
        try:
            with self._database.begin() as db:
                return change(db)
        except LedgerError as error:
            if not isinstance(error.__cause__, sa.exc.IntegrityError):
                raise
        with self._database.begin() as db:
            return change(db)


def _locked(db: Connection, host: str) -> bool:
    """Take the host's row until the end of the transaction, by writing it; false when there is none."""
    return bool(db.execute(paces.update().where(paces.c.host == host).values(given=paces.c.given)).rowcount)


def _next_turn(db: Connection, host: str, now: datetime, gap: timedelta, at_most: int, lasts: timedelta) -> Turn | None:
    if not _locked(db, host):
        db.execute(paces.insert().values(host=host, next_at=now, turns="{}", given=0))
    row = db.execute(sa.select(paces).where(paces.c.host == host)).one()
    taken = {number: until for number, until in json.loads(row.turns).items() if datetime.fromisoformat(until) > now}
    if len(taken) >= at_most:
        return None
    at = row.next_at if now < row.next_at < now + _FAR else now
    number = row.given + 1
    taken[str(number)] = (at + lasts).isoformat()
    values = {"next_at": at + gap, "turns": json.dumps(taken), "given": number}
    db.execute(paces.update().where(paces.c.host == host).values(**values))
    return Turn(host=host, at=at, number=number)
