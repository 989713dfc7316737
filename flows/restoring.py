"""A new ledger from the store alone."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from flows.publication import MARKER, read_state
from flows.run import Run
from tasks.errors import StoreError
from tasks.ledger.records import PREFIX
from tasks.model import ActionKind, Outcome, Page, Receipt, Result, Stage, Stored

_BATCH = 500  # objects in memory at a time
_THREADS = 8


def restore_ledger(run: Run) -> None:
    """Fill the empty ledger with what the store's records of articles say, and with the digest of every object.

    Afterwards every page is due: it is rendered and compared, so that what the store lacks comes back too.
    """
    found = run.store.read(MARKER)
    if found is None:
        raise StoreError(
            f"there is no {MARKER} in the store: finews has never published there, nothing can be restored"
        )
    state = read_state(found.body)
    records = run.ledger.records
    records.begin(state.ledger)
    keys = sorted(listed.key for listed in run.store.listed() if listed.key != MARKER)
    ours = [key for key in keys if key.startswith(PREFIX)]
    for batch in _read(run, ours):
        records.read({key: stored.body for key, stored in batch})
    records.finish(news_files=sum(key.startswith("sitemap-news") for key in keys))
    run.ledger.generations.settle(state.generation)
    for batch in _read(run, keys):
        run.ledger.objects.record([_receipt(key, stored) for key, stored in batch], now=run.now)
    told = f"{len(ours)} articles from {len(keys)} objects, generation {state.generation}"
    run.recorder.outcome(
        Outcome(subject="the ledger", stage=Stage.DECIDE, result=Result.DONE, reason=f"restored: {told}")
    )
    run.ledger.journal.note("store", Stage.DECIDE, f"ledger restored: {told}")


def _read(run: Run, keys: Iterable[str]) -> Iterator[list[tuple[str, Stored]]]:
    waiting = iter(keys)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="restore") as pool:
        while batch := list(itertools.islice(waiting, _BATCH)):
            found = pool.map(run.store.read, batch)
            yield [(key, stored) for key, stored in zip(batch, found, strict=True) if stored is not None]


def _receipt(key: str, stored: Stored) -> Receipt:
    """As if it had just been written. Where the store keeps no headers the page's own cannot be known."""
    page = Page(
        key=key,
        body=stored.body,
        content_type=stored.content_type or "",
        cache_control=stored.cache_control or "",
        encoding=stored.encoding or "",
    )
    return Receipt(
        key=key,
        kind=ActionKind.CREATE,
        digest=page.digest,
        body_digest=page.body_digest,
        size=len(page.body),
        tag=stored.tag,
    )
