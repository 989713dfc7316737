"""Categories and their slugs, and what the index pages show."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.articles.slugs import new_slug
from tasks.errors import ConfigError
from tasks.ledger.articles import article_from_row, with_category
from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, categories, moves
from tasks.model import Catalogue, Category, Headline, Shelf

_ON_HOME, _ON_PAGE, _IN_FEED, _IN_SITEMAP = 5, 100, 20, 50_000


class Shelves:
    """The site's categories. A slug, once given, stays with its title."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

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
                slug = category.slug or new_slug(category.title, pinned=pinned, taken=taken)
                made = known[category.title] = replace(category, slug=slug)
                taken.add(slug)
                db.execute(categories.insert().values(**asdict(made)))
        return known

    def catalogue(self, *, touched: Collection[str] | None) -> Catalogue:
        """What the index pages show; `touched` names the slugs whose own page is due (None: all)."""
        with self._database.begin() as db:
            rows = db.execute(sa.select(categories).order_by(categories.c.slug))
            known = {row.slug: Category(**row._mapping) for row in rows}
            home = [self._shelf(db, category, _ON_HOME) for category in known.values()]
            home = sorted((s for s in home if s.headlines), key=_newest_first, reverse=True)
            due = [c for c in known.values() if touched is None or c.slug in touched]
            newest = with_category().where(articles.c.listed).order_by(*_NEWEST).limit(_IN_FEED)
            addresses = sa.select(articles.c.page_key, articles.c.updated_at).where(articles.c.listed)
            return Catalogue(
                shelves=tuple(home),
                touched=tuple(self._shelf(db, category, _ON_PAGE) for category in due),
                newest=tuple(article_from_row(row, self._zone) for row in db.execute(newest)),
                addresses=tuple(
                    (row.page_key, row.updated_at.astimezone(self._zone))
                    for row in db.execute(addresses.order_by(*_NEWEST).limit(_IN_SITEMAP))
                ),
                moved=self._moved(db, known),
            )

    def _shelf(self, db: Connection, category: Category, limit: int) -> Shelf:
        here = sa.and_(articles.c.category == category.slug, articles.c.listed)
        query = sa.select(*_HEADLINE).where(here).order_by(*_NEWEST).limit(limit)
        return Shelf(
            category=category,
            headlines=tuple(self._headline(row, category) for row in db.execute(query)),
            count=db.execute(sa.select(sa.func.count()).select_from(articles).where(here)).scalar_one(),
        )

    def _moved(self, db: Connection, known: Mapping[str, Category]) -> tuple[tuple[str, Headline], ...]:
        query = sa.select(moves.c.old_key, articles.c.category, *_HEADLINE)
        query = query.join(articles, articles.c.key == moves.c.article).where(articles.c.listed)
        rows = db.execute(query.order_by(moves.c.old_key))
        return tuple((row.old_key, self._headline(row, known[row.category])) for row in rows)

    def _headline(self, row: sa.Row[tuple[object, ...]], category: Category) -> Headline:
        return Headline(
            title=row.title,
            page_key=row.page_key,
            published_at=row.published_at.astimezone(self._zone),
            category=category,
            summary=row.summary,
        )


def _rename(db: Connection, holder: Category, category: Category) -> Category:
    """A fixed category's new title and tag; its articles are due again. A media's slug is not taken from it."""
    if not holder.fixed:
        raise ConfigError(
            f"category {category.slug!r} of {category.title!r}: the slug was given to {holder.title!r} before; "
            "expected another category in the site file"
        )
    here = categories.c.slug == holder.slug
    db.execute(categories.update().where(here).values(title=category.title, tag=category.tag))
    db.execute(articles.update().where(articles.c.category == holder.slug).values(published_as=None))
    return holder


_HEADLINE = (articles.c.title, articles.c.page_key, articles.c.published_at, articles.c.summary)
_NEWEST = (articles.c.published_at.desc(), articles.c.key.desc())


def _newest_first(shelf: Shelf) -> tuple[object, ...]:
    return (shelf.headlines[0].published_at, shelf.category.slug)
