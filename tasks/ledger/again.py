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
        """Keys of those that stand on the site, oldest first, a category or some keys at a time: each batch costs the same.

        Times come first and then keys, as in the indexes of the newest articles: a batch begins where the one before ended.
        """
        order = sa.tuple_(articles.c.published_at, articles.c.key)
        where = [articles.c.place.is_not(None), *_conditions(chosen)]
        for part in _parts(chosen):
            # Only one condition of where to begin: beside another one SQLite would go through all that it had before.
            begin = [order > (chosen.since, "")] if chosen.since is not None else []
            while True:
                query = sa.select(articles.c.published_at, articles.c.key).where(*where, *part, *begin)
                with self._database.begin() as db:
                    rows = db.execute(query.order_by(articles.c.published_at, articles.c.key).limit(_BATCH)).all()
                if rows:
                    yield tuple(row.key for row in rows)
                if len(rows) < _BATCH:
                    break
                begin = [order > tuple(rows[-1])]


def _parts(chosen: Chosen) -> Iterator[list[sa.ColumnElement[bool]]]:
    """What is chosen in parts, each of which one index finds."""
    for keys in batches(chosen.keys) if chosen.keys else [()]:
        for category in dict.fromkeys(chosen.categories) or [""]:
            part: list[sa.ColumnElement[bool]] = [articles.c.key.in_(keys)] if keys else []
            yield [*part, articles.c.category == category] if category else part


def _conditions(chosen: Chosen) -> Iterator[sa.ColumnElement[bool]]:
    if chosen.sources:
        yield articles.c.source.in_(chosen.sources)
    if chosen.until is not None:
        yield articles.c.published_at < chosen.until


_BATCH = 500  # articles in one transaction
