"""Who is at work on the site: one run at a time, and a number that tells a run that was thought dead from the living one."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from tasks.errors import LeaseHeld, LeaseLost
from tasks.ledger.opening import Database
from tasks.ledger.schema import Instant, lease

_SITE = lease.c.name == "site"


class Lease:
    """The right to change the ledger and to publish. Every transaction of the ledger checks it before it is committed."""

    def __init__(
        self, database: Database, *, holder: str, fence: int, lasts: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._holder = holder
        self._lasts = lasts
        self._clock = clock
        self.fence = fence

    def confirm(self) -> None:
        """Make sure that it is still ours, and lengthen it; `LeaseLost` when another run has taken over."""
        with self._database.begin() as db:
            until = self._clock() + self._lasts
            ours = sa.and_(_SITE, lease.c.fence == self.fence)
            if not db.execute(lease.update().where(ours).values(expires_at=until)).rowcount:
                raise LeaseLost("this run was silent for too long, and another one has taken over")

    def release(self) -> None:
        """Let others work. Nothing happens when another run has it already."""
        self._database.fence = None
        with self._database.begin() as db:
            db.execute(lease.update().where(_SITE, lease.c.fence == self.fence).values(expires_at=None, holder=""))


class Lent:
    """The lease of another run, for which this process works. It is not lengthened here: who holds it may be dead."""

    def __init__(self, database: Database, *, fence: int) -> None:
        self._database = database
        self.fence = fence

    def confirm(self) -> None:
        """Make sure that it is still that run's; `LeaseLost` when another one has taken over."""
        with self._database.begin():
            pass  # every transaction looks at the fence at its end


def claim(
    database: Database, *, holder: str, lasts: timedelta, clock: Callable[[], datetime], instead_of: str = ""
) -> Lease:
    """Take the lease; `LeaseHeld` while another run has it. `instead_of` names a holder that is known to be dead."""
    now = clock()
    free = sa.or_(lease.c.expires_at.is_(None), lease.c.expires_at <= sa.literal(now, Instant))
    if instead_of:
        free = sa.or_(free, lease.c.holder == instead_of)
    with database.begin() as db:
        taken = lease.update().where(_SITE, free)
        mine = {"fence": lease.c.fence + 1, "holder": holder[:300], "expires_at": now + lasts}
        got = db.execute(taken.values(**mine)).rowcount
        row = db.execute(sa.select(lease).where(_SITE)).one()
        if not got:
            raise LeaseHeld(
                f"another run is at work on this site: {row.holder}; its lease lasts until {row.expires_at:%H:%M:%S} UTC",
                holder=row.holder,
            )
    database.fence = row.fence
    return Lease(database, holder=holder, fence=row.fence, lasts=lasts, clock=clock)


def holder_now(database: Database, *, now: datetime) -> str:
    """Who has the lease; empty when nobody has."""
    held = sa.and_(_SITE, lease.c.expires_at > sa.literal(now, Instant))
    with database.begin() as db:
        return db.execute(sa.select(lease.c.holder).where(held)).scalar() or ""
