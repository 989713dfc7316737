"""The demo site's sources against the sample upstream: one of every kind, each read to the end of its list and its texts."""

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.sample.server import CONTENT, serving
from infra.sample.stories import load
from tasks.config import Site, SourceSpec, load_site
from tasks.model import Entry, Request, Response
from tasks.sources import find_sources
from tests.support.demo_site import DEMO, LISTED_AT

KINDS = find_sources()
OTHERS = sorted(set(KINDS) - {"choice"})
PAGES = {"listing": 2, "json": 2, "eastmoney": 2, "feed": 1, "sitemap": 1}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo's site file while its upstream is served."""
    with serving() as origin:
        path: Path = tmp_path_factory.mktemp("demo") / "demo.toml"
        text = DEMO.read_text(encoding="utf-8").replace(LISTED_AT, origin.removeprefix("http://"))
        path.write_text(text, encoding="utf-8")
        yield load_site(path, {kind.name: kind.options for kind in KINDS.values()})


def get(request: Request) -> Response:
    """The answer of the sample upstream, as of the day after its last article."""
    with urllib.request.urlopen(request.url, timeout=10) as answer:
        return Response(
            url=request.url,
            status=200,
            body=answer.read(),
            content_type=answer.headers["Content-Type"],
            seconds=0.1,
            received_at=datetime(2026, 11, 24, tzinfo=UTC),
        )


def read_all(spec: SourceSpec) -> tuple[list[Entry], int]:
    """The entries of all pages, and how many pages there were."""
    waiting, entries, pages = [KINDS[spec.kind].ask(spec)], list[Entry](), 0
    while waiting:
        listing = KINDS[spec.kind].read(spec, get(waiting.pop(0)))
        assert listing.unusable == ()
        waiting += listing.more
        entries += listing.entries
        pages += 1
    return entries, pages


def test_the_demo_has_a_source_of_every_kind(demo: Site) -> None:
    assert {spec.kind for spec in demo.sources} == set(KINDS)


@pytest.mark.parametrize("kind", OTHERS)
def test_every_article_of_its_list_is_read(kind: str, demo: Site) -> None:
    [spec] = [spec for spec in demo.sources if spec.kind == kind]
    entries, pages = read_all(spec)
    stories = load(CONTENT).listed(kind)
    assert pages == PAGES[kind]
    assert [(entry.title, entry.media) for entry in entries] == [(story.title, story.media) for story in stories]
    for entry, story in zip(entries, stories, strict=True):
        assert entry.dated
        assert f"{entry.published_at:%Y-%m-%d %H:%M}" == story.time[:16]
        asked = KINDS[kind].ask_text(spec, entry)
        text = KINDS[kind].extract(spec, entry, get(asked) if asked else None)
        assert story.text.partition("<p>\u3000\u3000")[2][:20] in text.html
        for noise in ("责任编辑", "扫一扫", "acttg"):
            assert noise not in text.html


def test_one_article_is_in_the_lists_of_two_kinds(demo: Site) -> None:
    keys = {spec.name: {entry.key for entry in read_all(spec)[0]} for spec in demo.sources if spec.kind == "eastmoney"}
    [media] = [spec for spec in demo.sources if spec.name == "media"]
    listed = KINDS["choice"].read(media, get(KINDS["choice"].ask(media))).entries
    assert len(keys["eastmoney"] & {entry.key for entry in listed}) == 1
