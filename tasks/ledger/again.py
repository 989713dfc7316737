"""Making a part of the site again: chosen articles, and every page that shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tasks.ledger.opening import Database, batches
from tasks.ledger.places import touch
from tasks.ledger.schema import articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Articles for which all of this holds; what is empty holds for every one. `since` is in, `until` is not."""

    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def all(self) -> bool:
        """Whether nothing is said of which."""
        return self == Chosen()


class Again:
    """Marks what is to be made again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def render(self, chosen: Chosen) -> int:
        """These articles and the lists that show them are due again; how many articles. Costs a few rows for each."""
        count = 0
        for keys in self._keys(chosen):
            with self._database.begin() as db:
                for row in db.execute(sa.select(articles).where(articles.c.key.in_(keys))).all():
                    touch(db, row, changed_at=row.updated_at)  # made again is no correction
                db.execute(articles.update().where(articles.c.key.in_(keys)).values(stale=True))
            count += len(keys)
        return count

    def objects_of(self, chosen: Chosen) -> Iterator[tuple[str, ...]]:
        """The objects of these articles alone, many at a time."""
        columns = (articles.c.page_key, articles.c.post_key)
        for keys in self._keys(chosen):
            with self._database.begin() as db:
                rows = db.execute(sa.select(*columns).where(articles.c.key.in_(keys))).all()
            yield tuple(key for row in rows for key in row if key)

    def _keys(self, chosen: Chosen) -> Iterator[tuple[str, ...]]:
        """Keys of those that stand on the site, in the order of their keys."""
        where = [articles.c.place.is_not(None), *_conditions(chosen)]
        parts = [articles.c.key.in_(chunk) for chunk in batches(chosen.keys)] if chosen.keys else [sa.true()]
        for part in parts:
            last = ""
            while True:
                query = sa.select(articles.c.key).where(*where, part, articles.c.key > last)
                with self._database.begin() as db:
                    keys = tuple(db.execute(query.order_by(articles.c.key).limit(_BATCH)).scalars())
                if keys:
                    yield keys
                if len(keys) < _BATCH:
                    break
                last = keys[-1]


def _conditions(chosen: Chosen) -> Iterator[sa.ColumnElement[bool]]:
    if chosen.sources:
        yield articles.c.source.in_(chosen.sources)
    if chosen.categories:
        yield articles.c.category.in_(chosen.categories)
    if chosen.since is not None:
        yield articles.c.published_at >= chosen.since
    if chosen.until is not None:
        yield articles.c.published_at < chosen.until


_BATCH = 500  # articles in one transaction
