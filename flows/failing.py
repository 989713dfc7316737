"""What could not be read: tried again later, or given up; and looks for corrections, which cannot fail a story."""

from collections.abc import Iterable
from http import HTTPStatus

from flows.completeness import Tally
from flows.run import Run
from tasks.articles.decide import is_gone, next_try
from tasks.errors import FetchError
from tasks.ledger.rechecks import MOST_CHANGES
from tasks.model import Known, Offer, Outcome, Response, Result, Stage, Status, Step

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def put_off(run: Run, failures: Iterable[tuple[str, BaseException]]) -> None:
    """Keep that these stories failed in this run, and when they are tried again."""
    failures = list(failures)
    known = run.ledger.articles.known(key for key, _ in failures)
    for key, error in failures:
        failed_before = known[key].attempts if known[key].status is Status.FAILED else 0
        wanted = getattr(error, "not_before", None) or run.now  # what the answer itself said of asking again
        again = max(next_try(failed_before + 1, now=run.now), wanted)
        missing = _status(error) == HTTPStatus.NOT_FOUND
        run.ledger.articles.fail(key, str(error)[:900], next_try_at=again, missing=missing)


def not_read(run: Run, offer: Offer, error: BaseException, tally: Tally) -> None:
    """A text did not come, or is no article. A look that failed is no failure of the story: what was read before stays.

    Nor is a kept answer that is none: the story stays as it was, and is asked for when it would have been.
    """
    key, status = offer.entry.key, _status(error)
    before = run.ledger.articles.known([key])[key]
    tally.failed(run, offer, error, before)
    if run.recorder.step(key) == Step.REPLAY:
        run.ledger.journal.note(key, Stage.PARSE, "what was kept of it is no article: the story stays as it was")
    elif run.recorder.step(key) == Step.RECHECK:
        remark = f"{error}; what was read before stays"
        looked(run, key, changed=False, remark=remark, failed=True, last=status == HTTPStatus.GONE)
        if status in _GONE:
            _tell(run, offer, f"{_withdraw(offer)} ({error})")
    elif is_gone(status, before):
        _give_up(run, offer, error, before)
    else:
        put_off(run, [(key, error)])


def lock_up(run: Run, offer: Offer, error: BaseException, answer: Response | None) -> None:
    """What came in the article's place goes into quarantine as it came."""
    if answer is not None:
        run.ledger.quarantine.keep(offer.entry.key, offer.entry.source, str(error), answer, now=run.now)


def looked(run: Run, key: str, *, changed: bool, remark: str = "", failed: bool = False, last: bool = False) -> None:
    """A look at a page is over; one that changes every time is not looked at any more, and its last text stays.

    A look that found nothing stands in the ledger, and is no reason to write the article's story into the store again.
    """
    told = remark or ("its text was corrected" if changed else "its text is still the same")
    run.ledger.journal.note(key, Stage.FETCH, f"looked at again: {told}")
    run.ledger.journal.looked(key, news=changed or failed)
    if not run.ledger.rechecks.looked(key, now=run.now, changed=changed, last=last):
        reason = f"changes on every look: {MOST_CHANGES} looks found another text; its last one stays, and there is no other look"
        run.recorder.outcome(Outcome(subject=key, stage=Stage.DECIDE, result=Result.DONE, reason=reason))
        run.ledger.journal.note(key, Stage.DECIDE, reason)


def _give_up(run: Run, offer: Offer, error: BaseException, before: Known) -> None:
    """Nobody is asked for this text any more; that it was published once is a person's decision to undo."""
    run.ledger.articles.give_up(offer.entry.key, str(error)[:900], offer)
    often = f" in {before.missing + 1} runs" if _status(error) == HTTPStatus.NOT_FOUND else ""
    told = f"given up{often}: {error}; asked for again when its record in a list changes, or a run names it"
    _tell(run, offer, f"{_withdraw(offer)} ({told})" if before.revision else told)


def _withdraw(offer: Offer) -> str:
    return f"its page is gone: withdraw it? finews withdraw {offer.entry.code} --reason source"


def _tell(run: Run, offer: Offer, reason: str) -> None:
    """In the report, where the person on call sees it, and in the article's log."""
    key = offer.entry.key
    run.recorder.outcome(Outcome(subject=key, stage=Stage.FETCH, result=Result.FAILED, reason=reason))
    run.ledger.journal.note(key, Stage.FETCH, reason)


def _status(error: BaseException) -> int | None:
    return error.status if isinstance(error, FetchError) else None
