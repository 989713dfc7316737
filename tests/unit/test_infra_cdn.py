"""The web server's recipe says of every address what the store says of the object."""

import re
from datetime import date
from pathlib import Path

import pytest

from tasks.articles.mirroring import Mirrored
from tasks.model import Category
from tasks.outputs.addresses import category_key, day_key, feed_archive_key, feed_key, search_key
from tasks.outputs.caching import ARTICLE, IMMUTABLE, INDEX

ROOT = Path(__file__).parents[2]
CONF = (ROOT / "infra/cdn/nginx.conf").read_text(encoding="utf-8")
# The story moved: its old address looks like an article's and is a pointer, which an address cannot tell.
POINTER = "emnews/2026/11/20/202611203576973426.html"
DAILY = Category(slug="daily", title="Daily", tag="Daily")
GOLDEN = [line.split(" | ") for line in (ROOT / "tests/golden/site.txt").read_text(encoding="utf-8").splitlines()]


def cache_control(key: str) -> str:
    """What nginx answers: the first expression of its map that matches, else the default."""
    table = CONF[CONF.index("map $uri") :]
    rules = re.findall(r'^    "~(\S+)" "([^"]+)";$', table, re.MULTILINE)
    [default] = re.findall(r'^    default "([^"]+)";$', table, re.MULTILINE)
    return next((str(value) for pattern, value in rules if re.search(pattern, f"/{key}")), str(default))


@pytest.mark.parametrize(
    ("key", "expected"),
    [(line[0], line[2]) for line in GOLDEN if line[0] != POINTER and not line[0].startswith("_finews/")],
)
def test_the_demo_site_is_cached_as_its_objects_say(key: str, expected: str) -> None:
    # The golden site has its hashed files under their plain names.
    named = re.sub(r"^static/(style|search)\.(css|js)$", r"static/\1.0123abcd.\2", key)
    assert cache_control(named) == expected.strip()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (category_key(DAILY, 3), IMMUTABLE),
        (category_key(DAILY), INDEX),
        (day_key(date(2026, 3, 4), 2), IMMUTABLE),
        (day_key(date(2026, 3, 4)), INDEX),
        (feed_archive_key(None, "2026-03-1"), IMMUTABLE),
        (feed_archive_key(DAILY, "4"), IMMUTABLE),
        (feed_key(DAILY, "feed.xml"), INDEX),
        (search_key("2026-03-1", "pagefind-entry.json"), INDEX),
        (Mirrored(digest="ab" * 32, extension="webp", sizes=()).key(960), IMMUTABLE),
        ("daily/2026/03/04/NW1.html", ARTICLE),
    ],
)
def test_what_a_small_site_has_not(key: str, expected: str) -> None:
    assert cache_control(key) == expected
