"""The story of each article in the store, for the day on which neither Prefect's database nor the ledger answers."""

import json
from collections.abc import Iterable

from flows.run import Run
from flows.status import JOURNALS, put, took
from tasks.articles.identity import is_safe_code
from tasks.model import Note, Page
from tasks.outputs.caching import STATE


def keep_journals(run: Run) -> bool:
    """Write the journals of the articles that this run has told something about: an object for each and month (UTC).

    JSON Lines: `at` in ISO 8601, `run`, `stage`, `text`. Whether the store took them; the first that it refuses ends it.
    """
    run.ledger.journal.flush()
    return all(
        put(run, "journals", tuple(_page(key, month, notes) for (key, month), notes in journals.items()))
        for journals in run.ledger.journal.of_this_run()
    )


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
