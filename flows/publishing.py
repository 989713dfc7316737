"""The second half of a run: render what is due, plan, publish.

First everything is created that is not there yet, then what is there is changed, the entrances last: what a page links
to is in the store before any page that a reader can reach links to it. A wave that fails stops all later ones.
"""

import functools
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from flows.reading import give_up
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from tasks.catalogue import OVERVIEWS, Index, IndexKind, IndexRef, SearchShard, Surroundings
from tasks.errors import StoreError, WaveFailed
from tasks.model import Action, ActionKind, Article, Outcome, Page, Receipt, Result, Stage
from tasks.outputs import edition, find_outputs
from tasks.outputs.addresses import search_key
from tasks.outputs.caching import STATE
from tasks.publish import publish
from tasks.render import render, render_again, render_indexes
from tasks.stores.plan import plan

# Names whose ledger wrote this store: a store without it was emptied, or is another one.
MARKER = "_finews/state.json"
BATCH = 100  # articles or pages of lists that are in memory at a time
_SEARCH_BATCH = 10
_GRACE = timedelta(hours=1)
_ENTRANCES = (*OVERVIEWS, IndexKind.ROBOTS)  # each comes after what it leads to
_LISTS = tuple(kind for kind in IndexKind if kind not in (*_ENTRANCES, IndexKind.FIXED))


def render_and_publish(run: Run) -> None:
    """Bring the store up to what the ledger holds; nothing is written when there is nothing new.

    What a killed run left undone is found here again: an article or a page of a list is due until it is in the store
    as it should be. A store that cannot be used is the failure of one wave more, so that what was read is still
    reported.
    """
    try:
        _bring_up_to_date(run)
    except StoreError as error:
        if not isinstance(error, WaveFailed):  # a wave has its own outcome already
            run.recorder.outcome(
                Outcome(subject="the store", stage=Stage.PUBLISH, result=Result.FAILED, reason=str(error))
            )
        for key in run.recorder.left_unpublished(f"not published, left for the next run: {error}"):
            run.ledger.journal.note(key, Stage.PUBLISH, f"not published, left for the next run: {error}")
    run.ledger.journal.flush()


def _bring_up_to_date(run: Run) -> None:
    _claim(run)
    run.ledger.objects.settle_edition(edition(run.facts, find_outputs()))
    run.ledger.places.shelve(now=run.now)
    run.ledger.indexes.expect(now=run.now)
    articles = run.ledger.articles
    new = functools.partial(run.ledger.indexes.never_published, limit=BATCH)
    stale = functools.partial(run.ledger.indexes.stale, limit=BATCH)
    _publish_lists(run, "new files", lambda: new(IndexKind.FIXED))
    _publish_lists(run, "files", lambda: stale(IndexKind.FIXED))
    _publish_articles(run, "new articles", lambda: articles.never_published(limit=BATCH))
    _publish_lists(run, "new lists", lambda: new(*_LISTS))
    _publish_articles(run, "changed articles", lambda: articles.stale(limit=BATCH))
    _publish_lists(run, "lists", lambda: stale(*_LISTS))
    for ref in sorted(new(*_ENTRANCES), key=lambda ref: _ENTRANCES.index(ref.kind)):  # on a site's first day one by one
        _publish_refs(run, [ref], f"new {ref.kind.value} 1")
    _publish_lists(run, "entrances", lambda: stale(*_ENTRANCES))
    _collect(run)


def _publish_articles(run: Run, name: str, due: Callable[[], tuple[Article, ...]]) -> None:
    number = 0
    while articles := due():
        number += 1
        rendered = _render_articles(run, f"{name} {number}", articles)
        told = {article.key for article in articles if run.recorder.reads(article.key)}
        owners = {page.key: article.key for article, made in rendered for page in made if article.key in told}
        _publish_pages(run, f"{name} {number}", [page for _, made in rendered for page in made], owners=owners)
        run.ledger.articles.mark_published([article.key for article, _ in rendered])


def _publish_lists(run: Run, name: str, due: Callable[[], tuple[IndexRef, ...]]) -> None:
    number = 0
    while refs := _in_memory_at_once(due()):
        number += 1
        _publish_refs(run, refs, f"{name} {number}")


def _in_memory_at_once(refs: Iterable[IndexRef]) -> list[IndexRef]:
    """As many of them as a batch can hold: a search shard weighs as much as ten other pages."""
    shards = itertools.count(1)
    return [ref for ref in refs if ref.kind is not IndexKind.SEARCH or next(shards) <= _SEARCH_BATCH]


def _publish_refs(run: Run, refs: Sequence[IndexRef], name: str) -> None:
    indexes = [run.ledger.indexes.read(ref, now=run.now) for ref in refs]
    run.recorder.task_runs += 1
    made = render_indexes(name, indexes, run.facts)
    _publish_pages(run, name, [page for pages in made for page in pages])
    _leave_behind(run, zip(indexes, made, strict=True))
    run.ledger.indexes.mark_published(refs)


