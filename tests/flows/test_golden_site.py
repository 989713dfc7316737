"""The whole of a small demo site, byte for byte, after two runs. `make golden` writes it anew, for a person to review.

The first run is an hour before the second: since then two articles have come, one was corrected, and one that only the
rolling list had is now under the name of its outlet, so that its page moved.
"""

import difflib
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from prefect import flow

from flows.asking import ask_sources
from flows.publishing import render_and_publish
from flows.reading import decide_all, read_texts
from flows.report import Recorder
from flows.run import open_run, read_site
from flows.wish import Wish
from infra.sample.markup import ORIGIN
from infra.sample.server import CONTENT, SampleServer, Upstream
from infra.sample.stories import Library, Story, load
from tasks.model import Page, Stored
from tasks.stores.memory import MemoryStore
from tests.support.demo_site import DEMO, LISTED_AT

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SITE, OBJECTS = GOLDEN / "site", GOLDEN / "site.txt"
REWRITE = os.environ.get("FINEWS_GOLDEN") == "write"  # set by `make golden`

CHINA = timezone(timedelta(hours=8))
FIRST = datetime(2026, 11, 23, 8, 30, tzinfo=CHINA)
SECOND = FIRST + timedelta(hours=1)

CORRECTED = "NW202611223577745062"  # rolling
MOVED = "NW202611203576973426"  # rolling, later also in a list with the names of outlets; a table and a picture
EARLY = (
    CORRECTED,
    MOVED,
    "NW202611223579036783",  # rolling, with a K-line
    "NW202611213579911531",  # of the outlet to which MOVED moves
    "NW202611233572344404",  # in two lists
    "NW202611223571613800",  # quotes and braces in its title
    "NW202611203574089093",  # with a picture
    "NW202611203577895249",  # in two lists that have nothing else
)
LATE = (
    "NW202611223576497383",  # older than what came before it in its category
    "NW202611233575385043",
)


def test_the_small_demo_site(prefect_harness: None, tmp_path: Path) -> None:
    pages = _publish(tmp_path)
    made = {_plain(key): _plain(page.body.decode()) for key, page in pages.items() if _is_kept_whole(page)}
    listed = "".join(f"{_plain(_line(page))}\n" for _, page in sorted(pages.items()))
    if REWRITE:
        _write(made, listed)
    files = [path for path in SITE.rglob("*") if path.is_file() and path.name != ".gitattributes"]
    kept = {path.relative_to(SITE).as_posix(): path.read_bytes().decode() for path in files}
    changes = _changes("site.txt", OBJECTS.read_text(encoding="utf-8"), listed)
    for key in sorted(kept.keys() | made.keys()):
        changes += _changes(f"site/{key}", kept.get(key), made.get(key))
    assert not changes, "\n".join([*changes[:40], "make golden writes them anew; look at git diff"])


def _publish(folder: Path) -> dict[str, Page]:
    """Every object after both runs."""
    with _serving() as server:
        site = DEMO.read_text(encoding="utf-8")
        site = site.replace(f"http://{LISTED_AT}/html_News", "https://share.example/html_News")
        site = site.replace(LISTED_AT, server.origin.removeprefix("http://"))
        site = site.replace("file:public", "mem:").replace("/.finews/ledger.db", f"/{folder}/ledger.db")
        (folder / "demo.toml").write_text(site, encoding="utf-8")

        @flow(name="golden", persist_result=False)
        def both_runs() -> dict[str, Page]:
            with open_run(
                read_site(str(folder / "demo.toml")), run_id="golden", clock=lambda: FIRST, dry_run=False
            ) as run:
                for now, library in ((FIRST, _library(EARLY)), (SECOND, _library(EARLY + LATE))):
                    server.upstream = Upstream(library)
                    recorder = Recorder(site=run.site.name, run_id="golden", started_at=now, dry_run=False)
                    again = replace(run, now=now, recorder=recorder)
                    listed = ask_sources(again, Wish())
                    read_texts(again, decide_all(again, Wish(), listed.keys))
                    render_and_publish(again)
                assert isinstance(run.store, MemoryStore)
                found = {
                    one.key: run.store.read(one.key) for one in run.store.listed() if not one.key.startswith("_finews/")
                }
                return {key: _page(key, stored) for key, stored in found.items() if stored is not None}

        return both_runs()


def _page(key: str, stored: Stored) -> Page:
    kept = (stored.content_type, stored.cache_control)
    return Page(key=key, body=stored.body, content_type=kept[0] or "", cache_control=kept[1] or "")


def _library(codes: tuple[str, ...]) -> Library:
    """The sample's articles with these codes, as they are by then, and without the address of the server in them."""
    library = load(CONTENT)
    by_code = {story.code: story for story in library.stories}
    late = set(LATE) <= set(codes)
    chosen = (_as_of(by_code[code], late=late) for code in codes)
    return Library(stories=tuple(sorted(chosen, key=lambda story: story.time, reverse=True)), pictures=library.pictures)


def _as_of(story: Story, *, late: bool) -> Story:
    text = story.text.replace(ORIGIN, "https://sample.example")
    content = story.content.replace(ORIGIN, "https://sample.example")
    record = {**story.record}
    if "rolling" in story.lists:
        record["url_w"] = f"https://news.example/{story.number}.html"
    story = replace(story, text=text, content=content, record=record)
    if story.code == CORRECTED and late:
        story = replace(story, title=story.title + "（更正）", content=content.replace("两成", "近两成"))
    if story.code == MOVED and not late:
        story = replace(story, lists=("rolling",))
    return story


@contextmanager
def _serving() -> Iterator[SampleServer]:
    with SampleServer("127.0.0.1", 0, _library(EARLY)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _plain(text: str) -> str:
    """Without the digests in the names of the style sheet and the script: another colour is no change of every page."""
    return re.sub(r"\b(style|search)\.[0-9a-f]{8}\.(css|js)\b", r"\1.\2", text)


def _is_kept_whole(page: Page) -> bool:
    """Static files and those of the search index are only listed, with a digest.

    The former stand in the theme already, the latter nobody can read.
    """
    return not page.key.startswith(("search/", "static/"))


def _line(page: Page) -> str:
    digest = "" if _is_kept_whole(page) else f" | {hashlib.sha256(page.body).hexdigest()}"
    return f"{page.key} | {page.content_type} | {page.cache_control}{digest}"


def _write(made: Mapping[str, str], listed: str) -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    for key, body in {".gitattributes": "* -text\n", **made}.items():
        (SITE / key).parent.mkdir(parents=True, exist_ok=True)
        (SITE / key).write_bytes(body.encode())
    OBJECTS.write_text(listed, encoding="utf-8")


def _changes(name: str, kept: str | None, made: str | None) -> list[str]:
    if kept == made:
        return []
    if kept is None or made is None:
        return [f"{name} is no longer made" if made is None else f"{name} is new"]
    lines = difflib.unified_diff(kept.split("\n"), made.split("\n"), f"kept {name}", f"made {name}", "", "", 1, "")
    return list(lines)


@pytest.mark.skipif(REWRITE, reason="the golden site is being written")
def test_the_golden_site_shows_what_it_is_for() -> None:
    listed = OBJECTS.read_text(encoding="utf-8")
    for expected in ("_posts/", "category/index.html", "sitemap-news.xml", "feed.json", "search/shards.json"):
        assert f"\n{expected}" in f"\n{listed}", expected
    assert f"emnews/2026/11/20/{MOVED.removeprefix('NW')}.html" in listed
    assert "（更正）" in (SITE / "index.html").read_text(encoding="utf-8")
