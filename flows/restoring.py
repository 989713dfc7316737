"""A new ledger from the store alone."""

import re
from datetime import datetime

from flows.journals import take_over_journals
from flows.publication import MARKER, read_state
from flows.reading_store import as_page, read_all
from flows.run import Run
from flows.status import is_for_operators
from tasks.articles.mirroring import digest_of_key
from tasks.errors import StoreError
from tasks.ledger.records import PREFIX
from tasks.model import ActionKind, Outcome, Receipt, Result, RunReport, Stage, Stored
from tasks.outputs.addresses import SITEMAPS

_SHARD = re.compile(
    r"<loc>[^<]*/sitemaps/(\d{4}-\d\d-\d+)\.xml</loc>\s*<lastmod>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)</lastmod>"
)


def restore_ledger(run: Run) -> None:
    """Fill the empty ledger with what the store's records of articles say, and with the digest of every object.

    Afterwards every page is due: it is rendered and compared, so that what the store lacks comes back too. Pictures that no
    record names are of no use, and leave. Stopped half way, it goes on when it is started again.
    """
    found = run.store.read(MARKER)
    if found is None:
        raise StoreError(
            f"there is no {MARKER} in the store: finews has never published there, nothing can be restored"
        )
    state = read_state(found.body)
    records = run.ledger.records
    records.begin(state.ledger)
    listed = [found.key for found in run.store.listed()]
    keys = sorted(key for key in listed if key != MARKER and not is_for_operators(key, run.site))
    ours = [key for key in keys if key.startswith(PREFIX)]
    for batch in read_all(run.store, records.missing(ours)):
        records.read({key: stored.body for key, stored in batch})
    for batch in read_all(run.store, run.ledger.objects.unknown(keys)):
        run.ledger.objects.record([_receipt(key, stored) for key, stored in batch], now=run.now)
    news_files = sum(key.startswith("sitemap-news") for key in keys)
    records.finish(news_files=news_files, shards=_shards(run.store.read(SITEMAPS)))
    take_over_journals(run, listed)
    run.ledger.generations.settle(state.generation)
    run.ledger.objects.delete_later(run.ledger.pictures.left_over(), after=run.now + run.grace)
    records.end()
    told = f"{len(ours)} articles from {len(keys)} objects, generation {state.generation}"
    run.recorder.outcome(
        Outcome(subject="the ledger", stage=Stage.DECIDE, result=Result.DONE, reason=f"restored: {told}")
    )
    run.ledger.journal.note("store", Stage.DECIDE, f"ledger restored: {told}")


def _shards(sitemap: Stored | None) -> dict[str, datetime]:
    """When each shard of the sitemap last changed, as its index tells."""
    found = _SHARD.findall(sitemap.body.decode("utf-8", "replace")) if sitemap else []
    return {label: datetime.fromisoformat(at) for label, at in found}


def _receipt(key: str, stored: Stored) -> Receipt:
    """As if it had just been written."""
    page = as_page(key, stored)
    return Receipt(
        key=key,
        kind=ActionKind.CREATE,
        digest=page.digest,
        body_digest=page.body_digest,
        size=len(page.body),
        tag=stored.tag,
    )


def disown_foreign(run: Run, report: RunReport) -> None:
    """After everything was rendered: what nothing asked for was in the store, but is not ours."""
    wanted = {*report.written, *report.unchanged, *report.deleted}
    foreign = [key for key in run.ledger.objects.all() if key not in wanted and not _is_of_before(key)]
    run.ledger.objects.disown(foreign)
    if foreign:
        named = ", ".join(foreign[:20]) + (f" and {len(foreign) - 20} more" if len(foreign) > 20 else "")
        run.ledger.journal.note("store", Stage.DECIDE, f"not ours: {named}")


def _is_of_before(key: str) -> bool:
    """What nothing renders again, and is ours: pictures, and former files of the search index, which wait to be deleted."""
    return bool(digest_of_key(key)) or key.startswith("search/")
