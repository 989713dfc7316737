"""Journals as the store has them: the lines of an article and a month (UTC). Which of them are owed to it is kept in rows."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from tasks.ledger.journal import insert_notes, month_of, note_of
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import articles, journal, journals_owed
from tasks.model import Note, Status

Journals = Mapping[tuple[str, str], tuple[Note, ...]]
"""Key of an article and month (`YYYY-MM`) -> all its lines of that month, oldest first."""
_BATCH = 500


class OwedJournals:
    """What the store has not been told yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def batch(self) -> Journals | None:
        """Some of those that are owed; None when none is. One without lines has nothing that may be shown.

        That is what sources and the site itself have, and articles that were withdrawn.
        """
        first = sa.select(journals_owed).order_by(journals_owed.c.subject, journals_owed.c.month).limit(_BATCH)
        with self._database.begin() as db:
            owed: dict[tuple[str, str], list[Note]] = {(row.subject, row.month): [] for row in db.execute(first)}
            if not owed:
                return None
            since = datetime.strptime(min(month for _, month in owed), "%Y-%m").replace(tzinfo=UTC)
            shown = sa.and_(articles.c.key == journal.c.subject, articles.c.status != Status.WITHDRAWN)
            wanted = sa.and_(journal.c.subject.in_({subject for subject, _ in owed}), journal.c.at >= since)
            query = sa.select(journal).join(articles, shown).where(wanted).order_by(journal.c.subject, journal.c.id)
            for row in db.execute(query):
                if (of := (row.subject, month_of(row.at))) in owed:
                    owed[of].append(note_of(row))
        return {of: tuple(notes) for of, notes in owed.items()}

    def settle(self, journals: Iterable[tuple[str, str]]) -> None:
        """The store has them now."""
        of = sa.tuple_(journals_owed.c.subject, journals_owed.c.month)
        with self._database.begin() as db:
            db.execute(journals_owed.delete().where(of.in_(list(journals))))

    def take_over(self, notes: Iterable[Note]) -> None:
        """Lines that the store has; those that this ledger has already stay as they are."""
        told = list(notes)
        with self._database.begin() as db:
            known = {
                (row.subject, row.at, row.text)
                for chunk in batches(note.subject for note in told)
                for row in db.execute(sa.select(journal).where(journal.c.subject.in_(chunk)))
            }
            insert_notes(db, (note for note in told if (note.subject, note.at, note.text) not in known))
