"""Kept answers instead of new ones: a better parser reads history again, and no publisher is asked for anything."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.defects import told_apart
from flows.keeping import keep_all, settle_rights
from flows.mirroring import settle_pictures
from flows.reading import offers_of, record_decision, shelves_of
from flows.report import CAPTURES
from flows.run import Run
from flows.stages import show
from flows.wish import Wish
from tasks.fetch import text_url
from tasks.model import Article, Capture, Decision, Known, Offer, Outcome, Result, Stage, Status, Step, Unusable
from tasks.parse import Reading, parse_again
from tasks.web.kept_answers import KeptAnswers, Place, find_kept, read_kept

log = logging.getLogger(__name__)

BATCH = 100  # answers in memory at a time
_NAMED = 1_000  # stories without an answer that the report names one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A story to read again. `place` of its answer: None when its record carries the text."""

    key: str
    place: Place | None
    reason: str


def replay_kept(run: Run, wish: Wish) -> None:
    """Read the kept answers of these stories as a run would have, and keep what comes out; the oldest story first."""
    settle_rights(run)
    settle_pictures(run)
    kept = _find(run)
    chosen = _choose(run, wish, kept)
    log.info("%s stories to read again; answers of %s addresses are kept", len(chosen), len(kept))
    chosen.reverse()
    for start in range(0, len(chosen), BATCH):
        _read_again(run, f"kept answers {start // BATCH + 1}", chosen[start : start + BATCH])
        show("replay", min(start + BATCH, len(chosen)), len(chosen))


def _find(run: Run) -> KeptAnswers:
    folder = run.site.captures.folder
    kept = find_kept(Path(folder)) if folder else KeptAnswers({}, remarks=("[captures] folder is empty: none is kept",))
    for remark in kept.remarks:
        log.warning("%s", remark)
        run.recorder.outcome(Outcome(subject=CAPTURES, stage=Stage.FETCH, result=Result.SKIPPED, reason=remark))
    return kept


def _choose(run: Run, wish: Wish, kept: KeptAnswers) -> list[_Chosen]:
    """The stories to read again, the newest first; of the others the report says why not."""
    chosen: list[_Chosen] = []
    without = 0
    for offer, before, place, decision in _considered(run, wish, kept):
        without += decision.step is Step.UNKEPT
        if decision.step is not Step.UNKEPT or without <= _NAMED:
            record_decision(run, offer, decision, before)
        if decision.reads:
            chosen.append(_Chosen(key=before.key, place=place, reason=decision.reason))
            if len(chosen) == wish.limit:
                break
    if without > _NAMED:
        told = f"{without - _NAMED} more stories: no kept answer"
        run.recorder.outcome(Outcome(subject=CAPTURES, stage=Stage.DECIDE, result=Result.SKIPPED, reason=told))
    return chosen


def _considered(run: Run, wish: Wish, kept: KeptAnswers) -> Iterator[tuple[Offer, Known, Place | None, Decision]]:
    """Each story that is wished, the newest first, with the place of its answer and what is to be done."""
    keys = _wished_keys(run, wish)
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        known = run.ledger.articles.known(some)
        offers = offers_of(run, some, known)
        urls = {key: text_url(run.site.source(offer.entry.source), offer.entry) for key, offer in offers.items()}
        run.ledger.answers.load(filter(None, urls.values()))
        read_at = run.ledger.replays.read_at(some)
        for key in some:
            if key in offers and wish.takes(before := known[key], offer := offers[key]):
                place = _place_of(run, kept, urls[key])
                yield offer, before, place, _decide(before, urls[key], place, read_at.get(key))


def _wished_keys(run: Run, wish: Wish) -> Sequence[str]:
    sources = [run.site.source(name).name for name in wish.sources] or [spec.name for spec in run.site.sources]
    if not wish.articles:
        return run.ledger.replays.keys(sources, since=wish.since, until=wish.until)
    wanted = {run.ledger.articles.key_of(name): name for name in wish.articles}
    offered = offers_of(run, wanted, {})
    for key, name in wanted.items():
        if key not in offered:
            reason = "no list of the site file has named this article"
            run.recorder.rejected(Unusable(subject=name, source="asked for", reason=reason))
    return [key for key in wanted if key in offered]


