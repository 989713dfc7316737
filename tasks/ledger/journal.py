"""The story of each article over all runs: one line per thing that happened to it."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.articles.plain import legal
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import journal, journals_owed
from tasks.masking import masked
from tasks.model import Note, Stage

_LONGEST = 900  # characters; longer ones are cut, bodies never belong here


class Journal:
    """Gathers notes from all threads of a run; `flush` writes them in one transaction."""

    def __init__(self, database: Database, *, run_id: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._run_id = run_id
        self._clock = clock
        self._lock = threading.Lock()
        self._notes: list[Note] = []
        self._owed: set[tuple[str, str]] = set()
        self._looks: dict[str, set[tuple[str, str]]] = {}
        self._seconds: dict[tuple[str, Stage], float] = {}

    def note(self, subject: str, stage: Stage, text: str) -> None:
        """Remember one line about an article (by key) or a source (by name), without what addresses in it keep secret."""
        line = " ".join(legal(masked(text)).split())
        line = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
        note = Note(at=self._clock(), run_id=self._run_id, subject=subject[:100], stage=stage, text=line)
        with self._lock:
            self._append(note)

    def _append(self, note: Note) -> None:
        self._notes.append(note)
        self._looks.get(note.subject, self._owed).add((note.subject, month_of(note.at)))

    def look(self, subject: str) -> None:
        """A look at a page begins. As long as it lasts, its lines alone are no reason to write the story into the store."""
        with self._lock:
            self._looks[subject] = set()

    def looked(self, subject: str, *, news: bool) -> None:
        """It is over. With `news` the store is to have its lines now; otherwise they come with the next that matter."""
        with self._lock:
            noted = self._looks.pop(subject, set())
            if news:
                self._owed |= noted

    @contextlib.contextmanager
    def timed(self, subject: str, stage: Stage) -> Iterator[None]:
        """Measure an attempt, also one that fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[subject, stage] = time.perf_counter() - started

    def seconds(self, subject: str, stage: Stage) -> float:
        """Wall time of the last attempt at a stage; 0 when it was not measured."""
        return round(self._seconds.get((subject, stage), 0.0), 4)

    def flush(self) -> None:
        """Write what was noted since the last flush, and that the store is owed it: a killed run leaves that to the next."""
        with self._lock:
            notes, self._notes = self._notes, []
            owed, self._owed = self._owed, set()
        if not notes and not owed:
            return
        try:
            with self._database.begin() as db:
                insert_notes(db, notes)
                owe(db, owed)
        except BaseException:
            with self._lock:
                self._notes[:0] = notes  # not lost: a later flush may find the ledger free
                self._owed |= owed
            raise

    def take(self, subject: str) -> tuple[Note, ...]:
        """What was noted about a subject since the last flush; it is another ledger's to write."""
        with self._lock:
            taken = tuple(note for note in self._notes if note.subject == subject)
            self._notes = [note for note in self._notes if note.subject != subject]
            self._owed = {owed for owed in self._owed if owed[0] != subject}
        return taken

    def add(self, notes: Iterable[Note]) -> None:
        """Lines that others have noted for this run, with their times."""
        with self._lock:
            for note in notes:
                self._append(replace(note, run_id=self._run_id))

    def forget(self) -> None:
        """Drop what was noted since the last flush."""
        with self._lock:
            self._notes.clear()
            self._owed.clear()

    def last_attempt(self, subject: str, stage: Stage) -> Note | None:
        """The newest line about a request for a subject that was made; None when none was."""
        of = sa.and_(journal.c.subject == subject, journal.c.stage == stage.value, journal.c.text.like("attempt %"))
        with self._database.begin() as db:
            row = db.execute(sa.select(journal).where(of).order_by(journal.c.id.desc()).limit(1)).first()
        return None if row is None else note_of(row)

    def of(self, subject: str) -> tuple[Note, ...]:
        """All lines about one subject, oldest first."""
        query = sa.select(journal).where(journal.c.subject == subject).order_by(journal.c.id)
        with self._database.begin() as db:
            return tuple(note_of(row) for row in db.execute(query))

    def oldest(self, *, before: datetime, limit: int) -> tuple[tuple[int, Note], ...]:
        """The oldest lines of before that time, with their numbers."""
        query = (
            sa.select(journal).order_by(journal.c.id).limit(limit)
        )  # numbers grow with time: no index of times is needed
        with self._database.begin() as db:
            return tuple((row.id, note_of(row)) for row in db.execute(query) if row.at < before)

    def forget_lines(self, numbers: Iterable[int]) -> None:
        """Drop these lines."""
        with self._database.begin() as db:
            db.execute(journal.delete().where(journal.c.id.in_(list(numbers))))


def month_of(time: datetime) -> str:
    """`YYYY-MM`, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m}"


def insert_notes(db: Connection, notes: Iterable[Note]) -> None:
    """Append these lines."""
    names = ("at", "run_id", "subject", "stage", "text")
    if rows := [{name: getattr(note, name) for name in names} for note in notes]:
        db.execute(journal.insert(), rows)


def owe(db: Connection, months: Iterable[tuple[str, str]]) -> None:
    """The store is owed the journals of these subjects and months."""
    of = sa.tuple_(journals_owed.c.subject, journals_owed.c.month)
    for chunk in batches(sorted(months)):
        known = {tuple(row) for row in db.execute(sa.select(journals_owed).where(of.in_(chunk)))}
        if rows := [{"subject": subject, "month": month} for subject, month in chunk if (subject, month) not in known]:
            db.execute(journals_owed.insert(), rows)


def note_of(row: sa.Row[Any]) -> Note:
    """The line in a row."""
    return Note(at=row.at, run_id=row.run_id, subject=row.subject, stage=Stage(row.stage), text=row.text)
