"""After a publication: purge caches, then ping hubs and tell search engines. Never the failure of a run.

What could not be told, or was changed by a run that failed or was killed, is told by the next one.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial

from flows.run import Run
from tasks.model import Outcome, Result, Stage
from tasks.outputs.addresses import absolute, address_of, encoded
from tasks.outputs.syndication import ATOM, JSON, RSS
from tasks.stores.cloudfront import invalidate
from tasks.web.announcing import index_now, ping_hub, purge

_FEEDS = (ATOM, RSS, JSON)
_Call = tuple[str, Callable[[], str]]


def purge_caches(run: Run) -> None:
    """Let caches forget what changed: also what they keep for ever, and what was taken down."""
    changes = run.ledger.changes
    if not run.recorder.dry_run and _all_heard(run, _purges(run, changes.cached())):
        changes.forgotten()


def announce(run: Run) -> None:
    """Tell hubs and search engines what is new and what changed."""
    changes = run.ledger.changes
    if not run.recorder.dry_run and _all_heard(run, _announcements(run, changes.new())):
        changes.told()


def _all_heard(run: Run, calls: Iterable[_Call]) -> bool:
    heard = True
    for target, call in calls:
        reason = call()
        result = Result.FAILED if reason else Result.DONE
        run.recorder.outcome(Outcome(subject=f"announce {target}", stage=Stage.ANNOUNCE, result=result, reason=reason))
        run.ledger.journal.note("store", Stage.ANNOUNCE, f"{target}: {reason or 'told'}")
        heard = heard and not reason
    return heard


def _purges(run: Run, keys: Collection[str]) -> Iterable[_Call]:
    wanted, agent = run.site.announce, run.site.user_agent
    paths = sorted({f"/{encoded(form)}" for key in keys for form in (key, address_of(key))})
    if wanted.cloudfront and paths:
        reference = f"{run.recorder.run_id} {run.now:%Y%m%d%H%M%S}"
        yield "CloudFront", partial(invalidate, wanted.cloudfront, paths, reference=reference)
    if wanted.purge_webhook and paths:
        told = partial(purge, wanted.purge_webhook, base_url=run.facts.base_url)
        yield "purge webhook", partial(told, paths=paths, user_agent=agent)


def _announcements(run: Run, keys: Collection[str]) -> Iterable[_Call]:
    wanted, agent = run.site.announce, run.site.user_agent
    feeds = [absolute(run.facts, key) for key in keys if key.rpartition("/")[2] in _FEEDS]
    if feeds:
        for number, hub in enumerate(wanted.websub_hubs, start=1):
            yield f"WebSub hub {number}", partial(ping_hub, hub, feeds, user_agent=agent)
    pages = [absolute(run.facts, key) for key in keys if key.endswith(".html") and key != "404.html"]
    if wanted.indexnow_key and pages:
        told = partial(index_now, wanted.indexnow_endpoint, base_url=run.facts.base_url, key=wanted.indexnow_key)
        yield "IndexNow", partial(told, addresses=pages, user_agent=agent)
