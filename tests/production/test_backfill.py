"""A backfill over two workers, and over Dask, on PostgreSQL: the same site, byte for byte, as of a run that reads alone."""

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from prefect.client.schemas.objects import FlowRun

from tests.support.production import Production, in_production, until
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, serving, stories

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not os.environ.get("FINEWS_PRODUCTION"), reason="takes four minutes: make production"),
]
STORIES, PART = 50, 12
PARTS = 5  # 30 in one list; of the 30 in the other, 10 count to the first
OVER = {"fan_out_above": 20, "part": PART, "batch": 5, "patience_minutes": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Two workers, a publisher with much that nobody has read, and a way to make sites that want it."""

    production: Production
    upstream: Upstream
    listed: list[Story]
    new_site: Callable[..., SiteFolder]

    def run(self, site: SiteFolder) -> FlowRun:
        """A whole run of a site, by one of the workers."""
        return self.production.wait(self.production.start("syndicate/manual", site=str(site.file)), seconds=240)

    def parts(self) -> list[FlowRun]:
        """The runs of parts."""
        return [run for run in self.production.runs() if set(run.parameters) == {"site", "part", "fence"}]


@pytest.fixture(scope="module")
def backfill(new_postgres_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backfill]:
    """All of it, and a Prefect server on PostgreSQL."""
    home = tmp_path_factory.mktemp("fan-out")
    with serving() as upstream:
        listed = stories(STORIES)
        upstream.serve("rolling", *listed[: STORIES * 6 // 10])
        upstream.serve("media", *listed[STORIES * 4 // 10 :])
        gone, *_, mute = listed
        upstream.answer_text(gone.code, Answer(status=404))
        upstream.answer_text(mute.code, Answer(body=b"no JSON"))

        def new_site(name: str, **workflow: Any) -> SiteFolder:
            (home / name).mkdir()
            site = SiteFolder(folder=home / name)
            lists = (upstream.source("rolling"), upstream.source("media"))
            site.write(
                *lists, ledger={"url": new_postgres_database()}, verdict={"max_problem_share": 1.0}, workflow=workflow
            )
            return site

        site = new_site("any")
        with in_production(home, new_postgres_database(), site) as production:
            production.deploy("manual", "fan-out")
            production.start_worker("one", limit=2)
            production.start_worker("two", limit=2)
            yield Backfill(production=production, upstream=upstream, listed=listed, new_site=new_site)


@pytest.fixture(scope="module")
def alone(backfill: Backfill) -> tuple[SiteFolder, str]:
    """A site that one run has read by itself, and what its name said of it."""
    site = backfill.new_site("alone")
    ended = backfill.run(site)
    assert ended.state_name == "Completed with problems", ended.state
    return site, ended.name.partition(" · ")[2]


def test_two_workers_make_the_same_of_it(backfill: Backfill, alone: tuple[SiteFolder, str]) -> None:
    site = backfill.new_site("workers", fan_out="workers", **OVER)
    ended = backfill.run(site)
    parts = [run for run in backfill.parts() if run.parameters["site"] == str(site.file)]
    assert len(parts) == PARTS
    assert {run.state_name for run in parts} == {"Completed"}, [(run.name, run.state) for run in parts]
    logs = {name: (backfill.production.home / f"{name}.log").read_text() for name in ("one", "two")}
    for log in logs.values():
        assert any(str(run.id) in log for run in parts), "one worker did it all"
    assert (ended.state_name, ended.name.partition(" · ")[2]) == ("Completed with problems", alone[1])
    assert site.objects() == alone[0].objects()


def test_what_a_killed_reader_leaves_is_read_by_the_run(backfill: Backfill, alone: tuple[SiteFolder, str]) -> None:
    held = backfill.listed[STORIES // 2]
    gates = [Answer(body=held.text().body, silent=True), held.text()]
    backfill.upstream.answer_text(held.code, *gates)
    backfill.upstream.forget()
    site = backfill.new_site("killed", fan_out="workers", **OVER)
    run = backfill.production.start("syndicate/manual", site=str(site.file))
    until(lambda: True if held.code in backfill.upstream.texts_asked else None, 120)
    [reader] = [
        part
        for part in backfill.parts()
        if part.parameters["site"] == str(site.file) and part.state_name == "Running" and _asks(backfill, part, held)
    ][:1]
    os.kill(backfill.production.process_of(reader.id), signal.SIGKILL)
    ended = backfill.production.wait(run, seconds=240)
    assert backfill.production.read(reader.id).state_name == "Crashed"
    assert backfill.upstream.texts_asked.count(held.code) == 2
    assert (ended.state_name, ended.name.partition(" · ")[2]) == ("Completed with problems", alone[1])
    assert site.objects() == alone[0].objects()


def _asks(backfill: Backfill, part: FlowRun, story: Story) -> bool:
    """Whether a story's time is in a part's window."""
    since, until_ = part.name.split(" ", 2)[2].split(" to ")
    return since <= story.time[:16] <= until_


def test_dask_makes_the_same_of_it(backfill: Backfill, alone: tuple[SiteFolder, str]) -> None:
    if importlib.util.find_spec("prefect_dask") is None:
        pytest.skip("prefect-dask is not installed: make setup-dask")
    site = backfill.new_site("dask", fan_out="dask", dask_processes=2, **OVER)
    ended = backfill.run(site)
    assert (ended.state_name, ended.name.partition(" · ")[2]) == ("Completed with problems", alone[1])
    parts = [run for run in backfill.parts() if run.parameters["site"] == str(site.file)]
    assert [run.state_name for run in parts] == ["Completed"] * PARTS
    assert site.objects() == alone[0].objects()
    assert len(list((site.folder / "captures").iterdir())) == PARTS + 1  # answers are kept where they are read
