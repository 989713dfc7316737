"""What headers say: clause by clause of RFC 9110 and RFC 9111."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.freshness import fresh_for, http_date, kept_headers, validators_of
from tasks.model import Response, Validators

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DATE = "Wed, 04 Mar 2026 05:06:07 GMT"


def response(status: int = 200, **headers: str) -> Response:
    """An answer with these headers; _ stands for -."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(
        url="https://a.example/feed",
        status=status,
        body=b"",
        content_type="",
        seconds=0,
        received_at=NOW,
        headers=named,
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, MAX-AGE=600"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600, max-age=60"}, 60),
        ({"cache-control": "s-maxage=9000, max-age=600"}, 600),
        ({"cache-control": "s-maxage=9000"}, 0),
        ({"cache-control": "max-age=600, no-cache"}, 0),
        ({"cache-control": "max-age=ten"}, 0),
        ({"cache-control": "max-age=-5"}, 0),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "100, 7"}, 500),
        ({"cache-control": "max-age=600", "age": "9999"}, 0),
        ({"cache-control": "max-age=0", "expires": "Wed, 04 Mar 2026 06:06:07 GMT", "date": DATE}, 0),
        ({"expires": "Wed, 04 Mar 2026 06:06:07 GMT", "date": DATE}, 3600),
        ({"expires": "Wed, 04 Mar 2026 06:06:07 GMT", "date": "Wed, 04 Mar 2026 06:00:07 GMT"}, 360),
        ({"expires": "Wed, 04 Mar 2026 06:06:07 GMT"}, 3600),
        ({"expires": "Wednesday, 04-Mar-26 06:06:07 GMT", "date": "Wed Mar  4 05:06:07 2026"}, 3600),
        ({"expires": "0", "date": DATE}, 0),
        ({"expires": "-1"}, 0),
        ({"expires": "Wed, 04 Mar 2020 06:06:07 GMT", "date": DATE}, 0),
        ({"last-modified": "Wed, 04 Mar 2020 06:06:07 GMT", "date": DATE}, 0),
    ],
)
def test_how_long_an_answer_holds(headers: dict[str, str], seconds: int) -> None:
    span, says = fresh_for(headers, received_at=NOW)
    assert span == timedelta(seconds=seconds)
    assert bool(says) == bool(seconds)


text = st.text(max_size=60)


@given(text, text, text, text)
def test_no_headers_are_absurd(control: str, expires: str, date: str, age: str) -> None:
    headers = {"cache-control": control, "expires": expires, "date": date, "age": age}
    assert timedelta(0) <= fresh_for(headers, received_at=NOW)[0] <= timedelta(days=366)


def test_validators_are_kept_byte_for_byte() -> None:
    for etag in ('W/"a b"', '"x-gzip"', "unquoted", '"é"', "W/W/odd"):
        kept = kept_headers(response(etag=etag, last_modified="Wed,  4 Mar 2026", server="x"))
        assert validators_of(kept, "u") == Validators(url="u", etag=etag, last_modified="Wed,  4 Mar 2026")
        assert "server" not in kept


def test_validators_that_could_break_a_request_are_not() -> None:
    kept = kept_headers(response(etag='"a\r\nX: y"', last_modified="x" * 2000))
    assert validators_of(kept, "u") == Validators(url="u")


def test_no_store_leaves_nothing() -> None:
    assert kept_headers(response(etag='"a"', cache_control="no-store")) == {}


def test_a_304_freshens_what_is_kept() -> None:
    before = {"etag": '"a"', "last-modified": "then", "cache-control": "max-age=60", "age": "9", "date": "old"}
    after = kept_headers(response(304, etag='"a"', cache_control="max-age=600", date=DATE), before)
    assert after == {"etag": '"a"', "last-modified": "then", "cache-control": "max-age=600", "date": DATE}


def test_a_304_without_validators_keeps_ours() -> None:
    before = {"etag": 'W/"a"', "last-modified": "then"}
    assert kept_headers(response(304), before) == before


def test_a_304_about_another_version_keeps_nothing() -> None:
    assert kept_headers(response(304, etag='"b"'), {"etag": '"a"'}) == {}
    assert kept_headers(response(304, etag='W/"b"'), {"etag": '"a"'}) == {"etag": 'W/"b"'}
    assert kept_headers(response(304, etag='"a"'), {"etag": 'W/"a"'}) == {"etag": '"a"'}


def test_a_304_that_forbids_storing() -> None:
    assert kept_headers(response(304, cache_control="no-store"), {"etag": '"a"'}) == {}


@given(st.text())
def test_a_date_is_one_or_none(value: str) -> None:
    found = http_date(value)
    assert found is None or found.tzinfo is UTC
