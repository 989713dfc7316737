"""The story of each article in the store, for the day on which neither Prefect's database nor the ledger answers."""

import json
from collections.abc import Iterable

from flows.run import Run
from flows.status import JOURNALS, put
from tasks.model import Note, Page
from tasks.outputs.caching import STATE


def keep_journals(run: Run) -> None:
    """Write the journals of the articles that this run has told something about: an object for each and month (UTC).

    JSON Lines: `at` in ISO 8601, `run`, `stage`, `text`.
    """
    run.ledger.journal.flush()
    for journals in run.ledger.journal.of_this_run():
        put(run, "journals", tuple(_page(key, month, notes) for (key, month), notes in journals.items()))


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
