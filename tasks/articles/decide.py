"""What to do with a story: pure functions of what the lists say, what the ledger knows, and `now`."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

from tasks.model import Decision, Entry, Known, Offer, Status, Step

# Waits after the 1st, 2nd, ... failed run. The last one goes on for ever: only what is gone is given up, and by name.
_BACKOFF = tuple(timedelta(hours=hours) for hours in (0, 1, 3, 6, 12, 24))
MOST_MISSING = 8
"""A text that answered 404 in so many runs in a row is given up. By the waits between them that is three days: longer than
pages come after the lists that name them, and longer than outages that answer 404 for everything last."""


def merge(entries: Sequence[Entry], *, settled: str = "") -> Offer:
    """One offer from all records of a story; `entries` in the order of the site's sources, never empty.

    A record with a media name wins over one without; among several the one that already won (`settled`)
    stays, so that an article does not wander; else the first. The digest of a rolling record is the summary.
    """
    with_media = [entry for entry in entries if entry.media is not None]
    candidates = with_media or list(entries)
    winner = next((entry for entry in candidates if entry.source == settled), candidates[0])
    digest = next((entry.digest for entry in entries if entry.digest), "")
    return Offer(entry=winner, summary=summary_of(digest), seen_in=tuple(entry.source for entry in entries))


def summary_of(digest: str) -> str:
    """A digest without the headline or label that may stand before it in `【】`."""
    return re.sub(r"^\s*【[^】]*】\s*", "", digest).strip()


def decide(
    offer: Offer,
    known: Known | None,
    *,
    now: datetime,
    force: bool = False,
    named: bool = False,
    recheck: bool = False,
) -> Decision:
    """The step for one usable story. `named`: a person asks for this one; `recheck`: its page is due for another look."""
    if known is None:
        return Decision(step=Step.NEW, reason="not seen before")
    if known.status is Status.WITHDRAWN:
        return Decision(step=Step.WITHDRAWN, reason="withdrawn; only a person can bring it back")
    if known.status is Status.PENDING:
        waits = known.first_seen_at is not None and known.first_seen_at < now
        return Decision(step=Step.NEW, reason="listed before, not read yet" if waits else "not seen before")
    if force:
        return Decision(step=Step.CHANGED, reason="asked for with force")
    if known.status is Status.FAILED:
        if not named and known.next_try_at is not None and now < known.next_try_at:
            due = f"{known.next_try_at:%Y-%m-%d %H:%M %z}"
            return Decision(step=Step.NOT_DUE, reason=f"failed {known.attempts} times, next try after {due}")
        return Decision(step=Step.RETRY, reason=f"failed {known.attempts} times")
    if known.status is Status.GIVEN_UP:
        return _given_up(changed=known.offer_digest != offer.digest, named=named)
    if known.offer_digest != offer.digest:
        return Decision(step=Step.CHANGED, reason="its record in the list changed")
    if recheck:
        return Decision(step=Step.RECHECK, reason="its page is looked at again for corrections")
    return Decision(step=Step.SAME, reason="already read, record unchanged")


def _given_up(*, changed: bool, named: bool) -> Decision:
    if named:
        return Decision(step=Step.RETRY, reason="given up before, and asked for by name")
    if changed:
        return Decision(step=Step.CHANGED, reason="given up before, and its record in the list changed")
    return Decision(
        step=Step.GIVEN_UP, reason="its text is gone; asked for again when its record changes, or a run names it"
    )


def is_gone(status: int | None, known: Known) -> bool:
    """Whether an answer with this status ends asking: gone for good (RFC 9110 section 15.5.11), or missing for too long.

    One that was given up before and is still missing stays given up.
    """
    for_long = known.status is Status.GIVEN_UP or known.missing + 1 >= MOST_MISSING
    return status == HTTPStatus.GONE or (status == HTTPStatus.NOT_FOUND and for_long)


def next_try(failures: int, *, now: datetime) -> datetime:
    """When a story may be tried again after `failures` runs in a row that could not read it."""
    return now + _BACKOFF[min(failures, len(_BACKOFF)) - 1]
