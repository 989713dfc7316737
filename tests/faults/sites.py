"""Sites whose folders can be copied, and what two of them must agree on."""

import functools
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from tests.support.crawling import dangling
from tests.support.ledgers import opened
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories

BASE = "https://finews.withounder.com"
MOVING = Story(number="202611200000000077", title="搬家的消息")
# What a disturbed run may have in the ledger and another not: times, tags, how long lists were, the journal.
COLUMNS = {
    "articles": "key, status, published, stale, place, day, day_place, month, month_place, title, category, revision, page_key",
    "indexes": "kind, name, number, published, stale",
    "orders": "kind, name, last, held, newest_at",
    "objects": "key, digest, body_digest, size, delete_after IS NULL",
    "holes": "kind, name, place, article",
    "moves": "old_key, article",
    "categories": "title, slug, tag, fixed",
    "versions": "key, generation, content_type, cache_control, body",
}


def prepared(folder: Path, upstream: Upstream, *, ledger: str = "sqlite:///ledger.db") -> SiteFolder:
    """A site whose paths are relative, so that its folder can be copied, with a ledger that has its name."""
    folder.mkdir()
    site = SiteFolder(folder=folder)
    lists = (upstream.source("rolling"), upstream.source("media"))
    site.write(*lists, publish={"url": "file:public"}, ledger={"url": ledger, "lease_seconds": 60})
    whole = ledger.replace("sqlite:///", f"sqlite:///{folder}/")
    with opened(whole, store="file:public") as one:
        one.objects.ledger_id()  # it stands in the store, so all copies must have the same
    return site


def copied(site: SiteFolder, folder: Path) -> SiteFolder:
    """Another site in the same state."""
    shutil.copytree(site.folder, folder)
    return SiteFolder(folder=folder)


def first_news(upstream: Upstream) -> None:
    """About thirty articles in two lists."""
    daily = [Story(number=f"20261119{n:010d}", title=f"日报第{n}条", media="河滨日报") for n in range(5)]
    upstream.serve("rolling", MOVING, *stories(24))
    upstream.serve("media", *daily)


def more_news(upstream: Upstream) -> None:
    """New ones, corrected ones, and one that moves to another category."""
    fixed = Story(number="202611200000000003", title="改正的标题", digest="【改】改过的摘要。")
    upstream.serve("rolling", MOVING, fixed, *[story for story in stories(30) if story.number != fixed.number])
    upstream.serve("media", MOVING, Story(number="202611190000000099", title="新的日报", media="沙洲晚报"))


def ledger_of(site: SiteFolder) -> Mapping[str, list[tuple[object, ...]]]:
    """What the ledger holds, as far as two runs must agree."""
    db = sqlite3.connect(site.folder / "ledger.db")
    found = {
        table: sorted(db.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
        for table, columns in COLUMNS.items()
    }
    counted = "name NOT LIKE 'list lengths%' AND name NOT LIKE 'complete %'"  # a killed run has looked, too
    counted += " AND name NOT IN ('last run', 'last good run', 'status told', 'alerted')"  # with the time of the run
    counted += " AND name NOT LIKE 'run begun %'"  # the daily round closes killed ones
    facts = f"SELECT name, value FROM facts WHERE {counted} ORDER BY name"
    found["facts"] = db.execute(facts).fetchall()
    db.close()
    return found


def dead_links(site: SiteFolder) -> list[str]:
    """Links of pages, feeds and sitemaps that lead nowhere."""
    return dangling(functools.partial(_read, site), BASE)


def _read(site: SiteFolder, key: str) -> bytes | None:
    path = site.public / key
    return path.read_bytes() if path.is_file() else None
