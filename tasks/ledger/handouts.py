"""What a run has given to others to read, and what they made of it, until the run has taken it.

Those others work under the lease of the run (`Ledger.work_under`): when another run takes over, nothing that they make counts.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import handouts


class Handouts:
    """One row a story, in parts that are read by one process each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, parts: Mapping[int, Sequence[tuple[str, str]]]) -> None:
        """These parts, each with keys of stories and the steps that were decided for them, in the place of all before."""
        rows = [
            {"key": key, "part": part, "place": place, "step": step}
            for part, stories in parts.items()
            for place, (key, step) in enumerate(stories)
        ]
        with self._database.begin() as db:
            db.execute(handouts.delete())
            if rows:
                db.execute(handouts.insert(), rows)

    def of(self, part: int) -> Mapping[str, str]:
        """What is still to be read of a part: keys with their steps, in order."""
        left = sa.and_(handouts.c.part == part, handouts.c.made.is_(None))
        query = sa.select(handouts.c.key, handouts.c.step).where(left).order_by(handouts.c.place)
        with self._database.begin() as db:
            return {row.key: row.step for row in db.execute(query)}

    def hand_in(self, made: Mapping[str, bytes]) -> None:
        """What came of stories, by key. That of a story which nobody waits for any more is dropped."""
        if not made:
            return
        here = handouts.c.key == sa.bindparam("story")
        rows = [{"story": key, "made": zlib.compress(value)} for key, value in made.items()]
        with self._database.begin() as db:
            db.execute(handouts.update().where(here).values(made=sa.bindparam("made")), rows)

    def unread(self) -> frozenset[str]:
        """Keys of all stories that nothing was handed in for yet."""
        with self._database.begin() as db:
            return frozenset(db.execute(sa.select(handouts.c.key).where(handouts.c.made.is_(None))).scalars())

    def take(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """What was made of these stories, where anything was; nobody waits for them any more."""
        found: dict[str, bytes] = {}
        with self._database.begin() as db:
            for chunk in batches(keys):
                here = handouts.c.key.in_(chunk)
                made = sa.select(handouts.c.key, handouts.c.made).where(here, handouts.c.made.is_not(None))
                found |= {row.key: zlib.decompress(row.made) for row in db.execute(made)}
                db.execute(handouts.delete().where(here))
        return found
