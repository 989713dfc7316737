"""Canaries in every place that may hold a secret, and nothing that anybody can read repeats one."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.flows.test_command import finews
from tests.support.prefect_server import PrefectServer
from tests.support.prefect_server import prefect_server as prefect_server
from tests.support.s3 import S3Server
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, stories

CANARY = "canary-7c1f"
KINDS = ("flow_runs", "task_runs", "logs", "artifacts")


class _Refuses(BaseHTTPRequestHandler):
    """A webhook that is asked and does not want to."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def webhook() -> Iterator[str]:
    """An address with a password and a token."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refuses) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://{CANARY}:{CANARY}@127.0.0.1:{server.server_port}/{CANARY}?token={CANARY}"
        server.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The command with canaries all around it, and all that it said."""

    site: SiteFolder
    server: PrefectServer
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    said: list[str] = field(default_factory=list)

    def finews(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it, with the report as a file."""
        report = self.site.folder / "report.json"
        more = ("--report", str(report)) if arguments[0] == "run" else ()
        around = {**self.environment, **environment}
        ended = finews(around, self.site.folder, *arguments, *more, "--site", str(self.site.file))
        self.said.extend([ended.stdout, ended.stderr, report.read_text(encoding="utf-8") if report.exists() else ""])
        report.unlink(missing_ok=True)
        return ended

    def told(self) -> str:
        """What it said, and what the server keeps of it."""
        kept = {kind: self.server.rows(kind) for kind in KINDS}
        assert all(kept.values())
        return "\n".join([*self.said, json.dumps(kept, ensure_ascii=False)])

    def leaks(self) -> list[str]:
        """Each secret that stands there, with what is before it."""
        told = self.told()
        return [told[max(0, told.find(secret) - 200) :][:300] for secret in self.secrets if secret in told]


@pytest.fixture
def watched(upstream: Upstream, s3_user: S3Server, prefect_server: PrefectServer, tmp_path: Path) -> Watched:
    """A site in a bucket; whose credentials are secrets."""
    keys = {"AWS_ACCESS_KEY_ID": s3_user.access_key, "AWS_SECRET_ACCESS_KEY": s3_user.secret_key}
    environment = {**prefect_server.environment, **keys, "AWS_DEFAULT_REGION": "us-east-1"}
    upstream.serve("rolling", *stories(2))
    site = SiteFolder(folder=tmp_path)
    secrets = (CANARY, s3_user.secret_key, s3_user.access_key)
    return Watched(site=site, server=prefect_server, environment=environment, secrets=secrets)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_secret_is_told_to_anybody(
    watched: Watched,
    upstream: Upstream,
    s3_user: S3Server,
    webhook: str,
    new_postgres_database: Callable[[], str],
) -> None:
    """A run, a dry run, doctor, log; a store that refuses, a ledger that is not there, a site file that is refused."""
    publish: dict[str, object] = {"url": s3_user.fresh_url(), "endpoint_url": s3_user.endpoint_url}
    database = new_postgres_database()
    whole = {"url": f"{database.replace('tests@', f'tests:{CANARY}@')}&password={CANARY}"}

    def write(**tables: Mapping[str, object]) -> None:
        told: dict[str, Mapping[str, object]] = {"publish": publish, "ledger": whole}
        watched.site.write(upstream.source("rolling"), announce={"purge_webhook": webhook}, **(told | tables))

    write()
    assert "create  index.html" in watched.finews("run", "--dry-run").stdout
    ended = watched.finews("run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "purge webhook" in watched.told()
    assert watched.finews("doctor").returncode == 0
    assert "knows no article" in watched.finews("log", "NW202611200000009999").stderr

    upstream.serve("rolling", *stories(3))
    refused = watched.finews("run", AWS_SECRET_ACCESS_KEY=CANARY, AWS_SESSION_TOKEN=CANARY)
    assert (refused.returncode, "Failed" in refused.stdout) == (1, True)

    write(ledger={"url": f"postgresql://u:{CANARY}@127.0.0.1:1/db?password={CANARY}&sslpassword={CANARY}"})
    assert watched.finews("run").returncode == 1
    assert watched.finews("doctor").returncode == 1
    write(publish=publish | {"endpoint_url": f"http://u:{CANARY}@127.0.0.1:1", "public_url": f"http://{CANARY}@host"})
    assert watched.finews("run").returncode == 2
    assert watched.leaks() == []
