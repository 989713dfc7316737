"""What the ledger keeps of stories: records, texts, failures, moves. On SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.catalogue import Mention
from tasks.ledger import Ledger
from tasks.model import ActionKind, Category, Receipt, Status, Unusable, WithdrawalReason
from tests.support.ledgers import (
    CHINA,
    DAILY,
    HOUR,
    KEY,
    NOW,
    ROLLING,
    article,
    due,
    entry,
    keep,
    listing,
    moved_from,
    offer,
    opened,
    rolling,
)

BAD = Unusable(subject=f"NW{KEY}", source="media", reason="the title is empty")


# --- record -----------------------------------------------------------------------------------


def test_a_record_is_new_then_the_same_then_changed(ledger: Ledger) -> None:
    assert ledger.articles.record(listing(entry()), now=NOW) == (KEY,)
    assert ledger.articles.record(listing(entry()), now=NOW + HOUR) == ()
    assert ledger.articles.record(listing(entry(title="另一个")), now=NOW + HOUR) == (KEY,)
    assert ledger.articles.sightings([KEY]) == {KEY: (entry(title="另一个"),)}


def test_a_record_comes_back_as_it_was(ledger: Ledger) -> None:
    record = rolling(title='‘引号’ \\ " {{ 😀 %', link="http://h/?a=1&b=2", digest="【一】二】三")
    ledger.articles.record(listing(record, source="rolling"), now=NOW)
    assert ledger.articles.sightings([KEY, "none"]) == {KEY: (record,)}


def test_the_same_time_in_another_zone_is_no_change(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    assert ledger.articles.record(listing(entry(published_at=entry().published_at.astimezone(UTC))), now=NOW) == ()


def test_each_list_is_remembered_for_itself(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    assert ledger.articles.record(listing(rolling(), source="rolling"), now=NOW) == (KEY,)
    assert set(ledger.articles.sightings([KEY])[KEY]) == {entry(), rolling()}


def test_a_story_twice_in_one_list_counts_once_the_first(ledger: Ledger) -> None:
    both = listing(entry(title="a"), entry(key="other", code="other", file_id="other"), entry(title="b"))
    assert set(ledger.articles.record(both, now=NOW)) == {KEY, "other"}
    assert ledger.articles.record(both, now=NOW) == ()
    [kept] = ledger.articles.sightings([KEY])[KEY]
    assert kept.title == "a"


def test_a_list_that_said_it_before_is_not_written_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    said = listing(entry(), BAD)
    with opened(url) as writer:
        writer.articles.record(said, now=NOW)
        before = (tmp_path / "ledger.db-wal").read_bytes()
        writer.articles.record(said, now=NOW + HOUR)
        writer.articles.sightings([KEY])
        assert (tmp_path / "ledger.db-wal").read_bytes() == before


def test_an_unusable_record_is_news_until_its_reason_stays(ledger: Ledger) -> None:
    assert ledger.articles.record(listing(BAD), now=NOW) == (BAD.subject,)
    assert ledger.articles.record(listing(BAD), now=NOW) == ()
    assert ledger.articles.record(listing(replace(BAD, reason="no time")), now=NOW) == (BAD.subject,)
    assert ledger.articles.known([KEY, BAD.subject]) == {}


def test_an_unusable_record_that_went_away_is_news_when_it_returns(ledger: Ledger) -> None:
    ledger.articles.record(listing(BAD), now=NOW)
    assert ledger.articles.record(listing(), now=NOW) == ()
    assert ledger.articles.record(listing(BAD), now=NOW) == (BAD.subject,)


def test_a_part_of_a_list_says_nothing_of_unusable_records_on_the_rest(ledger: Ledger) -> None:
    bad = Unusable(subject="NW1", source="media", reason="the title is empty")
    assert ledger.articles.record(listing(bad), now=NOW) == ("NW1",)
    assert ledger.articles.record(replace(listing(), partial=True), now=NOW) == ()
    assert ledger.articles.record(listing(bad), now=NOW) == ()


def test_an_unusable_record_becomes_usable(ledger: Ledger) -> None:
    ledger.articles.record(listing(BAD), now=NOW)
    assert ledger.articles.record(listing(entry()), now=NOW) == (KEY,)
    assert ledger.articles.record(listing(entry()), now=NOW) == ()
    assert ledger.articles.known([KEY])[KEY].status is Status.PENDING


def test_an_unusable_record_never_replaces_a_usable_one(ledger: Ledger) -> None:
    keep(ledger)
    before = ledger.articles.known([KEY])
    assert ledger.articles.record(listing(BAD), now=NOW + HOUR) == (BAD.subject,)
    assert ledger.articles.sightings([KEY]) == {KEY: (entry(),)}
    assert ledger.articles.known([KEY]) == before
    assert ledger.articles.record(listing(entry()), now=NOW + HOUR) == ()


def test_unusable_records_of_two_lists_do_not_meet(ledger: Ledger) -> None:
    ledger.articles.record(listing(BAD), now=NOW)
    other = replace(BAD, source="rolling")
    assert ledger.articles.record(listing(other, source="rolling"), now=NOW) == (BAD.subject,)
    assert ledger.articles.record(listing(BAD), now=NOW) == ()


def test_what_is_long_or_odd_is_kept(ledger: Ledger) -> None:
    odd = Unusable(subject="x" * 300, source="media", reason="bad \x00\ud800 byte" * 500)
    record = entry(title="长" * 5000, media="名" * 600)
    assert set(ledger.articles.record(listing(record, odd), now=NOW)) == {KEY, "x" * 100}
    assert ledger.articles.record(listing(record, odd), now=NOW) == ()
    shelf = Category(slug="", title="名" * 600, tag="名" * 600 + "新闻")
    shelf = ledger.shelves.assign([shelf], pinned={})[shelf.title]
    assert keep(ledger, record, category=shelf).title == "长" * 5000


# --- known, unread, fail ----------------------------------------------------------------------


def test_a_new_story_waits_to_be_read(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    known = ledger.articles.known([KEY])[KEY]
    assert (known.status, known.attempts, known.next_try_at, known.first_seen_at) == (Status.PENDING, 0, None, NOW)
    assert known.source == "media"
    assert ledger.articles.unread(now=NOW) == (KEY,)


def test_a_failure_waits_for_its_time(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    ledger.articles.fail(KEY, "status 500\x00\ud800", next_try_at=NOW + HOUR)
    assert ledger.articles.unread(now=NOW + HOUR - timedelta(microseconds=1)) == ()
    assert ledger.articles.unread(now=NOW + HOUR) == (KEY,)
    ledger.articles.fail(KEY, "status 502", next_try_at=NOW + 2 * HOUR)
    known = ledger.articles.known([KEY])[KEY]
    assert (known.status, known.attempts, known.next_try_at) == (Status.FAILED, 2, NOW + 2 * HOUR)
    row = ledger.articles.row(KEY)
    assert row is not None
    assert row.error == "status 502"


def test_a_changed_record_is_owed_until_it_is_read(ledger: Ledger) -> None:
    keep(ledger)
    assert ledger.articles.unread(now=NOW) == ()
    changed = entry(title="改过的标题")
    ledger.articles.record(listing(changed), now=NOW + HOUR)
    assert ledger.articles.record(listing(changed), now=NOW + 2 * HOUR) == ()
    assert ledger.articles.unread(now=NOW) == (KEY,)
    assert ledger.articles.known([KEY])[KEY].owed
    keep(ledger, changed)
    assert ledger.articles.unread(now=NOW + 99 * HOUR) == ()


def test_a_changed_record_that_changes_nothing_is_settled(ledger: Ledger) -> None:
    keep(ledger)
    ledger.articles.record(listing(rolling(), source="rolling"), now=NOW)
    assert ledger.articles.unread(now=NOW) == (KEY,)
    ledger.articles.settle([KEY])
    assert ledger.articles.unread(now=NOW) == ()


def test_what_a_list_changed_while_a_story_was_down_is_owed_after_it(ledger: Ledger) -> None:
    keep(ledger)
    ledger.withdrawals.withdraw([KEY], WithdrawalReason.OWN, now=NOW)
    ledger.articles.record(listing(entry(title="改过的标题")), now=NOW)
    assert ledger.articles.unread(now=NOW) == ()
    ledger.withdrawals.reinstate([KEY])
    assert ledger.articles.unread(now=NOW) == (KEY,)


def test_a_text_that_is_gone_waits_for_another_record(ledger: Ledger) -> None:
    keep(ledger)
    ledger.rechecks.begin([KEY], now=NOW)
    ledger.articles.record(listing(entry(title="改过的标题")), now=NOW)
    ledger.articles.give_up(KEY, "status 410", offer(entry(title="改过的标题")))
    known = ledger.articles.known([KEY])[KEY]
    assert (known.status, known.next_try_at) == (Status.GIVEN_UP, None)
    assert known.offer_digest == offer(entry(title="改过的标题")).digest
    assert ledger.articles.unread(now=NOW + 9999 * HOUR) == ()
    assert ledger.rechecks.due(["media"], now=NOW + 9999 * HOUR, limit=9) == ()
    assert [one.key for one in due(ledger)] == [KEY]  # what was read before stays
    ledger.articles.record(listing(entry(title="又改了")), now=NOW)
    assert ledger.articles.unread(now=NOW) == (KEY,)


def test_only_404s_in_a_row_are_counted(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    seen = []
    for missing in (True, True, False, True):
        ledger.articles.fail(KEY, "no", next_try_at=NOW, missing=missing)
        seen.append(ledger.articles.known([KEY])[KEY].missing)
    assert seen == [1, 2, 0, 1]
    keep(ledger)
    assert ledger.articles.known([KEY])[KEY].missing == 0


def test_a_text_that_was_read_ends_the_failures(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    ledger.articles.fail(KEY, "status 500", next_try_at=NOW)
    keep(ledger)
    known = ledger.articles.known([KEY])[KEY]
    assert (known.status, known.attempts, known.next_try_at) == (Status.READY, 0, None)
    assert known.offer_digest == offer().digest
    assert ledger.articles.unread(now=NOW + 99 * HOUR) == ()


def test_the_same_text_after_a_failure_ends_it_too(ledger: Ledger) -> None:
    keep(ledger)
    ledger.articles.fail(KEY, "status 500", next_try_at=NOW)
    keep(ledger)
    assert ledger.articles.known([KEY])[KEY].status is Status.READY


def test_unread_stories_come_oldest_first(ledger: Ledger) -> None:
    for place, key in enumerate(["b", "c", "a"]):
        ledger.articles.record(listing(entry(key=key, code=key, file_id=key)), now=NOW + place * HOUR)
    assert ledger.articles.unread(now=NOW) == ("b", "c", "a")


def test_more_keys_than_a_statement_takes(ledger: Ledger) -> None:
    many = [entry(key=f"k{n}", code=f"k{n}", file_id=f"k{n}") for n in range(1100)]
    assert len(ledger.articles.record(listing(*many), now=NOW)) == 1100
    assert ledger.articles.record(listing(*many), now=NOW) == ()
    assert len(ledger.articles.known(record.key for record in many)) == 1100


# --- save -------------------------------------------------------------------------------------


def test_the_first_text(ledger: Ledger) -> None:
    saved = keep(ledger)
    assert saved == article()
    assert saved.published_at.utcoffset() == timedelta(hours=8)
    assert saved.page_key == f"hebinribao/2026/03/04/NW{KEY}.html"


def test_the_same_text_is_no_revision(ledger: Ledger) -> None:
    first = keep(ledger)
    ledger.articles.mark_published([KEY])
    again = ledger.articles.save(article(), offer(entry(), summary="x"), now=NOW + HOUR)
    assert again == first
    assert due(ledger) == (again,)  # not its page, but what the store keeps of its offer
    ledger.articles.mark_published([KEY])
    ledger.articles.save(article(), offer(entry(), summary="x"), now=NOW + HOUR)
    assert due(ledger) == ()
    assert ledger.articles.known([KEY])[KEY].offer_digest == offer(entry(), summary="x").digest


def test_another_text_is_a_revision_of_now(ledger: Ledger) -> None:
    keep(ledger)
    ledger.articles.mark_published([KEY])
    saved = ledger.articles.save(article(html="<p>改</p>"), offer(), now=NOW)
    assert (saved.revision, saved.updated_at, saved.html) == (2, NOW, "<p>改</p>")
    assert saved.published_at == article().published_at
    assert due(ledger) == (saved,)
    assert moved_from(ledger) == ()


def test_times_are_kept_to_the_microsecond(ledger: Ledger) -> None:
    moment = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=CHINA)
    saved = keep(ledger, entry(published_at=moment))
    assert saved.published_at == moment
    assert ledger.articles.sightings([KEY])[KEY][0].published_at == moment


def test_a_moved_article_leaves_its_old_address(ledger: Ledger) -> None:
    first = keep(ledger, rolling(), category=ROLLING)
    ledger.articles.mark_published([KEY])
    second = keep(ledger, entry())
    assert second.page_key != first.page_key
    assert moved_from(ledger) == (first.page_key,)
    assert ledger.articles.read(ledger.articles.due(published=False, limit=9)) == (second,)


def test_the_post_of_a_moved_article_is_to_go(ledger: Ledger) -> None:
    first = keep(ledger, rolling(), category=ROLLING)
    written = Receipt(key=first.post_key, kind=ActionKind.CREATE, digest="d", size=1)
    ledger.objects.record([written], now=NOW)
    assert ledger.objects.to_delete(now=NOW) == ()
    keep(ledger, entry())
    assert ledger.objects.to_delete(now=NOW) == (first.post_key,)


def test_an_article_that_moves_back_has_one_old_address(ledger: Ledger) -> None:
    first = keep(ledger, rolling(), category=ROLLING)
    second = keep(ledger, entry())
    keep(ledger, rolling(), category=ROLLING)
    assert moved_from(ledger) == (second.page_key,)
    keep(ledger, entry())
    assert moved_from(ledger) == (first.page_key,)


# --- published --------------------------------------------------------------------------------


def test_an_article_is_due_until_it_is_published(ledger: Ledger) -> None:
    saved = keep(ledger)
    assert due(ledger) == (saved,)
    ledger.articles.mark_published([KEY])
    assert due(ledger) == ()


def test_a_story_without_a_text_is_never_due(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    assert due(ledger) == ()


def test_other_outlets_of_a_story_are_named(ledger: Ledger) -> None:
    keep(ledger)
    others = (entry(source="m2", media="沙洲晚报", link="http://h/2"), rolling())
    for other in others:
        ledger.articles.record(listing(other, source=other.source), now=NOW)
    assert ledger.articles.mentions([KEY, "none"]) == {KEY: (Mention(outlet="沙洲晚报", url="http://h/2"),)}


# --- find -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    [
        KEY,
        f"NW{KEY}",
        f"https://finews.example.com/hebinribao/2026/03/04/NW{KEY}.html",
        f"https://finews.example.com/emnews/2026/03/04/{KEY}.html#top",
        f"/hebinribao/2026/03/04/NW{KEY}.html/",
        f"_posts/2026-03-04-NW{KEY}.md",
        f"2026-03-04-{KEY}.md",
        f"http://finance.example.com/news/1353,{KEY}.html",
        f"http://example.com/html_News/NewsShare.html?infoCode=NW{KEY}",
        f" {KEY}\n",
    ],
)
def test_a_story_is_found_by_any_of_its_names(ledger: Ledger, subject: str) -> None:
    keep(ledger)
    assert ledger.articles.find(subject) == KEY


def test_a_story_that_was_only_listed_is_found(ledger: Ledger) -> None:
    ledger.articles.record(listing(entry()), now=NOW)
    assert ledger.articles.find(f"NW{KEY}") == KEY


def test_a_story_of_another_kind_is_found_by_its_post(ledger: Ledger) -> None:
    record = entry(key="abc-1", code="abc-1", file_id="abc-1")
    saved = keep(ledger, record)
    assert ledger.articles.find(saved.post_key) == "abc-1"
    assert ledger.articles.find(saved.page_key) == "abc-1"


@pytest.mark.parametrize(
    "subject", ["", "/", "///", "NW", ".html", "' OR 1=1 --", "%", "\x00", "\udcff", "x" * 10_000, "../.."]
)
def test_odd_names_find_nothing(ledger: Ledger, subject: str) -> None:
    keep(ledger)
    assert ledger.articles.find(subject) is None


def test_categories_of_articles_come_back_whole(ledger: Ledger) -> None:
    assert keep(ledger, rolling(), category=ROLLING, quote="").category == ROLLING
    assert keep(ledger, entry()).category == DAILY


# --- revisions ----------------------------------------------------------------------------------


def test_the_same_content_in_other_bytes_is_no_revision(ledger: Ledger) -> None:
    saved = keep(ledger, html="<p>增长两成。</p>", post_body="<p>增长两成。</p>")
    ledger.articles.mark_published([KEY])
    other = article(html="<p>增长 两成。</p><p>阅读(12)</p>", post_body='<p class="x">增长两成。</p>')
    again = ledger.articles.save(other, offer(), now=NOW + HOUR)
    assert again == saved
    assert due(ledger) == ()
    assert [revision.number for revision in ledger.articles.revisions(KEY)] == [1]


def test_a_correction_is_a_revision_that_tells_what_it_changed(ledger: Ledger) -> None:
    keep(ledger)
    saved = ledger.articles.save(article(html="<p>增长三成。</p>"), offer(), now=NOW + HOUR)
    assert (saved.revision, saved.updated_at) == (2, NOW + HOUR)
    first, second = ledger.articles.revisions(KEY)
    assert (first.number, first.at, first.changed, first.size) == (1, NOW, (), 0)
    assert (second.number, second.at, second.size) == (2, NOW + HOUR, 2)
    assert "text" in second.changed
    assert first.fingerprint != second.fingerprint


def test_an_article_waits_for_its_release(ledger: Ledger) -> None:
    record = entry()
    ledger.shelves.assign([article().category], pinned={})
    ledger.articles.record(listing(record), now=NOW)
    ledger.articles.save(article(record), offer(record), now=NOW, released_at=NOW + HOUR)
    assert ledger.places.shelve(now=NOW) == 0
    assert due(ledger) == ()
    assert ledger.places.shelve(now=NOW + HOUR) == 1
    assert len(due(ledger)) == 1


# --- kept answers that are read again ----------------------------------------------------------


def test_an_old_answer_does_not_undo_that_a_text_is_gone(ledger: Ledger) -> None:
    made = keep(ledger)
    ledger.articles.give_up(KEY, "status 410", offer())
    ledger.articles.save(made, offer(), now=NOW + HOUR, answered_at=NOW + HOUR)
    assert ledger.articles.known([KEY])[KEY].status is Status.GIVEN_UP


def test_what_a_list_changed_after_an_old_answer_stays_owed(ledger: Ledger) -> None:
    ledger.shelves.assign([DAILY], pinned={})
    changed = entry(title="改过的标题")
    ledger.articles.record(listing(changed), now=NOW)
    ledger.articles.save(article(changed), offer(changed), now=NOW + HOUR, answered_at=NOW - HOUR)
    assert ledger.articles.known([KEY])[KEY].status is Status.READY
    assert ledger.articles.unread(now=NOW + HOUR) == (KEY,)
