"""Very much to publish, by several processes: the same site, byte for byte, and nothing lost when one of them dies."""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL

from flows import helpers, maintain, publishing
from flows.localhost import ROOT
from flows.publication import MARKER
from tests.support.production import until
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories

ALONE = {"processes": 1}
HELPED = {"processes": 2, "processes_above": 5}
OTHER = {"title": "另一个名字", "base_url": "https://finews.example", "timezone": "Asia/Shanghai"}


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that a few articles make many."""
    monkeypatch.setattr(helpers, "_SHARE", 4)
    monkeypatch.setattr(publishing, "BATCH", 4)


@pytest.fixture
def listed(site: SiteFolder, upstream: Upstream) -> list[Story]:
    """A published site of some stories."""
    told = stories(24)
    upstream.serve("rolling", *told)
    assert site.run().ending == "Completed"
    return told


def twin_of(site: SiteFolder) -> SiteFolder:
    """The same site again, with a store and a ledger of its own."""
    twin = SiteFolder(folder=site.folder / "twin")
    shutil.copytree(site.public, twin.public)
    shutil.copy(site.ledger_file, twin.ledger_file)
    text = site.file.read_text(encoding="utf-8").replace(str(site.public), str(twin.public))
    twin.file.write_text(text.replace(str(site.ledger_file), str(twin.ledger_file)), encoding="utf-8")
    return twin


def test_a_rebuild_by_helpers_makes_the_same_site(site: SiteFolder, listed: list[Story]) -> None:
    twin = twin_of(site)
    site.write_again(site=OTHER, workflow=HELPED)
    twin.write_again(site=OTHER, workflow=ALONE)
    before = site.files()
    helped, alone = site.do(maintain.rebuild), twin.do(maintain.rebuild)
    assert (helped.ending, alone.ending) == ("Completed", "Completed")
    assert site.objects() == twin.objects()
    after = site.files()
    changed = sorted(key for key, body in after.items() if before.get(key) != body and key != MARKER)
    assert sorted(helped.report.written) == changed
    assert helped.report.verified == len(changed)
    shares = [
        any(re.fullmatch(r"wave .* \d+\.\d+", told.subject) for told in ended.report.outcomes)
        for ended in (helped, alone)
    ]
    assert shares == [True, False]
    again = site.run()
    assert (again.ending, again.report.written) == ("Completed", ())


def test_an_emptied_store_is_filled_by_helpers(site: SiteFolder, listed: list[Story]) -> None:
    before = site.objects()
    shutil.rmtree(site.public)
    site.write_again(workflow=HELPED)
    assert site.run().ending == "Completed"
    assert site.objects() == before
    assert site.dead_links() == []


def test_an_article_whose_page_helpers_cannot_make_leaves_the_lists(site: SiteFolder, listed: list[Story]) -> None:
    bad = listed[5]
    templates = site.folder / "theme" / "templates"
    templates.mkdir(parents=True)
    article = (ROOT / "tasks/outputs/templates/article.html").read_text(encoding="utf-8")
    breaks = f'{{% if title == "{bad.title}" %}}{{{{ nothing.there }}}}{{% endif %}}<h1>'
    (templates / "article.html").write_text(article.replace("<h1>", breaks), encoding="utf-8")
    site.write_again(
        site={"title": "测试消息", "base_url": "https://finews.withounder.com", "timezone": "Asia/Shanghai",
            "theme": str(site.folder / "theme")},
        workflow=HELPED,
    )  # fmt: skip
    site.do(maintain.rebuild)
    page = f"emnews/2026/11/20/{bad.number}.html"
    assert not any(
        bad.title in body.decode() for key, body in site.objects().items() if key != page and key.endswith(".html")
    )
    assert site.dead_links() == []
    assert "nothing" in site.story_of(bad.number)


def test_an_object_that_cannot_be_written_stops_what_comes_after(site: SiteFolder, listed: list[Story]) -> None:
    home = site.objects()["index.html"]
    page = site.public / f"emnews/2026/11/20/{listed[3].number}.html"
    page.unlink()
    page.mkdir()
    (page / "in the way").write_text("", encoding="utf-8")
    site.write_again(site=OTHER, workflow=HELPED)
    ended = site.do(maintain.rebuild)
    assert ended.ending == "Failed"
    assert page.name in str(ended.state.message)
    assert site.objects()["index.html"] == home
    shutil.rmtree(page)
    assert site.run().ending == "Completed"
    assert site.dead_links() == []


@contextmanager
def one_killed() -> Iterator[None]:
    """One of the helpers is killed as soon as it is there."""
    over = threading.Event()

    def kill() -> None:
        while not over.is_set():
            with suppress(RuntimeError):  # one more is just being started
                for child in multiprocessing.active_children():
                    child.kill()
                    return
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def test_a_helper_that_dies_fails_the_run_and_the_next_one_goes_on(site: SiteFolder, listed: list[Story]) -> None:
    twin = twin_of(site)
    site.write_again(site=OTHER, workflow=HELPED)
    twin.write_again(site=OTHER, workflow=ALONE)
    with one_killed():
        ended = site.do(maintain.rebuild)
    assert ended.ending == "Failed"
    assert "a process that published has died" in str(ended.state.message)
    assert "[workflow] processes = 1" in str(ended.state.message)
    assert site.dead_links() == []
    assert site.run().ending == "Completed"
    twin.do(maintain.rebuild)
    assert site.objects() == twin.objects()
    assert b'"writing"' not in (site.public / MARKER).read_bytes()


REBUILD = "import sys\nfrom flows import helpers, maintain, publishing\nhelpers._SHARE = publishing.BATCH = 2\n"
REBUILD += "if __name__ == '__main__':\n    maintain.rebuild(site=sys.argv[1], return_state=True)\n"


def children_of(pid: int) -> list[int]:
    """Processes that this one has started, however far below."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found += [int(stat.parent.name), *children_of(int(stat.parent.name))]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_helpers_end_with_a_run_that_is_killed(site: SiteFolder, listed: list[Story]) -> None:
    twin = twin_of(site)
    site.write_again(site=OTHER, workflow=HELPED)
    twin.write_again(site=OTHER, workflow=ALONE)
    program = site.folder / "program.py"
    program.write_text(REBUILD, encoding="utf-8")
    environment = os.environ | {
        "PREFECT_API_URL": PREFECT_API_URL.value(), "PREFECT_HOME": str(site.folder / "prefect"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    pages = [site.public / f"emnews/2026/11/20/{story.number}.html" for story in listed]
    with subprocess.Popen(
        [sys.executable, str(program), str(site.file)], env=environment, cwd=site.folder, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: any(OTHER["title"] in page.read_text(encoding="utf-8") for page in pages) or None, 60)
        helping = children_of(process.pid)
        process.kill()
    assert len(helping) >= HELPED["processes"]
    until(lambda: not any(is_alive(pid) for pid in helping) or None, 60)
    assert site.dead_links() == []
    assert site.run().ending == "Completed"
    twin.do(maintain.rebuild)
    assert site.objects() == twin.objects()
