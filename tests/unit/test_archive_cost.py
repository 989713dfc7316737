"""What one new article costs, however many are archived: pages to make, statements, and work inside the database."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tasks.catalogue import IndexKind, IndexRef
from tasks.ledger import Ledger
from tasks.ledger.again import Chosen
from tasks.ledger.schema import articles
from tasks.outputs import find_outputs, pages_of_index
from tests.support.counting import Work, counted
from tests.support.ledgers import CHINA, DAILY, NOW, article, entry, keep, listing, offer, opened
from tests.support.output_records import SITE

# They name a file for each thousand (five hundred) articles.
WHOLE_LISTS = {IndexRef(kind=IndexKind.SITEMAPS), IndexRef(kind=IndexKind.SEARCHES)}
LAST = datetime(2026, 3, 4, 12, tzinfo=CHINA)
STEP = timedelta(minutes=5)
_COPIED = 500  # rows in one insert


def archive(ledger: Ledger, url: str, count: int) -> None:
    """That many articles, five minutes apart, all published. Read ones are copied; places are given by the ledger."""
    first = keep(ledger, entry(key="h000000", file_id="h000000", published_at=LAST - (count - 1) * STEP), listed=False)
    row = dict(ledger.articles.row(first.key)._mapping)  # type: ignore[union-attr]
    engine = sa.create_engine(url)
    for start in range(1, count, _COPIED):
        with engine.begin() as db:
            db.execute(articles.insert(), [_copy(row, n, count) for n in range(start, min(count, start + _COPIED))])
    engine.dispose()
    ledger.places.shelve(now=NOW)
    publish_all(ledger)


def _copy(row: dict[str, object], number: int, count: int) -> dict[str, object]:
    made = article(entry(key=f"h{number:06}", file_id=f"h{number:06}", published_at=LAST - (count - 1 - number) * STEP))
    names = ("key", "file_id", "published_at", "updated_at", "content_digest", "page_key", "post_key")
    return row | {name: getattr(made, name) for name in names}


def publish_all(ledger: Ledger) -> tuple[set[IndexRef], set[str]]:
    """Mark as published what is due, as a run does: pages of lists, and articles."""
    ledger.indexes.expect(now=NOW)
    refs: set[IndexRef] = set()
    keys: set[str] = set()
    while found := ledger.indexes.never_published(*IndexKind, limit=500):
        ledger.indexes.mark_published(found)
        refs |= set(found)
    while found := ledger.indexes.stale(*IndexKind, limit=500):
        ledger.indexes.mark_published(found)
        refs |= set(found)
    while due := ledger.articles.read(ledger.articles.due(published=False, limit=500)) + ledger.articles.read(
        ledger.articles.due(published=True, limit=500)
    ):
        ledger.articles.mark_published([one.key for one in due])
        keys |= {one.key for one in due}
    return refs, keys


def one_more(ledger: Ledger) -> tuple[Work, set[IndexRef], set[str]]:
    """A run in which one article is new: the work, and what had to be made."""
    record = entry(key="h999999", file_id="h999999", published_at=LAST + STEP)
    with counted() as work:
        ledger.articles.record(listing(record), now=NOW)
        ledger.articles.save(article(record), offer(record), now=NOW)
        ledger.places.shelve(now=NOW)
        refs, keys = publish_all(ledger)
        for ref in refs - WHOLE_LISTS:
            ledger.indexes.read(ref, now=NOW)
    return work, refs, keys


def objects_of(ledger: Ledger, refs: Iterable[IndexRef], keys: Iterable[str]) -> set[str]:
    """The keys of everything that has to be written for these, but for the files of the search index."""
    outputs, facts = find_outputs(), SITE
    indexes = [ledger.indexes.read(ref, now=NOW) for ref in refs if ref.kind is not IndexKind.SEARCH]
    stale = ledger.articles.known(keys)
    made = {page.key for index in indexes for page in pages_of_index(index, facts, outputs)}
    return made | {known.page_key for known in stale.values()}


@pytest.fixture(scope="module")
def at_1000(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The work at a thousand archived articles, when every page that is read is full."""
    url = f"sqlite:///{tmp_path_factory.mktemp('cost')}/ledger.db"
    with opened(url) as ledger:
        archive(ledger, url, 1_000)
        return one_more(ledger)[0]


@pytest.mark.parametrize("archived", [10, 1_000, 100_000])
def test_one_new_article_costs_the_same_in_any_archive(archived: int, at_1000: Work, tmp_path: Path) -> None:
    """Thirteen pages of lists, the article, and its neighbour, which links to it now: 19 objects, with the article's post
    and its record 21, and the files of one shard of the search index.
    """
    url = f"sqlite:///{tmp_path}/ledger.db"
    with opened(url) as ledger:
        archive(ledger, url, archived)
        work, refs, keys = one_more(ledger)
        objects = objects_of(ledger, refs, keys)
    assert len(refs) == 13
    assert len(objects) == 19
    assert keys == {f"h{archived - 1:06}", "h999999"}
    assert work.statements <= at_1000.statements
    assert work.steps <= at_1000.steps * 1.5


CHOSEN = {
    "all": Chosen(),
    "a category": Chosen(categories=(DAILY.slug,)),
    "a category of these months": Chosen(categories=(DAILY.slug,), since=LAST - 9_000 * STEP, until=LAST),
    "these months": Chosen(since=LAST - 9_000 * STEP),
    "a source": Chosen(sources=("media",)),
}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Ten thousand articles of one category that stand on the site; their lists were never made."""
    url, count = f"sqlite:///{tmp_path_factory.mktemp('many')}/ledger.db", 10_000
    with opened(url) as ledger:
        first = keep(ledger, entry(key="first", published_at=LAST - count * STEP), listed=False)
        row = dict(ledger.articles.row(first.key)._mapping)  # type: ignore[union-attr]
        engine = sa.create_engine(url)
        with engine.begin() as db:
            db.execute(articles.insert(), [_copy(row, n, count) | {"place": n} for n in range(count)])
        engine.dispose()
        yield ledger


@pytest.mark.parametrize("chosen", CHOSEN.values(), ids=list(CHOSEN))
def test_the_last_articles_of_a_rebuild_are_found_as_quickly_as_the_first(chosen: Chosen, many: Ledger) -> None:
    found = many.again.objects_of(chosen)
    costs: list[int] = []
    keys: list[str] = []
    while True:
        with counted() as work:
            if (batch := next(found, None)) is None:
                break
        costs.append(work.steps)
        keys += batch
    assert len(keys) == len(set(keys)) >= 18_000  # a page and a post each
    assert max(costs) <= min(costs[:-1]) * 1.5
