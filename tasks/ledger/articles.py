"""What is known of every story: records seen, text read, failures, what is published."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.articles.fingerprint import fingerprint, text_digest
from tasks.articles.identity import is_safe_code, story_key
from tasks.articles.plain import legal
from tasks.catalogue import IndexKind, IndexRef, Mention
from tasks.ledger.opening import Database, batches
from tasks.ledger.pictures import note_uses, with_known_pictures
from tasks.ledger.places import mark_stale, take_out, touch
from tasks.ledger.quarantine import let_go
from tasks.ledger.replays import still_owes
from tasks.ledger.revisions import Revision, keep_revision, revisions_of
from tasks.ledger.schema import articles, categories, echoes, indexes, moves, objects, sightings, unusable
from tasks.ledger.withdrawals import bring_back
from tasks.model import Article, Category, Entry, Known, Listing, Offer, Status

AHEAD = timedelta(minutes=10)
"""How far the clock of a publisher may be ahead of ours."""


class Articles:
    """Stories by key. Times of publication come back in the site's zone."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    def record(self, listing: Listing, *, now: datetime) -> tuple[str, ...]:
        """Keep what a list says; returns the subjects that are new or changed in it.

        An unusable record never replaces what an earlier, usable one said. Whatever is new or changed is owed from then
        on, whether or not a list ever names it again: see `unread`.
        """
        with self._database.begin() as db:
            fresh = _fresh(db, listing, now)
            for entry in fresh:
                _keep_sighting(db, entry, now)
                if not db.execute(_at(entry.key).values(owed=True)).rowcount:
                    row = {"key": entry.key, "status": Status.PENDING, "first_seen_at": now, "source": entry.source}
                    db.execute(articles.insert().values(**row))
            reasons = {
                row.subject: row.reason
                for row in db.execute(sa.select(unusable).where(unusable.c.source == listing.source))
            }
            now_unusable = {item.subject[:100]: legal(item.reason) for item in listing.unusable}
            changed = [subject for subject, reason in now_unusable.items() if reasons.get(subject) != reason]
            gone = set() if listing.partial else set(reasons) - set(now_unusable)
            for subject in gone | set(changed):
                db.execute(unusable.delete().where(unusable.c.source == listing.source, unusable.c.subject == subject))
            for subject in changed:
                row = {"source": listing.source, "subject": subject, "reason": now_unusable[subject]}
                db.execute(unusable.insert().values(**row, first_seen_at=now))
        return (*(entry.key for entry in fresh), *changed)

    def knows(self, listing: Listing, *, now: datetime) -> bool:
        """Whether every record of a list is what it was when it was kept. Not where a story got another one's name."""
        with self._database.begin() as db:
            return not _fresh(db, listing, now)

    def known(self, keys: Iterable[str]) -> Mapping[str, Known]:
        """What decisions need of the stories with these keys; unknown ones are left out."""
        with self._database.begin() as db:
            return {
                row.key: Known(
                    key=row.key,
                    status=Status(row.status),
                    page_key=row.page_key or "",
                    category=row.category or "",
                    offer_digest=row.offer_digest,
                    source=row.source,
                    attempts=row.attempts,
                    next_try_at=row.next_try_at,
                    first_seen_at=row.first_seen_at,
                    revision=row.revision or 0,
                    missing=row.missing,
                    owed=row.owed,
                    published_at=row.published_at,
                )
                for chunk in batches(keys)
                for row in db.execute(sa.select(articles).where(articles.c.key.in_(chunk)))
            }

    def sightings(self, keys: Iterable[str]) -> Mapping[str, tuple[Entry, ...]]:
        """The newest usable record of each story in each list, in no order."""
        with self._database.begin() as db:
            return _sightings(db, keys)

    def unread(self, *, now: datetime) -> tuple[str, ...]:
        """Keys of stories that lists have named and that still have to be read, or decided on: those that wait, those that
        failed and are due, and those whose record has changed since they were read or given up.
        """
        due = sa.or_(articles.c.next_try_at.is_(None), articles.c.next_try_at <= now)
        waiting = sa.or_(articles.c.status == Status.PENDING, sa.and_(articles.c.status == Status.FAILED, due))
        # Not "is ready or given up": the database would take its index of states, and read the whole archive.
        changed = sa.and_(articles.c.owed, articles.c.status.not_in([Status.PENDING, Status.FAILED, Status.WITHDRAWN]))
        named = sa.select(articles.c.key, articles.c.first_seen_at)
        found = sa.union(named.where(waiting), named.where(changed)).subquery()
        with self._database.begin() as db:
            rows = db.execute(sa.select(found.c.key).order_by(found.c.first_seen_at, found.c.key))
            return tuple(rows.scalars())

    def settle(self, keys: Iterable[str]) -> None:
        """What lists changed of these is nothing that is published."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                db.execute(articles.update().where(articles.c.key.in_(chunk)).values(owed=False))

    def save(
        self,
        article: Article,
        offer: Offer,
        *,
        now: datetime,
        released_at: datetime | None = None,
        whole: str = "",
        answered_at: datetime | None = None,
    ) -> Article:
        """Keep a text that was read; returns the article as it is to be published.

        The same content again, also in other bytes, is no revision: text, times and number stay. A correction makes
        everything stale that shows the article. One that changes its address leaves the old one in `moves`, and its
        places in the lists. Before `released_at` a new article stands in no list. `whole`: the HTML of the whole text, of
        which `article` may be an excerpt. `answered_at`: it was read from an answer that was kept then; what the story
        has to be asked for all the same stays owed.
        """
        prints = {"fingerprint": fingerprint(article), "text_digest": text_digest(whole or article.html) or None}
        with self._database.begin() as db:
            before = db.execute(sa.select(articles).where(articles.c.key == article.key)).one()
            former = None if before.content_digest is None else _article(db, article.key, self._zone)
            owes = answered_at is not None and still_owes(db, before, offer, answered_at=answered_at)
            settled: dict[str, object] = {} if owes else {**_READ, "offer_digest": offer.digest}
            if former and owes and before.page_key != article.page_key:
                return former  # while it is owed it would get no place at its new address
            if former and (before.fingerprint or fingerprint(former)) == prints["fingerprint"]:
                if owes:
                    return former
                values = settled | {"source": offer.entry.source} | ({} if before.fingerprint else prints)
                if (before.offer_digest, before.source) != (offer.digest, offer.entry.source):
                    values["stale"] = True  # what the store keeps of the article for a new ledger changes
                db.execute(_at(article.key).values(**values))
                return replace(former, source=offer.entry.source)
            number = 1 if former is None else former.revision + 1
            values = {name: getattr(article, name) for name in _CONTENT} | settled | prints
            values |= {
                "source": offer.entry.source,
                "category": article.category.slug,
                "revision": number,
                "stale": True,
            }
            if former is None:
                values |= {
                    **_READ,
                    "owed": owes,
                    "updated_at": article.published_at,
                    "read_at": now,
                    "released_at": released_at,
                }
            else:
                values |= {"updated_at": now}
                if before.page_key != article.page_key:
                    _leave_address(db, before, article, now)
                    values |= {"place": None, "day_place": None, "published": False}
                else:
                    touch(db, before, changed_at=now)
            db.execute(_at(article.key).values(**values))
            if before.withdrawn_at is not None:  # reinstated, and read again
                bring_back(db, article.key)
            keep_revision(db, former, article, number=number, now=answered_at or now)
            note_uses(db, article.key, article.html, now=now)
            return _article(db, article.key, self._zone)

    def repeats(self, article: Article) -> str | None:
        """The title of another article of the same source that has the very same text."""
        if not (digest := text_digest(article.html)):
            return None
        same = sa.and_(articles.c.source == article.source, articles.c.text_digest == digest)
        other = sa.select(articles.c.title).where(
            same, articles.c.key != article.key, articles.c.title != article.title
        )
        with self._database.begin() as db:
            return db.execute(other.limit(1)).scalar()

    def revisions(self, key: str) -> tuple[Revision, ...]:
        """All texts of a story that were read, oldest first."""
        with self._database.begin() as db:
            return revisions_of(db, key)

    def point_here(self, key: str, old_keys: Iterable[str]) -> None:
        """Pages at these former addresses lead to this article, unless another article has one of them."""
        with self._database.begin() as db:
            for old in old_keys:
                taken = db.execute(sa.select(articles.c.key).where(articles.c.page_key == old)).first()
                if taken or db.execute(sa.select(moves.c.old_key).where(moves.c.old_key == old)).first():
                    continue
                db.execute(moves.insert().values(old_key=old, article=key))
                mark_stale(db, {IndexRef(kind=IndexKind.MOVED, name=old): None})

    def fail(self, key: str, reason: str, *, next_try_at: datetime, missing: bool = False) -> None:
        """One more failed run for a story. `missing`: its text answered 404."""
        with self._database.begin() as db:
            counted = {"attempts": articles.c.attempts + 1, "missing": articles.c.missing + 1 if missing else 0}
            told = {"next_try_at": next_try_at, "error": legal(reason)}
            db.execute(_at(key).values(**counted, **told, status=Status.FAILED))

    def give_up(self, key: str, reason: str, offer: Offer) -> None:
        """The text of a story is gone. It is asked for again when lists offer something else than `offer`, or by hand."""
        ended = {"next_try_at": None, "recheck_at": None, "owed": False, "offer_digest": offer.digest}
        told = {"attempts": articles.c.attempts + 1, "error": legal(reason)}
        with self._database.begin() as db:
            db.execute(_at(key).values(**ended, **told, status=Status.GIVEN_UP))
            let_go(db, [key])

    def due(self, *, published: bool, limit: int) -> tuple[str, ...]:
        """The keys of the first of them: never published, or published and not as they should be."""
        where = articles.c.published & articles.c.stale if published else ~articles.c.published
        query = sa.select(articles.c.key).where(where, articles.c.place.is_not(None)).order_by(articles.c.key)
        with self._database.begin() as db:
            return tuple(db.execute(query.limit(limit)).scalars())

    def read(self, keys: Iterable[str]) -> tuple[Article, ...]:
        """Articles that have a place in the lists, in the order of their keys."""
        with self._database.begin() as db:
            found = [
                row for chunk in batches(keys) for row in db.execute(with_category().where(articles.c.key.in_(chunk)))
            ]
            found.sort(key=lambda row: str(row.key))
            return articles_from_rows(db, found, self._zone)

    def mark_published(self, keys: Iterable[str]) -> None:
        """The pages of these articles are in the store as they should be."""
        with self._database.begin() as db:
            for chunk in batches(keys):
                here = articles.update().where(articles.c.key.in_(chunk))
                db.execute(here.values(published=True, stale=False))

    def mentions(self, keys: Iterable[str]) -> Mapping[str, tuple[Mention, ...]]:
        """Other outlets that told these stories, in the order of their names.

        Those under whose name a list carried the very article, and those whose article tells the same.
        """
        others: dict[str, dict[str, str]] = {}
        with self._database.begin() as db:
            found = _sightings(db, keys)
            titles = {row.key: row.title for row in _in_chunks(db, _OUTLETS, articles.c.key, keys)}
            for row in _in_chunks(db, _ECHOED, echoes.c.article, keys):
                others.setdefault(row.article, {})[row.title] = row.origin_url
        for key, entries in found.items():
            others[key] = others.get(key, {}) | {entry.media: entry.link for entry in entries if entry.media}
        return {
            key: tuple(
                Mention(outlet=outlet, url=url) for outlet, url in sorted(named.items()) if outlet != titles.get(key)
            )
            for key, named in others.items()
        }

    def find(self, subject: str) -> str | None:
        """The key of a story by key, code, file id, or any address that it has or had."""
        tail = subject.rstrip("/").rsplit("/", 1)[-1]
        words = re.findall(r"[A-Za-z0-9_-]+", tail, re.ASCII)
        # As they are; without the letters before the digits; without the date before the name of a post.
        names = {name for word in words for name in (word, word.removeprefix("NW"), word[11:]) if is_safe_code(name)}
        columns = (articles.c.key, articles.c.code, articles.c.file_id)
        with self._database.begin() as db:
            query = sa.select(articles.c.key).where(sa.or_(*(column.in_(names) for column in columns)))
            return db.execute(query).scalars().first()

    def key_of(self, subject: str) -> str:
        """As `find`; the key that it would have, when no such story is known."""
        return self.find(subject) or story_key(subject)

    def row(self, key: str) -> Row[tuple[object, ...]] | None:
        """Everything that stands in the ledger about one story."""
        with self._database.begin() as db:
            return db.execute(sa.select(articles).where(articles.c.key == key)).first()


_OUTLETS = sa.select(articles.c.key, categories.c.title).join(categories, categories.c.slug == articles.c.category)
_ECHOED = (
    sa.select(echoes.c.article, categories.c.title, articles.c.origin_url)
    .join(articles, sa.and_(articles.c.key == echoes.c.other, articles.c.place.is_not(None)))
    .join(categories, categories.c.slug == articles.c.category)
    .order_by(echoes.c.article, articles.c.key)
)
_CONTENT = (
    "code", "file_id", "title", "published_at", "origin_url", "summary", "quote", "post_body", "html",
    "content_digest", "page_key", "post_key", "modified_at",
)  # fmt: skip
_READ: Mapping[str, Any] = MappingProxyType(
    {"status": Status.READY, "attempts": 0, "missing": 0, "next_try_at": None, "error": None, "owed": False}
)


def _leave_address(db: Connection, before: Row[tuple[object, ...]], article: Article, now: datetime) -> None:
    """The old page becomes a pointer to the new one; the old post goes, as Jekyll would show the story twice."""
    take_out(db, before)
    db.execute(moves.delete().where(moves.c.old_key.in_([before.page_key, article.page_key])))
    db.execute(moves.insert().values(old_key=before.page_key, article=article.key))
    here = sa.and_(indexes.c.kind == IndexKind.MOVED, indexes.c.name == article.page_key)
    db.execute(indexes.delete().where(here))
    of_story = sa.select(moves.c.old_key).where(moves.c.article == article.key)
    pointers = [IndexRef(kind=IndexKind.MOVED, name=key) for key in db.execute(of_story).scalars()]
    mark_stale(db, dict.fromkeys(pointers))
    if before.post_key != article.post_key:
        db.execute(objects.update().where(objects.c.key == before.post_key).values(delete_after=now))


def _at(key: str) -> sa.Update:
    return articles.update().where(articles.c.key == key)


def with_category() -> sa.Select[tuple[object, ...]]:
    """Articles with the category that they stand in."""
    shelf = (categories.c.title.label("category_title"), categories.c.tag, categories.c.fixed)
    return sa.select(articles, *shelf).join(categories, categories.c.slug == articles.c.category)


def _article(db: Connection, key: str, zone: ZoneInfo) -> Article:
    [found] = articles_from_rows(db, db.execute(with_category().where(articles.c.key == key)), zone)
    return found


def articles_from_rows(db: Connection, rows: Iterable[Row[tuple[object, ...]]], zone: ZoneInfo) -> tuple[Article, ...]:
    """Rows of `with_category()` as articles, with the pictures that are in the store, their times in `zone`."""
    return with_known_pictures(db, [article_from_row(row, zone) for row in rows])


def article_from_row(row: Row[tuple[object, ...]], zone: ZoneInfo) -> Article:
    """A row of `with_category()` as an article, its pictures as they were read."""
    values = row._mapping
    names = (
        "key",
        "code",
        "file_id",
        "source",
        "title",
        "origin_url",
        "summary",
        "quote",
        "post_body",
        "html",
        "revision",
        "modified_at",
    )
    return Article(
        **{name: values[name] for name in names},
        published_at=values["published_at"].astimezone(zone),
        updated_at=values["updated_at"].astimezone(zone),
        category=Category(
            slug=values["category"], title=values["category_title"], tag=values["tag"], fixed=values["fixed"]
        ),
    )


def _in_chunks(
    db: Connection, query: sa.Select[Any], column: sa.ColumnElement[Any], keys: Iterable[str]
) -> Iterator[Row[Any]]:
    for chunk in batches(keys):
        yield from db.execute(query.where(column.in_(chunk)))


def _sightings(
    db: Connection, keys: Iterable[str], *, source: str | None = None, as_claimed: bool = False
) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for chunk in batches(keys):
        query = sa.select(sightings).where(sightings.c.key.in_(chunk))
        for row in db.execute(query if source is None else query.where(sightings.c.source == source)):
            entry = _entry(json.loads(row.entry))
            if not as_claimed and entry.published_at > row.changed_at + AHEAD:
                # What is in a list was published before it was seen there: so the time never moves with the clock.
                entry = replace(entry, published_at=row.first_seen_at.replace(microsecond=0))
            found[row.key] = (*found.get(row.key, ()), entry)
    return found


def _fresh(db: Connection, listing: Listing, now: datetime) -> list[Entry]:
    """The records that are new or changed in a list, in its order."""
    # A list may name a story twice: the first record counts, or the two would take turns for ever.
    firsts = {entry.key: entry for entry in reversed(listing.entries)}
    before = _sightings(db, firsts, source=listing.source, as_claimed=True)
    firsts = {key: _with_time(entry, before.get(key, ()), now) for key, entry in firsts.items()}
    return [entry for entry in reversed(firsts.values()) if entry not in before.get(entry.key, ())]


def _with_time(entry: Entry, before: Sequence[Entry], now: datetime) -> Entry:
    """A record that tells no time keeps that of its first answer, or the one that the list told once.

    The answer came a little after the run's own time, and what comes after that would be of the future.
    """
    if entry.dated:
        return entry
    if not before:
        return replace(entry, published_at=min(entry.published_at, now))
    return replace(entry, published_at=before[0].published_at, dated=before[0].dated)


def _entry(raw: dict[str, Any]) -> Entry:
    times = {name: datetime.fromisoformat(raw[name]) for name in ("published_at", "modified_at") if raw.get(name)}
    return Entry(**raw | times | {"aliases": tuple(raw.get("aliases", ()))})


def _keep_sighting(db: Connection, entry: Entry, now: datetime) -> None:
    raw = json.dumps(asdict(entry), default=datetime.isoformat, ensure_ascii=False)
    where = sa.and_(sightings.c.key == entry.key, sightings.c.source == entry.source)
    # What the store keeps of the article for a new ledger has to be written again.
    db.execute(_at(entry.key).where(articles.c.published).values(stale=True))
    if not db.execute(sightings.update().where(where).values(entry=raw, changed_at=now)).rowcount:
        row = {"key": entry.key, "source": entry.source, "entry": raw}
        db.execute(sightings.insert().values(**row, first_seen_at=now, changed_at=now))
