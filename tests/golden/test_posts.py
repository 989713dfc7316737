"""Jekyll posts, byte for byte: our own pairs of record and post, and the original site's where they are at hand."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tasks.catalogue import Surroundings
from tasks.model import Article, Category
from tasks.outputs import pages_of_article
from tasks.outputs.jekyll import OUTPUT
from tests.support.output_records import SITE, article
from tests.support.samples import FINAL_FORMAT, SAMPLES, Sample, sample

PAIRS = Path(__file__).parent / "posts"
ORIGINAL_SITE = replace(SITE, base_url="https://finews.withounder.com")


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
    (page,) = pages_of_article(given, Surroundings(), SITE, (OUTPUT,))
    assert page.body == (PAIRS / f"{name}.md").read_bytes()
    assert page.key == f"_posts/{record['published_at'][:10]}-{record['file_id']}.md"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the original site's posts are not at {SAMPLES}")
@pytest.mark.parametrize("name", FINAL_FORMAT)
def test_posts_of_the_original_site(name: str) -> None:
    of = sample(name)
    (page,) = pages_of_article(_as_received(of), Surroundings(), ORIGINAL_SITE, (OUTPUT,))
    assert page.body == of.post
    assert page.key.endswith(f"-{name}.md")


def _as_received(of: Sample) -> Article:
    return article(
        file_id=of.name,
        title=of.title,
        published_at=of.published_at,
        updated_at=of.published_at,
        category=Category(slug=of.slug, title=of.tag, tag=of.tag, fixed=of.rolling),
        origin_url=of.link,
        quote=of.quote if of.rolling else None,
        post_body=of.received_body,
    )
