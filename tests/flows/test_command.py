"""The `finews` command as a process of its own, with a real Prefect server that keeps the history."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from flows.publication import MARKER
from tests.support.prefect_server import PrefectServer, clean_environment, free_port
from tests.support.prefect_server import prefect_server as prefect_server
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, serving, stories

COMMAND = Path(sys.executable).with_name("finews")
SLOW, BAD, *GOOD = stories(4)
MEDIA = Story(number="202611200000000077", title="媒体的消息")


def finews(environment: Mapping[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command's status and what it said."""
    command = [str(COMMAND), *arguments]
    return subprocess.run(
        command, env=dict(environment), cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=240
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A run of the command that the server has recorded."""

    site: SiteFolder
    ended: subprocess.CompletedProcess[str]
    report: Mapping[str, Any]
    flow_run: Mapping[str, Any]
    task_runs: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def upstream_of_module() -> Iterator[Upstream]:
    """One article that comes at the second attempt, one that never comes, three good ones in two lists."""
    with serving() as upstream:
        upstream.serve("rolling", SLOW, BAD, *GOOD)
        upstream.serve("media", MEDIA)
        upstream.answer_text(SLOW.code, Answer(status=503), SLOW.text())
        upstream.answer_text(BAD.code, Answer(status=500))
        yield upstream


@pytest.fixture(scope="module")
def recorded(
    prefect_server: PrefectServer, upstream_of_module: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    """The first run over that upstream."""
    folder = tmp_path_factory.mktemp("recorded")
    site = SiteFolder(folder=folder)
    site.write(upstream_of_module.source("rolling"), upstream_of_module.source("media"))
    ended = finews(
        prefect_server.environment, folder, "run", "--site", str(site.file), "--report", str(folder / "report.json")
    )
    assert (folder / "report.json").is_file(), ended.stdout + ended.stderr
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    of_run = {"flow_runs": {"id": {"any_": [report["run_id"]]}}}
    [flow_run] = prefect_server.rows("flow_runs", **of_run)
    task_runs = prefect_server.rows("task_runs", **of_run)
    return Recorded(
        site=site, ended=ended, report=report, flow_run=flow_run, task_runs={row["name"]: row for row in task_runs}
    )


# --- what a run says --------------------------------------------------------------------------


def test_status_and_summary(recorded: Recorded) -> None:
    assert recorded.ended.returncode == 0, recorded.ended.stderr
    said = recorded.ended.stdout
    assert "Completed with problems" in said
    assert "4 new, 1 failed" in said or "1 failed, 4 new" in said
    assert BAD.code in said
    assert "status 500" in said
    assert str(recorded.site.public / "index.html") in said
    assert f"/runs/flow-run/{recorded.report['run_id']}" in said
    assert "fetch: 5/5" in said  # progress, a line a stage where there is no terminal
    assert "Traceback" not in said + recorded.ended.stderr


def test_a_replay_says_what_it_would_do(recorded: Recorded, prefect_server: PrefectServer) -> None:
    told = ("replay", "--site", str(recorded.site.file), "--since", "2026-11-20", "--dry-run")
    ended = finews(prefect_server.environment, recorded.site.folder, *told)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "dry run: nothing was written" in ended.stdout
    assert "articles:   1 no kept answer, 4 replayed" in ended.stdout


def test_the_report_is_json(recorded: Recorded) -> None:
    report = recorded.report
    assert report["site"] == "site"
    assert set(report["written"]) == set(recorded.site.files()) - {MARKER}
    lines = {line["code"]: line for line in report["articles"]}
    assert len(lines) == report["listed"] == 5
    assert (lines[BAD.code]["result"], lines[BAD.code]["stage"], lines[BAD.code]["attempts"]) == ("failed", "fetch", 3)
    assert lines[SLOW.code]["attempts"] == 2
    fetched = [o for o in report["outcomes"] if o["stage"] == "fetch"]
    assert {o["subject"] for o in fetched} == {s.number for s in (SLOW, BAD, *GOOD, MEDIA)}
    assert all(o["seconds"] > 0 for o in fetched)


# --- what the server has recorded -------------------------------------------------------------


def test_every_task_run_is_there_and_has_ended(recorded: Recorded, prefect_server: PrefectServer) -> None:
    rows = prefect_server.rows("task_runs", flow_runs={"id": {"any_": [recorded.report["run_id"]]}})
    assert len(rows) == recorded.report["task_runs"]
    states = Counter(row["state_type"] for row in rows)
    assert states == {"COMPLETED": len(rows) - 1, "FAILED": 1}
    for story in (SLOW, *GOOD, MEDIA):
        for verb in ("fetch", "parse", "render"):
            assert recorded.task_runs[f"{verb} {story.code}"]["state_type"] == "COMPLETED"
    assert recorded.task_runs[f"fetch {BAD.code}"]["state_type"] == "FAILED"
    assert f"parse {BAD.code}" not in recorded.task_runs
    assert {
        "ask rolling", "ask media", "publish new articles 1", "render new lists 1", "publish new lists 1", "publish new home 1"
    } <= set(recorded.task_runs)  # fmt: skip


def test_retries_are_counted(recorded: Recorded) -> None:
    assert recorded.task_runs[f"fetch {BAD.code}"]["run_count"] == 3
    assert recorded.task_runs[f"fetch {SLOW.code}"]["run_count"] == 2
    assert recorded.task_runs[f"fetch {GOOD[0].code}"]["run_count"] == 1


@pytest.mark.parametrize(
    ("task", "logger", "said"),
    [
        (f"fetch {BAD.code}", "tasks.web.client", f"id={BAD.code} -> 500"),
        (f"fetch {GOOD[0].code}", "tasks.web.client", f"id={GOOD[0].code} -> 200"),
        (f"parse {MEDIA.code}", "tasks.parse", MEDIA.title),
        (f"render {MEDIA.code}", "tasks.render", f"hebinribao/2026/11/20/{MEDIA.code}.html"),
        ("publish new articles 1", "tasks.publish", f"create _posts/2026-11-20-{MEDIA.code}.md"),
    ],
)
def test_plain_logging_arrives_in_the_task_run(
    task: str, logger: str, said: str, recorded: Recorded, prefect_server: PrefectServer
) -> None:
    row = recorded.task_runs[task]
    lines = prefect_server.rows("logs", logs={"task_run_id": {"any_": [row["id"]]}})
    ours = [line["message"] for line in lines if line["name"] == logger]
    assert any(said in line for line in ours), lines
    others = {story.code for story in (SLOW, BAD, *GOOD, MEDIA)} - {task.split()[-1]}
    assert task.startswith("publish") or not any(code in line for line in ours for code in others)


def test_no_line_of_the_log_is_long(recorded: Recorded, prefect_server: PrefectServer) -> None:
    lines = prefect_server.rows("logs", logs={"flow_run_id": {"any_": [recorded.report["run_id"]]}})
    assert any("Retries are exhausted" in line["message"] for line in lines)
    assert not [line for line in lines if "Traceback" in line["message"] or len(line["message"]) > 1000]


def test_artifacts(recorded: Recorded, prefect_server: PrefectServer) -> None:
    rows = prefect_server.rows("artifacts", artifacts={"flow_run_id": {"any_": [recorded.report["run_id"]]}})
    artifacts = {row["key"]: row for row in rows}
    assert set(artifacts) == {"articles", "summary", "sources", "site"}
    table = json.loads(artifacts["articles"]["data"])
    assert list(table[0]) == ["outcome", "title", "reason", "code", "category", "attempts", "address"]
    lines = {row["code"]: row for row in table}
    assert set(lines) == {story.code for story in (SLOW, BAD, *GOOD, MEDIA)}
    assert table[0]["code"] == BAD.code  # problems first
    assert "status 500" in lines[BAD.code]["reason"]
    assert lines[MEDIA.code]["address"] == f"https://finews.withounder.com/hebinribao/2026/11/20/{MEDIA.code}.html"
    assert lines[MEDIA.code]["category"] == "hebinribao"
    assert "Completed with problems" in artifacts["summary"]["data"]
    assert f"/runs/task-run/{recorded.task_runs[f'fetch {BAD.code}']['id']}" in artifacts["summary"]["data"]


def test_name_and_state_of_the_flow_run(recorded: Recorded) -> None:
    assert recorded.flow_run["state_name"] == "Completed with problems"
    assert recorded.flow_run["state_type"] == "COMPLETED"
    begun, new, retry = recorded.flow_run["name"].split(" · ")
    assert (new, retry) == ("4 new", "1 retry")
    site, day, time = begun.split(" ")
    assert site == "site"
    assert len(day.split("-")) == 3
    assert len(time.split(":")) == 2


# --- other endings ----------------------------------------------------------------------------


@pytest.fixture
def own_site(upstream_of_module: Upstream, tmp_path: Path) -> SiteFolder:
    """A site over the same upstream, with a store and a ledger of its own."""
    site = SiteFolder(folder=tmp_path)
    site.write(upstream_of_module.source("media"))
    return site


def test_the_second_run_writes_nothing(own_site: SiteFolder, prefect_server: PrefectServer) -> None:
    arguments = ("run", "--site", str(own_site.file))
    first = finews(prefect_server.environment, own_site.folder, *arguments)
    assert "1 articles read" in first.stdout
    before = own_site.prints()
    second = finews(prefect_server.environment, own_site.folder, *arguments)
    assert second.returncode == 0
    assert "0 written, 0 unchanged, 0 deleted" in second.stdout
    assert own_site.prints() == before


def test_a_source_that_is_down(
    own_site: SiteFolder, upstream_of_module: Upstream, prefect_server: PrefectServer
) -> None:
    nowhere = {"list_url": f"http://127.0.0.1:{free_port()}/list"}
    down = dict(upstream_of_module.source("rolling")) | nowhere
    own_site.write(down, upstream_of_module.source("media"))
    ended = finews(prefect_server.environment, own_site.folder, "run", "--site", str(own_site.file))
    assert ended.returncode == 1
    assert "source rolling failed" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert (own_site.public / "index.html").is_file()


def test_a_dry_run_prints_the_plan(own_site: SiteFolder, prefect_server: PrefectServer) -> None:
    ended = finews(prefect_server.environment, own_site.folder, "run", "--site", str(own_site.file), "--dry-run")
    assert ended.returncode == 0
    assert f"create  _posts/2026-11-20-{MEDIA.code}.md  (new)" in ended.stdout
    assert "create  index.html  (new)" in ended.stdout
    assert "nothing was written" in ended.stdout
    assert not own_site.public.exists()
    assert not own_site.ledger_file.exists()


MISTAKES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "no site file": (("run", "--site", "nowhere.toml"), "nowhere.toml: no such site file"),
    "no TOML": (("run", "--site", "broken.toml"), "broken.toml: not valid TOML"),
    "unknown key": (("run", "--site", "unknown.toml"), "did you mean 'title'"),
    "unknown source": (("run", "--site", "site.toml", "--source", "medai"), "did you mean 'media'"),
    "unknown option": (("run", "--site", "site.toml", "--forced"), "No such option"),
    "bad number": (("run", "--site", "site.toml", "--limit", "0"), "'--limit'"),
    "bad time": (("run", "--site", "site.toml", "--since", "yesterday"), "yesterday"),
    "log before the first run": (("log", "NW202611200000009999", "--site", "site.toml"), "there is none"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_have_a_status_of_their_own(case: str, own_site: SiteFolder) -> None:
    arguments, said = MISTAKES[case]
    (own_site.folder / "broken.toml").write_text("[site\n")
    (own_site.folder / "unknown.toml").write_text(
        own_site.file.read_text(encoding="utf-8").replace('"title"', '"titel"'), encoding="utf-8"
    )
    # An address where nothing listens: a mistake is told before any server is needed.
    api = f"http://127.0.0.1:{free_port()}/api"
    ended = finews(clean_environment(own_site.folder, PREFECT_API_URL=api), own_site.folder, *arguments)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not own_site.public.exists()


@pytest.mark.parametrize("name", ["code", "address"])
def test_log_tells_the_story_of_one_article(name: str, recorded: Recorded) -> None:
    key = f"emnews/2026/11/20/{SLOW.number}.html"
    names = {
        "code": SLOW.code,
        "address": f"https://finews.withounder.com/{key}",
    }
    folder = recorded.site.folder
    ended = finews(clean_environment(folder), folder, "log", names[name], "--site", str(recorded.site.file))
    assert ended.returncode == 0, ended.stderr
    for part in (
        SLOW.code,
        SLOW.title,
        "state: published",
        recorded.report["run_id"],
        "in list rolling",
        "attempt 1: GET",
        "status 503",
        "attempt 2: GET",
        "200",
        "characters read as service",
        "revision 1",
        f"create {key}",
    ):
        assert part in ended.stdout
    assert BAD.code not in ended.stdout


def test_log_of_an_article_that_never_came(recorded: Recorded) -> None:
    folder = recorded.site.folder
    ended = finews(clean_environment(folder), folder, "log", BAD.code, "--site", str(recorded.site.file))
    assert ended.returncode == 0
    assert "state: failed" in ended.stdout
    assert ended.stdout.count("status 500") >= 3


@pytest.mark.parametrize("address", ["nonsense", "http:", "http://127.0.0.1:many/api", "127.0.0.1:4200/api"])
def test_an_address_of_a_server_that_is_none(address: str, own_site: SiteFolder) -> None:
    environment = clean_environment(own_site.folder, PREFECT_API_URL=address)
    ended = finews(environment, own_site.folder, "run", "--site", str(own_site.file))
    assert ended.returncode == 1
    assert ended.stderr == f"finews: PREFECT_API_URL={address}: expected an address such as http://127.0.0.1:4200/api\n"


def test_who_only_looks_leaves_nothing_behind(own_site: SiteFolder) -> None:
    environment = {"PATH": "", "HOME": str(own_site.folder)}
    ended = finews(environment, own_site.folder, "status", "--site", str(own_site.file))
    assert ended.returncode == 2
    assert "there is none; expected the one that a first run has made" in ended.stderr
    assert {path.name for path in own_site.folder.iterdir()} == {own_site.file.name}


# --- without a server -------------------------------------------------------------------------


@pytest.mark.slow
def test_a_server_of_its_own_keeps_every_task_run_and_ends_with_the_command(own_site: SiteFolder) -> None:
    api = f"http://127.0.0.1:{free_port()}/api"
    environment = clean_environment(own_site.folder, PREFECT_API_URL=api)
    report = own_site.folder / "report.json"
    ended = finews(environment, own_site.folder, "run", "--site", str(own_site.file), "--report", str(report))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (own_site.public / "index.html").is_file()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{api}/health", timeout=5)
    with closing(socket.socket()) as probe:  # the port is free again
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", urlsplit(api).port or 0))
    with closing(sqlite3.connect(own_site.folder / "prefect/prefect.db")) as history:
        rows = history.execute("SELECT name, state_type FROM task_run").fetchall()
    assert len(rows) == json.loads(report.read_text(encoding="utf-8"))["task_runs"]
    assert {state for _, state in rows} == {"COMPLETED"}
    assert f"fetch {MEDIA.code}" in {name for name, _ in rows}
