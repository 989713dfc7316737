"""The ledger: what is known of every article and what is published. SQLAlchemy Core, migrated by Alembic."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from tasks.errors import LedgerError
from tasks.ledger.again import Again
from tasks.ledger.aliases import Aliases
from tasks.ledger.answers import Answers
from tasks.ledger.articles import Articles
from tasks.ledger.askings import Askings
from tasks.ledger.changes import Changes
from tasks.ledger.completeness import Completeness
from tasks.ledger.echoes import Echoes
from tasks.ledger.generations import Generations
from tasks.ledger.handouts import Handouts
from tasks.ledger.hosts import Hosts
from tasks.ledger.indexes import Indexes
from tasks.ledger.journal import Journal
from tasks.ledger.journals import OwedJournals
from tasks.ledger.lease import Lease, Lent, claim, holder_now
from tasks.ledger.lists import Lists
from tasks.ledger.objects import Objects
from tasks.ledger.opening import BUSY_SECONDS, open_database
from tasks.ledger.permissions import Permissions
from tasks.ledger.pictures import Pictures
from tasks.ledger.places import Places
from tasks.ledger.quarantine import Quarantine
from tasks.ledger.rechecks import Rechecks
from tasks.ledger.records import Records
from tasks.ledger.replays import Replays
from tasks.ledger.shelves import Shelves
from tasks.ledger.standing import Standing
from tasks.ledger.withdrawals import Withdrawals

__all__ = [
    "Answers", "Articles", "Askings", "Generations", "Handouts", "Hosts", "Indexes", "Journal", "Lease", "Ledger", "Lent",
    "Lists", "Objects", "Pictures", "Places", "Shelves",
]  # fmt: skip


class Ledger:
    """One site's ledger, in its parts. Use it as a context manager: notes are flushed at the end."""

    def __init__(
        self,
        url: str,
        *,
        store: str,
        zone: ZoneInfo,
        run_id: str,
        clock: Callable[[], datetime],
        rehearsal: bool = False,
        makes: bool = True,
        busy: float = BUSY_SECONDS,
    ) -> None:
        """Open the ledger at a SQLAlchemy `url`; `store` names the object store whose objects are meant.

        A rehearsal reads the real ledger and keeps nothing. `makes`: whether one that is not there is made; else
        `LedgerMissing`. `busy`: seconds to wait for another process that
        holds it, before `LedgerBusy`.
        """
        self._database = open_database(url, rehearsal=rehearsal, makes=makes, busy=busy)
        self.again = Again(self._database)
        self.aliases = Aliases(self._database)
        self.articles = Articles(self._database, zone)
        self.shelves = Shelves(self._database)
        self.places = Places(self._database, zone)
        self.indexes = Indexes(self._database, zone)
        self.lists = Lists(self._database)
        self.answers = Answers(self._database)
        self.askings = Askings(self._database)
        self.handouts = Handouts(self._database)
        self.hosts = Hosts(self._database)
        self.objects = Objects(self._database, store)
        self.changes = Changes(self._database)
        self.pictures = Pictures(self._database, store)
        self.generations = Generations(self._database)
        self.withdrawals = Withdrawals(self._database)
        self.completeness = Completeness(self._database)
        self.echoes = Echoes(self._database)
        self.quarantine = Quarantine(self._database)
        self.permissions = Permissions(self._database, zone)
        self.rechecks = Rechecks(self._database)
        self.records = Records(self._database)
        self.replays = Replays(self._database)
        self.standing = Standing(self._database)
        self._clock = clock
        self.journal = Journal(self._database, run_id=run_id, clock=clock)
        self.journals = OwedJournals(self._database)

    def claim(self, *, holder: str, lasts: timedelta, instead_of: str = "") -> Lease:
        """Take the site's lease; from then on every change is made under it. See `lease.claim`."""
        return claim(self._database, holder=holder, lasts=lasts, clock=self._clock, instead_of=instead_of)

    def work_under(self, fence: int) -> Lent:
        """From then on every change is made under another run's lease: `LeaseLost` once that has not this number any more."""
        self._database.fence = fence
        return Lent(self._database, fence=fence)

    def lease_holder(self) -> str:
        """The run that has the lease; empty when none has, or when it has run out."""
        return holder_now(self._database, now=self._clock())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # A ledger that has just refused would only be waited for once more.
            if not isinstance(error, LedgerError):
                self.journal.flush()
        finally:
            self._database.close()
