"""Pictures that the site keeps itself: which are to be fetched, which are in the store, and which leave it."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.articles.decide import next_try
from tasks.articles.mirroring import FOLDER, Mirrored, digest_of_key, wanted_by, with_pictures
from tasks.articles.plain import legal
from tasks.ledger.opening import Database, batches
from tasks.ledger.picture_uses import forget_unused, keep_longer, let_go, shown_before, use
from tasks.ledger.places import touch
from tasks.ledger.schema import Instant, articles, objects, picture_uses, pictures
from tasks.model import Article, Status

_ATTEMPTS = 8  # runs: what could not be had for four days is gone
_GIVEN_UP = ""  # in the place of a digest


class Pictures:
    """Pictures by their addresses at the publisher."""

    def __init__(self, database: Database, store: str) -> None:
        self._database = database
        self._store = store

    def due(self, *, now: datetime, limit: int, after: str = "", without: Collection[str] = ()) -> tuple[str, ...]:
        """Addresses of the newest pictures that an article shows, that are not in the store, and may be asked for now.

        Not those that have failed at this very time: it is that of the run. `after`: the next ones after this address.
        `without`: not what only articles of these sources show.
        """
        newest = pictures.c.wanted_at.desc(), pictures.c.id.desc()
        query = sa.select(pictures.c.url).where(_is_due(now, without)).order_by(*newest).limit(limit)
        with self._database.begin() as db:
            if after:
                at = db.execute(sa.select(pictures.c.wanted_at).where(pictures.c.id == _id(after))).scalar_one()
                place = sa.tuple_(sa.literal(at, Instant), sa.literal(_id(after)))
                query = query.where(sa.tuple_(pictures.c.wanted_at, pictures.c.id) < place)
            return tuple(db.execute(query).scalars())

    def count_due(self, *, now: datetime, without: Collection[str] = ()) -> int:
        """How many pictures wait that may be asked for now; `without` as in `due`."""
        with self._database.begin() as db:
            return (
                db.execute(sa.select(sa.func.count()).select_from(pictures).where(_is_due(now, without))).scalar() or 0
            )

    def keep(self, found: Mapping[str, Mirrored], *, now: datetime) -> None:
        """These are in the store, and stay there. Every page that shows them has to be made again."""
        with self._database.begin() as db:
            for url, picture in found.items():
                told = {"digest": picture.digest, "extension": picture.extension, "sizes": json.dumps(picture.sizes)}
                done = {"fetched_at": now, "failures": 0, "next_try_at": None, "error": None}
                db.execute(pictures.update().where(pictures.c.id == _id(url)).values(**told, **done))
                _delete(db, self._store, picture.digest, None)
                _show_again(db, db.execute(_users_of([_id(url)])).all())

    def fail(self, url: str, reason: str, *, now: datetime, not_before: datetime | None = None) -> None:
        """It could not be had in this run; it is tried again later, but not for ever. `not_before`: as its host asks."""
        with self._database.begin() as db:
            here = pictures.c.id == _id(url)
            failures = (db.execute(sa.select(pictures.c.failures).where(here)).scalar() or 0) + 1
            again = max(next_try(failures, now=now), not_before or now)
            later = {"failures": failures, "next_try_at": again, "error": legal(reason)}
            given_up = {"digest": _GIVEN_UP} if failures >= _ATTEMPTS else {}
            db.execute(pictures.update().where(here).values(**later, **given_up))

    def shown_by(self, urls: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
        """Who shows each of these pictures: keys of articles, with the names of their sources."""
        ids = {_id(url): url for url in urls}
        found: dict[str, dict[str, str]] = {url: {} for url in ids.values()}
        query = sa.select(picture_uses.c.picture, articles.c.key, articles.c.source).join(articles, _SHOWS)
        with self._database.begin() as db:
            for chunk in batches(ids):
                here = query.where(picture_uses.c.picture.in_(chunk))
                for row in db.execute(here.order_by(articles.c.key)):
                    found[ids[row.picture]][row.key] = row.source
        return found

    def leave(self, *, after: datetime) -> None:
        """What no article shows, nor a list to which one can go back, is deleted by the first run after that time."""
        with self._database.begin() as db:
            for digest in forget_unused(db, shown_before(db)):
                _delete(db, self._store, digest, after)

    def keep_longer(self) -> None:
        """Lists of before are published again: what they show stays as if it had been in use until now."""
        with self._database.begin() as db:
            keep_longer(db)

    def left_over(self) -> tuple[str, ...]:
        """Keys of objects that are pictures of no use that the ledger knows: looked for in the whole archive.

        An ordinary run leaves none. A new ledger finds what was about to leave, and an audit what a run wrote that was
        killed before it said so, or the other sizes of a picture that was lost.
        """
        start = f"{FOLDER}/"
        ours = sa.and_(objects.c.store == self._store, objects.c.key >= start, objects.c.key < start + "\U0010ffff")
        query = sa.select(objects.c.key).where(ours, objects.c.delete_after.is_(None)).order_by(objects.c.key)
        with self._database.begin() as db:
            digests = {key: digest for key in db.execute(query).scalars() if (digest := digest_of_key(key))}
            used = {
                digest
                for chunk in batches(digests.values())
                for digest in db.execute(sa.select(pictures.c.digest).where(pictures.c.digest.in_(chunk))).scalars()
            }
        return tuple(key for key, digest in digests.items() if digest not in used)


def note_uses(db: Connection, key: str, html: str, *, now: datetime) -> None:
    """The text of this article shows just these pictures."""
    wanted = {_id(url): url for url in wanted_by(html)}
    before = set(db.execute(sa.select(picture_uses.c.picture).where(picture_uses.c.article == key)).scalars())
    let_go(db, key, before - wanted.keys())
    for picture, url in wanted.items():
        if db.execute(sa.select(pictures.c.id).where(pictures.c.id == picture)).first() is None:
            db.execute(pictures.insert().values(id=picture, url=url, failures=0, wanted_at=now))
    use(db, key, wanted.keys() - before)


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


def pictures_in_records(db: Connection, keys: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """What a new ledger would have to know of the pictures of each of these articles."""
    found: dict[str, list[dict[str, Any]]] = {}
    of_them = _kept().add_columns(picture_uses.c.article).join(picture_uses, picture_uses.c.picture == pictures.c.id)
    for row in db.execute(of_them.where(picture_uses.c.article.in_(list(keys))).order_by(pictures.c.id)):
        found.setdefault(row.article, []).append({"url": row.url} | asdict(_mirrored(row)))
    return found


def take_over_pictures(
    db: Connection, key: str, html: str, told: Iterable[Mapping[str, Any]], *, now: datetime
) -> None:
    """The reverse of `pictures_in_records`, for an article that the ledger has just got."""
    if not wanted_by(html):  # nearly every one, and a whole archive is taken over
        return
    note_uses(db, key, html, now=now)
    for one in told:
        kept = {"digest": one["digest"], "extension": one["extension"], "sizes": json.dumps(one["sizes"])}
        db.execute(pictures.update().where(pictures.c.id == _id(one["url"])).values(**kept, fetched_at=now))


_SHOWS = picture_uses.c.article == articles.c.key


def _id(url: str) -> str:
    """Addresses are longer than what a database can have as a key."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _is_due(now: datetime, without: Collection[str]) -> sa.ColumnElement[bool]:
    waits = sa.or_(pictures.c.next_try_at.is_(None), pictures.c.next_try_at < now)
    of_this = sa.select(articles.c.key).join(picture_uses, _SHOWS).where(picture_uses.c.picture == pictures.c.id)
    shown = of_this.where(articles.c.status != Status.WITHDRAWN, articles.c.source.not_in(without)).exists()
    return sa.and_(pictures.c.digest.is_(None), waits, shown)


