"""What answers said of themselves, by address: validators, how long they hold, where the address has moved to for good.

What a run notes is kept only when it says so, after all that the answers brought is published: an answer that was lost
on the way is asked for whole again.
"""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tasks.articles.freshness import fresh_for, kept_headers, validators_of
from tasks.ledger.opening import Database, batches
from tasks.ledger.schema import answers
from tasks.model import Response, Validators

_LEADS_TO = "(leads to)"  # beside the headers that are kept, and no name that a header can have


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The last answer of an address, as far as it is kept. `moved_to`: the address to ask instead; empty when none.

    `leads_to`: of an index, the lists that are asked for also when it did not change.
    """

    headers: Mapping[str, str]
    answered_url: str
    answered_at: datetime
    moved_to: str = ""
    reader: str = ""
    leads_to: tuple[str, ...] = ()

    @property
    def is_worth_keeping(self) -> bool:
        """Whether the next asking would be another one for it."""
        return bool(self.moved_to or self.headers.get("etag") or self.headers.get("last-modified"))

    def validators(self, reader: str) -> Validators:
        """What to echo; nothing when another reader has read the answer, for this one has seen nothing of it."""
        return validators_of(self.headers, self.answered_url) if reader == self.reader else Validators()


class Answers:
    """Notes from all threads of a run in memory, until `commit`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[str, Answered | None] = {}
        self._noted: dict[str, Answered] = {}
        self._told: dict[str, tuple[datetime | None, str]] = {}

    def load(self, urls: Iterable[str]) -> None:
        """Read what is known of these addresses at once, so that `of` need not one by one."""
        by_digest = {_digest(url): url for url in urls}
        found: dict[str, Answered | None] = dict.fromkeys(by_digest.values())
        with self._database.begin() as db:
            for chunk in batches(by_digest):
                for row in db.execute(sa.select(answers).where(answers.c.digest.in_(chunk))):
                    headers = json.loads(row.headers)
                    found[row.url] = Answered(
                        leads_to=tuple(headers.pop(_LEADS_TO, ())),
                        headers=headers,
                        answered_url=row.answered_url,
                        answered_at=row.answered_at,
                        moved_to=row.moved_to,
                        reader=row.reader,
                    )
        with self._lock:
            self._known |= found

    def of(self, url: str) -> Answered | None:
        """The last answer of an address that was kept; None when there is none."""
        with self._lock:
            if url in self._known:
                return self._known[url]
        self.load([url])
        return self._known[url]

    def note(
        self,
        url: str,
        response: Response,
        *,
        reader: str,
        moved_to: str = "",
        source: str = "",
        leads_to: tuple[str, ...] = (),
    ) -> None:
        """Remember what the answer to `url` said. `source`: it is that source's list, see `told`; `leads_to`: it is an index."""
        before = self.of(url)
        same = before is not None and before.reader == reader
        headers = kept_headers(response, before.headers if before and same else None)
        answered = Answered(
            headers=headers,
            answered_url=response.url,
            answered_at=response.received_at if response.status != 304 or before is None else before.answered_at,
            moved_to=response.moved_to or moved_to,
            reader=reader,
            leads_to=leads_to,
        )
        span, says = fresh_for(headers, received_at=response.received_at)
        with self._lock:
            self._noted[url] = answered
            if source:
                self._told[source] = (response.received_at + span if span > timedelta(0) else None, says)

    def told(self, source: str) -> tuple[datetime | None, str]:
        """Until when the newest answer of a source's list holds, and which header says so."""
        with self._lock:
            return self._told.get(source, (None, ""))

    def forget(self, url: str) -> None:
        """Nothing that was kept of this address holds any more."""
        with self._database.begin() as db:
            db.execute(answers.delete().where(answers.c.digest == _digest(url)))
        with self._lock:
            self._known[url] = None
            self._noted.pop(url, None)

    def commit(self) -> None:
        """Keep what was noted: everything that these answers brought is published."""
        with self._lock:
            noted, self._noted = self._noted, {}
        rows = {_digest(url): _row(url, answered) for url, answered in noted.items()}
        worth = [rows[_digest(url)] for url, answered in noted.items() if answered.is_worth_keeping]
        if not rows:
            return
        with self._database.begin() as db:
            for chunk in batches(rows):
                db.execute(answers.delete().where(answers.c.digest.in_(chunk)))
            if worth:
                db.execute(answers.insert(), worth)
        with self._lock:
            self._known |= noted


def _row(url: str, answered: Answered) -> dict[str, object]:
    names = ("answered_url", "answered_at", "moved_to", "reader")
    values = {name: getattr(answered, name) for name in names}
    told = {**answered.headers, **({_LEADS_TO: answered.leads_to} if answered.leads_to else {})}
    return values | {"digest": _digest(url), "url": url, "headers": json.dumps(told)}


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
