"""One run over a source of each kind of the demo: every good article of each is published, every bad one is named."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.sample.outlets import page_path
from infra.sample.server import CONTENT, HTML, Reply, SampleServer, Upstream
from infra.sample.stories import Library, Story, load
from tasks.model import Result
from tasks.sources import find_sources
from tests.support.demo_site import DEMO, LISTED_AT, is_article
from tests.support.sites import SiteFolder

SOURCES = ("rolling", "eastmoney", "feed", "json", "listing", "sitemap")  # one of each kind
DONE, SKIPPED = Result.DONE, Result.SKIPPED
BAD = (
    "the title is empty",  # rolling, as the sample has it
    "the record has no title",  # feed
    "安全验证",  # eastmoney
    "安全验证' is that of an error, a challenge or a login",  # listing
    "status 404",  # json
    "status 404",  # sitemap
)
WALL = (
    "<html><head><title>安全验证</title></head><body><p>请完成安全验证后继续访问，拖动滑块完成验证。</p></body></html>"
)


class Spoilt(Upstream):
    """The sample upstream; of each kind whose articles are pages, the last one is a wall or not there."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        last = {name: library.listed(name)[-1] for name in ("eastmoney", "listing", "json", "sitemap")}
        self.walls = (
            f"/a/{last['eastmoney'].number}.html",
            f"/a/{last['eastmoney'].code}.html",
            page_path(last["listing"]),
        )
        self.missing = (page_path(last["json"]), page_path(last["sitemap"]))
        self.bad = tuple(last.values())
        [self.untitled] = [story for story in library.stories if not story.title]

    def answer(self, target: str, origin: str) -> Reply:
        """As the sample, but for those pages."""
        if target in self.walls:
            return Reply(content_type=HTML, body=WALL.encode())
        if target in self.missing:
            return Reply(status=404, body=b"gone")
        return super().answer(target, origin)


@pytest.fixture
def upstream() -> Iterator[tuple[Spoilt, str]]:
    """The spoilt sample, whose feed has a record without a title, and its origin."""
    library = load(CONTENT)
    untitled = library.listed("feed")[-1]
    stories = tuple(replace(story, title="") if story is untitled else story for story in library.stories)
    with SampleServer("127.0.0.1", 0, library) as server:
        server.upstream = spoilt = Spoilt(replace(library, stories=stories))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield spoilt, server.origin
        finally:
            server.shutdown()
            thread.join()


def test_one_run_over_every_kind(prefect_harness: None, upstream: tuple[Spoilt, str], tmp_path: Path) -> None:
    spoilt, origin = upstream
    library = load(CONTENT)
    site = SiteFolder(folder=tmp_path)
    text = DEMO.read_text(encoding="utf-8").replace(LISTED_AT, origin.removeprefix("http://"))
    text = text.replace('"file:public"', f'"file:{site.public}"').replace("/.finews/ledger.db", f"/{site.ledger_file}")
    captures = f'[captures]\nfolder = "{site.folder / "captures"}"\n'
    site.file.write_text(text.replace("[sample]", f"{captures}\n[sample]"), encoding="utf-8")
    ended = site.run(sources=list(SOURCES))
    assert ended.ending == "Completed with problems"
    pages = {key: body.decode() for key, body in site.objects().items() if is_article(key)}
    good: set[str] = set()
    for source in SOURCES:
        for story in library.listed(source):
            told = {key for key, page in pages.items() if first_words(story) in page}
            assert len(told) == is_good(story, source, spoilt), (source, story.title)
            good |= told
        assert library.listed(source)
    assert set(pages) == good
    named = sorted(outcome.reason for outcome in ended.report.outcomes if outcome.result not in (DONE, SKIPPED))
    for expected in BAD:
        assert any(expected in reason for reason in named), (expected, named)
    assert len(named) == len(BAD)


def test_the_sources_are_of_every_kind() -> None:
    assert len(SOURCES) == len(find_sources())


def first_words(story: Story) -> str:
    """How its text begins."""
    return story.text.partition("<p>\u3000\u3000")[2].partition("<")[0][:20]


def is_good(story: Story, source: str, spoilt: Spoilt) -> bool:
    """Whether a reader should see it."""
    untitled = source == "feed" and story.code == spoilt.untitled.code
    return not untitled and bool(story.record.get("title", story.title)) and story not in spoilt.bad
