"""Times and identities of records."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.dates import parse_time
from tasks.articles.identity import is_safe_code, story_key

CHINA = ZoneInfo("Asia/Shanghai")
NUMBER = "202603040000000001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04 05:06:07", datetime(2026, 3, 4, 5, 6, 7, tzinfo=CHINA)),
        ("2026-03-04T05:06:07", datetime(2026, 3, 4, 5, 6, 7, tzinfo=CHINA)),
        ("2026/3/4 5:06", datetime(2026, 3, 4, 5, 6, tzinfo=CHINA)),
        ("2026-03-04", datetime(2026, 3, 4, tzinfo=CHINA)),
        ("2024-02-29 23:59:59", datetime(2024, 2, 29, 23, 59, 59, tzinfo=CHINA)),
    ],
)
def test_times_are_in_the_zone_of_their_source(text: str, expected: datetime) -> None:
    found = parse_time(text, zone=CHINA)
    assert found == expected
    assert isinstance(found, datetime)
    assert found.tzinfo is CHINA


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the time is empty"),
        (" ", "is not of the form YYYY-MM-DD HH:MM:SS"),
        ("05:06:07", "is not of the form YYYY-MM-DD HH:MM:SS"),
        ("2026-03-04 05:06:07 +0800", "is not of the form YYYY-MM-DD HH:MM:SS"),
        ("2026-03-04 05:06:07\n", "is not of the form YYYY-MM-DD HH:MM:SS"),
        ("2025-02-29 00:00:00", "does not exist"),
        ("2026-13-01 00:00:00", "does not exist"),
        ("2026-03-04 05:60:00", "does not exist"),
        ("1969-12-31 23:59:59", "is not of our age"),
        ("2200-01-01 00:00:00", "is not of our age"),
    ],
)
def test_what_is_no_time_says_why(text: str, reason: str) -> None:
    assert reason in str(parse_time(text, zone=CHINA))


@given(st.text() | st.from_regex(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", fullmatch=True))
def test_every_text_is_a_time_that_any_zone_can_show_or_a_reason(text: str) -> None:
    found = parse_time(text, zone=CHINA)
    if isinstance(found, datetime):
        assert found.astimezone(UTC) == found
    else:
        assert 0 < len(found) < 200


@pytest.mark.parametrize("code", [NUMBER, f"NW{NUMBER}", "a", "a-b_c", "A1", "x" * 64])
def test_codes_that_can_be_file_names(code: str) -> None:
    assert is_safe_code(code)


@pytest.mark.parametrize(
    "code", ["", ".", "..", "../x", "a/b", "a\\b", "a b", "a.b", "-a", "a-", "_", "a\n", "é", "１", "x" * 65, "\0"]
)
def test_codes_that_cannot(code: str) -> None:
    assert not is_safe_code(code)


def test_both_names_of_a_story_are_one() -> None:
    assert story_key(f"NW{NUMBER}") == story_key(NUMBER) == NUMBER


@pytest.mark.parametrize(
    "code", ["NW", "NW1", f"{NUMBER}1", f"NWNW{NUMBER}", f"AB{NUMBER}", "abc", f"NW{NUMBER[:-1]}１"]
)
def test_any_other_code_is_its_own_key(code: str) -> None:
    assert story_key(code) == code
