"""Which articles tell the same story. Looked up under a few bands of a sketch, among articles of a few days."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.articles.shingles import Sketch, bands_of, same_story
from tasks.ledger.opening import Database
from tasks.ledger.schema import articles, bands, echoes, sketches

WINDOW = timedelta(days=3)
"""How far apart two articles may have been published that tell the same story."""
MOST = 10
"""How many other articles one is told to echo."""

_COMPARED = 20  # sketches that are compared with one


class Echoes:
    """Joins articles as they are read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, key: str, sketch: Sketch | None, *, at: datetime) -> tuple[str, ...]:
        """Keep the sketch of an article published `at`; the articles whose story it tells that were not joined to it before."""
        with self._database.begin() as db:
            db.execute(bands.delete().where(bands.c.article == key))
            db.execute(sketches.delete().where(sketches.c.article == key))
            if sketch is None:
                return ()
            near = _near(db, key, sketch, at)
            known = set(db.execute(sa.select(echoes.c.other).where(echoes.c.article == key)).scalars())
            told = [other for other in near if other not in known][: max(0, MOST - len(known))]
            told = [other for other in told if _count(db, other) < MOST]
            if told:
                pairs = [{"article": a, "other": b} for other in told for a, b in ((key, other), (other, key))]
                db.execute(echoes.insert(), pairs)
                # Both pages name another one now. Who has no place yet is named when there is one.
                mark = articles.c.key.in_([key, *told]) & articles.c.place.is_not(None)
                db.execute(articles.update().where(mark).values(stale=True))
            db.execute(sketches.insert().values(article=key, at=at, body=sketch.packed()))
            if values := bands_of(sketch):
                db.execute(bands.insert(), [{"value": value, "at": at, "article": key} for value in values])
        return tuple(told)

    def alike(self, key: str, sketch: Sketch | None) -> bool:
        """Whether a known article tells this story."""
        with self._database.begin() as db:
            packed = db.execute(sa.select(sketches.c.body).where(sketches.c.article == key)).scalar()
        return sketch is not None and packed is not None and same_story(Sketch.unpacked(packed), sketch)

    def forget(self, *, before: datetime) -> None:
        """Drop the sketches of articles that no new one can meet any more."""
        with self._database.begin() as db:
            old = sa.select(sketches.c.article).where(sketches.c.at < before)
            db.execute(bands.delete().where(bands.c.article.in_(old)))
            db.execute(sketches.delete().where(sketches.c.at < before))


def echoes_are_stale(db: Connection, keys: list[str]) -> None:
    """The pages that name these articles have to be made again."""
    others = sa.select(echoes.c.other).where(echoes.c.article.in_(keys))
    db.execute(articles.update().where(articles.c.key.in_(others), articles.c.place.is_not(None)).values(stale=True))


def _near(db: Connection, key: str, sketch: Sketch, at: datetime) -> list[str]:
    """Articles of about that time that tell the same, those with most bands in common first."""
    if not (values := bands_of(sketch)):
        return []
    here = sa.and_(bands.c.value.in_(values), bands.c.at >= at - WINDOW, bands.c.at <= at + WINDOW)
    shared = sa.func.count()
    most = sa.select(bands.c.article).where(here, bands.c.article != key).group_by(bands.c.article).having(shared > 1)
    worth = list(db.execute(most.order_by(shared.desc(), bands.c.article).limit(_COMPARED)).scalars())
    rows = db.execute(sa.select(sketches).where(sketches.c.article.in_(worth)))
    alike = {row.article for row in rows if same_story(Sketch.unpacked(row.body), sketch)}
    return [other for other in worth if other in alike]


def _count(db: Connection, key: str) -> int:
    return db.execute(sa.select(sa.func.count()).where(echoes.c.article == key)).scalar() or 0
