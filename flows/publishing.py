"""The second half of a run: render what is due, plan, publish.

First everything is created that is not there yet, then what is there is changed, the entrances last: what a page links
to is in the store before any page that a reader can reach links to it. A wave that fails stops all later ones.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from flows.announcing import announce, purge_caches
from flows.defects import told_apart
from flows.failing import put_off
from flows.mirroring import mirror_pictures
from flows.publication import Publication
from flows.run import Run
from flows.stages import each, errors, in_one, values
from flows.verdict import BREAKER
from flows.verifying import check_public
from tasks.catalogue import OVERVIEWS, Index, IndexKind, IndexRef, SearchShard, Surroundings
from tasks.errors import StoreError, WaveFailed
from tasks.model import Article, Outcome, Page, Result, Stage
from tasks.outputs import edition, find_outputs
from tasks.outputs.addresses import SITEMAPS, search_key
from tasks.outputs.caching import STATE
from tasks.outputs.placeholders import placeholders
from tasks.render import render, render_again, render_indexes

BATCH = 100  # articles or pages of lists that are in memory at a time
_SEARCH_BATCH = 10
_GRACE = timedelta(hours=1)
# Pages that a rollback brings back: closed ones are never wrong later, and files of the search index change their names.
_BROUGHT_BACK = frozenset(
    kind for kind in IndexKind
    if kind not in (IndexKind.FIXED, IndexKind.FEED_ARCHIVE, IndexKind.SEARCH, IndexKind.MOVED, IndexKind.WITHDRAWN,
        IndexKind.SEARCHES)
)  # fmt: skip
_ENTRANCES = (*OVERVIEWS, IndexKind.ROBOTS)  # each comes after what it leads to
_LISTS = tuple(kind for kind in IndexKind if kind not in (*_ENTRANCES, IndexKind.FIXED))


def publish_unless(run: Run, tripped: str) -> bool:
    """Publish, unless the circuit breaker has a reason against it: then everything that is published stays as it is.

    Whether the store is up to date.

    Only after a publication is it kept what answers said of themselves: without one they are asked for whole again.
    """
    if not tripped:
        if not render_and_publish(run):
            return False
        run.ledger.answers.commit()
        run.ledger.askings.commit()
        return True
    reason = f"{tripped}; what is published stays as it is, what was read is kept for the next run"
    run.recorder.outcome(Outcome(subject=BREAKER, stage=Stage.PUBLISH, result=Result.FAILED, reason=reason))
    for key in run.recorder.left_unpublished(f"not published: {tripped}"):
        run.ledger.journal.note(key, Stage.PUBLISH, f"not published: {tripped}")
    return False


def render_and_publish(run: Run) -> bool:
    """Bring the store up to what the ledger holds, and say whether it is; nothing is written when there is nothing new.

    What a killed run left undone is found here again: an article or a page of a list is due until it is in the store
    as it should be. A store that cannot be used is the failure of one wave more, so that what was read is still
    reported.
    """
    if (held := run.ledger.generations.held_at()) is not None:
        reason = f"lists are held at generation {held} since a rollback; finews release lets publishing go on"
        run.recorder.outcome(Outcome(subject="publishing", stage=Stage.PUBLISH, result=Result.SKIPPED, reason=reason))
        return False
    try:
        _bring_up_to_date(run)
        return True
    except StoreError as error:
        if not isinstance(error, WaveFailed):  # a wave has its own outcome already
            run.recorder.outcome(
                Outcome(subject="the store", stage=Stage.PUBLISH, result=Result.FAILED, reason=str(error))
            )
        for key in run.recorder.left_unpublished(f"not published, left for the next run: {error}"):
            run.ledger.journal.note(key, Stage.PUBLISH, f"not published, left for the next run: {error}")
        return False
    finally:
        run.ledger.journal.flush()


def _bring_up_to_date(run: Run) -> None:
    publication = Publication(run)
    publication.open()
    # How objects are stored is part of it: switched, every one is written again, also those that nothing else changes.
    stored = " stored as gzip" if run.site.publish.gzip else ""
    run.ledger.objects.settle_edition(edition(run.facts, find_outputs()) + stored)
    mirror_pictures(run, publication)
    run.ledger.places.shelve(now=run.now)
    run.ledger.indexes.expect(now=run.now)
    articles = run.ledger.articles
    new = functools.partial(run.ledger.indexes.never_published, limit=BATCH)
    stale = functools.partial(run.ledger.indexes.stale, limit=BATCH)
    if new(IndexKind.HOME):
        publication.prepare(placeholders(run.facts, find_outputs()))
    _publish_lists(run, publication, "new files", lambda: new(IndexKind.FIXED))
    _publish_lists(run, publication, "files", lambda: stale(IndexKind.FIXED))
    _publish_articles(run, publication, "new articles", lambda: articles.never_published(limit=BATCH))
    _publish_lists(run, publication, "new lists", lambda: new(*_LISTS))
    _publish_articles(run, publication, "changed articles", lambda: articles.stale(limit=BATCH))
    _publish_lists(run, publication, "lists", lambda: stale(*_LISTS))
    for ref in sorted(new(*_ENTRANCES), key=lambda ref: _ENTRANCES.index(ref.kind)):  # on a site's first day one by one
        _publish_refs(run, publication, [ref], f"new {ref.kind.value} 1")
    _publish_lists(run, publication, "entrances", lambda: stale(*_ENTRANCES))
    run.ledger.pictures.leave(after=run.now + run.grace)
    publication.collect()
    publication.close()
    purge_caches(run)
    if check_public(run):
        announce(run)


def _publish_articles(run: Run, publication: Publication, name: str, due: Callable[[], tuple[Article, ...]]) -> None:
    for number, articles in enumerate(iter(due, ()), start=1):
        rendered = _render_articles(run, f"{name} {number}", articles)
        keys = [article.key for article, _ in rendered]
        told = {key for key in keys if run.recorder.reads(key)}
        owners = {page.key: article.key for article, made in rendered for page in made if article.key in told}
        pages = [*(page for _, made in rendered for page in made), *_records(run, keys)]
        publication.write(f"{name} {number}", pages, owners=owners)
        run.ledger.articles.mark_published(keys)


def _publish_lists(run: Run, publication: Publication, name: str, due: Callable[[], tuple[IndexRef, ...]]) -> None:
    for number, refs in enumerate(iter(lambda: _in_memory_at_once(due()), []), start=1):
        _publish_refs(run, publication, refs, f"{name} {number}")


def _in_memory_at_once(refs: Iterable[IndexRef]) -> list[IndexRef]:
    """As many of them as a batch can hold: a search shard weighs as much as ten other pages."""
    shards = itertools.count(1)
    return [ref for ref in refs if ref.kind is not IndexKind.SEARCH or next(shards) <= _SEARCH_BATCH]


def _publish_refs(run: Run, publication: Publication, refs: Sequence[IndexRef], name: str) -> None:
    indexes = run.ledger.indexes.read_all(refs, now=run.now)
    made = in_one(render_indexes, run, name=name, indexes=indexes, facts=run.facts)
    remembered = {page.key for ref, pages in zip(refs, made, strict=True) if _is_open(ref) for page in pages}
    pages = [page for pages in made for page in pages]
    pages += _records(run, [ref.name for ref in refs if ref.kind is IndexKind.WITHDRAWN])
    if needed := [page for ref, made_of in zip(refs, made, strict=True) for page in made_of if _is_needed(ref, page)]:
        publication.write(f"{name}, needed first", needed, remembered=remembered)
    first = {page.key for page in needed}
    publication.write(name, [page for page in pages if page.key not in first], remembered=remembered)
    _leave_behind(run, zip(indexes, made, strict=True))
    run.ledger.indexes.mark_published(refs)


def _is_needed(ref: IndexRef, page: Page) -> bool:
    """Whether other objects of the same list lead to this one."""
    if ref.kind is IndexKind.SITEMAPS:
        return page.key != SITEMAPS
    return ref.kind is IndexKind.FIXED and not page.key.endswith(".html")


def _is_open(ref: IndexRef) -> bool:
    """Whether new articles change it. The last shard of sitemaps is as good as open, and all are small."""
    return ref.kind in _BROUGHT_BACK and (ref.number == 0 or ref.kind is IndexKind.SITEMAP)


def _records(run: Run, keys: Iterable[str]) -> list[Page]:
    """What a new ledger would have to know of these articles."""
    return [
        Page(key=key, body=body, content_type="application/json", cache_control=STATE)
        for key, body in run.ledger.records.of(keys).items()
    ]


def _leave_behind(run: Run, made: Iterable[tuple[Index, tuple[Page, ...]]]) -> None:
    """The names of a search shard's files change with it; readers may still be using the former ones for a while."""
    for index, pages in made:
        if isinstance(index, SearchShard) and pages:
            former = run.ledger.objects.under(search_key(index.label)) - {page.key for page in pages}
            run.ledger.objects.delete_later(former, after=run.now + run.grace)


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
        work = [(article, around[article.key]) for article in others]
        made = in_one(render_again, run, name=name, articles=work, facts=facts, journal=journal)
        results += [
            (article, told_apart(run, Stage.RENDER, article.key, value))
            for article, value in zip(others, made, strict=True)
        ]
    failed = [(article.key, error) for article, error in errors(results)]
    put_off(run, failed)
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
