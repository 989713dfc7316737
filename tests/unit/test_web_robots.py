"""Any robots.txt gives a ruling, soon, and the rule that it names is the one that decided."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model import Response, Validators
from tasks.web.manners import Memory
from tasks.web.robots import SLOWEST, Robots, Ruling

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ORIGIN = "https://h.example"

PATHS = st.text("/a*$%?b2f新\ufeff .", max_size=8)
FIELDS = st.sampled_from(
    ["User-agent", "user-agent ", "Disallow", "Allow", "ALLOW", "Crawl-delay", "Request-rate", "Visit-time", "Sitemap"]
)
VALUES = PATHS | st.sampled_from(["*", "finews", "Finews/2.0", "other", "nan", "-1", "1e999", "1/0", "0600-0845", "/"])
LINES = st.builds("{}:{}".format, FIELDS, VALUES) | st.text(max_size=12)
FILES = st.lists(LINES, max_size=12).map("\n".join).map(str.encode) | st.binary(max_size=60)


def ruling(body: bytes, url: str) -> Ruling:
    """What this file says of an address."""

    def ask(asked: str, validators: Validators) -> Response:
        return Response(url=asked, status=200, body=body, content_type="text/plain", seconds=0.1, received_at=NOW)

    return Robots(ask, Memory(), agent="finews/1.0 (+https://h.example)", clock=lambda: NOW).ruling(url)


@given(FILES, PATHS)
def test_any_file_gives_a_ruling_and_the_rule_that_decided(body: bytes, path: str) -> None:
    found = ruling(body, f"{ORIGIN}/{path}")
    assert found.allowed is not found.said.startswith("Disallow: ")
    assert 0 <= found.delay <= SLOWEST
    assert found.until > NOW


@given(FILES)
def test_who_closes_all_to_us_by_name_is_heeded_whatever_else_stands_there(body: bytes) -> None:
    ours = b"\nUser-agent: finews\nDisallow: /\n"
    if b"llow" not in body.lower():  # a longer rule for us in it would win (section 2.2.2)
        assert not ruling(body + b"\n" + ours, f"{ORIGIN}/a").allowed


@pytest.mark.parametrize(
    "rules",
    [
        "Disallow: /" + "a*" * 2_000 + "b",
        ("Disallow: /" + "*a" * 40 + "b$\n") * 4_000,
        "Disallow: /" + "*" * 400_000 + "x",
        "User-agent: other\n" * 25_000 + "Disallow: /",
        "Allow: /%" * 50_000,
    ],
    ids=["one long pattern", "many patterns", "stars", "agents", "percents"],
)
def test_no_file_takes_long(rules: str) -> None:
    begun = time.process_time()
    ruling(f"User-agent: *\n{rules}\n".encode(), f"{ORIGIN}/{'a' * 3_000}")
    assert time.process_time() - begun < 10