def _kept() -> sa.Select[Any]:
    return sa.select(pictures).where(pictures.c.digest != _GIVEN_UP)  # nor NULL


def _mirrored(row: Row[Any]) -> Mirrored:
    sizes = tuple((int(width), int(height)) for width, height in json.loads(row.sizes))
    return Mirrored(digest=row.digest, extension=row.extension, sizes=sizes)


def _users_of(chosen: Any) -> sa.Select[Any]:
    """The articles that show one of these pictures."""
    shown = sa.select(picture_uses.c.article).where(picture_uses.c.picture.in_(chosen))
    return sa.select(articles).where(articles.c.key.in_(shown))


def _show_again(db: Connection, rows: Iterable[Row[Any]]) -> None:
    for row in rows:
        touch(db, row, changed_at=row.updated_at)  # a picture that came late is no correction
        db.execute(articles.update().where(articles.c.key == row.key).values(stale=True))


def _delete(db: Connection, store: str, digest: str, after: datetime | None) -> None:
    """All sizes of a picture are to go after that time; None: they stay."""
    start = f"{FOLDER}/{digest[:2]}/{digest}-"
    here = sa.and_(objects.c.store == store, objects.c.key >= start, objects.c.key < start + "\U0010ffff")
    db.execute(objects.update().where(here).values(delete_after=after))
