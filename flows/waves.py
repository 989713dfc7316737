"""Waves: some articles, or some pages of lists, rendered, written, and told to the ledger as published."""

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from flows.defects import told_apart
from flows.publication import Publication
from flows.run import Run
from flows.stages import each, errors, in_one, values
from tasks.catalogue import Index, IndexKind, IndexRef, SearchShard, Surroundings
from tasks.model import Article, Page, Stage
from tasks.outputs.addresses import SITEMAPS, search_key
from tasks.outputs.caching import STATE
from tasks.render import render, render_again, render_indexes

BATCH = 100  # articles or pages of lists that are in memory at a time
_SEARCH_BATCH = 10
# Pages that a rollback brings back: closed ones are never wrong later, and files of the search index change their names.
_BROUGHT_BACK = frozenset(
    kind for kind in IndexKind
    if kind not in (IndexKind.FIXED, IndexKind.FEED_ARCHIVE, IndexKind.SEARCH, IndexKind.MOVED, IndexKind.WITHDRAWN,
        IndexKind.SEARCHES)
)  # fmt: skip

Failed = Sequence[tuple[str, BaseException]]  # keys of articles whose pages cannot be made, with the reasons
GiveUp = Callable[[Failed], Collection[str]]  # what to do with them; the keys of articles that have to wait for that


def publish_articles(run: Run, publication: Publication, name: str, keys: Sequence[str], give_up: GiveUp) -> None:
    """Their pages; at most `BATCH` of them. Those that cannot be made stop no others."""
    results = _render_articles(run, name, run.ledger.articles.read(keys))
    wait = give_up([(article.key, error) for article, error in errors(results)])
    rendered = [(article, pages) for article, pages in values(results) if article.key not in wait]
    made = [article.key for article, _ in rendered]
    told = {key for key in made if run.recorder.reads(key)}
    owners = {page.key: article.key for article, pages in rendered for page in pages if article.key in told}
    publication.write(name, [*(page for _, pages in rendered for page in pages), *_records(run, made)], owners=owners)
    run.ledger.articles.mark_published(made)


def in_memory_at_once(refs: Iterable[IndexRef]) -> Sequence[IndexRef]:
    """As many of the first as a wave can hold: a search shard weighs as much as ten other pages."""
    shards = itertools.count(1)
    first = itertools.islice(refs, BATCH)
    return [ref for ref in first if ref.kind is not IndexKind.SEARCH or next(shards) <= _SEARCH_BATCH]


def publish_lists(run: Run, publication: Publication, name: str, refs: Sequence[IndexRef]) -> None:
    """These pages of lists, as many as are `in_memory_at_once`."""
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


def _render_articles(
    run: Run, name: str, articles: Sequence[Article]
) -> list[tuple[Article, tuple[Page, ...] | BaseException]]:
    """A task run each for what this run has read, one for all others together."""
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
    return results


def _surroundings(run: Run, articles: Sequence[Article]) -> Mapping[str, Surroundings]:
    beside = run.ledger.indexes.surroundings(articles)
    mentions = run.ledger.articles.mentions([article.key for article in articles])
    return {
        article.key: replace(beside.get(article.key, Surroundings()), also=mentions.get(article.key, ()))
        for article in articles
    }
