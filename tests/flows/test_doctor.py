"""`finews doctor`: how each source fares, and one of its articles, without keeping anything or asking more than it must."""

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from flows.doctor import examine
from flows.run import read_site
from tests.flows.test_quarantine import TEXT, WALL
from tests.support.outlet import Outlet, serving
from tests.support.sites import SiteFolder

LISTED = range(1, 5)


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    """A JSON list of four articles with a tag, the first (and oldest) a wall."""
    with serving() as running:
        running.answer("/robots.txt", "User-agent: *\nAllow: /\n", "text/plain")
        items = [{"t": f"第{n}号码头开工", "u": f"/a/{n}.html", "at": f"2026-11-2{n} 09:00"} for n in LISTED]
        running.answer("/list.json", json.dumps(items), "application/json", ETag='"one"')
        for n in LISTED:
            running.answer(f"/a/{n}.html", page(WALL if n == 1 else TEXT.format(n=n)))
        yield running


@pytest.fixture
def site(prefect_harness: None, outlet: Outlet, tmp_path: Path) -> SiteFolder:
    """A site that reads that list."""
    made = SiteFolder(folder=tmp_path)
    source = {"name": "pier", "kind": "json", "title": "河滨网", "list_url": f"{outlet.origin}/list.json"}
    made.write({**source, "list": {}}, site={"contact": "mailto:a@river.example"})
    table = 'list = { items = "@", link = "u", title = "t", time = "at" }'
    made.file.write_text(made.file.read_text(encoding="utf-8").replace('"list" = {}', table), encoding="utf-8")
    return made


def page(body: str) -> str:
    """A page with this body."""
    return f"<html><head><title>码头</title></head><body><h1>码头开工的消息</h1>{body}{body}</body></html>"


def said(site: SiteFolder, *, offline: bool = False) -> tuple[int, list[str]]:
    """Exit status, and lines as on a terminal of 80 columns."""
    out = io.StringIO()
    status = examine(
        read_site(str(site.file)), Console(file=out, width=80, highlight=False, markup=False), offline=offline
    )
    return status, out.getvalue().splitlines()


def part(lines: list[str], label: str) -> str:
    """What stands beside a label of the only source, unfolded."""
    start = next(place for place, line in enumerate(lines) if line.startswith(f"  {label} "))
    end = next((p for p in range(start + 1, len(lines)) if lines[p][2:3] != " "), len(lines))
    return " ".join(line[11:] for line in lines[start:end])


def rows(site: SiteFolder) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the ledger but what is remembered of hosts, for manners' sake, and of the store."""
    with closing(sqlite3.connect(site.ledger_file)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        kept = [name for name in names if name not in ("paces", "robots", "holds", "facts")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in kept}


def test_before_the_first_run(site: SiteFolder, outlet: Outlet) -> None:
    status, lines = said(site)
    assert status == 0
    assert "site file  " in lines[0]
    assert part(lines, "now").startswith("4 usable records, 0 unusable, the newest of 2026-11-24 09:00 +0800")
    assert part(lines, "article").startswith("第4号码头开工 2026-11-24 09:00 +0800; ")
    assert part(lines, "last") == "never asked by a run"
    assert part(lines, "next") == "due at the next run"
    assert part(lines, "left") == "0 waiting, 0 failed, 0 in quarantine"
    assert outlet.asked == ["/robots.txt", "/list.json", "/a/4.html"]
    assert not site.objects()
    assert not site.ledger_file.exists()


def test_after_a_run_the_list_is_asked_conditionally_and_nothing_is_kept(site: SiteFolder, outlet: Outlet) -> None:
    assert site.run().ending == "Completed with problems"
    before, objects = rows(site), site.objects()
    outlet.asked.clear()
    outlet.headers.clear()
    status, lines = said(site)
    assert status == 0
    assert (outlet.asked[0], outlet.headers[0]["If-None-Match"]) == ("/list.json", '"one"')
    assert len(outlet.asked) == 2
    assert part(lines, "now").startswith("not modified since 20")
    assert " 200, " in part(lines, "last")
    assert "robots.txt: Allow: /, for *" in part(lines, "last")
    assert part(lines, "left") == "0 waiting, 1 failed, 1 in quarantine"
    assert part(lines, "whole") == "75% of its last answers were articles"
    assert max(map(cell_len, lines)) <= 80
    assert (rows(site), site.objects()) == (before, objects)


def test_why_a_source_is_not_due_and_that_it_is_degraded(site: SiteFolder, outlet: Outlet) -> None:
    outlet.answer("/list.json", "[]", "application/json", status=500)
    site.run()
    with site.ledger() as ledger:
        ledger.completeness.note("pier", articles=40, others=0)
        ledger.completeness.note("pier", articles=0, others=8)
    site.run()
    outlet.asked.clear()
    status, lines = said(site, offline=True)
    assert (status, outlet.asked) == (1, [])
    assert part(lines, "last").endswith("/list.json: status 500 Internal Server Error")
    assert "failed: GET " in part(lines, "last")
    assert "not due: failed 2 times in a row, last: GET " in part(lines, "next")
    assert part(lines, "whole") == "degraded: 20% of its last answers were articles, usually 100%"
    status, lines = said(site)
    assert status == 1
    assert part(lines, "now").startswith("fails: GET ")


def test_articles_that_a_run_would_refuse(site: SiteFolder, outlet: Outlet) -> None:
    outlet.answer("/a/4.html", page(WALL))
    status, lines = said(site)
    assert status == 0  # one alone says nothing
    assert "a challenge" in part(lines, "refused")
    assert part(lines, "article").startswith("第3号码头开工 ")
    outlet.answer("/a/3.html", "gone", status=410)
    status, lines = said(site)
    assert status == 1
    assert sum(line.startswith("  refused ") for line in lines) == 2


def test_offline_after_a_good_run(site: SiteFolder, outlet: Outlet) -> None:
    site.run()
    outlet.asked.clear()
    status, lines = said(site, offline=True)
    assert (status, outlet.asked) == (0, [])
    assert not any(line.startswith("  now ") for line in lines)
    assert "reachable and writable" in "\n".join(lines)  # a folder is no service
