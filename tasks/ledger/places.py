"""The three orders of arrival: giving places to articles, and knowing which lists show a place.

Whatever changes what a list shows marks that list as stale in the same transaction, so that a killed run leaves nothing
forgotten. The work is a few rows for each article, however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.catalogue import (
    IN_FEED,
    IN_SEARCH,
    IN_SITEMAP,
    ON_CATEGORY_PAGE,
    ON_DAY_PAGE,
    OVERVIEWS,
    IndexKind,
    IndexRef,
    page_of,
)
from tasks.ledger.echoes import echoes_are_stale
from tasks.ledger.opening import Database
from tasks.ledger.schema import Instant, articles, holes, indexes, orders
from tasks.model import Status

_BATCH = 500  # articles in one transaction
_Row = Row[tuple[object, ...]]
# Where a page of a list has its row; `bound` gives the values.
AT_REF = sa.and_(
    indexes.c.kind == sa.bindparam("of_kind"),
    indexes.c.name == sa.bindparam("of_name"),
    indexes.c.number == sa.bindparam("of_number"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an article stands in the three orders. `day` is YYYY-MM-DD, `month` YYYY-MM."""

    category: str
    place: int
    day: str
    day_place: int
    month: str
    month_place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The last places given in the orders of a spot. `month_is_over`: a later month of arrival has begun."""

    category: int
    day: int
    month: int
    month_is_over: bool


def lists_showing(spot: Spot, reached: Reached) -> Iterator[IndexRef]:
    """Every page of every list that shows this spot, or a number or a link that depends on it."""
    for kind in OVERVIEWS:
        yield IndexRef(kind=kind)
    yield from _pages(IndexKind.CATEGORY, spot.category, spot.place, ON_CATEGORY_PAGE, reached.category)
    yield from _pages(IndexKind.CATEGORY_FEED, spot.category, spot.place, IN_FEED, reached.category)
    yield from _pages(IndexKind.DAY, spot.day, spot.day_place, ON_DAY_PAGE, reached.day)
    yield IndexRef(kind=IndexKind.MONTH, name=spot.day[:7])
    document = page_of(spot.month_place, IN_FEED)
    if reached.month_is_over or document * IN_FEED <= reached.month:
        yield IndexRef(kind=IndexKind.FEED_ARCHIVE, name=spot.month, number=document)
    yield IndexRef(kind=IndexKind.SITEMAP, name=spot.month, number=page_of(spot.month_place, IN_SITEMAP))
    yield IndexRef(kind=IndexKind.SEARCH, name=spot.month, number=page_of(spot.month_place, IN_SEARCH))


def _pages(kind: IndexKind, name: str, place: int, size: int, reached: int) -> Iterator[IndexRef]:
    """The open page, and the closed one that holds the place, once it is full."""
    yield IndexRef(kind=kind, name=name)
    number = page_of(place, size)
    if number * size <= reached:
        yield IndexRef(kind=kind, name=name, number=number)


class Places:
    """Gives places, and takes articles out of the lists."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    def shelve(self, *, now: datetime) -> int:
        """Give places to all articles that were read and have none, in the order of publication; how many there were.

        Those whose publisher wants them to be shown later wait for their time.
        """
        count = 0
        while True:
            with self._database.begin() as db:
                waiting = sa.and_(
                    articles.c.place.is_(None),
                    # Not "is ready": the database would take its index of states, and read the whole archive.
                    articles.c.status.not_in([status for status in Status if status is not Status.READY]),
                    articles.c.content_digest.is_not(None),
                    sa.or_(articles.c.released_at.is_(None), articles.c.released_at <= now),
                )
                query = sa.select(*_SPOT_COLUMNS).where(waiting)
                rows = db.execute(query.order_by(articles.c.published_at, articles.c.key).limit(_BATCH)).all()
                if rows:
                    self._place(db, rows, now)
            count += len(rows)
            if len(rows) < _BATCH:
                return count

    def withhold(self, keys: Iterable[str]) -> frozenset[str]:
        """Take articles out of all lists: their pages cannot be made. Their places stay empty for ever.

        The keys of the articles that had links to them.
        """
        beside: set[str] = set()
        with self._database.begin() as db:
            for key in keys:
                row = db.execute(sa.select(*_SPOT_COLUMNS).where(articles.c.key == key)).one()
                beside |= take_out(db, row)
                gone = {"place": None, "day_place": None}
                db.execute(articles.update().where(articles.c.key == key).values(**gone))
        return frozenset(beside)

    def _place(self, db: Connection, rows: Sequence[Row[tuple[object, ...]]], now: datetime) -> None:
        book = _Orders(db)
        ceiling = f"{now.astimezone(self._zone):%Y-%m}"
        placed: list[tuple[str, Spot, datetime]] = []
        for row in rows:
            at = row.published_at.astimezone(self._zone)
            day = f"{at:%Y-%m-%d}"
            month, month_place = row.month, row.month_place
            if month is None:
                # A date in the future must not close the months before it.
                month = max(book.newest_month, min(day[:7], ceiling))
                month_place = book.arrive("month", month, row.published_at)
            spot = Spot(
                category=row.category,
                place=book.arrive("category", row.category, row.published_at),
                day=day,
                day_place=book.arrive("day", day, row.published_at),
                month=month,
                month_place=month_place,
            )
            book.arrive("calendar", day[:7], row.published_at)
            placed.append((row.key, spot, row.updated_at))
        db.execute(
            articles.update().where(articles.c.key == sa.bindparam("of")),
            [
                {
                    "of": key,
                    "place": spot.place,
                    "day": spot.day,
                    "day_place": spot.day_place,
                    "month": spot.month,
                    "month_place": spot.month_place,
                }
                for key, spot, _ in placed
            ],
        )
        marks = book.closed_months()
        for _, spot, at in placed:
            for ref in lists_showing(spot, book.reached(spot)):
                marks[ref] = max(at, marks.get(ref) or at)
        # The new ones are made anyway; of the others, each category's last one before them gets a link to them.
        for key, spot in {spot.category: (key, spot) for key, spot, _ in reversed(placed)}.values():
            _neighbours_are_stale(db, key, spot.category, spot.place)
        for ref in [IndexRef(kind=IndexKind.DAY, name=day) for day in book.days_beside_new_ones()]:
            marks.setdefault(ref, None)
        book.write()
        echoes_are_stale(db, [key for key, _, _ in placed])
        mark_stale(db, marks)


