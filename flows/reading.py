"""The first half of a run, once its sources were asked: decide, fetch and parse."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flows.asking import paused_sources
from flows.completeness import Tally
from flows.failing import lock_up, not_read
from flows.keeping import is_rechecked, keep_all, keep_unmodified, says_unmodified
from flows.run import Run
from flows.stages import each, values, with_retries
from flows.wish import Wish
from tasks.articles.compose import shelf_of
from tasks.articles.decide import decide, merge
from tasks.errors import Walled
from tasks.fetch import fetch, text_urls
from tasks.model import (
    Article,
    Capture,
    Category,
    Decision,
    Known,
    Offer,
    Outcome,
    Result,
    Stage,
    Step,
    Unusable,
)
from tasks.parse import parse

BATCH = 100  # articles whose texts are in memory at a time; what is read is kept before the next are asked for


def decide_all(run: Run, wish: Wish, listed: Sequence[str]) -> list[Offer]:
    """The offers whose text is to be read now: those listed, and those that earlier runs still owe."""
    paused = paused_sources(run, wish)
    watched = _watched(run, wish, paused)
    keys = list(dict.fromkeys([*_wished_keys(run, wish, listed, paused), *watched]))
    known = run.ledger.articles.known(keys)
    offers = offers_of(run, keys, known)
    due: list[Offer] = []
    settled: list[str] = []
    for key in keys:
        if (offer := offers.get(key)) is None:
            gone = "owed, but no source of the site file lists it any more"
            run.recorder.outcome(
                Outcome(subject=f"story {key}", stage=Stage.DECIDE, result=Result.SKIPPED, reason=gone)
            )
            continue
        before = known.get(key)
        named = bool(wish.articles)
        step = decide(offer, before, now=run.now, force=wish.force, named=named, recheck=key in watched)
        decision = _within(wish, len(due), offer, step)
        record_decision(run, offer, decision, before)
        if decision.fetches:
            if decision.step is Step.RECHECK:
                run.ledger.journal.look(key)
            run.ledger.journal.note(key, Stage.DECIDE, f"{decision.step}: {decision.reason}")
            due.append(offer)
        elif before and before.owed and decision.step in (Step.SAME, Step.GIVEN_UP):
            settled.append(key)
    run.ledger.articles.settle(settled)
    return due


def offers_of(run: Run, keys: Iterable[str], known: Mapping[str, Known]) -> dict[str, Offer]:
    """What the lists of the site file offer of these stories; those that none of them has named are left out."""
    order = {spec.name: place for place, spec in enumerate(run.site.sources)}
    offers = {}
    for key, seen in run.ledger.articles.sightings(keys).items():
        entries = sorted((entry for entry in seen if entry.source in order), key=lambda entry: order[entry.source])
        if entries:
            offers[key] = merge(entries, settled=known[key].source if key in known else "")
    return offers


def record_decision(run: Run, offer: Offer, decision: Decision, before: Known | None) -> None:
    """A story enters the report, with where it is published until now."""
    address = f"{run.facts.base_url}/{before.page_key}" if before and before.page_key else ""
    run.recorder.decided(offer, decision, category=before.category if before else "", address=address)


def _watched(run: Run, wish: Wish, paused: Collection[str]) -> tuple[str, ...]:
    """Articles whose pages are looked at again now; a run for single articles, or by force, has no eye for others."""
    if wish.articles or wish.force:
        return ()
    sources = [spec.name for spec in run.site.sources if is_rechecked(spec) and spec.name not in paused]
    wished = [name for name in sources if not wish.sources or name in wish.sources]
    return run.ledger.rechecks.due(wished, now=run.now, limit=run.site.fetch.max_rechecks)


def _wished_keys(run: Run, wish: Wish, listed: Sequence[str], paused: Collection[str]) -> list[str]:
    if not wish.articles:
        owed = run.ledger.articles.unread(now=run.now)
        if wish.sources or paused:
            known = run.ledger.articles.known(owed)
            wanted_of = wish.sources or [spec.name for spec in run.site.sources if spec.name not in paused]
            owed = tuple(key for key in owed if known[key].source in wanted_of)
        return list(dict.fromkeys([*listed, *owed]))
    wanted = {run.ledger.articles.key_of(name): name for name in wish.articles}
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
    if wish.until is not None and offer.entry.published_at >= wish.until:
        return Decision(step=Step.NOT_DUE, reason=f"not older than {wish.until:%Y-%m-%d %H:%M %z}")
    if wish.limit is not None and taken >= wish.limit:
        return Decision(step=Step.NOT_DUE, reason=f"over the limit of {wish.limit}: left for the next run")
    return decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of one offer: its answer or why there is none, and the article in it or why it is none.

    `article` is None when there was nothing to parse: no answer, or one that says "not modified".
    """

    offer: Offer
    capture: Capture | BaseException
    article: Article | BaseException | None = None


def read_texts(run: Run, offers: Sequence[Offer]) -> list[Article]:
    """Fetch and parse the texts of these offers and keep them; what fails is kept as failed, with its next try."""
    return keep_read(run, fetch_and_parse(run, offers))


def fetch_and_parse(run: Run, offers: Sequence[Offer]) -> list[Read]:
    """What comes of these offers, in their order; nothing of it is kept yet."""
    shelves = shelves_of(run, offers)
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
    parsed = each(
        parse,
        Stage.PARSE,
        [(offer, capture) for offer, capture in values(fetched) if not says_unmodified(capture)],
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
    found = {offer.entry.key: value for (offer, _), value in parsed}
    return [Read(offer=offer, capture=value, article=found.get(offer.entry.key)) for offer, value in fetched]


def keep_read(run: Run, reads: Sequence[Read]) -> list[Article]:
    """Keep what was read, in this order; what failed is kept as failed, with its next try."""
    answers, tally = run.ledger.answers, Tally()
    answered = [(read, read.capture) for read in reads if not isinstance(read.capture, BaseException)]
    for read, capture in answered:
        if says_unmodified(capture):
            keep_unmodified(run, read.offer)
    for read in reads:
        if isinstance(read.capture, BaseException):
            not_read(run, read.offer, read.capture, tally)
        if isinstance(read.capture, Walled):
            lock_up(run, read.offer, read.capture, read.capture.answer)
    articles = keep_all(
        run, [((read.offer, capture), read.article) for read, capture in answered if read.article is not None], tally
    )
    tally.report(run)
    kept = {article.key for article in articles}
    for read, capture in answered:
        # What was not kept was not seen: a 304 would hide the page for ever once it is what it should be.
        if capture.response is not None and read.offer.entry.key in kept:
            reader = run.site.source(read.offer.entry.source).digest
            answers.note(capture.asked_url, capture.response, reader=reader, moved_to=capture.moved_to)
    run.ledger.journal.flush()
    return articles


def shelves_of(run: Run, offers: Sequence[Offer]) -> dict[str, Category]:
    """The category of each offer by key; the ledger gives a slug to titles that it does not know."""
    wanted = {}
    for offer in offers:
        spec = run.site.source(offer.entry.source)
        wanted[offer.entry.key] = shelf_of(offer.entry.media, category=spec.category, tag=spec.tag)
    fixed = [shelf_of(None, category=spec.category, tag=spec.tag) for spec in run.site.sources if spec.category]
    assigned = run.ledger.shelves.assign([*fixed, *wanted.values()], pinned=run.site.slugs)
    return {key: assigned[category.title] for key, category in wanted.items()}
