"""One story under several names, and times that lists do not tell or cannot mean."""

import json
from datetime import timedelta

from tasks.ledger import Ledger
from tasks.model import Entry, Status
from tasks.sources.feed import read
from tests.support.answers import answer, source
from tests.support.ledgers import HOUR, NOW, article, due, entry, keep, listing, offer, opened

DESKTOP, MOBILE = "https://news.example.com/a/1.html", "https://m.news.example.com/1"


def page(key: str, *aliases: str, source: str = "media", **changes: object) -> Entry:
    """A record of a page."""
    return entry(key=key, code=key, file_id=key, source=source, link=aliases[0], aliases=aliases, **changes)


def named(ledger: Ledger, *entries: Entry) -> list[str]:
    """A list with these: the keys under which they are kept."""
    resolved = ledger.aliases.resolve(listing(*entries, source=entries[0].source))
    ledger.articles.record(resolved.listing, now=NOW)
    return [one.key for one in resolved.listing.entries]


def test_a_known_name_is_the_known_story(ledger: Ledger) -> None:
    assert named(ledger, page("one", DESKTOP, MOBILE)) == ["one"]
    assert named(ledger, page("two", MOBILE)) == ["one"]
    assert set(ledger.articles.known(["one", "two"])) == {"one"}


def test_a_name_is_kept_for_ever_and_so_is_what_it_led_to(ledger: Ledger) -> None:
    named(ledger, page("one", DESKTOP, MOBILE))
    named(ledger, page("two", MOBILE, "https://news.example.com/a/1_2.html"))
    assert named(ledger, page("three", "http://news.example.com/a/1_2.html#top")) == ["one"]
    assert named(ledger, page("two", "https://news.example.com/moved")) == ["one"]


def test_plain_ids_of_one_list_are_stories_of_their_own(ledger: Ledger) -> None:
    items = "".join(
        f'<item><title>题{n}</title><link>https://news.example/a/{n}</link><guid isPermaLink="false">{n}</guid></item>'
        for n in (1, 2, 3)
    )
    feed = read(source("feed"), answer(f'<rss version="2.0"><channel>{items}</channel></rss>'))
    kept = ledger.aliases.resolve(feed).listing.entries
    assert [one.key for one in kept] == [one.key for one in feed.entries]
    assert len({one.key for one in kept}) == 3


def test_routes_of_a_page_that_a_script_fills_are_pages(ledger: Ledger) -> None:
    one, two = "https://news.example.com/#/a/1", "https://news.example.com/#/a/2"
    assert named(ledger, page("one", one), page("two", two)) == ["one", "two"]
    assert named(ledger, page("three", two)) == ["two"]


def test_two_records_of_one_list(ledger: Ledger) -> None:
    assert named(ledger, page("one", DESKTOP, MOBILE), page("two", MOBILE)) == ["one", "one"]


def test_the_other_address_is_no_change_of_the_story(ledger: Ledger) -> None:
    first = page("one", DESKTOP, MOBILE)
    named(ledger, first)
    other = ledger.aliases.resolve(listing(page("two", MOBILE)))
    assert other.listing.entries == (first,)
    assert ledger.articles.record(other.listing, now=NOW + HOUR) == ()
    assert other.remarks == (("one", f"source media names it two too: {MOBILE}"),)


def test_ids_belong_to_their_source_and_front_pages_to_nobody(ledger: Ledger) -> None:
    assert named(ledger, page("one", DESKTOP, "42", "https://news.example.com/")) == ["one"]
    assert named(ledger, page("two", MOBILE, "42", source="rolling")) == ["two"]
    assert named(ledger, page("three", "https://news.example.com/x", "https://news.example.com/")) == ["three"]
    assert named(ledger, page("four", "https://news.example.com/y", "42")) == ["one"]


def test_what_was_read_before_is_never_merged(ledger: Ledger) -> None:
    keep(ledger, page("one", DESKTOP))
    keep(ledger, page("two", MOBILE))
    ledger.aliases.claim("one", "media", [DESKTOP])
    resolved = ledger.aliases.resolve(listing(page("two", MOBILE, DESKTOP)))
    assert [one.key for one in resolved.listing.entries] == ["two"]
    assert resolved.remarks == (("two", "has a name of one too; both were read before, so both stay"),)


