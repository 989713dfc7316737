"""After a publication that was verified: purge caches, ping hubs, tell search engines. Never the failure of a run."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from flows.run import Run
from tasks.model import ActionKind, Outcome, Receipt, Result, Stage
from tasks.outputs.addresses import absolute, address_of, encoded
from tasks.outputs.syndication import ATOM, JSON, RSS
from tasks.stores.cloudfront import invalidate
from tasks.web.announcing import index_now, ping_hub, purge

_FEEDS = (ATOM, RSS, JSON)


def announce(run: Run) -> None:
    """Tell whom the site file names what changed."""
    receipts = [receipt for receipt in run.recorder.public_changes() if not receipt.key.startswith("search/")]
    if not receipts or run.recorder.dry_run:
        return
    for target, call in _calls(run, receipts):
        reason = call()
        result = Result.FAILED if reason else Result.DONE
        run.recorder.outcome(Outcome(subject=f"announce {target}", stage=Stage.ANNOUNCE, result=result, reason=reason))
        run.ledger.journal.note("store", Stage.ANNOUNCE, f"{target}: {reason or 'told'}")


def _calls(run: Run, receipts: Sequence[Receipt]) -> Iterator[tuple[str, Callable[[], str]]]:
    wanted, agent, base_url = run.site.announce, run.site.user_agent, run.facts.base_url
    # What is new no cache has; what is immutable changes only with a correction, and then caches must hear of it.
    changed = [r.key for r in receipts if r.kind is not ActionKind.CREATE]
    paths = sorted({f"/{encoded(form)}" for key in changed for form in (key, address_of(key))})
    if wanted.cloudfront and paths:
        reference = f"{run.recorder.run_id} {run.now:%Y%m%d%H%M%S}"
        yield "CloudFront", partial(invalidate, wanted.cloudfront, paths, reference=reference)
    if wanted.purge_webhook and paths:
        yield "purge webhook", partial(purge, wanted.purge_webhook, base_url=base_url, paths=paths, user_agent=agent)
    feeds = [absolute(run.facts, r.key) for r in receipts if r.key.rpartition("/")[2] in _FEEDS]
    if feeds:
        for number, hub in enumerate(wanted.websub_hubs, start=1):
            yield f"WebSub hub {number}", partial(ping_hub, hub, feeds, user_agent=agent)
    pages = [absolute(run.facts, r.key) for r in receipts if r.key.endswith(".html") and r.key != "404.html"]
    if wanted.indexnow_key and pages:
        told = partial(index_now, wanted.indexnow_endpoint, base_url=base_url, key=wanted.indexnow_key)
        yield "IndexNow", partial(told, addresses=pages, user_agent=agent)
