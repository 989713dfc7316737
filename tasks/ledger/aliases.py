"""Names of stories, kept for ever: what a list or a page calls by a known name is the known story."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.ledger.opening import Database, batches
from tasks.ledger.quarantine import let_go
from tasks.ledger.schema import aliases, articles, sightings
from tasks.model import Entry, Listing, Status

_LONGEST = 600  # characters of a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A list in which known stories have their keys. `remarks`: what to note, by key."""

    listing: Listing
    remarks: tuple[tuple[str, str], ...] = ()


class Aliases:
    """Whoever was named first keeps the name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def resolve(self, listing: Listing) -> Resolved:
        """Give entries that any name of a known story names that story's key; the oldest one wins where there are two.

        A story whose own text was read already stays on its own: what is published is never merged.
        """
        with self._database.begin() as db:
            book = _Book(db, listing)
            entries = tuple(book.placed(entry) for entry in listing.entries)
        return Resolved(listing=replace(listing, entries=entries), remarks=tuple(book.remarks))

    def claim(self, key: str, source: str, names: Iterable[str]) -> tuple[str, ...]:
        """Keep what a story's page calls it; the other stories that had some of these names, or whose pages had one of its.

        The latter is kept as a name, too: the other story may still be to be read, and only its text will tell.
        """
        wanted = list(dict.fromkeys(name for raw in names if (name := _name(source, raw))))
        with self._database.begin() as db:
            owners = _owners(db, [*wanted, _called(key)])
            others = sorted(set(owners.values()) - {key})
            called = [name for name in map(_called, others) if not _owners(db, [name])]
            _insert(db, key, [*(name for name in wanted if name not in owners), *called])
        return tuple(others)

    def absorb(self, younger: str, older: str) -> bool:
        """A story that was never read turns out to be a known one: its records and names go there. Whether it could be done."""
        with self._database.begin() as db:
            row = db.execute(sa.select(articles).where(articles.c.key == younger)).first()
            known = db.execute(sa.select(articles.c.key).where(articles.c.key == older)).first()
            if row is None or known is None or row.content_digest is not None or row.status == Status.WITHDRAWN:
                return False
            taken = sa.select(sightings.c.source).where(sightings.c.key == older)
            here = sightings.c.key == younger
            db.execute(sightings.delete().where(here, sightings.c.source.in_(taken)))
            db.execute(sightings.update().where(here).values(key=older))
            db.execute(aliases.update().where(aliases.c.article == younger).values(article=older))
            db.execute(aliases.delete().where(aliases.c.name == _key_name(younger)))
            _insert(db, older, [_key_name(younger)])
            let_go(db, [younger])
            db.execute(articles.update().where(articles.c.key == older).values(owed=True))
            db.execute(articles.delete().where(articles.c.key == younger))
        return True


class _Book:
    """Who has which name, while a list is gone through."""

    def __init__(self, db: Connection, listing: Listing) -> None:
        self._db = db
        self._source = listing.source
        names = {name for entry in listing.entries for name in _names(entry)}
        self._owners = _owners(db, names)
        keys = [*(entry.key for entry in listing.entries), *self._owners.values()]
        self._known: dict[str, Row[tuple[object, ...]]] = {
            row.key: row
            for chunk in batches(keys)
            for row in db.execute(sa.select(*_COLUMNS).where(articles.c.key.in_(chunk)))
        }
        self.remarks: list[tuple[str, str]] = []

    def placed(self, entry: Entry) -> Entry:
        """The entry under the key of its story."""
        names = _names(entry)
        claimed = {self._owners[name] for name in names if name in self._owners} | {entry.key}
        rows = (self._known[key] for key in claimed if key in self._known)
        known = sorted(rows, key=lambda row: (row.first_seen_at, row.key == entry.key, row.key))
        # A story that came with this very list has no row yet.
        key = known[0].key if known else min(claimed - {entry.key}, default=entry.key)
        own = self._known.get(entry.key)
        if key != entry.key and own is not None and own.content_digest is not None:
            self.remarks.append((entry.key, f"has a name of {key} too; both were read before, so both stay"))
            key = entry.key
        free = [name for name in names if name not in self._owners]
        if key != entry.key or len(names) > 1:  # its own key alone needs no row
            _insert(self._db, key, free)
            self._owners |= dict.fromkeys(free, key)
        if key == entry.key:
            return entry
        self.remarks.append((key, f"source {self._source} names it {entry.key} too: {entry.link or entry.code}"))
        return self._as_known(entry, key)

    def _as_known(self, entry: Entry, key: str) -> Entry:
        """The record in the name that the story has; its address stays the one that was first in the list."""
        row = self._known.get(key)
        here = sa.and_(sightings.c.key == key, sightings.c.source == self._source)
        former = self._db.execute(sa.select(sightings.c.entry).where(here)).scalar()
        told = json.loads(former) if former else {}
        return replace(
            entry,
            key=key,
            code=told.get("code") or (row and row.code) or entry.code,
            file_id=told.get("file_id") or (row and row.file_id) or entry.file_id,
            link=told.get("link") or entry.link,
            aliases=tuple(told.get("aliases", entry.aliases)),
        )


_COLUMNS = (
    articles.c.key, articles.c.first_seen_at, articles.c.content_digest, articles.c.code, articles.c.file_id,
)  # fmt: skip


def _names(entry: Entry) -> list[str]:
    named = (_name(entry.source, alias) for alias in entry.aliases)
    return list(dict.fromkeys([_key_name(entry.key), *filter(None, named)]))


def _name(source: str, alias: str) -> str:
    """An address without scheme and fragment, or an id within its source; empty for what names no single story.

    The route of a page that a script fills (`#/`, `#!/`) is no mere fragment.
    """
    try:
        parts = urlsplit(alias.strip())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        parts, is_address = urlsplit(""), False
    if is_address:
        route = f"#{parts.fragment}" if re.match("!?/", parts.fragment) else ""
        if parts.path in ("", "/") and not parts.query and not route:
            return ""
        name = f"//{parts.netloc.lower()}{parts.path}" + (f"?{parts.query}" if parts.query else "") + route
    else:
        name = f"{source} {alias.strip()}" if alias.strip() else ""
    return name if len(name) <= _LONGEST else f"sha256 {sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _key_name(key: str) -> str:
    return f"key {key}"


def _called(key: str) -> str:
    """The name of whoever has a page that calls itself as this story is called."""
    return f"called {key}"


def _owners(db: Connection, names: Iterable[str]) -> dict[str, str]:
    return {
        row.name: row.article
        for chunk in batches(names)
        for row in db.execute(sa.select(aliases).where(aliases.c.name.in_(chunk)))
    }


def _insert(db: Connection, key: str, names: list[str]) -> None:
    if not names:
        return
    db.execute(aliases.insert(), [{"name": name, "article": key} for name in names])
    # What the store keeps of the article for a new ledger changes.
    db.execute(articles.update().where(articles.c.key == key, articles.c.published).values(stale=True))
