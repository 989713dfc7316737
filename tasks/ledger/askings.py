"""How each source fares, run by run: what decides whether it is due (`tasks.articles.due`)."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from tasks.articles.due import Asking, as_json, from_json
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import askings


class Askings:
    """Failures are kept at once, answers with `commit`, like those of `Answers`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, Asking] = {}

    def of(self, sources: Iterable[str]) -> Mapping[str, Asking]:
        """How these sources have fared; an empty `Asking` for one that was never asked."""
        names = list(sources)
        known = dict.fromkeys(names, Asking())
        with self._database.begin() as db:
            for chunk in batches(names):
                for row in db.execute(sa.select(askings).where(askings.c.source.in_(chunk))):
                    known[row.source] = from_json(row.asking)
        return known

    def note(self, source: str, asking: Asking) -> None:
        """Remember an answer until `commit`."""
        self._noted[source] = asking

    def keep(self, found: Mapping[str, Asking]) -> None:
        """Keep these at once."""
        if not found:
            return
        with self._database.begin() as db:
            for chunk in batches(found):
                db.execute(askings.delete().where(askings.c.source.in_(chunk)))
            db.execute(askings.insert(), [{"source": name, "asking": as_json(one)} for name, one in found.items()])

    def commit(self) -> None:
        """Keep what was noted."""
        noted, self._noted = self._noted, {}
        self.keep(noted)
