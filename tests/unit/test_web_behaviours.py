"""Every behaviour of the table: the client gives the article, or says what was wrong and whether to ask again."""

import re
import time
from datetime import UTC, datetime

import pytest

from tasks.errors import FetchError
from tasks.model import Request, Response
from tasks.web import Client, Limits
from tests.support.behaviours import BEHAVIOURS, MOST, Behaviour
from tests.support.misbehaving import Misbehaving, misbehaving

LIMITS = Limits(
    user_agent="finews-test/1",
    connect_timeout=2,
    read_timeout=1.0,
    total_timeout=2.0,
    max_bytes=MOST,
    max_retry_after=5,
    allow_hosts=("127.0.0.1",),
)
BODY = "{“港口”: 一条消息的正文，写给测试来读。}".encode() * 12
NOISE = re.compile(r"0x[0-9a-f]{4}|Pool|Max retries|<[a-z.]+|Errno|\(\"|\('")


def asked(client: Client, server: Misbehaving) -> Response | FetchError:
    """What one request gives; in time, whatever the server does."""
    started = time.monotonic()
    try:
        return client.get(Request(url=f"{server.origin}/a"))
    except FetchError as error:
        return error
    finally:
        assert time.monotonic() - started < 4


def test_the_table_is_long_enough() -> None:
    assert len(BEHAVIOURS) >= 80


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_behaviour_has_its_outcome(name: str) -> None:
    behaviour, waits = BEHAVIOURS[name], list[float]()
    with misbehaving() as server, Client(LIMITS, sleep=waits.append) as client:
        server.answer(behaviour.routes(BODY, "/a"))
        first = asked(client, server)
        if behaviour.says or behaviour.retryable:
            assert isinstance(first, FetchError)
            check_error(first, behaviour, server)
        else:
            assert isinstance(first, Response)
            check_answer(first, behaviour, server)
        second = asked(client, server)
        if behaviour.gives_the_article:
            assert isinstance(second, Response)
            assert second.body == BODY
    check_waits(behaviour, first, second, waits)


def check_error(error: FetchError, behaviour: Behaviour, server: Misbehaving) -> None:
    """It names the address and the cause, for people."""
    assert str(error).startswith(f"GET {server.origin}/")
    assert behaviour.says in str(error)
    assert (error.retryable, error.status) == (behaviour.retryable, behaviour.status)
    assert not NOISE.search(str(error)), str(error)
    assert str(error).isprintable()
    assert error.size <= MOST + 70_000


def check_answer(response: Response, behaviour: Behaviour, server: Misbehaving) -> None:
    """The article, and where it was found."""
    assert response.status == 200
    assert BODY.startswith(response.body) if behaviour.cut else response.body == BODY
    assert bool(response.moved_to) == behaviour.moved
    assert response.moved_to in ("", response.url)
    assert response.url.startswith(server.origin)


def check_waits(
    behaviour: Behaviour, first: Response | FetchError, second: Response | FetchError, waits: list[float]
) -> None:
    """What a Retry-After asks is waited out when it is short; else nothing is asked before its time."""
    if not behaviour.waits:
        assert waits == []
    elif behaviour.waits <= LIMITS.max_retry_after:
        assert waits
        assert all(behaviour.waits - 1.5 < wait <= behaviour.waits for wait in waits)
    else:
        assert waits == []
        for error in (first, second):
            assert isinstance(error, FetchError)
            assert error.not_before is not None
            left = (error.not_before - datetime.now(UTC)).total_seconds()
            assert behaviour.waits - 10 < left <= behaviour.waits
