"""The story of each article in the store, for the day on which neither Prefect's database nor the ledger answers."""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from flows.reading_store import read_all
from flows.run import Run
from flows.status import JOURNALS, put, took
from tasks.articles.identity import is_safe_code
from tasks.model import Note, Page, Stage
from tasks.outputs.caching import STATE

_KEY = re.compile(re.escape(JOURNALS) + r"\d{4}-\d\d/[^/]+\.jsonl")


def keep_journals(run: Run) -> bool:
    """Write the journals that the store is owed, by this run or an earlier one: an object for each article and month (UTC).

    JSON Lines: `at` in ISO 8601, `run`, `stage`, `text`. Whether the store took them; the first that it refuses ends it, and
    what it has not stays owed.
    """
    run.ledger.journal.flush()
    while (owed := run.ledger.journals.batch()) is not None:
        if not put(run, "journals", tuple(_page(key, month, notes) for (key, month), notes in owed.items() if notes)):
            return False
        run.ledger.journals.settle(owed)
    return True


def take_over_journals(run: Run, keys: Iterable[str]) -> None:
    """What the store tells of articles becomes the beginning of their stories in a new ledger. `keys`: all of the store."""
    for batch in read_all(run.store, sorted(key for key in keys if _KEY.fullmatch(key))):  # months one after the other
        run.ledger.journals.take_over(note for key, stored in batch for note in _notes(key, stored.body))


def drop_journals(run: Run, key: str) -> None:
    """Take the journals of an article out of the store: they tell its title. The ledger keeps them."""
    run.ledger.journal.flush()
    objects = objects_of(run.ledger.journal.of(key))
    took(run, "journals", f"{key}: not deleted", lambda: run.store.delete(objects))


def objects_of(notes: Iterable[Note]) -> list[str]:
    """The objects in which these lines stand in the store."""
    return sorted({journal_key(one.subject, f"{one.at:%Y-%m}") for one in notes if is_safe_code(one.subject)})


def journal_key(key: str, month: str) -> str:
    """`_finews/journal/<YYYY-MM>/<key>.jsonl`."""
    return f"{JOURNALS}{month}/{key}.jsonl"


def _page(key: str, month: str, notes: Iterable[Note]) -> Page:
    lines = (
        json.dumps(
            {
                "at": note.at.isoformat(timespec="milliseconds"),
                "run": note.run_id,
                "stage": note.stage.value,
                "text": note.text,
            },
            ensure_ascii=False,
        )
        for note in notes
    )
    body = "\n".join(lines) + "\n"
    return Page(key=journal_key(key, month), body=body.encode(), content_type="application/jsonl", cache_control=STATE)


def _notes(key: str, body: bytes) -> Iterator[Note]:
    """The lines of a journal in the store; what cannot be read as one is left out."""
    subject = key.rpartition("/")[2].removesuffix(".jsonl")
    for line in body.decode("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            at, stage = datetime.fromisoformat(told["at"]), Stage(told["stage"])
            yield Note(at=at, run_id=str(told["run"])[:64], subject=subject, stage=stage, text=str(told["text"]))
