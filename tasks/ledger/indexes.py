"""The pages of all lists: which are due, and what each shows. Every reading is bounded by the size of its page."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tasks.catalogue import (
    IN_FEED,
    IN_SEARCH,
    IN_SITEMAP,
    ON_CATEGORY_PAGE,
    ON_DAY_PAGE,
    ON_HOME,
    ON_SHELF,
    OVERVIEWS,
    SECTIONS,
    ArchiveList,
    CategoryList,
    CategoryPage,
    Channel,
    ChannelArchive,
    DayPage,
    Fixed,
    Front,
    Index,
    IndexKind,
    IndexRef,
    MonthPage,
    Moved,
    NewsWindow,
    Robots,
    SearchList,
    SearchShard,
    Shelf,
    SitemapList,
    SitemapShard,
    Surroundings,
    Withdrawn,
    page_of,
)
from tasks.ledger.articles import articles_from_rows, with_category
from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database, batches
from tasks.ledger.places import AT_REF, bound, mark_stale, neighbours
from tasks.ledger.schema import articles, categories, indexes, moves, orders
from tasks.model import Article, Category, Headline, WithdrawalReason

NEWS_AGE = timedelta(hours=48)  # Google's news sitemap: articles of the last two days
_IN_NEWS_FILE = 1_000
_ACTIVE = 500  # arrivals in which the most active categories are looked for
_ALWAYS = tuple(IndexRef(kind=kind) for kind in (IndexKind.FIXED, *OVERVIEWS, IndexKind.ROBOTS))


class Indexes:
    """Pages of lists. What a page shows is read when it is made, never kept."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    # --- what is due ----------------------------------------------------------------------------

    def expect(self, *, now: datetime) -> None:
        """Make sure that the lists which every site has are there, and that the news sitemap lets go of what is old."""
        with self._database.begin() as db:
            kinds = set(
                db.execute(sa.select(indexes.c.kind).where(indexes.c.kind.in_([r.kind for r in _ALWAYS]))).scalars()
            )
            missing: dict[IndexRef, datetime | None] = {ref: None for ref in _ALWAYS if ref.kind not in kinds}
            if (until := fact(db, "news until")) and until <= now.isoformat():
                missing[IndexRef(kind=IndexKind.NEWS)] = None
            mark_stale(db, missing)

    def never_published(self, *kinds: IndexKind, limit: int) -> tuple[IndexRef, ...]:
        """The first pages of these kinds that are not in the store."""
        return self._due(~indexes.c.published, kinds, limit)

    def stale(self, *kinds: IndexKind, limit: int) -> tuple[IndexRef, ...]:
        """The first pages of these kinds that are in the store, but not as they should be."""
        return self._due(sa.and_(indexes.c.published, indexes.c.stale), kinds, limit)

    def mark_published(self, refs: Iterable[IndexRef]) -> None:
        """These pages are in the store as they should be."""
        rows = [bound(ref) for ref in refs]
        if rows:
            with self._database.begin() as db:
                db.execute(indexes.update().where(AT_REF).values(published=True, stale=False), rows)

    def _due(self, where: sa.ColumnElement[bool], kinds: Collection[IndexKind], limit: int) -> tuple[IndexRef, ...]:
        query = sa.select(indexes.c.kind, indexes.c.name, indexes.c.number).where(indexes.c.kind.in_(kinds), where)
        order = (indexes.c.kind, indexes.c.name, indexes.c.number)
        with self._database.begin() as db:
            rows = db.execute(query.order_by(*order).limit(limit))
            return tuple(IndexRef(kind=IndexKind(row.kind), name=row.name, number=row.number) for row in rows)

    # --- what they show -------------------------------------------------------------------------

    def read(self, ref: IndexRef, *, now: datetime) -> Index:
        """What one page shows now."""
        return self.read_all([ref], now=now)[0]

    def read_all(self, refs: Iterable[IndexRef], *, now: datetime) -> list[Index]:
        """What each of these pages shows now."""
        with self._database.begin() as db:
            reading = _Reading(db, self._zone, now)
            return [_READERS[ref.kind](reading, ref) for ref in refs]

    def surroundings(self, of: Iterable[Article]) -> Mapping[str, Surroundings]:
        """By key, the articles that arrived before and after each one in its category."""
        shelves = {article.key: article.category for article in of}
        with self._database.begin() as db:
            reading = _Reading(db, self._zone, None)
            return {
                key: Surroundings(
                    previous=reading.headline(before, shelves[key]) if before else None,
                    next=reading.headline(after, shelves[key]) if after else None,
                )
                for chunk in batches(shelves)
                for key, (before, after) in neighbours(db, chunk).items()
            }


