"""finews as it runs in production, on loopback: a Prefect server on PostgreSQL with a password, process workers, a bucket."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Scheduled

from flows.localhost import ROOT, server_settings
from tests.support.prefect_server import free_port, wait_until_up
from tests.support.sites import SiteFolder

PASSWORD = "admin:not-a-secret"
POOL = "finews"
_QUICK = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "2",
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
}


@dataclass(slots=True, kw_only=True)
class Production:
    """A server and its workers. `environment` is that of every client."""

    api: str
    home: Path
    environment: Mapping[str, str]
    site: SiteFolder
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @contextlib.contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        """A client with the password."""
        settings = {PREFECT_API_URL: self.api, PREFECT_API_AUTH_STRING: PASSWORD}
        with temporary_settings(settings), get_client(sync_client=True) as client:
            yield client

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A program of this environment, in the root of the checkout."""
        found = subprocess.run(
            words, env=dict(self.environment), cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
        )
        assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
        return found

    def deploy(self, *names: str) -> None:
        """The deployments of those names as deployments/prefect.yaml has them, without their schedules."""
        described = yaml.safe_load((ROOT / "deployments/prefect.yaml").read_text(encoding="utf-8"))
        described["deployments"] = [table for table in described["deployments"] if table["name"] in names]
        for table in described["deployments"]:
            table["parameters"]["site"] = str(self.site.file)
            table.pop("schedules", None)
        path = self.home / "prefect.yaml"
        path.write_text(yaml.safe_dump(described), encoding="utf-8")
        self.command("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path))

    @contextlib.contextmanager
    def scheduled(self, deployment: str, *, every: float) -> Iterator[None]:
        """A deployment starts by itself meanwhile, `every` seconds."""
        with self.client() as client:
            found = client.read_deployment_by_name(deployment)
            schedules: list[tuple[Any, bool]] = [(IntervalSchedule(interval=timedelta(seconds=every)), True)]
            [made] = client.create_deployment_schedules(found.id, schedules)
            yield
            client.delete_deployment_schedule(found.id, made.id)

    def start_worker(self, name: str, *, limit: int | None = None) -> None:
        """A worker that runs flows in processes of this machine, at most `limit` at once."""
        most = ["--limit", str(limit)] if limit else []
        with (self.home / f"{name}.log").open("ab") as log:
            self.workers[name] = subprocess.Popen(
                ["prefect", "worker", "start", "--pool", POOL, "--name", name, "--type", "process", *most],
                env=dict(self.environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop_workers(self) -> list[str]:
        """Nobody takes a run any more; their names."""
        names = list(self.workers)
        for name in names:
            worker = self.workers.pop(name)
            worker.terminate()
            worker.wait(60)
        return names

    def start_late(self, deployment: str, *, hours: int) -> UUID:
        """A run that the schedule wanted so many hours ago, and that nobody took."""
        with self.client() as client:
            found = client.read_deployment_by_name(deployment)
            wanted: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) - timedelta(hours=hours))
            return client.create_flow_run_from_deployment(found.id, state=wanted).id

    def start(self, deployment: str, **parameters: Any) -> UUID:
        """Start a run as the UI does."""
        with self.client() as client:
            found = client.read_deployment_by_name(deployment)
            made = client.create_flow_run_from_deployment(found.id, parameters=found.parameters | parameters)
            return made.id

    def retry(self, run: UUID) -> None:
        """The button of that name."""
        with self.client() as client:
            client.set_flow_run_state(run, Scheduled(name="AwaitingRetry", message="Retry from the UI"), force=True)

    def read(self, run: UUID) -> FlowRun:
        """The run as the server has it."""
        with self.client() as client:
            return client.read_flow_run(run)

    def runs(self) -> list[FlowRun]:
        """All of them, the oldest first."""
        with self.client() as client:
            return sorted(client.read_flow_runs(limit=200), key=lambda one: str(one.created))

    def wait(self, run: UUID, *, seconds: float = 90) -> FlowRun:
        """The run, once it has ended."""
        return until(lambda: found if (found := self.read(run)).state and found.state.is_final() else None, seconds)

    def logs(self, run: UUID) -> str:
        """What it logged."""
        with self.client() as client:
            found = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])), limit=200)
        return "\n".join(line.message for line in found)

    def task_runs(self, run: UUID) -> dict[str, str]:
        """Names and states of its task runs."""
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run]))
        rows: list[TaskRun] = []  # of which several may have one name
        with self.client() as client:
            while page := client.read_task_runs(flow_run_filter=wanted, limit=200, offset=len(rows)):
                rows += page
        return {one.name: str(one.state_name) for one in rows}

    def process_of(self, run: UUID) -> int:
        """The process in which a run is at work."""
        marks = (f"PREFECT__FLOW_RUN_ID={run}".encode(), f"PREFECT__FLOW_RUN_ID={run.hex}".encode())
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if any(mark in path.read_bytes().split(b"\0") for mark in marks):
                    return int(path.parent.name)
        raise AssertionError(f"no process works on run {run}")

    def kill_worker(self, name: str, run: UUID) -> None:
        """The machine of a worker fails: it and what it was at are gone at once."""
        child, worker = self.process_of(run), self.workers.pop(name)
        worker.kill()
        os.kill(child, signal.SIGKILL)
        worker.wait()


T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float) -> T:
    """What `look` gives, once it gives anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.3)
    raise AssertionError(f"nothing after {seconds} s")


@contextlib.contextmanager
def in_production(home: Path, database: str, site: SiteFolder, **more: str) -> Iterator[Production]:
    """The server, up, without workers. `database`: SQLAlchemy URL of an empty one; `more`: environment of workers."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    plain = {"PATH": programs, "HOME": str(home), "PWD": str(ROOT), "PREFECT_API_URL": api}
    server = {
        **plain, **server_settings(), **_QUICK, "PREFECT_HOME": str(home / "server"), "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
        "PREFECT_API_DATABASE_CONNECTION_URL": database.replace("postgresql:", "postgresql+asyncpg:"),
    }  # fmt: skip
    client = {
        **plain, **more, "PREFECT_HOME": str(home / "client"), "PREFECT_API_AUTH_STRING": PASSWORD,
        "PREFECT_WORKER_QUERY_SECONDS": "2", "PREFECT_WORKER_PREFETCH_SECONDS": "2",
    }  # fmt: skip
    command = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=server, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    made = Production(api=api, home=home, environment=client, site=site)
    try:
        user, _, password = PASSWORD.partition(":")
        wait_until_up(process, api, home / "server.log", auth=(user, password))
        made.command("prefect", "work-pool", "create", POOL, "--type", "process")
        yield made
    finally:
        for worker in made.workers.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()
