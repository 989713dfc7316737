"""The ledger: what is known of every article and what is published. SQLAlchemy Core, migrated by Alembic."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from tasks.errors import LedgerError
from tasks.ledger.articles import Articles
from tasks.ledger.indexes import Indexes
from tasks.ledger.journal import Journal
from tasks.ledger.objects import Objects
from tasks.ledger.opening import BUSY_SECONDS, open_database
from tasks.ledger.places import Places
from tasks.ledger.shelves import Shelves

__all__ = ["Articles", "Indexes", "Journal", "Ledger", "Objects", "Places", "Shelves"]


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
        busy: float = BUSY_SECONDS,
    ) -> None:
        """Open the ledger at a SQLAlchemy `url`; `store` names the object store whose objects are meant.

        A rehearsal reads the real ledger and keeps nothing. `busy`: seconds to wait for another process that
        holds it, before `LedgerBusy`.
        """
        self._database = open_database(url, rehearsal=rehearsal, busy=busy)
        self.articles = Articles(self._database, zone)
        self.shelves = Shelves(self._database)
        self.places = Places(self._database, zone)
        self.indexes = Indexes(self._database, zone)
        self.objects = Objects(self._database, store)
        self.journal = Journal(self._database, run_id=run_id, clock=clock)

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
