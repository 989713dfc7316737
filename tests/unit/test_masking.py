"""What is shown of addresses."""

import pytest

from tasks.masking import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:pw@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:p@w@h/db", "postgresql://u:***@h/db"),
        ("https://token@h/x", "https://***@h/x"),
        ("sqlite:///.finews/ledger.db", "sqlite:///.finews/ledger.db"),
        ("postgresql://u@/x?host=/run&password=pw&sslmode=require", "postgresql://***@/x?host=/run&password=***&sslmode=require"),
        ("https://h/a?X-Amz-Signature=pw&API_KEY=pw;sslpassword=pw", "https://h/a?X-Amz-Signature=***&API_KEY=***;sslpassword=***"),
        ("ask https://h/@somebody?page=2 again, and 'http://u:pw@h'", "ask https://h/@somebody?page=2 again, and 'http://u:***@h'"),
    ],
)  # fmt: skip
def test_what_opens_something_is_not_shown(text: str, shown: str) -> None:
    assert masked(text) == shown
