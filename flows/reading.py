"""The first half of a run: ask the lists, decide, fetch and parse."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.breaker import Readings
from flows.keeping import is_rechecked, is_unmodified, keep_all, not_read
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from tasks.articles.compose import shelf_of
from tasks.articles.decide import decide, merge
from tasks.articles.due import Asking, answered, due, failed, unmodified
from tasks.articles.identity import story_key
from tasks.config import SourceSpec
from tasks.errors import ConfigError, ParseError
from tasks.fetch import ask, fetch, text_urls
from tasks.ledger.aliases import Resolved
from tasks.ledger.articles import AHEAD
from tasks.model import (
    Article,
    Category,
    Decision,
    Listing,
    Offer,
    Outcome,
    Result,
    Stage,
    Step,
    Unmodified,
    Unusable,
)
from tasks.parse import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What this run was asked for; the defaults mean everything that is due."""

    sources: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int | None = None
    force: bool = False

    @property
    def is_manual(self) -> bool:
        """Whether a person wants something of certain sources or articles: those are asked, due or not."""
        return bool(self.sources or self.articles or self.force)

    def __post_init__(self) -> None:
        """A limit that would never read anything is a slip of the hand."""
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit = {self.limit}: expected 1 or more, or nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the sources said. `keys` of the stories listed now; `failed` and `lists` as in `breaker.Readings`."""

    keys: tuple[str, ...]
    sources: int
    failed: tuple[str, ...]
    lists: Mapping[str, tuple[int, int]]


def ask_sources(run: Run, wish: Wish) -> Asked:
    """Ask every source that is due and keep what it says. A source that fails, or lists nothing usable, fails alone."""
    wished = [run.site.source(name) for name in wish.sources] or list(run.site.sources)
    before = run.ledger.askings.of(spec.name for spec in wished)
    specs = [spec for spec in wished if wish.is_manual or _is_due(run, spec, before[spec.name])]
    asking = with_retries(ask, run.site.fetch)
    shared = {
        "client": run.client,
        "journal": run.ledger.journal,
        "answers": run.ledger.answers,
        "conditional": not wish.force,
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
    return Asked(keys=tuple(keys), sources=len(specs), failed=tuple(failed), lists=lists)


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
    news = [entry.published_at for entry in listing.entries if entry.key in fresh and entry.dated]
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


def decide_all(run: Run, wish: Wish, listed: Sequence[str]) -> list[Offer]:
    """The offers whose text is to be read now: those listed, and those that earlier runs still owe."""
    watched = _watched(run, wish)
    keys = list(dict.fromkeys([*_wished_keys(run, wish, listed), *watched]))
    known = run.ledger.articles.known(keys)
    sightings = run.ledger.articles.sightings(keys)
    order = {spec.name: place for place, spec in enumerate(run.site.sources)}
    due: list[Offer] = []
    for key in keys:
        entries = sorted(
            (entry for entry in sightings.get(key, ()) if entry.source in order), key=lambda entry: order[entry.source]
        )
        if not entries:
            gone = "owed, but no source of the site file lists it any more"
            run.recorder.outcome(
                Outcome(subject=f"story {key}", stage=Stage.DECIDE, result=Result.SKIPPED, reason=gone)
            )
            continue
        before = known.get(key)
        offer = merge(entries, settled=before.source if before else "")
        step = decide(offer, before, now=run.now, force=wish.force, recheck=key in watched)
        decision = _within(wish, len(due), offer, step)
        address = f"{run.facts.base_url}/{before.page_key}" if before and before.page_key else ""
        run.recorder.decided(offer, decision, category=before.category if before else "", address=address)
        if decision.fetches:
            run.ledger.journal.note(key, Stage.DECIDE, f"{decision.step}: {decision.reason}")
            due.append(offer)
    return due


def _watched(run: Run, wish: Wish) -> tuple[str, ...]:
    """Articles whose pages are looked at again now; a run for single articles, or by force, has no eye for others."""
    if wish.articles or wish.force:
        return ()
    sources = [spec.name for spec in run.site.sources if is_rechecked(spec)]
    wished = [name for name in sources if not wish.sources or name in wish.sources]
    return run.ledger.rechecks.due(wished, now=run.now, limit=run.site.fetch.max_rechecks)


def _wished_keys(run: Run, wish: Wish, listed: Sequence[str]) -> list[str]:
    if not wish.articles:
        owed = run.ledger.articles.unread(now=run.now)
        known = run.ledger.articles.known(owed) if wish.sources else {}
        return list(
            dict.fromkeys([*listed, *(key for key in owed if not wish.sources or known[key].source in wish.sources)])
        )
    wanted = {run.ledger.articles.find(name) or story_key(name): name for name in wish.articles}
    seen = run.ledger.articles.sightings(wanted)
    for key, name in wanted.items():
        if key not in seen:
            run.recorder.rejected(Unusable(subject=name, source="asked for", reason="no list has named this article"))
    return [key for key in wanted if key in seen]


def _within(wish: Wish, taken: int, offer: Offer, decision: Decision) -> Decision:
    """The decision, unless the run was asked to leave such articles for later."""
    if not decision.fetches:
        return decision
    if wish.since is not None and offer.entry.published_at < wish.since:
        return Decision(step=Step.NOT_DUE, reason=f"older than {wish.since:%Y-%m-%d %H:%M %z}")
    if wish.limit is not None and taken >= wish.limit:
        return Decision(step=Step.NOT_DUE, reason=f"over the limit of {wish.limit}: left for the next run")
    return decision


def read_texts(run: Run, offers: Sequence[Offer]) -> list[Article]:
    """Fetch and parse the texts of these offers and keep them; what fails is kept as failed, with its next try."""
    shelves = _shelves(run, offers)
    journal, zone, answers = run.ledger.journal, run.site.site.timezone, run.ledger.answers
    answers.load(text_urls((run.site.source(offer.entry.source), offer.entry) for offer in offers))
    fetched = each(
        with_retries(fetch, run.site.fetch),
        Stage.FETCH,
        offers,
        lambda offer: offer.entry.key,
        lambda offer: {
            "entry": offer.entry,
            "spec": run.site.source(offer.entry.source),
            "client": run.client,
            "journal": journal,
            "answers": answers,
            "conditional": run.recorder.step(offer.entry.key) == Step.RECHECK,
        },
        run,
    )
    answered = [(offer, capture) for offer, capture in values(fetched) if not is_unmodified(run, offer, capture)]
    parsed = each(
        parse,
        Stage.PARSE,
        answered,
        lambda pair: pair[0].entry.key,
        lambda pair: {
            "offer": pair[0],
            "capture": pair[1],
            "spec": run.site.source(pair[0].entry.source),
            "category": shelves[pair[0].entry.key],
            "zone": zone,
            "journal": journal,
        },
        run,
    )
    not_read(run, [(offer.entry.key, error) for offer, error in errors(fetched)])
    articles = keep_all(run, parsed)
    for (offer, capture), value in parsed:
        if capture.response is not None and not isinstance(value, BaseException):
            reader = run.site.source(offer.entry.source).digest
            answers.note(capture.asked_url, capture.response, reader=reader, moved_to=capture.moved_to)
    journal.flush()
    return articles


def _shelves(run: Run, offers: Sequence[Offer]) -> dict[str, Category]:
    """The category of each offer by key; the ledger gives a slug to titles that it does not know."""
    wanted = {}
    for offer in offers:
        spec = run.site.source(offer.entry.source)
        wanted[offer.entry.key] = shelf_of(offer.entry.media, category=spec.category, tag=spec.tag)
    fixed = [shelf_of(None, category=spec.category, tag=spec.tag) for spec in run.site.sources if spec.category]
    assigned = run.ledger.shelves.assign([*fixed, *wanted.values()], pinned=run.site.slugs)
    return {key: assigned[category.title] for key, category in wanted.items()}