class _Reading:
    """One transaction's view of the lists."""

    def __init__(self, db: Connection, zone: ZoneInfo, now: datetime | None) -> None:
        self.db = db
        self.zone = zone
        self.now = now

    def category(self, slug: str) -> Category:
        """The category of that slug."""
        row = self.db.execute(sa.select(categories).where(categories.c.slug == slug)).one()
        return Category(**row._mapping)

    def headline(self, row: Row[tuple[object, ...]], category: Category) -> Headline:
        """A row with the columns of `_HEADLINE`."""
        at = row.published_at.astimezone(self.zone)
        return Headline(title=row.title, page_key=row.page_key, published_at=at, category=category, summary=row.summary)

    def headlines(self, where: sa.ColumnElement[bool], limit: int | None = None) -> tuple[Headline, ...]:
        """Listed articles, newest first."""
        shelf = (categories.c.slug, categories.c.title.label("category_title"), categories.c.tag, categories.c.fixed)
        query = sa.select(*_HEADLINE, *shelf).join(categories, categories.c.slug == articles.c.category)
        query = query.where(where, _LISTED).order_by(*_NEWEST).limit(limit)
        return tuple(
            self.headline(row, Category(slug=row.slug, title=row.category_title, tag=row.tag, fixed=row.fixed))
            for row in self.db.execute(query)
        )

    def articles(self, where: sa.ColumnElement[bool], *order: sa.ColumnElement[object]) -> tuple[Article, ...]:
        """Listed articles whole, in that order; newest first without one."""
        query = with_category().where(where, _LISTED).order_by(*(order or _NEWEST))
        return articles_from_rows(self.db, self.db.execute(query), self.zone)

    def order(self, kind: str, name: str) -> tuple[int, int]:
        """The last place given, and how many articles stand there."""
        row = self.db.execute(sa.select(orders).where(orders.c.kind == kind, orders.c.name == name)).first()
        return (row.last, row.held) if row else (0, 0)

    def months(self) -> list[Row[tuple[object, ...]]]:
        """The orders of arrival by month, newest first."""
        query = sa.select(orders).where(orders.c.kind == "month").order_by(orders.c.name.desc())
        return list(self.db.execute(query).all())

    def shelves(self) -> tuple[Shelf, ...]:
        """All categories that have articles, by slug."""
        query = sa.select(orders.c.held, orders.c.newest_at, categories).join(
            categories, sa.and_(orders.c.kind == "category", orders.c.name == categories.c.slug)
        )
        return tuple(
            Shelf(
                category=Category(slug=row.slug, title=row.title, tag=row.tag, fixed=row.fixed),
                count=row.held,
                newest_at=row.newest_at.astimezone(self.zone) if row.newest_at else None,
            )
            for row in self.db.execute(query.where(orders.c.held > 0).order_by(categories.c.slug))
        )

    def archive_before(self, month: str, document: int) -> str:
        """Label of the feed document that comes before the `document`th of a month of arrival; empty for the first."""
        if document > 1:
            return f"{month}-{document - 1}"
        query = sa.select(orders).where(orders.c.kind == "month", orders.c.name < month)
        before = self.db.execute(query.order_by(orders.c.name.desc()).limit(1)).first()
        return f"{before.name}-{page_of(before.last, IN_FEED)}" if before else ""


def _category_page(at: _Reading, ref: IndexRef) -> Index:
    last, count = at.order("category", ref.name)
    closed = last // ON_CATEGORY_PAGE
    first = (ref.number or max(closed, 1)) * ON_CATEGORY_PAGE - ON_CATEGORY_PAGE + 1
    here = _places(articles.c.place, first, ref.number * ON_CATEGORY_PAGE or last)
    return CategoryPage(
        category=at.category(ref.name),
        number=ref.number,
        closed=closed,
        count=count,
        headlines=at.headlines(sa.and_(articles.c.category == ref.name, here)),
    )


