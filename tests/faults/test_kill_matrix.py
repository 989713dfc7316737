"""kill -9 before every step of a run, then one more run: the store and the ledger are those of a run never disturbed."""

import functools
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.faults.conftest import some
from tests.faults.killing import count_steps, killed_run
from tests.support.crawling import dangling
from tests.support.ledgers import opened
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories

BASE = "https://finews.withounder.com"
FEW = 12  # steps of a walk that is not whole
MOVING = Story(number="202611200000000077", title="搬家的消息")
# What a disturbed run may have in the ledger and another not: times, marks of files, how long lists were, the journal.
COLUMNS = {
    "articles": "key, status, published, stale, place, day, day_place, month, month_place, title, category, revision, page_key",
    "indexes": "kind, name, number, published, stale",
    "orders": "kind, name, last, held, newest_at",
    "objects": "key, digest, body_digest, size, delete_after IS NULL",
    "moves": "old_key, article",
    "categories": "title, slug, tag, fixed",
    "versions": "key, generation, content_type, cache_control, body",
}


def ledger_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the ledger holds, as far as two runs must agree."""
    with sqlite3.connect(folder / "ledger.db") as db:
        found = {
            table: sorted(db.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in COLUMNS.items()
        }
        found["facts"] = sorted(
            db.execute("SELECT name, value FROM facts WHERE name NOT LIKE 'list lengths%'").fetchall()
        )
    db.close()
    return found


def prepared(folder: Path, upstream: Upstream) -> SiteFolder:
    """A site whose paths are relative, so that its folder can be copied, with a ledger that has its name."""
    folder.mkdir()
    site = SiteFolder(folder=folder)
    relative = {"publish": {"url": "file:public"}, "ledger": {"url": "sqlite:///ledger.db"}}
    site.write(upstream.source("rolling"), upstream.source("media"), **relative)
    with opened(f"sqlite:///{folder}/ledger.db", store="file:public") as ledger:
        ledger.objects.ledger_id()  # it stands in the store, so all copies must have the same
    return site


def first_news(upstream: Upstream) -> None:
    """About thirty articles in two lists."""
    upstream.serve("rolling", MOVING, *stories(24))
    upstream.serve(
        "media", *[Story(number=f"20261119{n:010d}", title=f"日报第{n}条", media="河滨日报") for n in range(5)]
    )


def more_news(upstream: Upstream) -> None:
    """New ones, corrected ones, and one that moves to another category."""
    fixed = Story(number="202611200000000003", title="改正的标题", digest="【改】改过的摘要。")
    upstream.serve("rolling", MOVING, fixed, *[s for s in stories(30) if s.number != fixed.number])
    upstream.serve("media", MOVING, Story(number="202611190000000099", title="新的日报", media="沙洲晚报"))


def walk(folders: Path, template: SiteFolder, steps: int, wanted: SiteFolder) -> int:
    """Kill a run of a copy of `template` at each step, run again, compare with `wanted`; how many were killed."""
    killed = 0
    store, ledger = wanted.files(), ledger_of(wanted.folder)
    for at in some(steps, FEW):
        folder = folders / f"killed-{at}"
        shutil.copytree(template.folder, folder)
        site = SiteFolder(folder=folder)
        killed += killed_run(folder, at=at)
        assert dangling(functools.partial(_read, site), BASE) == [], f"killed before step {at}"
        assert not killed_run(folder, at=0)
        assert site.files() == store, f"killed before step {at}"
        assert ledger_of(folder) == ledger, f"killed before step {at}"
        shutil.rmtree(folder)
    return killed


def _read(site: SiteFolder, key: str) -> bytes | None:
    path = site.public / key
    return path.read_bytes() if path.is_file() else None


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("which", ["a first run", "a later run"])
def test_killed_at_any_step_the_next_run_makes_it_whole(which: str, folders: Path, upstream: Upstream) -> None:
    template = prepared(folders / "template", upstream)
    first_news(upstream)
    if which == "a later run":
        assert count_steps(template.folder) > 100
        more_news(upstream)
    wanted = folders / "wanted"
    shutil.copytree(template.folder, wanted)
    steps = count_steps(wanted)
    assert steps > 50
    killed = walk(folders, template, steps, SiteFolder(folder=wanted))
    assert killed == len(some(steps, FEW))
