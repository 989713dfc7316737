"""The HTTP client against servers that misbehave: an error that says what happened and whether to ask again."""

import email.utils
import gzip
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.errors import FetchError
from tasks.model import Request, Response
from tasks.web import Client, Limits
from tasks.web.retry_after import CLAMP, seconds_until
from tests.support.misbehaving import Script, answer, misbehaving, zipped

LIMITS = Limits(
    user_agent="finews-test/1",
    connect_timeout=5,
    read_timeout=0.4,
    total_timeout=0.8,
    max_bytes=10_000,
    max_retry_after=5,
    allow_hosts=("127.0.0.1",),
)
NOISE = re.compile(r"0x[0-9a-f]+|Pool|Max retries|<[a-z.]+|Errno|\(\"|\('")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of this machine stay out."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def client() -> Iterator[Client]:
    """A client with small limits that must not wait."""

    def refuse(seconds: float) -> None:
        raise AssertionError(f"waited {seconds} s")

    with Client(LIMITS, sleep=refuse) as one:
        yield one


def get(client: Client, *scripts: Script | bytes) -> Response:
    """One GET from a server with these scripts."""
    with misbehaving(*scripts) as server:
        return client.get(Request(url=f"{server.origin}/x"))


def failure(client: Client, *scripts: Script | bytes) -> FetchError:
    """How that GET fails; quickly, and with a message for people."""
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        get(client, *scripts)
    assert time.monotonic() - started < 5
    assert re.match(r"GET http://127\.0\.0\.1:\d+/\S*: \S", str(caught.value))
    assert not NOISE.search(str(caught.value)), str(caught.value)
    return caught.value


# --- good answers -----------------------------------------------------------------------------


def test_a_good_answer_comes_whole(client: Client) -> None:
    response = get(client, answer("金融".encode() * 500, headers="Content-Type: text/html; charset=x\r\n"))
    assert response.body == "金融".encode() * 500
    assert (response.status, response.content_type) == (200, "text/html; charset=x")
    assert response.url.endswith("/x")
    assert 0 <= response.seconds < 5


@pytest.mark.parametrize(
    "whole",
    [
        zipped(b"text " * 100),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext \r\n1ef\r\n"
        + b"text " * 99
        + b"\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + b"text " * 100,
    ],
    ids=["gzip", "chunked", "until the end of the connection"],
)
def test_the_body_is_decoded(client: Client, whole: bytes) -> None:
    assert get(client, whole).body == b"text " * 100


def test_a_zipped_answer_that_comes_in_crumbs(client: Client) -> None:
    assert get(client, lambda c: c.drip(zipped(b"text"), pause=0.002)).body == b"text"


def test_an_empty_body_is_an_answer(client: Client) -> None:
    assert get(client, answer()).body == b""


def test_it_says_who_asks_and_what_the_source_wants_said(client: Client) -> None:
    with misbehaving(answer()) as server:
        client.get(Request(url=f"{server.origin}/a?b=c", headers=(("Accept", "text/json"),)))
    [head] = server.requests
    assert head.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert "\r\nUser-Agent: finews-test/1\r\n" in head
    assert "\r\nAccept: text/json\r\n" in head


def test_a_redirect_is_followed_and_the_answer_says_where_it_came_from(client: Client) -> None:
    response = get(client, answer(b"ignored", status="302 Found", headers="Location: /y\r\n"), answer(b"there"))
    assert response.body == b"there"
    assert response.url.endswith("/y")


def test_the_endless_body_of_a_redirect_is_not_read(client: Client) -> None:
    moved = answer(b"x" * 20_000, status="301 Moved", headers="Location: /y\r\n", length=10**9)
    assert get(client, moved, answer(b"there")).body == b"there"


# --- broken connections -----------------------------------------------------------------------

