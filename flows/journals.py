"""The story of each article in the store, for the day on which neither Prefect's database nor the ledger answers."""

import json
from collections.abc import Iterable

from flows.run import Run
from flows.status import JOURNALS, put
from tasks.articles.identity import is_safe_code
from tasks.errors import FinewsError
from tasks.model import Note, Outcome, Page, Result, Stage
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
    months = {f"{note.at:%Y-%m}" for note in run.ledger.journal.of(key)}
    objects = [journal_key(key, month) for month in sorted(months)] if is_safe_code(key) else []
    try:
        errors = [receipt.error for receipt in run.store.delete(objects) if receipt.error]
    except FinewsError as error:
        errors = [str(error)]
    if errors:
        reason = f"{key}: not deleted: {errors[0]}"
        run.recorder.outcome(Outcome(subject="journals", stage=Stage.VERIFY, result=Result.FAILED, reason=reason))


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
