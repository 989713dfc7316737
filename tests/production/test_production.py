"""A Prefect server on PostgreSQL, two process workers, a ledger on PostgreSQL and a bucket: what a night may bring."""

import os
import threading
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from prefect.client.schemas.objects import FlowRun

from flows.localhost import ROOT
from tests.support.production import Production, in_production, until
from tests.support.receiver import BLOCK, Receiver, make_block, receiving
from tests.support.s3 import S3Server
from tests.support.sites import OPERATORS, SiteFolder
from tests.support.upstream import Answer, Story, Upstream, serving, stories

WHOLE = bool(os.environ.get("FINEWS_PRODUCTION"))
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not WHOLE, reason="takes two minutes: make production"),
]
AT_WORK = ("Pending", "Running", "Scheduled", "Late")
SITE_TABLES = {"verdict": {"max_problem_share": 1.0, "max_failed_sources": 1.0}}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The publishers."""
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> S3Server:
    """The object store."""
    return s3_server


@pytest.fixture(scope="module")
def production(
    bucket: S3Server,
    upstream: Upstream,
    new_postgres_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Production]:
    """Deployed as `infra/deploy.sh` does it, with two workers."""
    home = tmp_path_factory.mktemp("production")
    site = SiteFolder(folder=home)
    site.write(
        upstream.source("rolling"),
        publish={"url": bucket.fresh_url(), "endpoint_url": bucket.endpoint_url},
        ledger={"url": new_postgres_database()},
        **SITE_TABLES,
    )
    credentials = {
        "AWS_ACCESS_KEY_ID": bucket.access_key, "AWS_SECRET_ACCESS_KEY": bucket.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    with in_production(home, new_postgres_database(), site, **credentials) as running:
        running.deploy("hourly", "manual", "daily")
        running.start_worker("one")
        running.start_worker("two")
        yield running


@pytest.fixture(scope="module")
def receiver(production: Production) -> Iterator[Receiver]:
    """Who is on call; a run is missed after 45 seconds of silence."""
    tables = yaml.safe_load((ROOT / "deployments/automations.yaml").read_text(encoding="utf-8"))
    for table in tables:
        if table["name"] == "finews: a run fell silent":
            table["trigger"]["within"] = 45
    path = production.home / "automations.yaml"
    path.write_text(yaml.safe_dump(tables), encoding="utf-8")
    apply = (
        "import sys\nfrom pathlib import Path\nfrom rich.console import Console\n"
        "from flows.automations import apply_automations\n"
        "apply_automations(Console(), block=sys.argv[1], file=Path(sys.argv[2]))"
    )
    with receiving() as running:
        make_block(production.environment, production.home, running.address)
        production.command("python", "-c", apply, BLOCK, str(path))
        yield running


def objects(bucket: S3Server, site: SiteFolder) -> dict[str, bytes]:
    """What readers may get."""
    url = tomllib.loads(site.file.read_text(encoding="utf-8"))["publish"]["url"]
    name, _, prefix = url.removeprefix("s3://").partition("/")
    client = bucket.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=f"{prefix}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    found = {key.removeprefix(f"{prefix}/"): client.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}
    client.close()
    return {key: body for key, body in found.items() if not key.startswith((*OPERATORS, "_finews/state.json"))}


@dataclass(slots=True)
class Newsroom:
    """Writes stories that nobody has seen yet: the tests come in any order."""

    upstream: Upstream
    written: int = 0

    def list(self, count: int) -> list[Story]:
        """So many new stories are listed now, and no others."""
        self.written += count
        made = stories(self.written)[:count]
        self.upstream.serve("rolling", *made)
        self.upstream.forget()
        return made


@pytest.fixture(scope="module")
def newsroom(upstream: Upstream) -> Newsroom:
    """Of this module."""
    return Newsroom(upstream=upstream)


class Gate:
    """Holds an answer back until the test lets it go."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        self.open.wait(60)


def held(upstream: Upstream, story: Story) -> Gate:
    """The text of this story is held back at a gate."""
    gate = Gate()
    text = story.text()
    upstream.answer_text(story.code, Answer(body=text.body, before=gate), text)
    return gate


# --- the tests --------------------------------------------------------------------------------


def test_the_schedule_fires_and_everything_is_on_the_server(
    production: Production, newsroom: Newsroom, upstream: Upstream, bucket: S3Server
) -> None:
    listed = newsroom.list(3)
    before = {run.id for run in production.runs()}
    with production.scheduled("syndicate/hourly", every=5):
        first = until(
            lambda: next((r for r in production.runs() if r.id not in before and " · 3 new" in r.name), None), 90
        )
    assert first.state_name in ("Running", "Completed")
    production.wait(first.id)
    wanted = {f"{verb} {story.code}" for verb in ("fetch", "parse", "render") for story in listed}
    # The process has ended: what is on its way to the server is there within seconds, or never.
    until(lambda: True if done(production, first.id) >= wanted else None, 30)
    assert "index.html" in objects(bucket, production.site)
    until(lambda: True if not [run for run in production.runs() if run.state_name in AT_WORK] else None, 60)


def done(production: Production, run: UUID) -> set[str]:
    """Names of the task runs that the server shows as completed."""
    return {name for name, state in production.task_runs(run).items() if state == "Completed"}