BROKEN = "the connection broke before the answer was complete"
# RFC 1952: a member may begin with a file name of any length, of which nothing is decoded.
ENDLESS_NAME = b"\x1f\x8b\x08\x08\0\0\0\0\0\0" + b"n" * 490
BREAKS: dict[str, tuple[Script | bytes, str]] = {
    "nothing": (b"", ""),
    "half a status line": (b"HTTP/1.", ""),
    "no body": (answer(length=10), BROKEN),
    "half a body": (answer(b"12345", length=10), BROKEN),
    "a broken chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext \r\nzz\r\nmore", BROKEN),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\ntext", BROKEN),
    "no last chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext \r\n", BROKEN),
    "garbage": (b"\x00\x01garbage\xff\r\n\r\n" * 10, ""),
    "another protocol": (b"220 mail.example.com ESMTP\r\n", ""),
    "not gzip": (answer(b"plain", headers="Content-Encoding: gzip\r\n"), ""),
    "half of gzip": (
        answer(gzip.compress(bytes(range(256)) * 20)[:60], headers="Content-Encoding: gzip\r\n", length=200),
        BROKEN,
    ),
    "no answer": (lambda c: c.wait(), "no answer in time"),
    "no answer after the headers": (lambda c: c.drip(answer(length=5), pause=0), "no answer in time"),
    "headers that drip": (lambda c: c.drip(answer(headers="X: y\r\n" * 1000), pause=0.05), "no answer in time"),
    "a body that drips": (
        lambda c: c.drip(b"x" * 500, pause=0.05, after=answer(length=500)),
        "not complete after 0.8 s",
    ),
    "a zipped body that drips": (
        lambda c: c.drip(ENDLESS_NAME, pause=0.05, after=answer(headers="Content-Encoding: gzip\r\n", length=500)),
        "not complete after 0.8 s",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_answer_is_worth_another_try(client: Client, name: str) -> None:
    script, said = BREAKS[name]
    error = failure(client, script)
    assert error.retryable
    assert said in str(error)


def test_nobody_listens(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FetchError) as caught:
        client.get(Request(url=f"http://127.0.0.1:{port}/x"))
    assert caught.value.retryable
    assert str(caught.value) == f"GET http://127.0.0.1:{port}/x: no connection: Connection refused"


def test_the_next_request_after_a_broken_one_works(client: Client) -> None:
    with misbehaving(answer(b"12345", length=10), answer(b"whole")) as server:
        with pytest.raises(FetchError):
            client.get(Request(url=server.origin))
        assert client.get(Request(url=server.origin)).body == b"whole"


# --- too much ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        answer(b"x" * 10_001),
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1_000_000,
        zipped(b"\0" * 20_000_000),
        zipped(b"x" * 10_001),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"2800\r\n" + b"x" * 10_240 + b"\r\n",
        answer(b"x" * 1_000_000, status="500 Oh"),
    ],
    ids=["with a length", "without", "bomb", "one byte too many", "chunked", "an error page"],
)
def test_an_answer_above_the_limit_is_refused_for_good(client: Client, script: bytes) -> None:
    error = failure(client, script)
    assert not error.retryable
    assert str(error).endswith("larger than 10000 bytes, the most that [fetch] max_bytes allows")
    assert 10_000 < error.size < 100_000


def test_an_answer_of_just_the_limit_is_taken(client: Client) -> None:
    assert len(get(client, zipped(b"x" * 10_000)).body) == 10_000


def test_a_circle_of_redirects(client: Client) -> None:
    error = failure(client, answer(status="302 Found", headers="Location: /x\r\n"))
    assert not error.retryable
    assert "more than 5 redirects" in str(error)


@pytest.mark.parametrize(
    "target", ["ftp://127.0.0.1/", Path("/etc/passwd").as_uri(), "http://[::1", "http://127.0.0.1:99999/", "//"]
)
def test_a_redirect_to_nowhere(client: Client, target: str) -> None:
    assert not failure(client, answer(status="302 Found", headers=f"Location: {target}\r\n")).retryable


@pytest.mark.parametrize(
    "url", ["http://[::1", "no address", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/", "http://"]
)
def test_an_address_that_cannot_be_asked(client: Client, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        client.get(Request(url=url))
    assert not caught.value.retryable
    assert not NOISE.search(str(caught.value))


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        *(
            (name, False)
            for name in ("204 No Content", "304 Not Modified", "400 Bad", "403 Forbidden", "404 Not Found")
        ),
        *((name, False) for name in ("410 Gone", "501 Not Implemented", "999 What")),
        *((name, True) for name in ("408 Slow", "429 Too Many", "500 Oh", "502 Bad Gateway", "503 Busy")),
    ],
)
def test_a_status_says_whether_to_ask_again(client: Client, status: str, retryable: bool) -> None:
    error = failure(client, answer(b"" if status[:3] in {"204", "304"} else b"page", status=status))
    assert (error.retryable, error.status) == (retryable, int(status[:3]))
    assert str(error).endswith(f"status {status}")