def _leave_behind(run: Run, made: Iterable[tuple[Index, tuple[Page, ...]]]) -> None:
    """The names of a search shard's files change with it; readers may still be using the former ones for a while."""
    for index, pages in made:
        if isinstance(index, SearchShard) and pages:
            former = run.ledger.objects.under(search_key(index.label)) - {page.key for page in pages}
            run.ledger.objects.delete_later(former, after=run.now + _GRACE)


def _collect(run: Run) -> None:
    """Delete what nothing shows any more and whose time has come."""
    keys = run.ledger.objects.to_delete(now=run.now)
    deletions = plan([], run.ledger.objects.known(keys), obsolete=keys).deletions
    if deletions:
        run.recorder.planned(deletions)
        _publish_wave(run, "deletions", deletions, {})


def _claim(run: Run) -> None:
    """Make sure that the store is the one that this ledger wrote. Of a new one, or an emptied one, nothing is known.

    The marker comes before anything else: a store without it counts as empty, whatever the ledger believes.
    """
    if run.store.read(MARKER) == _marker(run):
        return
    story = f"{MARKER} is missing or another ledger's: everything is written again"
    run.ledger.journal.note("store", Stage.PUBLISH, story)
    run.ledger.objects.forget()
    page = Page(key=MARKER, body=_marker(run), content_type="application/json", cache_control=STATE)
    (receipt,) = run.store.write([Action(kind=ActionKind.CREATE, key=MARKER, reason="names the ledger", page=page)])
    if receipt.error:
        raise StoreError(f"{MARKER}: {receipt.error}")


def _marker(run: Run) -> bytes:
    return json.dumps({"ledger": run.ledger.objects.ledger_id()}).encode()


def _render_articles(run: Run, name: str, articles: Sequence[Article]) -> list[tuple[Article, tuple[Page, ...]]]:
    """A task run each for what this run has read, one for all others together. What cannot be made leaves the lists."""
    around = _surroundings(run, articles)
    mine = [article for article in articles if run.recorder.reads(article.key)]
    others = [article for article in articles if not run.recorder.reads(article.key)]
    for article in mine:
        address = f"{run.facts.base_url}/{article.page_key}"
        run.recorder.placed(
            article.key, code=article.code, title=article.title, category=article.category.slug, address=address
        )
    facts, journal = run.facts, run.ledger.journal
    results: list[tuple[Article, tuple[Page, ...] | BaseException]] = each(
        render,
        Stage.RENDER,
        mine,
        lambda article: article.key,
        lambda article: {"article": article, "around": around[article.key], "facts": facts, "journal": journal},
        run,
    )
    if others:
        run.recorder.task_runs += 1
        made = render_again(name, [(article, around[article.key]) for article in others], facts, journal)
        results += zip(others, made, strict=True)
    failed = [(article.key, error) for article, error in errors(results)]
    give_up(run, failed)
    # Pages that link to one of those wait for the next batch, which makes them again.
    wait = run.ledger.places.withhold(key for key, _ in failed)
    return [(article, made) for article, made in values(results) if article.key not in wait]


def _surroundings(run: Run, articles: Sequence[Article]) -> Mapping[str, Surroundings]:
    beside = run.ledger.indexes.surroundings(articles)
    mentions = run.ledger.articles.mentions([article.key for article in articles])
    return {
        article.key: replace(beside.get(article.key, Surroundings()), also=mentions.get(article.key, ()))
        for article in articles
    }


def _publish_pages(run: Run, name: str, pages: Sequence[Page], *, owners: Mapping[str, str] | None = None) -> None:
    plan_ = plan(pages, run.ledger.objects.known(page.key for page in pages))
    run.recorder.planned((*plan_.creations, *plan_.updates, *plan_.kept))
    run.recorder.received(Receipt(key=action.key, kind=action.kind) for action in plan_.kept)
    for wave in (plan_.creations, plan_.updates):
        if wave:
            _publish_wave(run, name, wave, owners or {})


def _publish_wave(run: Run, name: str, actions: tuple[Action, ...], owners: Mapping[str, str]) -> None:
    """Write a wave; `StoreError` when not all of it is in the store. What was written is kept in the ledger either way."""
    publishing = with_retries(publish, run.site.fetch)
    arguments = {"name": name, "actions": actions, "store": run.store}
    [(_, result)] = each(publishing, Stage.PUBLISH, [actions], lambda _: f"wave {name}", lambda _: arguments, run)
    receipts: tuple[Receipt, ...] = ()
    if isinstance(result, WaveFailed):
        receipts = result.receipts
    elif not isinstance(result, BaseException):
        receipts = result
    run.ledger.objects.record(receipts, now=run.now)
    run.recorder.received(receipts)
    for receipt in receipts:
        if owner := owners.get(receipt.key):
            story = f"{receipt.key}: {receipt.error}" if receipt.error else f"{receipt.kind.value} {receipt.key}"
            run.ledger.journal.note(owner, Stage.PUBLISH, story)
            failed = Result.FAILED if receipt.error else Result.DONE
            run.recorder.outcome(Outcome(subject=owner, stage=Stage.PUBLISH, result=failed, reason=receipt.error))
    if isinstance(result, WaveFailed):
        raise result
    if isinstance(result, BaseException):
        raise WaveFailed(str(result), receipts=()) from result
