"""What another process has read arrives as it was: records, times with their zones, errors with what they say."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.handing import packed, unpacked
from flows.reading import Read
from tasks.errors import FetchError, NotAnArticle, NotAsked
from tasks.model import Article, Capture, Note, Outcome, Response, Result, Stage
from tests.support.ledgers import NOW, article, entry, offer

NOTE = Note(at=NOW, run_id="r", subject="k", stage=Stage.FETCH, text="attempt 1")
OUTCOME = Outcome(subject="k", stage=Stage.PARSE, result=Result.FAILED, reason="no", attempts=3, seconds=0.25)
RESPONSE = Response(
    url="http://example.com/a", status=200, body=b"\xff\x00<p>", content_type="text/html", seconds=0.5, received_at=NOW,
    headers=(("etag", '"1"'), ("etag", '"2"')),
)  # fmt: skip
CAPTURE = Capture(entry=entry(aliases=("a", "b")), response=RESPONSE, attempts=2, asked_url="http://example.com/b")


def again(read: Read) -> Read:
    """It, after its way."""
    handed = unpacked(packed(read, (NOTE,), (OUTCOME,)))
    assert (handed.notes, handed.outcomes) == ((NOTE,), (OUTCOME,))
    return handed.read(read.offer)


@given(st.text(), st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.none() | st.text())  # noqa: DTZ001
def test_an_article(text: str, at: datetime, quote: str | None) -> None:
    berlin = at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    made = article(title=text, html=text, quote=quote, published_at=berlin, modified_at=NOW)
    read = Read(offer=offer(), capture=CAPTURE, article=made)
    assert again(read) == read
    found = again(read).article
    assert isinstance(found, Article)
    assert found.published_at.tzinfo is berlin.tzinfo  # the same zone on every other day, too
    assert (found.page_key, found.content_digest) == (made.page_key, made.content_digest)


def test_a_record_that_carried_its_text_and_one_that_says_not_modified() -> None:
    for capture in (Capture(entry=entry(), response=None), replace(CAPTURE, response=replace(RESPONSE, status=304))):
        assert again(Read(offer=offer(), capture=capture)) == Read(offer=offer(), capture=capture)


@pytest.mark.parametrize(
    "error",
    [
        FetchError("GET x: status 503", retryable=True, status=503, size=7),
        NotAsked("GET x: not asked", retryable=False, not_before=NOW),
        NotAnArticle("x: no article"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_says_what_it_said(error: FetchError | NotAnArticle) -> None:
    error.attempts = 4
    for read in (
        Read(offer=offer(), capture=error),
        Read(offer=offer(), capture=CAPTURE, article=error),
    ):
        came = again(read)
        found = came.capture if read.article is None else came.article
        assert type(found) is type(error)
        assert str(found) == str(error)
        for name in ("retryable", "status", "size", "not_before", "attempts"):
            assert getattr(found, name, None) == getattr(error, name, None), name


def test_a_mistake_of_ours_is_named() -> None:
    came = again(Read(offer=offer(), capture=KeyError("media")))
    assert str(came.capture) == "KeyError: 'media'"


def test_it_is_json_so_nothing_in_it_can_be_run() -> None:
    assert json.loads(packed(Read(offer=offer(), capture=CAPTURE), (), ()))["article"] is None
