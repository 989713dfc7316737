"""Categories and their slugs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.articles.slugs import RESERVED, new_slug
from tasks.errors import ConfigError
from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, categories, indexes
from tasks.model import Category


class Shelves:
    """The site's categories. A slug, once given, stays with its title."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def assign(self, wanted: Iterable[Category], *, pinned: Mapping[str, str]) -> Mapping[str, Category]:
        """Categories by title, with the slug that each has or gets now.

        `wanted` are new titles with their tags; an empty slug asks for one, a fixed category brings its own and
        may be renamed.
        """
        with self._database.begin() as db:
            known = {row.title: Category(**row._mapping) for row in db.execute(sa.select(categories))}
            taken = {category.slug for category in known.values()}
            # Fixed ones first: their slug stands in the site file and cannot give way.
            asked = sorted(wanted, key=lambda category: (not category.fixed, category.title))
            for category in asked:
                if category.title in known:
                    continue
                if holder := next((c for c in known.values() if category.slug and c.slug == category.slug), None):
                    known.pop(_rename(db, holder, category).title)
                    known[category.title] = category
                    continue
                if category.slug in RESERVED:
                    raise ConfigError(
                        f"category {category.slug!r}: the site uses that address itself; expected another"
                    )
                slug = category.slug or new_slug(category.title, pinned=pinned, taken=taken)
                made = known[category.title] = replace(category, slug=slug)
                taken.add(slug)
                db.execute(categories.insert().values(**asdict(made)))
        return known


def _rename(db: Connection, holder: Category, category: Category) -> Category:
    """A fixed category's new title and tag; everything that shows it is made again. A media's slug is not taken from it."""
    if not holder.fixed:
        raise ConfigError(
            f"category {category.slug!r} of {category.title!r}: the slug was given to {holder.title!r} before; "
            "expected another category in the site file"
        )
    here = categories.c.slug == holder.slug
    db.execute(categories.update().where(here).values(title=category.title, tag=category.tag))
    db.execute(articles.update().where(articles.c.category == holder.slug).values(stale=True))
    db.execute(indexes.update().values(stale=True))
    return holder
