"""The verb *publish*: carry out one wave of a plan."""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.errors import WaveFailed, worth_retrying
from tasks.ledger import Lease, Lent
from tasks.model import Action, ActionKind, Receipt, Stored
from tasks.stores import Guard, Store

log = logging.getLogger(__name__)

_LINES = 50  # of a wave's actions in its log
_LOOK_EVERY = 1.0  # seconds
_ROUNDS = 3  # how often an object may turn out to be another one than was looked at


@task(
    task_run_name="publish {name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def publish(name: str, actions: tuple[Action, ...], store: Store, lease: Lease | Lent | None) -> tuple[Receipt, ...]:
    """The actions of one wave; `WaveFailed` when any of its objects could not be written or deleted.

    `LeaseLost`, before anything is touched, when another run has taken over. No lease: a dry run.
    """
    guard = _guard(lease)
    guard()
    gone = [action.key for action in actions if action.kind is ActionKind.DELETE]
    written = [action for action in actions if action.kind is not ActionKind.DELETE]
    receipts = _write(written, store, guard) + (store.delete(gone, guard=guard) if gone else ())
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


def _guard(lease: Lease | Lent | None) -> Guard:
    """Looks whether the lease is still ours, once a second at most: a process may be stopped between two objects."""
    looked_at = -math.inf
    lock = threading.Lock()

    def guard() -> None:
        nonlocal looked_at
        with lock:
            if lease is not None and time.monotonic() - looked_at > _LOOK_EVERY:
                lease.confirm()
                looked_at = time.monotonic()

    return guard


def _write(actions: Sequence[Action], store: Store, guard: Guard) -> tuple[Receipt, ...]:
    """Write, and settle what was not as expected: the lease says that it is ours to write, whoever left it there.

    A conditional write whose answer was lost is refused when it is sent again; what is there then is what was wanted.
    """
    if not actions:
        return ()
    kinds = {action.key: action.kind for action in actions}
    receipts = {receipt.key: receipt for receipt in store.write(actions, guard=guard)}
    for _ in range(_ROUNDS):
        again: list[Action] = []
        for action in [action for action in actions if receipts[action.key].conflict]:
            there = store.read(action.key)
            if there is not None and action.page is not None and there.holds(action.page):
                log.info("%s: it is there already", action.key)
                there_already = replace(receipts[action.key], conflict=False, error="", tag=there.tag, verified=True)
                receipts[action.key] = there_already
            else:
                log.warning("%s: %s; replaced", action.key, receipts[action.key].error)
                again.append(_as_found(action, there))
        if not again:
            break
        receipts |= {
            receipt.key: replace(receipt, kind=kinds[receipt.key]) for receipt in store.write(again, guard=guard)
        }
    return tuple(receipts[action.key] for action in actions)


def _as_found(action: Action, there: Stored | None) -> Action:
    if there is None:
        return replace(action, kind=ActionKind.CREATE, tag="")
    return replace(action, kind=ActionKind.UPDATE, tag=there.tag)
