"""The second half of a run: render what is due, plan, publish.

First everything is created that is not there yet, then what is there is changed, the entrances last: what a page links
to is in the store before any page that a reader can reach links to it. A wave that fails stops all later ones.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from flows.reading import give_up
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from tasks.catalogue import Index, IndexKind, IndexRef, SearchShard, Surroundings
from tasks.errors import StoreError, WaveFailed
from tasks.model import Action, ActionKind, Article, Outcome, Page, Receipt, Result, Stage
from tasks.outputs import edition, find_outputs
from tasks.outputs.caching import STATE
from tasks.publish import publish
from tasks.render import render, render_again, render_indexes
from tasks.stores.plan import plan

# Names whose ledger wrote this store: a store without it was emptied, or is another one.
MARKER = "_finews/state.json"
BATCH = 100  # articles or pages of lists that are in memory at a time
_SEARCH_BATCH = 10
_GRACE = timedelta(hours=1)
# What readers and machines know by heart. Each comes after what it leads to.
_ENTRANCES = (
    IndexKind.ARCHIVE, IndexKind.CATEGORIES, IndexKind.SEARCHES, IndexKind.NEWS, IndexKind.SITEMAPS, IndexKind.FEED,
    IndexKind.HOME, IndexKind.ROBOTS,
)  # fmt: skip
_LISTS = tuple(kind for kind in IndexKind if kind not in (*_ENTRANCES, IndexKind.FIXED))


def render_and_publish(run: Run) -> None:
    """Bring the store up to what the ledger holds; nothing is written when there is nothing new.

    What a killed run left undone is found here again: articles count as published only when every page
    that shows them is in the store. A store that cannot be used is the failure of one wave more, so that
    what was read is still reported.
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
    check_marker(run)
    current = edition(run.facts, find_outputs())
    ledger = run.ledger
    ledger.places.shelve(now=run.now)
    ledger.indexes.expect(now=run.now)
    articles, indexes = ledger.articles, ledger.indexes
    _publish_lists(run, current, "files", [IndexKind.FIXED])
    _publish_articles(run, current, "new articles", lambda: articles.never_published(limit=BATCH))
    _publish_due(run, current, "new lists", lambda: _take(_LISTS, indexes.never_published))
    _publish_articles(run, current, "changed articles", lambda: articles.stale(current, limit=BATCH))
    _publish_lists(run, current, "lists", _LISTS)
    for kind in _ENTRANCES:  # on a site's first day one by one
        _publish_due(run, current, f"new {kind.value}", functools.partial(_take, [kind], indexes.never_published))
    _publish_lists(run, current, "entrances", _ENTRANCES)
    _collect(run)


def _publish_articles(run: Run, current: str, name: str, due: Callable[[], tuple[Article, ...]]) -> None:
    number = 0
    while articles := due():
        number += 1
        rendered = _render_articles(run, f"{name} {number}", articles)
        told = {article.key for article in articles if run.recorder.reads(article.key)}
        owners = {page.key: article.key for article, made in rendered for page in made if article.key in told}
        _publish_pages(run, f"{name} {number}", [page for _, made in rendered for page in made], owners=owners)
        run.ledger.articles.mark_published([article.key for article, _ in rendered], current)


def _publish_lists(run: Run, current: str, name: str, kinds: Sequence[IndexKind]) -> None:
    """Every page of these kinds of list that is not as it should be, or not there."""
    indexes = run.ledger.indexes
    _publish_due(run, current, f"new {name}", lambda: _take(kinds, indexes.never_published))
    _publish_due(run, current, name, lambda: _take(kinds, functools.partial(indexes.stale, edition=current)))


def _publish_due(run: Run, current: str, name: str, due: Callable[[], Sequence[IndexRef]]) -> None:
    number = 0
    while refs := due():
        number += 1
        _publish_refs(run, current, refs, f"{name} {number}")


def _take(kinds: Sequence[IndexKind], due: Callable[..., tuple[IndexRef, ...]]) -> list[IndexRef]:
    """A batch of what is due, kinds in their order. A search shard weighs as much as many pages."""
    refs: list[IndexRef] = []
    for kind in kinds:
        if len(refs) < BATCH:
            refs += due(kind, limit=min(BATCH - len(refs), _SEARCH_BATCH if kind is IndexKind.SEARCH else BATCH))
    return refs


def _publish_refs(run: Run, current: str, refs: Sequence[IndexRef], name: str) -> None:
    indexes = [run.ledger.indexes.read(ref, now=run.now) for ref in refs]
    run.recorder.task_runs += 1
    made = render_indexes(name, indexes, run.facts)
    _publish_pages(run, name, [page for pages in made for page in pages])
    _leave_behind(run, zip(indexes, made, strict=True))
    run.ledger.indexes.mark_published(refs, current)


def _leave_behind(run: Run, made: Iterable[tuple[Index, tuple[Page, ...]]]) -> None:
    """The names of a search shard's files change with it; readers may still be using the former ones for a while."""
    for index, pages in made:
        if isinstance(index, SearchShard) and pages:
            here = pages[0].key.partition(index.label)[0] + index.label + "/"
            former = run.ledger.objects.under(here) - {page.key for page in pages}
            run.ledger.objects.delete_later(former, after=run.now + _GRACE)


def _collect(run: Run) -> None:
    """Delete what nothing shows any more and whose time has come."""
    keys = run.ledger.objects.to_delete(now=run.now)
    deletions = plan([], run.ledger.objects.known(keys), obsolete=keys).deletions
    if deletions:
        run.recorder.planned(deletions)
        _publish_wave(run, "deletions", deletions, {})


def check_marker(run: Run) -> None:
    """Forget what the store holds when it is not the store that this ledger wrote: a new one, or an emptied one."""
    if run.store.read(MARKER) != _marker(run):
        run.ledger.journal.note(
            "store", Stage.PUBLISH, f"{MARKER} is missing or another ledger's: everything is written again"
        )
        run.ledger.objects.forget()


def _leave_marker(run: Run) -> None:
    """Before anything else is written: a store without it counts as empty, whatever the ledger believes."""
    if run.store.read(MARKER) != _marker(run):
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
    if plan_.creations or plan_.updates:
        _leave_marker(run)
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
