"""How long each source's list usually is."""

import json
from statistics import median_low

from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database

_LAST = 5


class Lists:
    """Lengths of the last lists of each source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, source: str, length: int) -> int:
        """Keep the length of a list that came now; how long they were usually before, 0 when none is known.

        Usual is the median of the last five: after three runs a new length is the usual one.
        """
        name = f"list lengths {source}"
        with self._database.begin() as db:
            known: list[int] = json.loads(fact(db, name) or "[]")
            if known != (last := [*known, length][-_LAST:]):
                keep_fact(db, name, json.dumps(last))
        return median_low(known) if known else 0
