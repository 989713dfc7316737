"""What was read goes into the ledger: no more of it than its publisher allows, and not before it may be shown."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from flows.completeness import Tally
from flows.failing import lock_up, looked, not_read
from flows.report import CAPTURES
from flows.run import Run
from tasks.articles.clean import text_of
from tasks.articles.rights import excerpted
from tasks.articles.shingles import sketch_of
from tasks.config import SourceSpec
from tasks.errors import NotAnArticle, ParseError
from tasks.ledger.articles import AHEAD
from tasks.model import Article, Capture, Known, Offer, Outcome, Result, Stage, Step
from tasks.sources import find_sources
from tasks.web.captures import remove_old

_REMEMBERED = timedelta(days=14)  # how late a story may come and still meet those that tell the same


def settle_rights(run: Run) -> None:
    """Cut what a publisher does not allow to be shown whole any more."""
    for spec in run.site.sources:
        cut = run.ledger.permissions.settle(spec.name, full=spec.rights == "full", cut=excerpted)
        if cut:
            reason = f"rights = {spec.rights!r} now: {cut} articles were cut to excerpts"
            run.recorder.outcome(Outcome(subject=spec.name, stage=Stage.DECIDE, result=Result.DONE, reason=reason))


def keep_all(
    run: Run,
    parsed: Iterable[tuple[tuple[Offer, Capture], Article | BaseException]],
    tally: Tally | None = None,
) -> list[Article]:
    """Keep what was parsed: articles in the ledger, answers that are none in quarantine; the articles that were kept.

    `tally` counts those that came; a kept answer that is read again says nothing of its source.
    """
    parsed, tally = list(parsed), tally or Tally()
    before = run.ledger.articles.known(offer.entry.key for (offer, _), _ in parsed)
    kept: list[Article] = []
    for (offer, capture), value in parsed:
        found = _proved(run, offer, capture, value)
        came = run.recorder.step(offer.entry.key) != Step.REPLAY
        if isinstance(found, Article):
            tally.read(run, offer)
            if not _known_as_another(run, offer, found):
                answered_at = None if came or capture.response is None else capture.response.received_at
                kept.append(_keep(run, offer, found, answered_at=answered_at))
            continue
        not_read(run, offer, found, tally)
        if came and isinstance(found, ParseError):  # anything else is a mistake of ours
            lock_up(run, offer, found, capture.response)
    run.ledger.quarantine.release(article.key for article in kept)
    for article in kept:
        if article.revision != before[article.key].revision:
            run.recorder.kept(article.key, revision=article.revision)
    _watch_pages(run, kept, before)
    return kept


def says_unmodified(capture: Capture) -> bool:
    """Whether the server said that a page is what it was (RFC 9110 section 15.4.5)."""
    return capture.response is not None and capture.response.status == HTTPStatus.NOT_MODIFIED


def keep_unmodified(run: Run, offer: Offer) -> None:
    """A look at a page that is what it was is over."""
    looked(run, offer.entry.key, changed=False, remark="not modified, says its server")
    run.ledger.quarantine.release([offer.entry.key])


def is_rechecked(spec: SourceSpec) -> bool:
    """Whether the pages of a source are looked at again for corrections."""
    return find_sources()[spec.kind].pages if spec.recheck is None else spec.recheck


def _watch_pages(run: Run, kept: Iterable[Article], before: Mapping[str, Known]) -> None:
    """Pages that were read for the first time get their timetable; looks that were due are over."""
    kept = list(kept)
    new = [article.key for article in kept if not before[article.key].revision and _is_watched(run, article)]
    run.ledger.rechecks.begin(new, now=run.now)
    for article in kept:
        if run.recorder.step(article.key) == Step.RECHECK:
            looked(run, article.key, changed=article.revision != before[article.key].revision)


def _is_watched(run: Run, article: Article) -> bool:
    return is_rechecked(run.site.source(article.source))


def _proved(run: Run, offer: Offer, capture: Capture, value: Article | BaseException) -> Article | BaseException:
    """The last proof needs the ledger: a page with another article's text is what an outlet shows for any address."""
    pages = find_sources()[run.site.source(offer.entry.source).kind].pages
    if isinstance(value, BaseException) or not pages or capture.response is None:
        return value
    if run.ledger.articles.repeats(value) is None:
        return value
    # Without the other's title: that may be withdrawn one day, and this line stays.
    error = NotAnArticle(f"{capture.response.url}: no article: its text is that of another one, word for word")
    reason = str(error)
    run.recorder.outcome(Outcome(subject=value.key, stage=Stage.PARSE, result=Result.FAILED, reason=reason))
    run.ledger.journal.note(value.key, Stage.PARSE, reason)
    return error


