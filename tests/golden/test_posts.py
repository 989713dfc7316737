"""Jekyll posts, byte for byte: our own pairs of record and post, and the original site's where they are at hand."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from tasks.model import Article, Category
from tasks.outputs import SiteFacts
from tasks.outputs.jekyll import OUTPUT
from tests.support.output_records import SITE, article

PAIRS = Path(__file__).parent / "posts"
SAMPLES = Path(__file__).parents[2].parent / "shared/samples/finews"
ORIGINAL_SITE = SiteFacts(
    title="金融消息", base_url="https://finews.withounder.com", language="zh-CN", timezone="Asia/Shanghai"
)
# The other samples are in earlier formats, hand-written, or made from a half-empty record.
FINAL_FORMAT = (
    "202204212352070339",
    "202204212352188819",
    "202205262391921712",
    "202205302396671645",
    "NW202112172217295128",
    "NW202201212257099936",
    "NW202201242259229980",
    "NW202202092271136373",
    "NW202205252390829633",
    "NW202205302396671645",
)
POST = re.compile(
    r'---\nlayout: post\ntitle: "(?P<title>.*)"\ndate: (?P<time>.*)\ncategories: (?P<slug>.*)\ntags: (?P<tag>.*)\n---\n'
    r"(?:> (?P<digest>.*)\n\n)?(?P<body>(?:.|\n)*)\n\n<(?P<link>.*)>\n\n\[返回.*"
)


@pytest.mark.parametrize("name", ["rolling", "media", "hostile"])
def test_our_own_pairs(name: str) -> None:
    record = json.loads((PAIRS / f"{name}.json").read_bytes())
    given = article(
        title=record["title"],
        published_at=datetime.fromisoformat(record["published_at"]),
        file_id=record["file_id"],
        category=Category(slug=record["slug"], title="", tag=record["tag"], fixed=record["fixed"]),
        origin_url=record["origin_url"],
        quote=record["quote"],
        post_body=record["post_body"],
    )
    (page,) = OUTPUT.of_article(given, SITE)
    assert page.body == (PAIRS / f"{name}.md").read_bytes()
    assert page.key == f"_posts/{record['published_at'][:10]}-{record['file_id']}.md"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the original site's posts are not at {SAMPLES}")
@pytest.mark.parametrize("name", FINAL_FORMAT)
def test_posts_of_the_original_site(name: str) -> None:
    original = (SAMPLES / f"{name}.md").read_bytes()
    (page,) = OUTPUT.of_article(_as_received(name, original.decode()), ORIGINAL_SITE)
    assert page.body == original
    assert page.key.endswith(f"-{name}.md")


def _as_received(name: str, post: str) -> Article:
    """The article that the original post was made from, with the paragraph indent that the upstream sends."""
    found = POST.fullmatch(post)
    assert found is not None, f"{name} is not in the final format"
    at = datetime.strptime(found["time"], "%Y-%m-%d %H:%M:%S %z")
    fixed = not name.startswith("NW")
    return article(
        file_id=name,
        title=found["title"],
        published_at=at,
        updated_at=at,
        category=Category(slug=found["slug"], title=found["tag"], tag=found["tag"], fixed=fixed),
        origin_url=found["link"],
        quote=f"【{found['title']}】{found['digest']}" if fixed else None,
        post_body=found["body"].replace("<p>", "<p>\u3000\u3000"),
    )