def _place_of(run: Run, kept: KeptAnswers, url: str) -> Place | None:
    """Where the newest answer is; an address that has moved for good was asked at its new place since."""
    if not url:
        return None
    known = run.ledger.answers.of(url)
    return kept.newest(url, known.moved_to if known else "")


def _decide(before: Known, url: str, place: Place | None, read_at: datetime | None) -> Decision:
    if before.status is Status.WITHDRAWN:
        return Decision(step=Step.WITHDRAWN, reason="withdrawn; only a person can bring it back")
    if not url:
        return Decision(step=Step.REPLAY, reason="the list carried the text: its record is read again")
    if place is None:
        return Decision(step=Step.UNKEPT, reason="no kept answer")
    came = f"{place.received_at:%Y-%m-%d %H:%M:%S %z}"
    if read_at is not None and place.received_at < read_at:
        # It may have been read by another machine, or when no answers were kept.
        newer = f"its text was read from a newer one at {read_at:%Y-%m-%d %H:%M:%S %z}"
        return Decision(step=Step.UNKEPT, reason=f"no kept answer but that of {came}; {newer}")
    return Decision(step=Step.REPLAY, reason=f"its answer of {came} in {place.path.name} is read again")


def _read_again(run: Run, name: str, chosen: Sequence[_Chosen]) -> None:
    """Parse these answers and keep what comes out, all as after `fetch`."""
    keys = [one.key for one in chosen]
    before = run.ledger.articles.known(keys)
    offers = offers_of(run, keys, before)
    shelves = shelves_of(run, list(offers.values()))
    readings = [
        Reading(
            offer=offer, capture=capture, spec=run.site.source(offer.entry.source), category=shelves[offer.entry.key]
        )
        for one in chosen
        if (capture := _capture(run, offer := offers[one.key], one.place)) is not None
    ]
    for one in chosen:
        run.ledger.journal.note(one.key, Stage.DECIDE, f"{Step.REPLAY}: {one.reason}")
    run.recorder.task_runs += 1
    found = parse_again(name, readings, run.site.site.timezone, run.ledger.journal)
    parsed = [(one.offer.entry.key, value) for one, value in zip(readings, found, strict=True)]
    made = [told_apart(run, Stage.PARSE, key, value) for key, value in parsed]
    for reading, value in zip(readings, made, strict=True):
        if not isinstance(value, Article):
            _tell(run, reading.offer.entry.key, Result.FAILED, f"{value}")
    kept = keep_all(run, [((one.offer, one.capture), value) for one, value in zip(readings, made, strict=True)])
    for article in kept:
        _tell_kept(run, article, before[article.key])
    run.ledger.journal.flush()


def _capture(run: Run, offer: Offer, place: Place | None) -> Capture | None:
    if place is None:
        return Capture(entry=offer.entry, response=None)
    if (found := read_kept(place)) is not None:
        return Capture(entry=offer.entry, response=found.response, asked_url=found.asked_url)
    _tell(run, offer.entry.key, Result.SKIPPED, f"no kept answer: {place.path.name} has it no longer")
    return None


def _tell_kept(run: Run, article: Article, before: Known) -> None:
    if article.revision == before.revision:
        _tell(run, article.key, Result.SKIPPED, "nothing changes by it")
    else:
        run.recorder.reads_after_all(article.key)
        _tell(run, article.key, Result.DONE, f"revision {article.revision}" if before.revision else "read after all")


def _tell(run: Run, key: str, result: Result, reason: str) -> None:
    run.recorder.outcome(Outcome(subject=key, stage=Stage.PARSE, result=result, reason=reason))
    run.ledger.journal.note(key, Stage.PARSE, f"replayed: {reason}")
