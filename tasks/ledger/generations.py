"""Publications, numbered; what open list pages looked like in the last of them; and whether publishing is held."""

import zlib
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.errors import ConfigError
from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import articles, indexes, versions
from tasks.model import Page

KEPT = 48  # generations to which one can go back: two days of hourly runs


class Generations:
    """A generation is one finished publication that changed something. Its number only grows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def number(self) -> int:
        """The last finished one; 0 before the first."""
        with self._database.begin() as db:
            return last_number(db)

    def finish(self) -> int:
        """One more is finished; its number."""
        with self._database.begin() as db:
            number = last_number(db) + 1
            keep_fact(db, "generation", str(number))
            return number

    def settle(self, number: int) -> None:
        """A ledger that was rebuilt goes on where the store is."""
        with self._database.begin() as db:
            keep_fact(db, "generation", str(number))
            keep_fact(db, "versions since", str(number))

    def keep(self, pages: Iterable[Page]) -> None:
        """Remember how these pages look in the generation that is being published; forget what is too old."""
        shown = {page.key: page for page in pages}
        with self._database.begin() as db:
            number = last_number(db) + 1
            for chunk in batches(shown):
                old = sa.and_(versions.c.key.in_(chunk), versions.c.generation <= number - KEPT)
                # Of those that are too old, the newest is what was shown in the oldest generation that is kept.
                newest_old = sa.select(versions.c.key, sa.func.max(versions.c.generation).label("limit")).where(old)
                limits = {row.key: row.limit for row in db.execute(newest_old.group_by(versions.c.key))}
                db.execute(_FORGET, [{"of": key, "limit": limits.get(key, 0), "number": number} for key in chunk])
                rows = [
                    {
                        "key": key,
                        "generation": number,
                        "content_type": shown[key].content_type,
                        "cache_control": shown[key].cache_control,
                        "encoding": shown[key].encoding,
                        "body": zlib.compress(shown[key].body),
                    }
                    for key in chunk
                ]
                db.execute(versions.insert(), rows)

    def pages_of(self, number: int) -> tuple[Page, ...]:
        """Open list pages as they were in an earlier generation; `ConfigError` when that is not known (any more)."""
        with self._database.begin() as db:
            newest = last_number(db)
            oldest = oldest_kept(db)
            if oldest >= newest:
                raise ConfigError(
                    "there is no earlier generation: nothing was published before, or an article withdrawn since"
                )
            if not oldest <= number < newest:
                raise ConfigError(
                    f"generation {number}: expected one from {oldest} to {newest - 1}; the last is {newest}"
                )
            last = sa.select(versions.c.key, sa.func.max(versions.c.generation).label("generation"))
            last = last.where(versions.c.generation <= number).group_by(versions.c.key)
            of_then = last.subquery()
            same = sa.and_(versions.c.key == of_then.c.key, versions.c.generation == of_then.c.generation)
            rows = db.execute(sa.select(versions).join(of_then, same).order_by(versions.c.key))
            return tuple(
                Page(
                    key=row.key,
                    body=zlib.decompress(row.body),
                    content_type=row.content_type,
                    cache_control=row.cache_control,
                    encoding=row.encoding,
                )
                for row in rows
            )

    def held_at(self) -> int | None:
        """The generation at which the lists are held; None as a rule."""
        with self._database.begin() as db:
            held = fact(db, "held at")
            return int(held) if held else None

    def hold(self, number: int) -> None:
        """Lists stay as they were in that generation until `release`."""
        with self._database.begin() as db:
            keep_fact(db, "held at", str(number))

    def release(self) -> None:
        """Publish again: every page is compared with what it should be."""
        with self._database.begin() as db:
            release(db)


def release(db: Connection) -> None:
    """As `Generations.release`; nothing happens when nothing is held."""
    if fact(db, "held at"):
        keep_fact(db, "held at", "")
        db.execute(indexes.update().values(stale=True))
        db.execute(articles.update().where(articles.c.published).values(stale=True))


def forget_versions(db: Connection) -> None:
    """Nobody can go back behind the generation that is being published: what was taken down would stand there."""
    db.execute(versions.delete())
    keep_fact(db, "versions since", str(last_number(db) + 1))


def last_number(db: Connection) -> int:
    """The last finished generation; 0 before the first."""
    return int(fact(db, "generation") or 0)


def oldest_kept(db: Connection) -> int:
    """The first generation to which one can go back, or whose lists a later one may show; above the last: to none."""
    return max(int(fact(db, "versions since") or 1), last_number(db) - KEPT)


_FORGET = versions.delete().where(
    versions.c.key == sa.bindparam("of"),
    sa.or_(versions.c.generation < sa.bindparam("limit"), versions.c.generation == sa.bindparam("number")),
)
