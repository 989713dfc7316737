"""What answers said of themselves: kept when the run says so, byte for byte, and nothing before."""

from datetime import timedelta
from typing import Any

from tasks.articles.due import Asking
from tasks.ledger import Ledger
from tasks.model import Response, Validators
from tests.support.ledgers import NOW, opened

URL = "https://a.example/列表?x=1"


def response(status: int = 200, *, at: int = 0, moved_to: str = "", **headers: str) -> Response:
    """An answer of URL, so many hours later."""
    return Response(
        url=moved_to or URL, status=status, body=b"", content_type="", seconds=0, moved_to=moved_to,
        received_at=NOW + timedelta(hours=at), headers=tuple((k.replace("_", "-"), v) for k, v in headers.items()),
    )  # fmt: skip


def known(url: str, reader: str = "r") -> Validators | None:
    """What a new ledger object knows of URL."""
    with opened(url) as ledger:
        found = ledger.answers.of(URL)
        return found.validators(reader) if found else None


def note(ledger: Ledger, answer: Response, **more: Any) -> None:
    """One answer, noted and kept."""
    ledger.answers.note(URL, answer, reader="r", **more)
    ledger.answers.commit()


def test_what_is_noted_is_kept_with_the_commit(database_url: str) -> None:
    with opened(database_url) as ledger:
        ledger.answers.note(URL, response(etag='W/"é"', last_modified="then"), reader="r")
    assert known(database_url) is None
    with opened(database_url) as ledger:
        note(ledger, response(etag='W/"é"', last_modified="then"))
    assert known(database_url) == Validators(url=URL, etag='W/"é"', last_modified="then")
    assert known(database_url, reader="another") == Validators()


def test_a_304_freshens_and_another_answer_replaces(database_url: str) -> None:
    with opened(database_url) as ledger:
        note(ledger, response(etag='"1"', last_modified="then"))
        note(ledger, response(304, at=5, cache_control="max-age=60"), source="daily")
        found = ledger.answers.of(URL)
        assert found is not None
        assert found.answered_at == NOW
        assert ledger.answers.told("daily")[0] == NOW + timedelta(hours=5, minutes=1)
    assert known(database_url) == Validators(url=URL, etag='"1"', last_modified="then")
    with opened(database_url) as ledger:
        note(ledger, response(etag='"2"'))
    assert known(database_url) == Validators(url=URL, etag='"2"')


def test_an_answer_that_says_nothing_leaves_nothing(database_url: str) -> None:
    with opened(database_url) as ledger:
        note(ledger, response(etag='"1"'))
        note(ledger, response(date="Wed, 04 Mar 2026 05:06:07 GMT"))
    assert known(database_url) is None


def test_a_move_is_kept_and_forgotten(database_url: str) -> None:
    new = "https://a.example/new"
    with opened(database_url) as ledger:
        note(ledger, response(moved_to=new, etag='"1"'))
    with opened(database_url) as ledger:
        found = ledger.answers.of(URL)
        assert found is not None
        assert found.moved_to == new
        assert found.validators("r") == Validators(url=new, etag='"1"')
        ledger.answers.forget(URL)
        assert ledger.answers.of(URL) is None
    assert known(database_url) is None


def test_how_sources_fare(database_url: str) -> None:
    failed, well = Asking(asked_at=NOW, failures=2, error="金"), Asking(answered_at=NOW, arrivals=(NOW,))
    with opened(database_url) as ledger:
        ledger.askings.keep({"a": failed})
        ledger.askings.note("b", well)
    with opened(database_url) as ledger:
        assert ledger.askings.of(["a", "b", "c"]) == {"a": failed, "b": Asking(), "c": Asking()}
        ledger.askings.note("a", well)
        ledger.askings.commit()
        assert ledger.askings.of(["a"]) == {"a": well}