def _keep(run: Run, offer: Offer, article: Article, *, answered_at: datetime | None) -> Article:
    """Save an article as far as its source's rights go; the article as it is published."""
    spec = run.site.source(offer.entry.source)
    article = _in_time(run, article)
    shown = article if spec.rights == "full" else excerpted(article)
    released_at = article.published_at + timedelta(minutes=spec.delay_minutes) if spec.delay_minutes else None
    saved = run.ledger.articles.save(
        shown, offer, now=run.now, released_at=released_at, whole=article.html, answered_at=answered_at
    )
    if released_at is not None and released_at > run.now:
        told = f"{released_at:%Y-%m-%d %H:%M %z}"
        run.ledger.journal.note(article.key, Stage.PARSE, f"not shown before {told}, as its source asks")
    _join(run, article)
    return saved


def _in_time(run: Run, article: Article) -> Article:
    """A page may claim a time that is still to come, too."""
    if article.published_at <= run.now + AHEAD:
        return article
    seen = run.ledger.articles.known([article.key])[article.key].first_seen_at or run.now
    told = f"its page claims {article.published_at:%Y-%m-%d %H:%M %z}, which is still to come; the time of its first sight counts"
    run.ledger.journal.note(article.key, Stage.PARSE, told)
    return replace(article, published_at=seen.astimezone(article.published_at.tzinfo).replace(microsecond=0))


def _known_as_another(run: Run, offer: Offer, article: Article) -> bool:
    """Keep what the page calls itself. Whether that shows a story that is known, and this one only its other address."""
    if not (names := (*offer.entry.aliases, *article.aliases)):
        return False
    others = run.ledger.aliases.claim(article.key, offer.entry.source, names)
    sketch = sketch_of(text_of(article.html)) if others else None
    for other in others:
        same = run.ledger.echoes.alike(other, sketch)
        if same and run.ledger.aliases.absorb(article.key, other):
            told = f"the same story as {other}, which has it under another address"
            run.ledger.journal.note(
                other, Stage.PARSE, f"{article.key} has the same text under an address of it: one story"
            )
            run.ledger.journal.note(article.key, Stage.PARSE, told)
            run.recorder.outcome(Outcome(subject=article.key, stage=Stage.PARSE, result=Result.SKIPPED, reason=told))
            return True
        why = "both were read before" if same else "their texts are not the same"
        run.ledger.journal.note(
            article.key, Stage.PARSE, f"its page has an address of {other} too; {why}, so both stay"
        )
        run.ledger.journal.note(
            other, Stage.PARSE, f"the page of {article.key} has an address of it; {why}, so both stay"
        )
    return False


def _join(run: Run, article: Article) -> None:
    """Find who else tells the story, by the whole text, of which an excerpt may be all that is kept."""
    sketch = sketch_of(text_of(article.html))
    for other in run.ledger.echoes.join(article.key, sketch, at=article.published_at):
        run.ledger.journal.note(article.key, Stage.PARSE, f"tells the same story as {other}")
        run.ledger.journal.note(other, Stage.PARSE, f"its story is told by {article.key} too")


def forget_old(run: Run) -> None:
    """Drop what no article of these days needs."""
    run.ledger.echoes.forget(before=run.now - _REMEMBERED)
    run.ledger.quarantine.forget(before=run.now - timedelta(days=run.site.quarantine.days))
    if run.captures is None:
        return
    with contextlib.suppress(OSError):  # nothing that a run could fail for
        remove_old(Path(run.site.captures.folder), before=run.now - timedelta(days=run.site.captures.days))
    if run.captures.refused:
        reason = run.captures.refused
        run.recorder.outcome(Outcome(subject=CAPTURES, stage=Stage.FETCH, result=Result.SKIPPED, reason=reason))
