"""What publishers allow, as it was when their texts were kept."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.articles.fingerprint import fingerprint
from tasks.articles.mirroring import SCHEME
from tasks.ledger.articles import article_from_row, with_category
from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.generations import forget_versions
from tasks.ledger.opening import Database
from tasks.ledger.pictures import note_uses
from tasks.ledger.places import touch
from tasks.ledger.schema import articles, revisions, sketches
from tasks.model import Article

_BATCH = 200  # articles in one transaction


class Permissions:
    """A source whose publisher takes back what it allowed has its articles cut, those of the past too."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    def settle(self, source: str, *, full: bool, cut: Callable[[Article], Article]) -> int:
        """Keep whether a source allows its texts whole; how many of its articles had to be cut because they may not be.

        What revisions and sketches tell of the whole texts goes with them. A ledger of before there was such a word has
        them whole.
        """

        def forget(db: Connection, key: str) -> None:
            db.execute(revisions.delete().where(revisions.c.article == key))
            db.execute(sketches.delete().where(sketches.c.article == key))

        told = "full" if full else "excerpt"
        return self._settle(f"rights {source}", told, articles.c.source == source, None if full else cut, forget)

    def settle_pictures(self, source: str, *, told: str, cut: Callable[[Article], Article] | None) -> int:
        """Keep what is `told` of a source's pictures; how many of its articles had to be cut because of it.

        `cut` None: the site may keep them.
        """
        shows = articles.c.html.contains(f'src="{SCHEME}')
        return self._settle(f"pictures {source}", told, sa.and_(articles.c.source == source, shows), cut)

    def _settle(
        self,
        name: str,
        told: str,
        where: sa.ColumnElement[bool],
        cut: Callable[[Article], Article] | None,
        forget: Callable[[Connection, str], None] = lambda db, key: None,
    ) -> int:
        """Cut the articles there, unless this very word is kept. Pages of those that are cut are due.

        A killed run begins again where it ended, for the word is kept last.
        """
        count, last = 0, ""
        with self._database.begin() as db:
            before = fact(db, name)
        if before == told:
            return 0
        while cut is not None:
            with self._database.begin() as db:
                here = with_category().where(where, articles.c.key > last).order_by(articles.c.key)
                rows = db.execute(here.limit(_BATCH)).all()
                for row in rows:
                    whole = article_from_row(row, self._zone)
                    if (shown := cut(whole)) != whole:
                        _keep_cut(db, row, shown)
                        forget(db, row.key)
                        count += 1
                if count:
                    forget_versions(db)  # nobody may go back to lists with what is not allowed
            if len(rows) < _BATCH:
                break
            last = rows[-1].key
        with self._database.begin() as db:
            keep_fact(db, name, told)
        return count


def _keep_cut(db: Connection, row: Row[Any], shown: Article) -> None:
    prints = {"fingerprint": fingerprint(shown)}  # the digest of the whole text stays, for the proof
    kept = {name: getattr(shown, name) for name in ("summary", "quote", "post_body", "html", "content_digest")}
    touch(db, row, changed_at=row.updated_at)
    note_uses(db, row.key, shown.html, now=row.updated_at)
    db.execute(articles.update().where(articles.c.key == row.key).values(**kept, **prints, stale=True))
