"""The verb *publish*: carry out one wave of a plan."""

import logging
from collections import Counter

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.errors import WaveFailed, worth_retrying
from tasks.model import Action, ActionKind, Receipt
from tasks.stores import Store

log = logging.getLogger(__name__)

_LINES = 50  # of a wave's actions in its log


@task(
    task_run_name="publish {name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def publish(name: str, actions: tuple[Action, ...], store: Store) -> tuple[Receipt, ...]:
    """The actions of one wave; `WaveFailed` when any of its objects could not be written or deleted."""
    gone = [action.key for action in actions if action.kind is ActionKind.DELETE]
    written = [action for action in actions if action.kind is not ActionKind.DELETE]
    receipts = (store.write(written) if written else ()) + (store.delete(gone) if gone else ())
    counts = Counter(receipt.kind.value for receipt in receipts if not receipt.error)
    log.info("%s: %s", name, ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing")
    for action in actions[:_LINES]:
        log.info("%s %s: %s", action.kind.value, action.key, action.reason)
    if len(actions) > _LINES:
        log.info("and %s more: each stands in the journal of its article", len(actions) - _LINES)
    if failed := [receipt for receipt in receipts if receipt.error]:
        first = "; ".join(f"{receipt.key}: {receipt.error}" for receipt in failed[:3])
        raise WaveFailed(f"{len(failed)} of {len(receipts)} objects of wave {name} failed: {first}", receipts=receipts)
    return receipts