class _Orders:
    """The rows of `orders` that a batch touches: read once, counted in memory, written once."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._rows: dict[tuple[str, str], tuple[int, int, datetime | None]] = {}
        self._new_days: list[str] = []
        self.newest_month = self._first_month = _newest_month(db)

    def arrive(self, kind: str, name: str, at: datetime) -> int:
        """One article more; its place."""
        last, count, newest = self._row(kind, name)
        if kind == "day" and last == 0:
            self._new_days.append(name)
        if kind == "month":
            self.newest_month = max(self.newest_month, name)
        self._rows[kind, name] = (last + 1, count + 1, max(at, newest or at))
        return last + 1

    def reached(self, spot: Spot) -> Reached:
        """How far the orders of a spot have come."""
        return Reached(
            category=self._row("category", spot.category)[0],
            day=self._row("day", spot.day)[0],
            month=self._row("month", spot.month)[0],
            month_is_over=spot.month < self.newest_month,
        )

    def closed_months(self) -> dict[IndexRef, datetime | None]:
        """The last feed document of the month that was open before, when another has begun."""
        before = self._first_month
        if not before or before == self.newest_month:
            return {}
        last = self._row("month", before)[0]
        return {IndexRef(kind=IndexKind.FEED_ARCHIVE, name=before, number=page_of(last, IN_FEED)): None} if last else {}

    def days_beside_new_ones(self) -> Iterator[str]:
        """Days whose pages link to a day that had no article before."""
        for day in self._new_days:
            for order, beside in ((orders.c.name.desc(), orders.c.name < day), (orders.c.name, orders.c.name > day)):
                query = sa.select(orders.c.name).where(orders.c.kind == "day", beside)
                if found := self._db.execute(query.order_by(order).limit(1)).scalar():
                    yield found

    def write(self) -> None:
        """Keep the counts."""
        known = sa.and_(orders.c.kind == sa.bindparam("of_kind"), orders.c.name == sa.bindparam("of_name"))
        self._db.execute(orders.delete().where(known), [{"of_kind": k, "of_name": n} for k, n in self._rows])
        rows = [
            {"kind": kind, "name": name, "last": last, "held": count, "newest_at": newest}
            for (kind, name), (last, count, newest) in self._rows.items()
        ]
        self._db.execute(orders.insert(), rows)

    def _row(self, kind: str, name: str) -> tuple[int, int, datetime | None]:
        if (kind, name) not in self._rows:
            query = sa.select(orders).where(orders.c.kind == kind, orders.c.name == name)
            row = self._db.execute(query).first()
            self._rows[kind, name] = (row.last, row.held, row.newest_at) if row else (0, 0, None)
        return self._rows[kind, name]


def touch(db: Connection, row: Row[tuple[object, ...]], *, changed_at: datetime) -> set[str]:
    """Everything that shows this article has to be made again; the keys of the articles that link to it."""
    spot = _spot(row)
    if spot is None:
        return set()
    reached = Reached(
        category=_last(db, "category", spot.category),
        day=_last(db, "day", spot.day),
        month=_last(db, "month", spot.month),
        month_is_over=spot.month < _newest_month(db),
    )
    mark_stale(db, dict.fromkeys(lists_showing(spot, reached), changed_at))
    return _neighbours_are_stale(db, row.key, spot.category, spot.place)


def take_out(db: Connection, row: Row[tuple[object, ...]], *, changed_at: datetime | None = None) -> set[str]:
    """The article leaves its category and its day; the caller clears its places there. As `touch`."""
    spot = _spot(row)
    if spot is None:
        return set()
    beside = touch(db, row, changed_at=changed_at or row.updated_at)
    echoes_are_stale(db, [row.key])
    for kind, name, place in (("category", spot.category, spot.place), ("day", spot.day, spot.day_place)):
        db.execute(holes.insert().values(kind=kind, name=name, place=place, article=row.key))
    for kind, name in (("category", spot.category), ("day", spot.day), ("calendar", spot.day[:7])):
        here = sa.and_(orders.c.kind == kind, orders.c.name == name)
        db.execute(orders.update().where(here).values(held=orders.c.held - 1))
    others = sa.and_(articles.c.category == spot.category, articles.c.place.is_not(None), articles.c.key != row.key)
    newest = sa.select(articles.c.published_at).where(others).order_by(articles.c.published_at.desc()).limit(1)
    here = sa.and_(orders.c.kind == "category", orders.c.name == spot.category)
    db.execute(orders.update().where(here).values(newest_at=db.execute(newest).scalar()))
    return beside


def bound(ref: IndexRef) -> dict[str, str | int]:
    """The parameters of `AT_REF`."""
    return {"of_kind": ref.kind.value, "of_name": ref.name, "of_number": ref.number}


def mark_stale(db: Connection, marks: dict[IndexRef, datetime | None]) -> None:
    """These pages of lists have to be made again, or for the first time."""
    for ref, at in sorted(marks.items()):
        newer = sa.literal(at, Instant)
        later = (
            sa.case((indexes.c.changed_at > newer, indexes.c.changed_at), else_=newer) if at else indexes.c.changed_at
        )
        if not db.execute(indexes.update().where(AT_REF).values(stale=True, changed_at=later), bound(ref)).rowcount:
            row = {"kind": ref.kind, "name": ref.name, "number": ref.number, "stale": True, "changed_at": at}
            db.execute(indexes.insert().values(**row))


def _neighbours_are_stale(db: Connection, key: str, category: str, place: int) -> set[str]:
    keys: set[str] = set()
    for beside in (_before(db, category, place), _after(db, category, place)):
        if beside and beside.key != key:
            db.execute(articles.update().where(articles.c.key == beside.key).values(stale=True))
            keys.add(beside.key)
    return keys


def neighbours(db: Connection, keys: Sequence[str]) -> dict[str, tuple[_Row | None, _Row | None]]:
    """By key, the articles before and after each one in its category; those that stand in no list are left out.

    Nearly always they have the numbers beside it; only where an article has left, or none has come yet, is one looked for.
    """
    mine = sa.select(articles.c.key, articles.c.category, articles.c.place).where(articles.c.place.is_not(None))
    placed = {row.key: (row.category, row.place) for row in db.execute(mine.where(articles.c.key.in_(keys)))}
    beside: defaultdict[str, set[int]] = defaultdict(set)
    for category, place in placed.values():
        beside[category] |= {place - 1, place + 1}
    there = {
        (category, row.place): row
        for category, places in beside.items()  # SQLite reads the whole table for pairs of category and place
        for row in db.execute(_AT_PLACES, {"category": category, "places": sorted(places)})
    }
    return {
        key: (
            there.get((category, place - 1)) or _before(db, category, place),
            there.get((category, place + 1)) or _after(db, category, place),
        )
        for key, (category, place) in placed.items()
    }


def _before(db: Connection, category: str, place: int) -> _Row | None:
    here = sa.and_(articles.c.category == category, articles.c.place < place)
    return db.execute(sa.select(*_BESIDE).where(here).order_by(articles.c.place.desc()).limit(1)).first()


def _after(db: Connection, category: str, place: int) -> _Row | None:
    here = sa.and_(articles.c.category == category, articles.c.place > place)
    return db.execute(sa.select(*_BESIDE).where(here).order_by(articles.c.place).limit(1)).first()


def _spot(row: Row[tuple[object, ...]]) -> Spot | None:
    """None for an article that stands in no list."""
    if row.place is None:
        return None
    return Spot(
        category=row.category,
        place=row.place,
        day=row.day,
        day_place=row.day_place,
        month=row.month,
        month_place=row.month_place,
    )


def _last(db: Connection, kind: str, name: str) -> int:
    return db.execute(sa.select(orders.c.last).where(orders.c.kind == kind, orders.c.name == name)).scalar() or 0


def _newest_month(db: Connection) -> str:
    return db.execute(sa.select(sa.func.max(orders.c.name)).where(orders.c.kind == "month")).scalar() or ""


_BESIDE = (
    articles.c.key, articles.c.category, articles.c.place, articles.c.title, articles.c.page_key, articles.c.published_at,
    articles.c.summary,
)  # fmt: skip
_AT_PLACES = sa.select(*_BESIDE).where(
    articles.c.category == sa.bindparam("category"), articles.c.place.in_(sa.bindparam("places", expanding=True))
)
_SPOT_COLUMNS = (
    articles.c.key, articles.c.category, articles.c.place, articles.c.day, articles.c.day_place, articles.c.month,
    articles.c.month_place, articles.c.published_at, articles.c.updated_at,
)  # fmt: skip
