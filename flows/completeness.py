"""How many of the texts that a run wants of each source come, and are articles."""

from collections import Counter
from dataclasses import dataclass, field

from flows.run import Run
from tasks.errors import FetchError, NotAsked, ParseError
from tasks.model import Known, Offer, Outcome, Result, Stage, Status, Step

_AGAIN = (Step.RECHECK, Step.REPLAY)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of texts, by source. Other looks at what was read count for nothing: they say nothing of what is new."""

    _counts: dict[str, Counter[bool]] = field(default_factory=dict)
    _causes: dict[str, Counter[str]] = field(default_factory=dict)

    def read(self, run: Run, offer: Offer) -> None:
        """One is an article."""
        if run.recorder.step(offer.entry.key) not in _AGAIN:
            self._count(offer.entry.source, True)

    def failed(self, run: Run, offer: Offer, error: BaseException, before: Known) -> None:
        """One is none, or did not come."""
        if run.recorder.step(offer.entry.key) in _AGAIN:
            return
        if not isinstance(error, FetchError | ParseError):  # a mistake of ours says nothing about the source
            return
        self._causes.setdefault(offer.entry.source, Counter())[_cause(error)] += 1
        if _is_evidence(error, before):
            self._count(offer.entry.source, False)

    def report(self, run: Run) -> None:
        """Say when fewer of a source's texts are articles than usual, before its part of the site stands still."""
        for source in {**self._counts, **self._causes}:
            count, causes = self._counts.get(source, Counter()), self._causes.get(source)
            share = run.ledger.completeness.note(source, articles=count[True], others=count[False])
            if not share.is_degraded or not causes:
                continue
            [(cause, times)] = causes.most_common(1)
            lately = f"degraded: {share.told}"
            reason = f"{lately}; {times} of {causes.total()} failures now: {cause}"
            subject = f"source {source}"
            run.recorder.outcome(Outcome(subject=subject, stage=Stage.PARSE, result=Result.FAILED, reason=reason))
            run.ledger.journal.note(source, Stage.PARSE, reason)

    def _count(self, source: str, is_article: bool) -> None:
        self._counts.setdefault(source, Counter())[is_article] += 1


def _is_evidence(error: FetchError | ParseError, before: Known) -> bool:
    """Whether a failure counts: a story's first two, so that one which never comes does not stand for its source.

    Of a host that is out of order, or wants to be left alone, it is the second only: one run without answers is no fall.
    """
    failures = before.attempts if before.status is Status.FAILED else 0
    passing = error.retryable or isinstance(error, NotAsked)
    return failures == 1 or (failures == 0 and not passing)


def _cause(error: FetchError | ParseError) -> str:
    """What a failure has in common with others: the message without the address before it."""
    _, _, told = str(error).partition(": ")
    return (told or str(error))[:120]