def _category_feed(at: _Reading, ref: IndexRef) -> Index:
    last, _ = at.order("category", ref.name)
    in_category, category = articles.c.category == ref.name, at.category(ref.name)
    if not ref.number:
        here = _places(articles.c.place, last - IN_FEED + 1, last)
        archive = str(last // IN_FEED or "")
        return Channel(category=category, articles=at.articles(sa.and_(in_category, here)), archive=archive)
    here = _places(articles.c.place, (ref.number - 1) * IN_FEED + 1, ref.number * IN_FEED)
    return ChannelArchive(
        category=category,
        label=str(ref.number),
        articles=at.articles(sa.and_(in_category, here)),
        previous=str(ref.number - 1 or ""),
    )


def _day(at: _Reading, ref: IndexRef) -> Index:
    last, count = at.order("day", ref.name)
    closed = last // ON_DAY_PAGE
    number = ref.number or (closed if last == closed * ON_DAY_PAGE else 0)
    first = (number - 1 if number else closed) * ON_DAY_PAGE + 1
    here = _places(articles.c.day_place, first, number * ON_DAY_PAGE or last)
    days = sa.select(orders.c.name).where(orders.c.kind == "day").limit(1)
    before = at.db.execute(days.where(orders.c.name < ref.name).order_by(orders.c.name.desc())).scalar()
    after = at.db.execute(days.where(orders.c.name > ref.name).order_by(orders.c.name)).scalar()
    return DayPage(
        day=date.fromisoformat(ref.name),
        number=ref.number,
        closed=closed,
        count=count,
        headlines=at.headlines(sa.and_(articles.c.day == ref.name, here)),
        previous=date.fromisoformat(before) if before and not ref.number else None,
        next=date.fromisoformat(after) if after and not ref.number else None,
    )


def _month(at: _Reading, ref: IndexRef) -> Index:
    in_month = sa.and_(orders.c.name > ref.name, orders.c.name < f"{ref.name}-99")
    query = sa.select(orders).where(orders.c.kind == "day", in_month, orders.c.held > 0)
    rows = at.db.execute(query.order_by(orders.c.name.desc()))
    days = tuple((date.fromisoformat(row.name), row.held) for row in rows)
    return MonthPage(month=_first_day(ref.name), days=days)


def _archive(at: _Reading, ref: IndexRef) -> Index:
    query = sa.select(orders).where(orders.c.kind == "calendar", orders.c.held > 0).order_by(orders.c.name.desc())
    return ArchiveList(months=tuple((_first_day(row.name), row.held) for row in at.db.execute(query)))


def _feed(at: _Reading, ref: IndexRef) -> Index:
    query = with_category().where(_LISTED).order_by(articles.c.month.desc(), articles.c.month_place.desc())
    last = articles_from_rows(at.db, at.db.execute(query.limit(IN_FEED)), at.zone)
    months = at.months()[:1]
    archive = at.archive_before(months[0].name, months[0].last // IN_FEED + 1) if months else ""
    newest_first = sorted(last, key=lambda article: (article.published_at, article.key), reverse=True)
    return Channel(category=None, articles=tuple(newest_first), archive=archive)


def _feed_archive(at: _Reading, ref: IndexRef) -> Index:
    here = _places(articles.c.month_place, (ref.number - 1) * IN_FEED + 1, ref.number * IN_FEED)
    return ChannelArchive(
        category=None,
        label=f"{ref.name}-{ref.number}",
        articles=at.articles(sa.and_(articles.c.month == ref.name, here)),
        previous=at.archive_before(ref.name, ref.number),
    )


def _sitemap(at: _Reading, ref: IndexRef) -> Index:
    here = _places(articles.c.month_place, (ref.number - 1) * IN_SITEMAP + 1, ref.number * IN_SITEMAP)
    query = sa.select(articles.c.page_key, articles.c.source, articles.c.updated_at).where(
        articles.c.month == ref.name, here, _LISTED
    )
    rows = at.db.execute(query.order_by(articles.c.month_place))
    addresses = tuple((row.page_key, row.source, row.updated_at.astimezone(at.zone)) for row in rows)
    return SitemapShard(label=f"{ref.name}-{ref.number}", addresses=addresses)


def _sitemaps(at: _Reading, ref: IndexRef) -> Index:
    query = sa.select(indexes).where(indexes.c.kind == IndexKind.SITEMAP).order_by(indexes.c.name, indexes.c.number)
    shards = tuple(
        (f"{row.name}-{row.number}", row.changed_at.astimezone(at.zone) if row.changed_at else None)
        for row in at.db.execute(query)
    )
    calendar = sa.select(orders.c.name).where(orders.c.kind == "calendar", orders.c.held > 0)
    months = at.db.execute(calendar.order_by(orders.c.name)).scalars()
    return SitemapList(
        shards=shards,
        shelves=at.shelves(),
        months=tuple(_first_day(name) for name in months),
        news_files=int(fact(at.db, "news files") or 1),
    )


def _news(at: _Reading, ref: IndexRef) -> Index:
    assert at.now is not None
    query = sa.select(*_HEADLINE, articles.c.source, articles.c.category).where(
        articles.c.published_at > at.now - NEWS_AGE, articles.c.published_at <= at.now, _LISTED
    )
    rows = at.db.execute(query.order_by(*_NEWEST)).all()
    shelves = {row.category: at.category(row.category) for row in rows}
    before = int(fact(at.db, "news files") or 1)
    keep_fact(at.db, "news files", str(max(before, page_of(len(rows), _IN_NEWS_FILE))))
    coming = sa.select(sa.func.min(articles.c.published_at)).where(articles.c.published_at > at.now, _LISTED)
    # It changes when the oldest of them is too old, or when one that is dated in the future comes.
    turns = [row.published_at + NEWS_AGE for row in rows[-1:]]
    turns += [first] if (first := at.db.execute(coming).scalar()) else []
    keep_fact(at.db, "news until", min(turns).isoformat() if turns else "")
    shown = tuple((at.headline(row, shelves[row.category]), str(row.source)) for row in rows)
    return NewsWindow(articles=shown, files=before)


def _search(at: _Reading, ref: IndexRef) -> Index:
    here = _places(articles.c.month_place, (ref.number - 1) * IN_SEARCH + 1, ref.number * IN_SEARCH)
    found = at.articles(sa.and_(articles.c.month == ref.name, here), articles.c.month_place)
    return SearchShard(label=f"{ref.name}-{ref.number}", articles=found)


def _searches(at: _Reading, ref: IndexRef) -> Index:
    return SearchList(
        labels=tuple(
            f"{month.name}-{number}" for month in at.months() for number in range(page_of(month.last, IN_SEARCH), 0, -1)
        )
    )


def _home(at: _Reading, ref: IndexRef) -> Index:
    shelves = {shelf.category.slug: shelf for shelf in at.shelves()}
    arrivals = sa.select(articles.c.category).where(_LISTED)
    arrivals = arrivals.order_by(articles.c.month.desc(), articles.c.month_place.desc()).limit(_ACTIVE)
    activity = Counter(at.db.execute(arrivals).scalars())
    active = sorted(shelves.values(), key=lambda s: (-activity[s.category.slug], -_seconds(s), s.category.slug))
    return Front(
        newest=at.headlines(sa.true(), ON_HOME),
        sections=tuple(
            Shelf(
                category=shelf.category,
                count=shelf.count,
                newest_at=shelf.newest_at,
                headlines=at.headlines(articles.c.category == shelf.category.slug, ON_SHELF),
            )
            for shelf in active[:SECTIONS]
        ),
        categories=len(shelves),
    )


def _moved(at: _Reading, ref: IndexRef) -> Index:
    withdrawal = (articles.c.withdrawn_at, articles.c.withdrawal_reason)
    query = sa.select(articles.c.category, *_HEADLINE, *withdrawal).join(moves, moves.c.article == articles.c.key)
    row = at.db.execute(query.where(moves.c.old_key == ref.name)).one()
    if row.withdrawn_at is not None:
        return _tombstone(row, ref.name)
    return Moved(old_key=ref.name, headline=at.headline(row, at.category(row.category)))


def _withdrawn(at: _Reading, ref: IndexRef) -> Index:
    row = at.db.execute(sa.select(articles).where(articles.c.key == ref.name)).one()
    return _tombstone(row, row.page_key or "")


def _tombstone(row: Row[tuple[object, ...]], page_key: str) -> Withdrawn:
    reason = WithdrawalReason(row.withdrawal_reason)
    return Withdrawn(page_key=page_key, reason=reason, withdrawn_at=row.withdrawn_at)


def _seconds(shelf: Shelf) -> float:
    return shelf.newest_at.timestamp() if shelf.newest_at else 0.0


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _places(column: sa.ColumnElement[int | None], first: int, last: int) -> sa.ColumnElement[bool]:
    return sa.and_(column >= first, column <= last)


_LISTED = articles.c.place.is_not(None)
_HEADLINE = (articles.c.title, articles.c.page_key, articles.c.published_at, articles.c.summary)
_NEWEST = (articles.c.published_at.desc(), articles.c.key.desc())

_READERS: Mapping[IndexKind, Callable[[_Reading, IndexRef], Index]] = {
    IndexKind.FIXED: lambda at, ref: Fixed(),
    IndexKind.CATEGORY: _category_page,
    IndexKind.CATEGORY_FEED: _category_feed,
    IndexKind.DAY: _day,
    IndexKind.MONTH: _month,
    IndexKind.FEED_ARCHIVE: _feed_archive,
    IndexKind.SITEMAP: _sitemap,
    IndexKind.SEARCH: _search,
    IndexKind.MOVED: _moved,
    IndexKind.WITHDRAWN: _withdrawn,
    IndexKind.ARCHIVE: _archive,
    IndexKind.CATEGORIES: lambda at, ref: CategoryList(shelves=at.shelves()),
    IndexKind.SEARCHES: _searches,
    IndexKind.NEWS: _news,
    IndexKind.SITEMAPS: _sitemaps,
    IndexKind.FEED: _feed,
    IndexKind.HOME: _home,
    IndexKind.ROBOTS: lambda at, ref: Robots(),
}
