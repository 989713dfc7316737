"""The story of each article over all runs: one line per thing that happened to it."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tasks.articles.plain import legal
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import articles, journal
from tasks.masking import masked
from tasks.model import Note, Stage, Status

_LONGEST = 900  # characters; longer ones are cut, bodies never belong here


class Journal:
    """Gathers notes from all threads of a run; `flush` writes them in one transaction."""

    def __init__(self, database: Database, *, run_id: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._run_id = run_id
        self._clock = clock
        self._lock = threading.Lock()
        self._notes: list[Note] = []
        self._noted: dict[str, datetime] = {}
        self._seconds: dict[tuple[str, Stage], float] = {}

    def note(self, subject: str, stage: Stage, text: str) -> None:
        """Remember one line about an article (by key) or a source (by name), without what addresses in it keep secret."""
        line = " ".join(legal(masked(text)).split())
        line = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
        note = Note(at=self._clock(), run_id=self._run_id, subject=subject[:100], stage=stage, text=line)
        with self._lock:
            self._notes.append(note)
            self._noted.setdefault(note.subject, note.at)

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
        """Write what was noted since the last flush."""
        with self._lock:
            notes, self._notes = self._notes, []
        if not notes:
            return
        names = ("at", "run_id", "subject", "stage", "text")
        try:
            with self._database.begin() as db:
                db.execute(journal.insert(), [{name: getattr(note, name) for name in names} for note in notes])
        except BaseException:
            with self._lock:
                self._notes[:0] = notes  # not lost: a later flush may find the ledger free
            raise

    def take(self, subject: str) -> tuple[Note, ...]:
        """What was noted about a subject since the last flush; it is another ledger's to write."""
        with self._lock:
            taken = tuple(note for note in self._notes if note.subject == subject)
            self._notes = [note for note in self._notes if note.subject != subject]
        return taken

    def add(self, notes: Iterable[Note]) -> None:
        """Lines that others have noted for this run, with their times."""
        with self._lock:
            for note in notes:
                self._notes.append(replace(note, run_id=self._run_id))
                self._noted.setdefault(note.subject, note.at)

    def forget(self) -> None:
        """Drop what was noted since the last flush."""
        with self._lock:
            self._notes.clear()

    def last_attempt(self, subject: str, stage: Stage) -> Note | None:
        """The newest line about a request for a subject that was made; None when none was."""
        of = sa.and_(journal.c.subject == subject, journal.c.stage == stage.value, journal.c.text.like("attempt %"))
        with self._database.begin() as db:
            row = db.execute(sa.select(journal).where(of).order_by(journal.c.id.desc()).limit(1)).first()
        if row is None:
            return None
        return Note(at=row.at, run_id=row.run_id, subject=row.subject, stage=Stage(row.stage), text=row.text)

    def of(self, subject: str) -> tuple[Note, ...]:
        """All lines about one subject, oldest first."""
        query = sa.select(journal).where(journal.c.subject == subject).order_by(journal.c.id)
        with self._database.begin() as db:
            return tuple(_note(row) for row in db.execute(query))

    def of_this_run(self) -> Iterator[Mapping[tuple[str, str], tuple[Note, ...]]]:
        """The journals that this run has added to, those of articles alone, but for withdrawn ones; many at a time.

        Key and month (`YYYY-MM`, UTC) -> all lines of that month, oldest first.
        """
        with self._lock:
            noted = dict(self._noted)
        for chunk in batches(noted):
            since = _month_of(min(noted[subject] for subject in chunk))
            shown = articles.c.status != Status.WITHDRAWN
            mine = sa.and_(journal.c.subject.in_(chunk), journal.c.at >= since, shown)
            query = sa.select(journal).join(articles, articles.c.key == journal.c.subject).where(mine)
            found: dict[tuple[str, str], list[Note]] = {}
            with self._database.begin() as db:
                for row in db.execute(query.order_by(journal.c.subject, journal.c.id)):
                    if row.at >= _month_of(noted[row.subject]):
                        found.setdefault((row.subject, f"{row.at:%Y-%m}"), []).append(_note(row))
            yield {key: tuple(notes) for key, notes in found.items()}

    def oldest(self, *, before: datetime, limit: int) -> tuple[tuple[int, Note], ...]:
        """The oldest lines of before that time, with their numbers."""
        query = (
            sa.select(journal).order_by(journal.c.id).limit(limit)
        )  # numbers grow with time: no index of times is needed
        with self._database.begin() as db:
            return tuple((row.id, _note(row)) for row in db.execute(query) if row.at < before)

    def forget_lines(self, numbers: Iterable[int]) -> None:
        """Drop these lines."""
        with self._database.begin() as db:
            db.execute(journal.delete().where(journal.c.id.in_(list(numbers))))


def _month_of(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _note(row: sa.Row[Any]) -> Note:
    return Note(at=row.at, run_id=row.run_id, subject=row.subject, stage=Stage(row.stage), text=row.text)
