"""The second half of a run: render what is due, plan, publish.

First everything is created that is not there yet, then what is there is changed, the entrances last: what a page links
to is in the store before any page that a reader can reach links to it. A wave that fails stops all later ones.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flows.announcing import announce, purge_caches
from flows.defects import told_apart
from flows.failing import put_off
from flows.mirroring import mirror_pictures
from flows.publication import Publication
from flows.run import Run
from flows.stages import ahead, begin, each, errors, values
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

BATCH = 100  # articles or pages of lists in a wave
AT_ONCE = 1_000  # that are looked for at a time; where there are so many, several processes make their pages
_SHARD = 10  # pages of lists that a search shard weighs
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
    new = functools.partial(run.ledger.indexes.never_published, limit=AT_ONCE)
    stale = functools.partial(run.ledger.indexes.stale, limit=AT_ONCE)
    if new(IndexKind.HOME):
        publication.prepare(placeholders(run.facts, find_outputs()))
    _publish_lists(run, publication, "new files", lambda: new(IndexKind.FIXED))
    _publish_lists(run, publication, "files", lambda: stale(IndexKind.FIXED))
    _publish_articles(run, publication, "new articles", lambda: articles.never_published(limit=AT_ONCE))
    _publish_lists(run, publication, "new lists", lambda: new(*_LISTS))
    _publish_articles(run, publication, "changed articles", lambda: articles.stale(limit=AT_ONCE))
    _publish_lists(run, publication, "lists", lambda: stale(*_LISTS))
    for ref in sorted(new(*_ENTRANCES), key=lambda ref: _ENTRANCES.index(ref.kind)):  # on a site's first day one by one
        _publish_lists(run, publication, f"new {ref.kind.value}", functools.partial(new, ref.kind))
    _publish_lists(run, publication, "entrances", lambda: stale(*_ENTRANCES))
    run.ledger.pictures.leave(after=run.now + run.grace)
    publication.collect()
    publication.close()
    purge_caches(run)
    if check_public(run):
        announce(run)


def _multiply_when_many(run: Run, found: int, turn: int) -> None:
    """Processes cost some seconds to start, so they are for what was full once and is full again."""
    if turn and found == AT_ONCE:
        run.renderers.multiply()


Made = Sequence[tuple[Page, ...] | BaseException]


def _publish_articles(run: Run, publication: Publication, name: str, due: Callable[[], tuple[Article, ...]]) -> None:
    number = itertools.count(1)
    for turn, articles in enumerate(iter(due, ())):
        _multiply_when_many(run, len(articles), turn)
        links_to_what_left: set[str] = set()
        parts = ((f"{name} {next(number)}", part) for part in _parts(run, articles))
        for (wave, part), made in ahead(parts, functools.partial(_render_articles, run), run.renderers.ahead):
            results = list(zip(part, made, strict=True))
            failed = [(article.key, error) for article, error in errors(results)]
            put_off(run, failed)
            # Pages that link to one of those wait until they are made again.
            links_to_what_left |= run.ledger.places.withhold(key for key, _ in failed)
            rendered = [(article, pages) for article, pages in values(results) if article.key not in links_to_what_left]
            _write_articles(run, publication, wave, rendered)


def _write_articles(
    run: Run, publication: Publication, name: str, rendered: Sequence[tuple[Article, tuple[Page, ...]]]
) -> None:
    keys = [article.key for article, _ in rendered]
    owners = {page.key: article.key for article, made in rendered for page in made if run.recorder.reads(article.key)}
    pages = [*(page for _, made in rendered for page in made), *_records(run, keys)]
    publication.write(name, pages, owners=owners)
    run.ledger.articles.mark_published(keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    """Pages of lists that are made and written together: which, and what they show."""

    wave: str
    refs: Sequence[IndexRef]
    indexes: Sequence[Index]


def _publish_lists(run: Run, publication: Publication, name: str, due: Callable[[], tuple[IndexRef, ...]]) -> None:
    number = itertools.count(1)
    for turn, refs in enumerate(iter(due, ())):
        _multiply_when_many(run, len(refs), turn)
        parts = (
            _Lists(
                wave=f"{name} {next(number)}",
                refs=part,
                indexes=run.ledger.indexes.read_all(part, now=run.now),
            )
            for part in _in_memory_at_once(refs)
        )
        for lists, made in ahead(parts, functools.partial(_render_lists, run), run.renderers.ahead):
            _write_lists(run, publication, lists, made)


def _in_memory_at_once(refs: Iterable[IndexRef]) -> Iterator[Sequence[IndexRef]]:
    """A batch at a time. A search shard weighs as much as ten other pages."""
    part: list[IndexRef] = []
    room = BATCH
    for ref in refs:
        weight = _SHARD if ref.kind is IndexKind.SEARCH else 1
        if weight > room:
            yield part
            part, room = [], BATCH
        part.append(ref)
        room -= weight
    yield part


def _write_lists(run: Run, publication: Publication, lists: _Lists, made: Sequence[tuple[Page, ...]]) -> None:
    refs = lists.refs
    remembered = {page.key for ref, pages in zip(refs, made, strict=True) if _is_open(ref) for page in pages}
    pages = [page for pages in made for page in pages]
    pages += _records(run, [ref.name for ref in refs if ref.kind is IndexKind.WITHDRAWN])
    if needed := [page for ref, made_of in zip(refs, made, strict=True) for page in made_of if _is_needed(ref, page)]:
        publication.write(f"{lists.wave}, needed first", needed, remembered=remembered)
    first = {page.key for page in needed}
    publication.write(lists.wave, [page for page in pages if page.key not in first], remembered=remembered)
    _leave_behind(run, zip(lists.indexes, made, strict=True))
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


def _parts(run: Run, articles: Sequence[Article]) -> Iterator[Sequence[Article]]:
    """A batch at a time: first what this run has read, then the others."""
    for read in (True, False):
        some = [article for article in articles if run.recorder.reads(article.key) is read]
        yield from (some[start : start + BATCH] for start in range(0, len(some), BATCH))


def _render_articles(run: Run, part: tuple[str, Sequence[Article]]) -> Callable[[], Made]:
    """A task run each for what this run has read, one for all others together."""
    name, articles = part
    around = _surroundings(run, articles)
    facts, journal = run.renderers.facts, run.ledger.journal
    if not run.recorder.reads(articles[0].key):
        found = [(article, around[article.key]) for article in articles]
        made = begin(render_again, run, name=name, articles=found, renderers=run.renderers, journal=journal)
        return lambda: [
            told_apart(run, Stage.RENDER, article.key, pages) for article, pages in zip(articles, made(), strict=True)
        ]
    for article in articles:
        address = f"{run.facts.base_url}/{article.page_key}"
        run.recorder.placed(
            article.key, code=article.code, title=article.title, category=article.category.slug, address=address
        )
    results: list[tuple[Article, tuple[Page, ...] | BaseException]] = each(
        render,
        Stage.RENDER,
        articles,
        lambda article: article.key,
        lambda article: {"article": article, "around": around[article.key], "facts": facts, "journal": journal},
        run,
    )
    return lambda: [made for _, made in results]


def _render_lists(run: Run, lists: _Lists) -> Callable[[], list[tuple[Page, ...]]]:
    return begin(render_indexes, run, name=lists.wave, indexes=lists.indexes, renderers=run.renderers)


def _surroundings(run: Run, articles: Sequence[Article]) -> Mapping[str, Surroundings]:
    beside = run.ledger.indexes.surroundings(articles)
    mentions = run.ledger.articles.mentions([article.key for article in articles])
    return {
        article.key: replace(beside.get(article.key, Surroundings()), also=mentions.get(article.key, ()))
        for article in articles
    }
