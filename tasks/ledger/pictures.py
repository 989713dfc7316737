"""Pictures that the site keeps itself: which are to be fetched, which are in the store, and what articles show of them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.articles.decide import next_try
from tasks.articles.mirroring import Mirrored, digest_of_key, wanted_by, with_pictures
from tasks.articles.plain import legal
from tasks.ledger.opening import Database, batches
from tasks.ledger.places import touch
from tasks.ledger.schema import articles, objects, picture_uses, pictures
from tasks.model import Article, Status

_ATTEMPTS = 8  # runs: what could not be had for four days is gone


class Pictures:
    """Pictures by their addresses at the publisher."""

    def __init__(self, database: Database, store: str) -> None:
        self._database = database
        self._store = store

    def due(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        """Addresses of the newest pictures that an article shows, that are not in the store, and may be asked for now.

        Not those that have failed at this very time: it is that of the run.
        """
        waits = sa.or_(pictures.c.next_try_at.is_(None), pictures.c.next_try_at < now)
        missing = sa.and_(pictures.c.digest.is_(None), pictures.c.failures < _ATTEMPTS, waits)
        shown = _users(pictures.c.id).where(articles.c.status != Status.WITHDRAWN).exists()
        query = sa.select(pictures.c.url).where(missing, shown)
        with self._database.begin() as db:
            return tuple(db.execute(query.order_by(pictures.c.wanted_at.desc(), pictures.c.id).limit(limit)).scalars())

    def keep(self, found: Mapping[str, Mirrored], *, now: datetime) -> None:
        """These are in the store. Every page that shows them has to be made again."""
        with self._database.begin() as db:
            for url, picture in found.items():
                told = {"digest": picture.digest, "extension": picture.extension, "sizes": json.dumps(picture.sizes)}
                done = {"fetched_at": now, "failures": 0, "next_try_at": None, "error": None}
                db.execute(pictures.update().where(pictures.c.id == _id(url)).values(**told, **done))
                _show_again(db, db.execute(_users(_id(url))).all())

    def fail(self, url: str, reason: str, *, now: datetime) -> None:
        """It could not be had in this run; it is tried again later, but not for ever."""
        with self._database.begin() as db:
            here = pictures.c.id == _id(url)
            failures = (db.execute(sa.select(pictures.c.failures).where(here)).scalar() or 0) + 1
            later = {"failures": failures, "next_try_at": next_try(failures, now=now), "error": legal(reason)}
            db.execute(pictures.update().where(here).values(**later))

    def shown_by(self, url: str) -> tuple[str, ...]:
        """Keys of the articles that show this picture."""
        with self._database.begin() as db:
            return tuple(row.key for row in db.execute(_users(_id(url)).order_by(articles.c.key)))

    def take_down(self, keys: Iterable[str], *, now: datetime) -> None:
        """Pictures that only these withdrawn articles showed leave the store."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                of_these = sa.select(picture_uses.c.picture).where(picture_uses.c.article.in_(chunk))
                found = {row.id: row.digest for row in db.execute(_kept().where(pictures.c.id.in_(of_these)))}
                for picture, digest in found.items():
                    alike = sa.select(pictures.c.id).where(pictures.c.digest == digest)
                    living = _users_of(alike).where(articles.c.status != Status.WITHDRAWN)
                    if db.execute(living.limit(1)).first() is None:
                        db.execute(pictures.update().where(pictures.c.id == picture).values(digest=None))
                        _delete(db, self._store, digest, now)


def note_uses(db: Connection, key: str, html: str, *, now: datetime) -> None:
    """The text of this article shows just these pictures."""
    db.execute(picture_uses.delete().where(picture_uses.c.article == key))
    for url in wanted_by(html):
        if db.execute(sa.select(pictures.c.id).where(pictures.c.id == _id(url))).first() is None:
            db.execute(pictures.insert().values(id=_id(url), url=url, failures=0, wanted_at=now))
        db.execute(picture_uses.insert().values(article=key, picture=_id(url)))


def with_known_pictures(db: Connection, found: Iterable[Article]) -> tuple[Article, ...]:
    """The articles as pages show them: with the pictures that are in the store, without the others."""
    found = tuple(found)
    urls = {article.key: wanted_by(article.html) for article in found}
    ids = {_id(url): url for wanted in urls.values() for url in wanted}
    known = {
        ids[row.id]: _mirrored(row)
        for chunk in batches(ids)
        for row in db.execute(_kept().where(pictures.c.id.in_(chunk)))
    }
    return tuple(replace(a, html=with_pictures(a.html, known)) if urls[a.key] else a for a in found)


def lose_pictures(db: Connection, keys: Iterable[str] | None = None) -> None:
    """The objects under these keys are not in the store, or none is: their pictures are to be fetched again."""
    again = pictures.update().values(digest=None, failures=0, next_try_at=None)
    if keys is None:
        db.execute(again)
        return
    for chunk in batches(filter(None, map(digest_of_key, keys))):
        lost = list(db.execute(sa.select(pictures.c.id).where(pictures.c.digest.in_(chunk))).scalars())
        _show_again(db, db.execute(_users_of(lost)).all())
        db.execute(again.where(pictures.c.id.in_(lost)))


def pictures_in_record(db: Connection, key: str) -> list[dict[str, Any]]:
    """What a new ledger would have to know of the pictures of an article."""
    of_article = sa.select(picture_uses.c.picture).where(picture_uses.c.article == key)
    rows = db.execute(_kept().where(pictures.c.id.in_(of_article)).order_by(pictures.c.id))
    return [{"url": row.url} | asdict(_mirrored(row)) for row in rows]


def take_over_pictures(
    db: Connection, key: str, html: str, told: Iterable[Mapping[str, Any]], *, now: datetime
) -> None:
    """The reverse of `pictures_in_record`."""
    note_uses(db, key, html, now=now)
    for one in told:
        kept = {"digest": one["digest"], "extension": one["extension"], "sizes": json.dumps(one["sizes"])}
        db.execute(pictures.update().where(pictures.c.id == _id(one["url"])).values(**kept, fetched_at=now))


def _id(url: str) -> str:
    """Addresses are longer than what a database can have as a key."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _kept() -> sa.Select[Any]:
    return sa.select(pictures).where(pictures.c.digest.is_not(None))


def _mirrored(row: Row[Any]) -> Mirrored:
    sizes = tuple((int(width), int(height)) for width, height in json.loads(row.sizes))
    return Mirrored(digest=row.digest, extension=row.extension, sizes=sizes)


def _users(picture: Any) -> sa.Select[Any]:
    """The articles that show a picture."""
    shows = sa.and_(picture_uses.c.article == articles.c.key, picture_uses.c.picture == picture)
    return sa.select(articles).join(picture_uses, shows)


def _users_of(chosen: Any) -> sa.Select[Any]:
    shown = sa.select(picture_uses.c.article).where(picture_uses.c.picture.in_(chosen))
    return sa.select(articles).where(articles.c.key.in_(shown))


def _show_again(db: Connection, rows: Iterable[Row[Any]]) -> None:
    for row in rows:
        touch(db, row, changed_at=row.updated_at)  # a picture that came late is no correction
        db.execute(articles.update().where(articles.c.key == row.key).values(stale=True))


def _delete(db: Connection, store: str, digest: str, now: datetime) -> None:
    start = f"pictures/{digest[:2]}/{digest}-"
    here = sa.and_(objects.c.store == store, objects.c.key >= start, objects.c.key < start + "\U0010ffff")
    db.execute(objects.update().where(here).values(delete_after=now))
