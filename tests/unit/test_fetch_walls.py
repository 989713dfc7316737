"""A list behind a wall: the reason names it, and says nothing but the status of what is gone."""

from pathlib import Path

import pytest

from tasks.errors import FetchError, Walled
from tasks.fetch import ask
from tasks.web import Client, Limits
from tests.support.answers import source
from tests.support.ledgers import opened
from tests.support.misbehaving import answer, misbehaving

LIMITS = Limits(user_agent="finews-test/1", allow_hosts=("127.0.0.1",), max_retry_after=5)
WALL = "<title>提示</title><p>为了您的账号安全，请验证</p>".encode()


@pytest.mark.parametrize(
    ("status", "headers", "walled", "retryable"),
    [
        ("403 Forbidden", "", True, False),
        ("503 Busy", "", True, False),
        ("503 Busy", "Retry-After: 3\r\n", True, True),
        ("429 Slow", "Retry-After: 3600\r\n", True, False),
        ("404 Not Found", "", False, False),
    ],
)
def test_a_list_behind_a_wall(status: str, headers: str, walled: bool, retryable: bool, tmp_path: Path) -> None:
    with (
        misbehaving(answer(WALL, status=status, headers=headers)) as server,
        opened(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(LIMITS) as client,
    ):
        spec = source("feed", 'robots = "ignore"', list_url=f"{server.origin}/feed.xml")
        with pytest.raises(FetchError, match=f"status {status}") as caught:
            ask.fn(spec, client, ledger.journal)
    assert isinstance(caught.value, Walled) == walled == ("a challenge: '请验证'" in str(caught.value))
    assert caught.value.retryable == retryable
    assert (caught.value.not_before is not None) == bool(headers)
    assert caught.value.__cause__ is None
