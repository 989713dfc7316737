"""The first step of a run: ask the sources that are due, and keep what their lists say."""

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.breaker import Readings
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from flows.wish import Wish
from tasks.articles.due import Asking, answered, due, failed, unmodified
from tasks.articles.identity import story_key
from tasks.config import SourceSpec
from tasks.errors import ParseError
from tasks.fetch import ask
from tasks.ledger.aliases import Resolved
from tasks.ledger.articles import AHEAD
from tasks.model import Listing, Outcome, Result, Stage, Unmodified


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the sources said. `keys` of the stories listed now; `failed` and `lists` as in `breaker.Readings`.

    `sources`: how many were wished; one that need not be asked, or has nothing new, is as sound as one that answered.
    """

    keys: tuple[str, ...]
    sources: int
    failed: tuple[str, ...]
    lists: Mapping[str, tuple[int, int]]


def ask_sources(run: Run, wish: Wish) -> Asked:
    """Ask every source that is due and keep what it says. A source that fails, or lists nothing usable, fails alone."""
    wished = [run.site.source(name) for name in wish.sources] or list(run.site.sources)
    before = run.ledger.askings.of(spec.name for spec in wished)
    paused = paused_sources(run, wish)
    unpaused = [spec for spec in wished if not _is_paused(run, spec, paused)]
    specs = [spec for spec in unpaused if wish.is_manual or _is_due(run, spec, before[spec.name])]
    asking = with_retries(ask, run.site.fetch)
    shared = {
        "client": run.client,
        "journal": run.ledger.journal,
        "answers": run.ledger.answers,
        "conditional": not wish.force,
        "knows": functools.partial(run.ledger.articles.knows, now=run.now),
    }
    results = each(asking, Stage.ASK, specs, lambda spec: spec.name, lambda spec: {"spec": spec, **shared}, run)
    keys: dict[str, None] = {}
    lists: dict[str, tuple[int, int]] = {}
    failed = {spec.name: error for spec, error in errors(results)}
    answers: list[tuple[SourceSpec, Listing | Unmodified]] = values(results)
    for spec, said in answers:
        if isinstance(said, Unmodified):
            _keep_unmodified(run, spec, before[spec.name])
            continue
        resolved = run.ledger.aliases.resolve(said)
        said = resolved.listing
        fresh = _keep(run, spec, resolved, wish)
        keys |= dict.fromkeys(entry.key for entry in said.entries)
        length = len(said.entries)
        if not said.partial:
            lists[spec.name] = (length, run.ledger.lists.note(spec.name, length))
        if not length and not said.partial:
            failed[spec.name] = ParseError("nothing usable in the list")
            continue
        _keep_answered(run, said, before[spec.name], fresh)
    run.ledger.askings.keep({name: _failed(run, before[name], error) for name, error in failed.items()})
    return Asked(keys=tuple(keys), sources=len(wished), failed=tuple(failed), lists=lists)


def paused_sources(run: Run, wish: Wish) -> Mapping[str, str]:
    """Why sources are paused: nothing is asked of them by itself. Who names sources or articles asks all the same."""
    return {} if wish.sources or wish.articles else run.ledger.standing.paused()


def _is_paused(run: Run, spec: SourceSpec, paused: Mapping[str, str]) -> bool:
    """Whether somebody has paused a source; who names it asks it all the same."""
    if spec.name in paused:
        reason = f"paused: {paused[spec.name]}"
        run.recorder.outcome(Outcome(subject=spec.name, stage=Stage.ASK, result=Result.SKIPPED, reason=reason))
    return spec.name in paused


def _is_due(run: Run, spec: SourceSpec, asking: Asking) -> bool:
    """Whether a source is to be asked in this run; the reason why not is in the report."""
    now_due = due(asking, run.now)
    if not now_due.ask:
        reason = f"not asked: {now_due.reason}"
        run.ledger.journal.note(spec.name, Stage.ASK, reason)
        run.recorder.outcome(Outcome(subject=spec.name, stage=Stage.ASK, result=Result.SKIPPED, reason=reason))
    return now_due.ask


def _keep_unmodified(run: Run, spec: SourceSpec, before: Asking) -> None:
    fresh_until, says = run.ledger.answers.told(spec.name)
    run.ledger.askings.note(spec.name, unmodified(before, now=run.now, fresh_until=fresh_until, fresh_says=says))


def _keep_answered(run: Run, listing: Listing, before: Asking, fresh: Collection[str]) -> None:
    fresh_until, says = run.ledger.answers.told(listing.source)
    news = [min(entry.published_at, run.now) for entry in listing.entries if entry.key in fresh and entry.dated]
    after = answered(
        before,
        now=run.now,
        fresh_until=fresh_until,
        fresh_says=says,
        listed_for=listing.fresh_for,
        skip_hours=listing.skip_hours,
        news=news,
    )
    run.ledger.askings.note(listing.source, after)


def _failed(run: Run, before: Asking, error: BaseException) -> Asking:
    return failed(
        before,
        now=run.now,
        error=str(error)[:500],
        status=getattr(error, "status", None),
        not_before=getattr(error, "not_before", None),
    )


def _keep(run: Run, spec: SourceSpec, resolved: Resolved, wish: Wish) -> set[str]:
    """Keep what a list says; the subjects that are new or changed in it."""
    listing = resolved.listing
    fresh = set(run.ledger.articles.record(listing, now=run.now))
    for key, remark in resolved.remarks:
        if key in fresh:
            run.ledger.journal.note(key, Stage.ASK, remark)
    for entry in listing.entries:
        if entry.key in fresh:
            if entry.published_at > run.now + AHEAD:
                future = f"claims to be of {entry.published_at:%Y-%m-%d %H:%M %z}, which is still to come"
                run.ledger.journal.note(
                    entry.key, Stage.ASK, f"in list {spec.name}: {future}; the time of its first sight counts"
                )
            record = f"in list {spec.name}: {entry.title!r}, {entry.published_at:%Y-%m-%d %H:%M:%S}, {entry.media or spec.tag}"
            run.ledger.journal.note(entry.key, Stage.ASK, record)
    for key, remark in listing.remarks:
        if key in fresh:
            run.ledger.journal.note(key, Stage.ASK, f"in list {spec.name}: {remark}")
    for item in listing.unusable:
        if not wish.articles or story_key(item.subject) in {story_key(code) for code in wish.articles}:
            run.recorder.rejected(item)
        if item.subject in fresh:
            run.ledger.journal.note(
                story_key(item.subject), Stage.DECIDE, f"in list {spec.name}: unusable: {item.reason}"
            )
    if not listing.entries and not listing.partial:
        first = next((item.reason for item in listing.unusable), "the list is empty")
        reason = f"nothing usable: {len(listing.unusable)} records, the first: {first}"
        run.recorder.outcome(Outcome(subject=spec.name, stage=Stage.ASK, result=Result.FAILED, reason=reason))
    return fresh


def readings(run: Run, asked: Asked) -> Readings:
    """What the circuit breaker looks at."""
    listed, failed = run.recorder.counts()
    return Readings(asked=asked.sources, failed=asked.failed, lists=asked.lists, listed=listed, failed_articles=failed)
