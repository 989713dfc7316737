"""What each list shows, and which lists an article changes. On SQLite and on PostgreSQL."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tasks.catalogue import (
    CategoryList,
    CategoryPage,
    Channel,
    ChannelArchive,
    DayPage,
    Front,
    Index,
    IndexKind,
    IndexRef,
    MonthPage,
    Moved,
    NewsWindow,
    SitemapList,
    SitemapShard,
)
from tasks.ledger import Ledger
from tasks.model import Category, Headline
from tests.support.ledgers import CHINA, DAILY, HOUR, KEY, NOW, ROLLING, article, entry, keep, listing, offer, rolling

DAY = "2026-03-04"


def fill(ledger: Ledger, numbers: Iterable[int], *, category: Category = DAILY, at: datetime | None = None) -> None:
    """Articles `k<number>`, a minute apart, and their places."""
    ledger.shelves.assign([category], pinned={})
    for number in numbers:
        key = f"{category.slug[0]}{number:05}"
        start = at or entry().published_at
        record = entry(key=key, code=key, file_id=key, published_at=start + timedelta(minutes=number % 600))
        ledger.articles.record(listing(record), now=NOW)
        ledger.articles.save(article(record, category=category), offer(record), now=NOW)
    ledger.places.shelve(now=NOW)


def publish_all(ledger: Ledger) -> set[IndexRef]:
    """Everything that is due, marked as published; the pages of lists among it."""
    ledger.indexes.expect(now=NOW)
    refs: set[IndexRef] = set()
    for kind in IndexKind:
        refs |= {
            *ledger.indexes.never_published(kind, limit=9999),
            *ledger.indexes.stale(kind, limit=9999),
        }
    for ref in refs:
        ledger.indexes.read(ref, now=NOW)
    ledger.indexes.mark_published(refs)
    due = ledger.articles.read(ledger.articles.due(published=False, limit=9999)) + ledger.articles.read(
        ledger.articles.due(published=True, limit=9999)
    )
    ledger.articles.mark_published([one.key for one in due])
    return refs


def read(ledger: Ledger, kind: IndexKind, name: str = "", number: int = 0) -> Index:
    """What a page of a list shows."""
    return ledger.indexes.read(IndexRef(kind=kind, name=name, number=number), now=NOW)


def ids(headlines: Iterable[Headline]) -> list[str]:
    """Which articles, by the names of their pages."""
    return [line.page_key[-10:-5] for line in headlines]


def category_page(ledger: Ledger, number: int = 0) -> CategoryPage:
    """A page of the daily."""
    page = read(ledger, IndexKind.CATEGORY, DAILY.slug, number)
    assert isinstance(page, CategoryPage)
    return page


def test_a_site_without_articles_has_its_entrances(ledger: Ledger) -> None:
    kinds = {ref.kind for ref in publish_all(ledger)}
    assert {IndexKind.HOME, IndexKind.FEED, IndexKind.SITEMAPS, IndexKind.ROBOTS, IndexKind.FIXED} <= kinds
    assert publish_all(ledger) == set()


def test_a_category_closes_a_page_for_every_twenty(ledger: Ledger) -> None:
    fill(ledger, range(19))
    assert (category_page(ledger).closed, len(category_page(ledger).headlines)) == (0, 19)
    fill(ledger, range(19, 45))
    page = category_page(ledger)
    assert (page.closed, page.count, page.number) == (2, 45, 0)
    assert ids(page.headlines) == [f"h{n:05}"[-5:] for n in range(44, 19, -1)]
    assert ids(category_page(ledger, 1).headlines) == [f"h{n:05}"[-5:] for n in range(19, -1, -1)]
    refs = publish_all(ledger)
    assert {ref.number for ref in refs if ref.kind is IndexKind.CATEGORY} == {0, 1, 2}


def test_a_late_article_with_an_old_date_shifts_no_closed_page(ledger: Ledger) -> None:
    fill(ledger, range(45))
    before = category_page(ledger, 1)
    publish_all(ledger)
    fill(ledger, [99], at=entry().published_at - timedelta(days=400))
    assert category_page(ledger, 1).headlines == before.headlines
    refs = publish_all(ledger)
    assert IndexRef(kind=IndexKind.CATEGORY, name=DAILY.slug, number=1) not in refs
    assert IndexRef(kind=IndexKind.DAY, name="2025-01-28") in refs


def test_a_correction_reaches_every_page_that_shows_it(ledger: Ledger) -> None:
    fill(ledger, range(100))
    publish_all(ledger)
    record = entry(key="h00005", code="h00005", file_id="h00005")
    ledger.articles.save(article(record, title="改正", category=DAILY), offer(record), now=NOW + HOUR)
    refs = publish_all(ledger)
    for kind, name, number in [
        (IndexKind.CATEGORY, DAILY.slug, 1),
        (IndexKind.CATEGORY_FEED, DAILY.slug, 1),
        (IndexKind.DAY, DAY, 1),
        (IndexKind.FEED_ARCHIVE, "2026-03", 1),
        (IndexKind.SITEMAP, "2026-03", 1),
        (IndexKind.SEARCH, "2026-03", 1),
        (IndexKind.HOME, "", 0),
    ]:
        assert IndexRef(kind=kind, name=name, number=number) in refs
    assert "改正" in [line.title for line in category_page(ledger, 1).headlines]


def test_neighbours_follow_the_order_of_arrival(ledger: Ledger) -> None:
    fill(ledger, range(3))
    due = ledger.articles.read(ledger.articles.due(published=False, limit=9))
    around = ledger.indexes.surroundings(due)
    middle = around["h00001"]
    assert middle.previous is not None and middle.next is not None
    assert ids([middle.previous, middle.next]) == ["00000", "00002"]
    assert around["h00000"].previous is None
    assert around["h00002"].next is None


def test_an_article_that_moves_leaves_a_hole(ledger: Ledger) -> None:
    fill(ledger, range(25))
    publish_all(ledger)
    ledger.shelves.assign([ROLLING], pinned={})
    record = entry(key="h00003", code="h00003", file_id="h00003")
    old = article(record, category=DAILY)
    ledger.articles.save(article(record, category=ROLLING), offer(record), now=NOW + HOUR)
    ledger.places.shelve(now=NOW)
    page = category_page(ledger, 1)
    assert (len(page.headlines), page.count, page.closed) == (19, 24, 1)
    moved = read(ledger, IndexKind.MOVED, old.page_key)
    assert isinstance(moved, Moved)
    assert moved.headline.category == ROLLING
    assert IndexRef(kind=IndexKind.CATEGORY, name=DAILY.slug, number=1) in publish_all(ledger)


def test_what_cannot_be_made_leaves_every_list(ledger: Ledger) -> None:
    fill(ledger, range(3))
    ledger.places.withhold(["h00001"])
    assert ids(category_page(ledger).headlines) == ["00002", "00000"]
    channel = read(ledger, IndexKind.FEED)
    assert isinstance(channel, Channel)
    assert [one.key for one in channel.articles] == ["h00002", "h00000"]
    assert [one.key for one in ledger.articles.read(ledger.articles.due(published=False, limit=9))] == [
        "h00000",
        "h00002",
    ]


def test_feed_archives_close_by_count_and_by_month(ledger: Ledger) -> None:
    fill(ledger, range(35), at=datetime(2026, 1, 5, tzinfo=CHINA))
    assert IndexRef(kind=IndexKind.FEED_ARCHIVE, name="2026-01", number=2) not in publish_all(ledger)
    fill(ledger, [40], at=datetime(2026, 2, 5, tzinfo=CHINA))
    assert IndexRef(kind=IndexKind.FEED_ARCHIVE, name="2026-01", number=2) in publish_all(ledger)
    document = read(ledger, IndexKind.FEED_ARCHIVE, "2026-01", 2)
    assert isinstance(document, ChannelArchive)
    assert (len(document.articles), document.previous, document.label) == (5, "2026-01-1", "2026-01-2")
    channel = read(ledger, IndexKind.FEED)
    assert isinstance(channel, Channel)
    assert (len(channel.articles), channel.archive) == (30, "2026-01-2")


def test_a_month_that_is_over_takes_no_late_article(ledger: Ledger) -> None:
    fill(ledger, [1], at=datetime(2026, 2, 5, tzinfo=CHINA))
    fill(ledger, [2], at=datetime(2025, 7, 5, tzinfo=CHINA))
    fill(ledger, [3], at=datetime(2031, 7, 5, tzinfo=CHINA))
    shard = read(ledger, IndexKind.SITEMAP, "2026-02", 1)
    assert isinstance(shard, SitemapShard)
    assert len(shard.addresses) == 2
    sitemaps = read(ledger, IndexKind.SITEMAPS)
    assert isinstance(sitemaps, SitemapList)
    assert [label for label, _ in sitemaps.shards] == ["2026-02-1", "2026-03-1"]  # the future is the month of now


def test_days_and_months(ledger: Ledger) -> None:
    fill(ledger, range(130))
    fill(ledger, [200], at=entry().published_at - timedelta(days=2))
    day = read(ledger, IndexKind.DAY, DAY)
    assert isinstance(day, DayPage)
    assert (day.closed, day.count, len(day.headlines), day.previous, day.next) == (1, 130, 30, date(2026, 3, 2), None)
    month = read(ledger, IndexKind.MONTH, "2026-03")
    assert month == MonthPage(month=date(2026, 3, 1), days=((date(2026, 3, 4), 130), (date(2026, 3, 2), 1)))


def test_the_home_page_has_the_newest_and_the_most_active(ledger: Ledger) -> None:
    fill(ledger, range(40))
    keep(
        ledger, rolling(key="r", code="r", file_id="r", published_at=entry().published_at + 99 * HOUR), category=ROLLING
    )
    front = read(ledger, IndexKind.HOME)
    assert isinstance(front, Front)
    assert (len(front.newest), front.newest[0].category, front.categories) == (30, ROLLING, 2)
    assert [(shelf.category, shelf.count, len(shelf.headlines)) for shelf in front.sections] == [
        (DAILY, 40, 5),
        (ROLLING, 1, 1),
    ]


def test_with_many_categories_the_home_page_has_the_24_most_active(ledger: Ledger) -> None:
    def shelf(number: int) -> Category:
        return Category(slug=f"c{number:02}", title=f"第{number}报", tag=f"第{number}报新闻")

    shelves = [shelf(number) for number in range(30)]
    ledger.shelves.assign(shelves, pinned={one.title: one.slug for one in shelves})
    for number, one in enumerate(shelves):
        for again in range(2 if number >= 6 else 1):  # the last 24 are the more active
            key = f"k{number:02}{again}"
            keep(ledger, entry(key=key, code=key, file_id=key, media=one.title), category=one)
    front, listed = read(ledger, IndexKind.HOME), read(ledger, IndexKind.CATEGORIES)
    assert isinstance(front, Front)
    assert isinstance(listed, CategoryList)
    assert {section.category for section in front.sections} == set(shelves[6:])
    assert (len(front.sections), front.categories) == (24, 30)
    assert [shelf.category for shelf in listed.shelves] == shelves


def test_an_article_dated_in_the_future_comes_into_the_news_window_when_its_time_has_come(ledger: Ledger) -> None:
    keep(ledger, entry(published_at=NOW + HOUR))
    publish_all(ledger)
    read(ledger, IndexKind.NEWS)
    news = IndexRef(kind=IndexKind.NEWS)
    ledger.indexes.expect(now=NOW + timedelta(minutes=59))
    assert ledger.indexes.stale(IndexKind.NEWS, limit=9) == ()
    ledger.indexes.expect(now=NOW + HOUR)
    assert ledger.indexes.stale(IndexKind.NEWS, limit=9) == (news,)


def test_the_news_window_lets_go_after_two_days(ledger: Ledger) -> None:
    keep(ledger, entry(published_at=NOW - 47 * HOUR))
    publish_all(ledger)
    news = IndexRef(kind=IndexKind.NEWS)
    ledger.indexes.expect(now=NOW + timedelta(minutes=59))
    assert ledger.indexes.stale(IndexKind.NEWS, limit=9) == ()
    ledger.indexes.expect(now=NOW + HOUR)
    assert ledger.indexes.stale(IndexKind.NEWS, limit=9) == (news,)
    window = ledger.indexes.read(news, now=NOW + HOUR)
    assert isinstance(window, NewsWindow)
    assert window.articles == ()


def test_another_edition_makes_every_page_due(ledger: Ledger) -> None:
    keep(ledger)
    ledger.objects.settle_edition("e")
    refs = publish_all(ledger)
    ledger.objects.settle_edition("e")
    assert ledger.indexes.stale(*IndexKind, limit=999) == ()
    ledger.objects.settle_edition("other")
    again = ledger.indexes.stale(*IndexKind, limit=999)
    assert set(again) == refs
    assert [one.key for one in ledger.articles.read(ledger.articles.due(published=True, limit=9))] == [KEY]