def test_of_two_runs_at_once_one_is_skipped(production: Production, newsroom: Newsroom, upstream: Upstream) -> None:
    newest = newsroom.list(3)[0]
    gate = held(upstream, newest)
    first = production.start("syndicate/manual")
    assert gate.reached.wait(60)
    second = production.wait(production.start("syndicate/manual"))
    assert (second.state_name, second.name.partition(" · ")[2]) == ("Skipped", "skipped")
    assert str(first) in str(second.state.message if second.state else "")
    gate.open.set()
    assert production.wait(first).state_name == "Completed"


def test_a_run_of_the_schedule_keeps_the_next_one_away(
    production: Production, newsroom: Newsroom, upstream: Upstream
) -> None:
    newest = newsroom.list(3)[0]
    gate = held(upstream, newest)
    first = production.start("syndicate/hourly")
    assert gate.reached.wait(60)
    assert production.wait(production.start("syndicate/hourly")).state_name == "Cancelled"
    gate.open.set()
    assert production.wait(first).state_name == "Completed"


def test_after_an_outage_one_run_does_what_was_missed(
    production: Production, newsroom: Newsroom, upstream: Upstream, bucket: S3Server
) -> None:
    """The workers were away for seven hours; in each the schedule wanted a run, and publishers wrote on."""
    names = production.stop_workers()
    listed = newsroom.list(7)
    missed = [production.start_late("syndicate/hourly", hours=hours) for hours in range(7, 0, -1)]
    until(lambda: True if {production.read(run).state_name for run in missed} == {"Late"} else None, 60)
    for name in names:
        production.start_worker(name)
    came = [production.wait(run, seconds=120) for run in missed]
    at_work = [run for run in came if run.name.endswith(" · 7 new")]
    assert [run.state_name for run in at_work] == ["Completed"]
    others = {(run.state_name, run.name.partition(" · ")[2]) for run in came if run not in at_work}
    # Which it is depends on how fast the workers take them: none of them asks for a text again.
    assert {state for state, _ in others} <= {"Cancelled", "Skipped", "Completed"}
    assert {told for state, told in others if state == "Completed"} <= {"nothing new"}
    assert Counter(upstream.texts_asked) == Counter(story.code for story in listed)
    published = objects(bucket, production.site)
    assert all(f"emnews/2026/11/20/{story.number}.html" in published for story in listed)


def test_a_worker_that_is_killed_is_found_out_and_its_work_is_finished(
    production: Production, newsroom: Newsroom, upstream: Upstream, bucket: S3Server, receiver: Receiver
) -> None:
    newest, *_ = listed = newsroom.list(3)
    gate = held(upstream, newest)
    killed = production.start("syndicate/manual")
    assert gate.reached.wait(60)
    name = worker_of(production, killed)
    production.kill_worker(name, killed)
    gate.open.set()
    upstream.answer_text(newest.code)
    finished = production.wait(production.start("syndicate/manual"))
    assert finished.state_name == "Completed", finished.state
    published = objects(bucket, production.site)
    assert all(f"emnews/2026/11/20/{story.number}.html" in published for story in listed)
    told = receiver.wait_for("finews: crashed: ", seconds=180)
    assert "Its process fell silent. To do: nothing" in told["body"]
    assert production.read(killed).state_name == "Crashed"
    production.start_worker(name)


def worker_of(production: Production, run: UUID) -> str:
    """The worker below which a run is at work."""
    child = production.process_of(run)
    parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    return next(name for name, worker in production.workers.items() if worker.pid in (parent, os.getpgid(child)))


def test_retry_asks_for_nothing_that_was_read(
    production: Production, newsroom: Newsroom, upstream: Upstream, receiver: Receiver
) -> None:
    newest, second, _ = newsroom.list(3)
    upstream.answer_text(newest.code, Answer(status=404))
    upstream.answer_text(second.code, Answer(status=404))
    production.site.write_again(verdict={"max_problem_share": 0.5, "max_failed_sources": 1.0})
    run = production.start("syndicate/manual")
    failed = production.wait(run)
    assert failed.state_name == "Failed", failed.state
    assert "2 of 3 articles" in receiver.wait_for("· failed")["body"]
    production.site.write_again(**SITE_TABLES)
    upstream.answer_text(newest.code)
    upstream.forget()
    production.retry(run)
    again = until(lambda: found if ended(found := production.read(run)) and found.run_count > 1 else None, 90)
    assert again.state_name == "Completed with problems", again.state
    assert Counter(upstream.texts_asked) == Counter({newest.code: 1, second.code: 1})
    assert again.name.partition(" · ")[2] == "1 new · 1 retry"
    upstream.answer_text(second.code)
    mended = production.wait(production.start("syndicate/manual", articles=[second.code]))
    assert mended.name.partition(" · ")[2] == "1 new"


def ended(run: FlowRun) -> bool:
    """Whether it has come to its end."""
    return run.state is not None and run.state.is_final()


def test_the_form_again_changes_nothing(
    production: Production, newsroom: Newsroom, upstream: Upstream, bucket: S3Server
) -> None:
    listed = newsroom.list(1)  # what is left unread would come with the next test
    form = {"sources": ["rolling"], "articles": [listed[0].code], "force": True}
    assert production.wait(production.start("syndicate/manual", **form)).state_name == "Completed"
    before = objects(bucket, production.site)
    assert f"emnews/2026/11/20/{listed[0].number}.html" in before
    again = production.wait(production.start("syndicate/manual", **form))
    assert (again.state_name, again.name.partition(" · ")[2]) == ("Completed", "nothing new"), again.name
    assert objects(bucket, production.site) == before
