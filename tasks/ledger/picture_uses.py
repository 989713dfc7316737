"""Who uses a picture: articles, and lists of before as long as one can go back to them. Without a use it is forgotten.

Within transactions of the caller; pictures by their ids.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.ledger.generations import last_number, oldest_kept
from tasks.ledger.opening import batches
from tasks.ledger.schema import picture_uses, pictures

_LAST = 10**10 - 1
_UNUSED = ~sa.select(picture_uses.c.picture).where(picture_uses.c.picture == pictures.c.id).exists()


def use(db: Connection, user: str, found: Iterable[str]) -> None:
    """From now on this article, or generation, uses these pictures too."""
    for chunk in batches(found):
        here = sa.and_(picture_uses.c.article == user, picture_uses.c.picture.in_(chunk))
        known = set(db.execute(sa.select(picture_uses.c.picture).where(here)).scalars())
        if rows := [{"article": user, "picture": one} for one in chunk if one not in known]:
            db.execute(picture_uses.insert(), rows)


def let_go(db: Connection, article: str, found: Iterable[str]) -> None:
    """An article shows these no longer. Lists that are published may, until they are as old as nobody can go back to."""
    for chunk in batches(found):
        here = picture_uses.c.picture.in_(chunk)
        db.execute(picture_uses.delete().where(picture_uses.c.article == article, here))
        in_store = sa.select(pictures.c.id).where(pictures.c.id.in_(chunk), pictures.c.digest != "")
        use(db, _generation(last_number(db)), db.execute(in_store).scalars().all())
        forget_unused(db, chunk)


def shown_before(db: Connection) -> tuple[str, ...]:
    """The pictures of generations to which nobody can go back any more; they are used by these no longer."""
    over = _up_to(oldest_kept(db) - 1)
    found = tuple(db.execute(sa.select(picture_uses.c.picture).where(over).distinct()).scalars())
    if found:
        db.execute(picture_uses.delete().where(over))
    return found


def keep_longer(db: Connection) -> None:
    """All that generations use, the one that is being published uses."""
    found = db.execute(sa.select(picture_uses.c.picture).where(_up_to(_LAST)).distinct()).scalars().all()
    db.execute(picture_uses.delete().where(_up_to(_LAST)))
    use(db, _generation(last_number(db) + 1), found)


def forget_unused(db: Connection, found: Iterable[str]) -> frozenset[str]:
    """Forget those of these pictures that nobody uses; the digests that no other picture has."""
    gone: set[str] = set()
    for chunk in batches(found):
        here = sa.and_(pictures.c.id.in_(chunk), _UNUSED)
        digests = set(filter(None, db.execute(sa.select(pictures.c.digest).where(here)).scalars()))
        db.execute(pictures.delete().where(here))
        gone |= digests - set(db.execute(sa.select(pictures.c.digest).where(pictures.c.digest.in_(digests))).scalars())
    return frozenset(gone)


def _generation(number: int) -> str:
    """In the place of an article's key, which has no blank. All have the same length, so they sort by their numbers."""
    return f"generation {number:010}"


def _up_to(number: int) -> sa.ColumnElement[bool]:
    between = picture_uses.c.article.between(_generation(0), _generation(number))
    # Not every database sorts a blank before all letters: keys of articles may lie in between.
    return sa.and_(between, picture_uses.c.article.like("generation %"))
