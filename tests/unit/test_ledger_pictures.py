"""What the ledger knows of pictures that the site keeps itself. On SQLite and on PostgreSQL."""

from datetime import timedelta

from tasks.articles.mirroring import Mirrored
from tasks.ledger import Ledger
from tasks.model import WithdrawalReason
from tests.support.ledgers import HOUR, NOW, due, entry, keep

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


def test_what_shows_a_picture_that_comes_late_is_due_again(ledger: Ledger) -> None:
    article = keep(ledger, html=text(ONE))
    ledger.articles.mark_published([article.key])
    assert due(ledger) == ()
    ledger.pictures.keep({ONE: PICTURE}, now=LATER)
    [shown] = due(ledger)
    assert (shown.revision, shown.updated_at) == (article.revision, article.updated_at)


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
    article = keep(ledger, html=text(ONE))
    ledger.withdrawals.withdraw([article.key], WithdrawalReason.OWN, now=NOW)
    assert wanted(ledger) == []


def test_what_was_lost_is_wanted_again(ledger: Ledger) -> None:
    article = keep(ledger, html=text(ONE, TWO))
    other = Mirrored(digest="cd" + "0" * 62, extension="png", sizes=((300, 200),))
    ledger.pictures.keep({ONE: PICTURE, TWO: other}, now=NOW)
    ledger.articles.mark_published([article.key])
    ledger.objects.make_due([PICTURE.key(480)])
    assert wanted(ledger) == [ONE]
    assert [shown.html.count("<img") for shown in due(ledger)] == [1]
    ledger.objects.forget()
    assert wanted(ledger) == [ONE, TWO]