def test_what_a_status_line_holds_is_no_danger(client: Client) -> None:
    error = failure(client, answer(status="500 Bad\x00\x1b[31m"))
    assert str(error).isprintable()


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
@pytest.mark.parametrize("dated", [False, True])
def test_a_short_retry_after_holds_the_next_request_back(status: str, dated: bool) -> None:
    waits: list[float] = []
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp()
    wanted = email.utils.formatdate(now + 3, usegmt=True) if dated else "3"
    headers = f"Retry-After: {wanted}\r\nDate: {email.utils.formatdate(now, usegmt=True)}\r\n"
    with (
        Client(LIMITS, sleep=waits.append) as client,
        misbehaving(answer(status=status, headers=headers), answer(b"x")) as server,
    ):
        with pytest.raises(FetchError, match=r"Retry-After 3 s$") as caught:
            client.get(Request(url=server.origin))
        assert caught.value.retryable
        assert waits == []
        assert client.get(Request(url=server.origin)).body == b"x"
    [wait] = waits
    assert 1 < wait <= 3


def test_another_host_is_not_held_back(client: Client) -> None:
    with (
        misbehaving(answer(status="503 Busy", headers="Retry-After: 3\r\n")) as busy,
        misbehaving(answer(b"x")) as free,
    ):
        with pytest.raises(FetchError):
            client.get(Request(url=busy.origin))
        assert client.get(Request(url=free.origin)).body == b"x"


def test_a_long_retry_after_is_left_for_a_later_run(client: Client) -> None:
    with misbehaving(answer(status="503 Busy", headers="Retry-After: 3600\r\n"), answer(b"x")) as server:
        with pytest.raises(FetchError, match=r"Retry-After 3600 s \(longer than 5 s: left for a later run\)") as caught:
            client.get(Request(url=server.origin))
        assert not caught.value.retryable
        with pytest.raises(
            FetchError, match=r"not asked: the host 127\.0\.0\.1:\d+ is to be left alone until"
        ) as caught:
            client.get(Request(url=server.origin))
        assert not caught.value.retryable
        assert caught.value.not_before is not None
    assert len(server.requests) == 1


# --- Retry-After ------------------------------------------------------------------------------

DATE = "Wed, 04 Mar 2026 05:06:07 GMT"
RECEIVED = datetime(2026, 3, 4, 5, 6, 17, tzinfo=UTC)  # by our clock


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        (None, DATE, 0),
        ("", DATE, 0),
        ("120", None, 120),
        (" 120 ", None, 120),
        ("-5", None, 0),
        ("1.5", None, 0),
        ("٣", None, 0),
        ("9" * 5000, None, CLAMP),
        ("Wed, 04 Mar 2026 05:06:37 GMT", DATE, 30),
        ("Wed, 04 Mar 2026 05:06:37 GMT", None, 20),
        ("Wed, 04 Mar 2026 05:06:37 GMT", "yesterday", 20),
        ("Wed, 04 Mar 2026 05:06:00 GMT", None, 0),
        ("Wed, 04 Mar 2099 05:06:00 GMT", None, CLAMP),
        ("Wed, 04 Mar 2026 05:06:00 GMT", DATE, 0),
        ("Wed, 04 Mar 2099 05:06:00 GMT", DATE, CLAMP),
        ("soon", DATE, 0),
    ],
)
def test_retry_after_in_both_forms(value: str | None, date: str | None, seconds: float) -> None:
    assert seconds_until(value, date, received_at=RECEIVED) == seconds


dates = st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
values = st.one_of(st.none(), st.text(), st.integers().map(str), dates)


@given(values, values)
@example("Mon, 01 Jan 0001 00:00:00 +2359", DATE)
@example("Fri, 31 Dec 9999 23:59:59 -2359", DATE)
@example("Mon, 01 Jan 2026 00:00:00 +9999999999", DATE)
@example("1 Jan 2026 99999999999999999999:00:00", DATE)
def test_retry_after_is_never_absurd(value: str | None, date: str | None) -> None:
    assert 0 <= seconds_until(value, date, received_at=RECEIVED) <= CLAMP
