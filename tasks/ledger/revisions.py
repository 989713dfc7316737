"""What each correction of an article changed."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.articles.fingerprint import difference, fingerprint
from tasks.ledger.schema import revisions
from tasks.model import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of an article's text. `changed` names fields, `size` counts characters that went and came."""

    number: int
    at: datetime
    fingerprint: str
    title: str
    changed: tuple[str, ...] = ()
    size: int = 0


def keep_revision(db: Connection, before: Article | None, after: Article, *, number: int, now: datetime) -> None:
    """Remember a text that was read; `before` is the one that it corrects."""
    told = difference(before, after) if before else None
    row = {"at": now, "fingerprint": fingerprint(after), "title": after.title}
    changed = {"changed": ",".join(told.changed) if told else "", "size": told.size if told else 0}
    db.execute(revisions.delete().where(revisions.c.article == after.key, revisions.c.number == number))
    db.execute(revisions.insert().values(article=after.key, number=number, **row, **changed))


def revisions_of(db: Connection, key: str) -> tuple[Revision, ...]:
    """All texts of a story that were read, oldest first."""
    rows = db.execute(sa.select(revisions).where(revisions.c.article == key).order_by(revisions.c.number))
    return tuple(
        Revision(
            number=row.number,
            at=row.at,
            fingerprint=row.fingerprint,
            title=row.title,
            changed=tuple(name for name in row.changed.split(",") if name),
            size=row.size,
        )
        for row in rows
    )
