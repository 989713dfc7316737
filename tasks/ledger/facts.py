"""Single facts by name, within a transaction of the caller."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tasks.ledger.schema import facts


def fact(db: Connection, name: str) -> str:
    """The value of a fact; empty when there is none."""
    return db.execute(sa.select(facts.c.value).where(facts.c.name == name)).scalar() or ""


def keep_fact(db: Connection, name: str, value: str) -> None:
    """Give a fact its value, in the place of any other."""
    db.execute(facts.delete().where(facts.c.name == name))
    db.execute(facts.insert().values(name=name, value=value))