def test_a_story_that_was_never_read_goes_into_the_older_one(ledger: Ledger) -> None:
    keep(ledger, page("one", DESKTOP))
    assert ledger.aliases.claim("one", "media", [DESKTOP]) == ()
    named(ledger, page("two", MOBILE, source="rolling"))
    assert ledger.aliases.claim("two", "rolling", [DESKTOP]) == ("one",)
    assert ledger.aliases.absorb("two", "one")
    assert set(ledger.articles.known(["one", "two"])) == {"one"}
    assert {one.source for one in ledger.articles.sightings(["one"])["one"]} == {"media", "rolling"}
    assert named(ledger, page("two", MOBILE, source="rolling")) == ["one"]


def test_a_published_story_is_not_absorbed(ledger: Ledger) -> None:
    keep(ledger, page("one", DESKTOP))
    keep(ledger, page("two", MOBILE))
    assert not ledger.aliases.absorb("two", "one")
    assert ledger.articles.known(["two"])["two"].status is Status.READY


def test_a_new_name_is_told_to_the_store(ledger: Ledger) -> None:
    keep(ledger, page("one", DESKTOP))
    ledger.articles.mark_published(["one"])
    ledger.aliases.claim("one", "media", [MOBILE])
    assert [article.key for article in due(ledger)] == ["one"]


# --- times ----------------------------------------------------------------------------------------


def test_a_story_without_a_time_keeps_that_of_its_first_answer(ledger: Ledger) -> None:
    first = entry(published_at=NOW, dated=False)
    ledger.articles.record(listing(first), now=NOW)
    later = entry(published_at=NOW + HOUR, dated=False)
    assert ledger.articles.record(listing(later), now=NOW + HOUR) == ()
    assert ledger.articles.sightings([first.key])[first.key] == (first,)


def test_a_time_that_was_told_once_stays(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    assert ledger.articles.record(listing(entry(published_at=NOW + HOUR, dated=False)), now=NOW + HOUR) == ()


def test_a_time_that_is_told_later_counts(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry(published_at=NOW, dated=False)), now=NOW)
    ledger.articles.record(listing(entry()), now=NOW + HOUR)
    assert ledger.articles.sightings([entry().key])[entry().key] == (entry(),)


def test_a_time_that_is_still_to_come_is_that_of_the_first_sight(ledger: Ledger) -> None:
    claimed = entry(published_at=NOW + timedelta(days=40))
    ledger.articles.record(listing(claimed), now=NOW)
    for hours in (0, 1, 48):
        assert ledger.articles.record(listing(claimed), now=NOW + hours * HOUR) == ()
        (seen,) = ledger.articles.sightings([claimed.key])[claimed.key]
        assert seen.published_at == NOW.replace(microsecond=0)


def test_all_times_are_kept(ledger: Ledger) -> None:
    record = entry()
    ledger.shelves.assign([article().category], pinned={})
    ledger.articles.record(listing(record), now=NOW)
    ledger.articles.save(article(record, modified_at=NOW - HOUR), offer(record), now=NOW + HOUR)
    row = ledger.articles.row(record.key)
    assert row is not None
    assert (row.published_at, row.modified_at) == (record.published_at, NOW - HOUR)
    assert (row.first_seen_at, row.read_at) == (NOW, NOW + HOUR)


def test_a_new_ledger_gets_names_and_revisions_back_from_the_records(ledger: Ledger) -> None:
    keep(ledger, page("one", DESKTOP))
    ledger.aliases.claim("one", "media", [DESKTOP, MOBILE])
    ledger.articles.save(
        article(page("one", DESKTOP), html="<p>增长三成。</p>"), offer(page("one", DESKTOP)), now=NOW + HOUR
    )
    records, told = ledger.records.of(["one"]), ledger.articles.revisions("one")
    with opened("sqlite://") as new:
        new.records.begin("id")
        new.records.read(records)
        assert new.articles.revisions("one") == told
        assert new.records.of(["one"]) == records
        assert new.aliases.resolve(listing(page("two", MOBILE))).listing.entries[0].key == "one"


def test_a_record_of_an_earlier_version_can_be_read(ledger: Ledger) -> None:
    keep(ledger, page("one", DESKTOP))
    ((name, body),) = ledger.records.of(["one"]).items()
    told = json.loads(body)
    for later in ("revisions", "aliases", "echoes"):
        del told[later]
    for later in ("modified_at", "released_at", "read_at"):
        del told["article"][later]
    with opened("sqlite://") as new:
        new.records.begin("id")
        new.records.read({name: json.dumps(told).encode()})
        assert new.articles.known(["one"])["one"].revision == 1
