"""What the ledger knows of pictures that the site keeps itself. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tasks.articles.mirroring import Mirrored
from tasks.ledger import Ledger
from tasks.ledger.generations import KEPT
from tasks.ledger.schema import pictures
from tasks.model import ActionKind, Receipt, WithdrawalReason
from tests.support.ledgers import HOUR, NOW, article, due, entry, keep, offer

ONE, TWO = "http://h.example/1.jpg", "http://h.example/2.jpg?" + "x" * 3000
PICTURE = Mirrored(digest="ab" + "0" * 62, extension="jpg", sizes=((480, 270), (640, 360)))
LATER = NOW + HOUR


def text(*urls: str) -> str:
    """A text with these pictures, not fetched yet."""
    return "<p>字</p>" + "".join(f'<figure class="picture"><img src="mirror:{url}" alt=""></figure>' for url in urls)


def wanted(ledger: Ledger, *, hours: int = 1) -> list[str]:
    """What is to be fetched so many hours after the texts were read."""
    return sorted(ledger.pictures.due(now=NOW + hours * HOUR, limit=99))


def test_a_picture_is_wanted_until_it_is_kept(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE, TWO))
    keep(ledger, entry(key="b", code="b", file_id="b"), html=text(ONE))
    assert wanted(ledger) == [ONE, TWO]
    assert len(ledger.pictures.due(now=LATER, limit=1)) == 1
    assert [article.html.count("<img") for article in due(ledger)] == [0, 0]
    ledger.pictures.keep({ONE: PICTURE}, now=NOW)
    assert wanted(ledger) == [TWO]
    assert [article.html.count(PICTURE.key(640)) for article in due(ledger)] == [2, 2]


def test_what_only_paused_sources_show_is_not_wanted(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE, TWO))
    keep(ledger, entry(key="b", code="b", file_id="b", source="other"), html=text(ONE))
    assert ledger.pictures.due(now=LATER, limit=9, without={"media"}) == (ONE,)
    assert ledger.pictures.count_due(now=LATER, without={"other"}) == 2
    assert ledger.pictures.count_due(now=LATER, without={"media", "other"}) == 0


def test_what_shows_a_picture_that_comes_late_is_due_again(ledger: Ledger) -> None:
    made = keep(ledger, html=text(ONE))
    ledger.articles.mark_published([made.key])
    assert due(ledger) == ()
    ledger.pictures.keep({ONE: PICTURE}, now=LATER)
    [shown] = due(ledger)
    assert (shown.revision, shown.updated_at) == (made.revision, made.updated_at)


def test_a_failure_is_tried_later_and_not_for_ever(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    ledger.pictures.fail(ONE, "status 404", now=NOW)
    assert wanted(ledger, hours=0) == []
    tries, at = 1, NOW
    for _ in range(1000):
        at += timedelta(hours=1)
        if ledger.pictures.due(now=at, limit=1):
            ledger.pictures.fail(ONE, "status 404", now=at)
            tries += 1
    assert tries == 8


def test_a_text_that_was_corrected_wants_what_it_shows_now(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    keep(ledger, html=text(TWO))
    assert wanted(ledger) == [TWO]


def test_nobody_asks_for_the_pictures_of_a_withdrawn_article(ledger: Ledger) -> None:
    made = keep(ledger, html=text(ONE))
    ledger.withdrawals.withdraw([made.key], WithdrawalReason.OWN, now=NOW)
    assert wanted(ledger) == []


def test_what_was_lost_is_wanted_again(ledger: Ledger) -> None:
    made = keep(ledger, html=text(ONE, TWO))
    other = Mirrored(digest="cd" + "0" * 62, extension="png", sizes=((300, 200),))
    ledger.pictures.keep({ONE: PICTURE, TWO: other}, now=NOW)
    ledger.articles.mark_published([made.key])
    ledger.objects.lose([PICTURE.key(480)], damaged={})
    assert wanted(ledger) == [ONE]
    assert [shown.html.count("<img") for shown in due(ledger)] == [1]
    ledger.objects.forget()
    assert wanted(ledger) == [ONE, TWO]


def in_store(ledger: Ledger, url: str, picture: Mirrored = PICTURE) -> list[str]:
    """Let a picture be in the store; the keys of its objects."""
    keys = [picture.key(width) for width, _ in picture.sizes]
    written = [Receipt(key=key, kind=ActionKind.CREATE, digest="d", size=3) for key in keys]
    ledger.objects.record(written, now=NOW)
    ledger.pictures.keep({url: picture}, now=NOW)
    return sorted(keys)


def leaving(ledger: Ledger) -> list[str]:
    """What is to be deleted in an hour."""
    ledger.pictures.leave(after=LATER)
    assert ledger.objects.to_delete(now=NOW) == ()
    return list(ledger.objects.to_delete(now=LATER))


def publish(ledger: Ledger, times: int = 1) -> None:
    """So many generations more."""
    for _ in range(times):
        ledger.generations.finish()


def test_what_a_correction_dropped_leaves_when_no_list_of_before_can_show_it(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    keys = in_store(ledger, ONE)
    publish(ledger)
    keep(ledger, html=text(TWO))
    assert leaving(ledger) == []
    publish(ledger, KEPT)
    assert leaving(ledger) == []
    publish(ledger)
    assert leaving(ledger) == keys


def test_a_rollback_lets_it_stay_as_long_as_one_can_go_back_to_what_that_published(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    keys = in_store(ledger, ONE)
    publish(ledger)
    keep(ledger, html=text(TWO))
    publish(ledger, KEPT)
    ledger.pictures.keep_longer()  # and the lists of generation 1 are published as the next one
    publish(ledger, KEPT + 1)
    assert leaving(ledger) == []
    publish(ledger)
    assert leaving(ledger) == keys


def test_what_is_taken_down_waits_for_no_lists_of_before(ledger: Ledger) -> None:
    made = keep(ledger, html=text(ONE))
    keys = in_store(ledger, ONE)
    publish(ledger, 3)
    ledger.withdrawals.withdraw([made.key], WithdrawalReason.LEGAL, now=NOW)
    assert leaving(ledger) == keys
    ledger.withdrawals.reinstate([made.key])
    assert wanted(ledger) == [ONE]


def test_what_is_used_again_stays(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    in_store(ledger, ONE)
    publish(ledger)
    keep(ledger, html=text())
    publish(ledger, KEPT)
    keep(ledger, html=text(ONE, TWO))
    assert wanted(ledger) == [TWO]
    publish(ledger, 2 * KEPT)
    assert leaving(ledger) == []


def test_the_same_picture_at_another_address_stays(ledger: Ledger) -> None:
    made = keep(ledger, html=text(ONE))
    other = keep(ledger, entry(key="b", code="b", file_id="b"), html=text(TWO))
    in_store(ledger, ONE)
    keys = in_store(ledger, TWO)
    ledger.withdrawals.withdraw([made.key], WithdrawalReason.OWN, now=NOW)
    assert leaving(ledger) == []
    ledger.withdrawals.withdraw([other.key], WithdrawalReason.OWN, now=NOW)
    assert leaving(ledger) == keys


def test_the_index_of_what_is_missing_holds_only_what_can_be_due(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    keep(ledger, entry(key="b", code="b", file_id="b"), html=text(TWO))
    for _ in range(8):
        ledger.pictures.fail(ONE, "status 404", now=NOW)
    assert missing(ledger) == [TWO]
    keep(ledger, entry(key="b", code="b", file_id="b"), html=text())
    assert missing(ledger) == []
    assert [article.html.count("<img") for article in due(ledger)] == [0, 0]
    ledger.objects.forget()
    assert wanted(ledger) == [ONE]


def missing(ledger: Ledger) -> list[str]:
    """What stands in the index."""
    with ledger.pictures._database.begin() as db:
        return list(db.execute(sa.select(pictures.c.url).where(pictures.c.digest.is_(None))).scalars())


def test_pictures_come_newest_first_and_page_by_page(ledger: Ledger) -> None:
    urls = [f"http://h.example/{number}.jpg" for number in range(7)]
    keep(ledger, html=text(*urls))
    corrected = article(html=text(TWO, *urls))
    ledger.articles.save(corrected, offer(), now=LATER)
    everything = ledger.pictures.due(now=LATER, limit=99)
    assert everything[0] == TWO
    assert set(everything) == {TWO, *urls}
    pages: list[str] = []
    last = ""
    while page := ledger.pictures.due(now=LATER, limit=3, after=last):
        pages += page
        last = page[-1]
    assert tuple(pages) == everything
    assert ledger.pictures.count_due(now=LATER) == 8


def test_it_is_not_tried_before_its_host_wants_it(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    ledger.pictures.fail(ONE, "status 429", now=NOW, not_before=NOW + 5 * HOUR)
    assert wanted(ledger, hours=5) == []
    assert wanted(ledger, hours=6) == [ONE]


def test_left_over_is_what_no_picture_of_the_ledger_has(ledger: Ledger) -> None:
    keep(ledger, html=text(ONE, TWO))
    in_store(ledger, ONE)
    other = Mirrored(digest="cd" + "0" * 62, extension="png", sizes=((300, 200), (480, 320)))
    lost = in_store(ledger, TWO, other)
    foreign = Receipt(key="pictures/cd/logo.png", kind=ActionKind.CREATE, digest="d", size=3)
    ledger.objects.record([foreign], now=NOW)
    assert ledger.pictures.left_over() == ()
    ledger.objects.lose([], damaged={}, begun=lost[:1])
    assert list(ledger.pictures.left_over()) == lost
    ledger.objects.delete_later(lost, after=NOW)
    assert ledger.pictures.left_over() == ()


@pytest.mark.parametrize("recorded", [False, True])
def test_what_a_killed_run_wrote_goes_unless_a_picture_has_it(recorded: bool, ledger: Ledger) -> None:
    keep(ledger, html=text(ONE))
    keys = [PICTURE.key(width) for width, _ in PICTURE.sizes]

    def write() -> None:
        ledger.objects.intend(keys, now=NOW, until=LATER)
        if recorded:
            written = [Receipt(key=key, kind=ActionKind.CREATE, digest="d", size=1) for key in keys]
            ledger.objects.record(written, now=NOW, wanted=False)

    write()
    assert ledger.objects.to_delete(now=NOW) == ()
    assert ledger.objects.to_delete(now=LATER) == tuple(sorted(keys))
    write()  # the next run has the same picture
    ledger.pictures.keep({ONE: PICTURE}, now=NOW)
    assert ledger.objects.to_delete(now=LATER) == ()
    write()  # another address of it: killed now, nothing that is shown goes
    assert ledger.objects.to_delete(now=LATER) == ()
