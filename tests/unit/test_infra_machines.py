"""systemd, PostgreSQL, Kubernetes and the CDN, by their own programs where they are installed."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tasks.stores.s3_probe import PROBE
from tests.support.infra_files import INFRA, ROOT, UNITS, documents

pytest_plugins = ("tests.support.postgres",)

Analyze = Callable[..., subprocess.CompletedProcess[str]]

TERRAFORM = INFRA / "terraform"
README = (INFRA / "README.md").read_text(encoding="utf-8")
GOLDEN = [line.split(" | ")[0] for line in (ROOT / "tests/golden/site.txt").read_text(encoding="utf-8").splitlines()]


def program(name: str, package: str) -> str:
    """Where a program is; the test is skipped without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"left out: no {name} (Debian: apt-get install {package})")
    return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, analyze: Analyze) -> Path:
    """A root folder with the units, and with what they start."""
    assert analyze("--version").returncode == 0
    root = tmp_path_factory.mktemp("machine")
    units = root / "etc/systemd/system"
    shutil.copytree(INFRA / "systemd", units)
    for started in (".venv/bin/prefect", "infra/deploy.sh"):
        path = root / "opt/finews" / started
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    # Targets and the like, which the units name.
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    return root


@pytest.fixture(scope="module")
def analyze() -> Analyze:
    """`systemd-analyze` with these words."""
    found = program("systemd-analyze", "systemd")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([found, *words], capture_output=True, text=True, check=False, timeout=60)

    if int(re.findall(r"systemd (\d+)", run("--version").stdout)[0]) < 250:
        pytest.skip("left out: systemd-analyze rates units of a folder only from systemd 250 on")
    return run


@pytest.mark.parametrize("name", [path.name.replace("@", "@1") for path in UNITS])
def test_systemd_understands_a_unit_and_what_it_forbids(name: str, machine: Path, analyze: Analyze) -> None:
    path = f"/etc/systemd/system/{name}"
    checked = analyze("verify", "--man=no", "--recursive-errors=no", f"--root={machine}", path)
    assert (checked.returncode, checked.stderr) == (0, "")
    # Of 100; a unit that forbids nothing has 96.
    rated = analyze("security", "--offline=true", "--threshold=20", "--no-pager", f"--root={machine}", name)
    assert rated.returncode == 0, rated.stdout[-200:]


def test_no_role_reaches_the_others_database(
    new_postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    psql = program("psql", "postgresql-client")
    [socket] = re.findall(r"host=(\S+)", new_postgres_database())
    monkeypatch.setenv("PREFECT_DB_PASSWORD", "one")
    monkeypatch.setenv("FINEWS_DB_PASSWORD", "it's two")
    server = f"host={socket} user=tests dbname=postgres"
    subprocess.run([psql, "-X", "-q", "-d", server, "-f", INFRA / "postgres/roles.sql"], check=True, timeout=60)
    with psycopg.connect(server) as connection:
        may = {
            (role, database): connection.execute(
                "SELECT has_database_privilege(%s, %s, 'CONNECT')", (role, database)
            ).fetchone()
            for role in ("prefect", "finews")
            for database in ("prefect", "finews")
        }
        assert may == {pair: (pair[0] == pair[1],) for pair in may}
        hashed = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'finews'").fetchone()
        assert hashed and str(hashed[0]).startswith("SCRAM")
    # The ledger's tables, and the extension that Prefect's need, are made by the roles themselves.
    with psycopg.connect(f"host={socket} user=finews dbname=finews") as connection:
        connection.execute("CREATE TABLE ledger (n int)")


def test_the_job_template_says_what_its_places_are() -> None:
    text = (INFRA / "kubernetes/base-job-template.json").read_text(encoding="utf-8")
    template: dict[str, Any] = json.loads(text)
    assert set(re.findall(r"\{\{ (\w+) \}\}", text)) == set(template["variables"]["properties"])
    [container] = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    [site] = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "site"]
    deployed = {one["parameters"]["site"] for one in documents(ROOT / "deployments/prefect.yaml")[0]["deployments"]}
    assert {f"/opt/finews/{path}" for path in deployed} == {site}


def test_what_kubernetes_is_told_to_use_is_made() -> None:
    used = "".join(
        (INFRA / "kubernetes" / name).read_text(encoding="utf-8")
        for name in ("server-values.yaml", "worker-values.yaml")
    )
    used += (INFRA / "kubernetes/resources.yaml").read_text(encoding="utf-8")
    used += (INFRA / "kubernetes/base-job-template.json").read_text(encoding="utf-8")
    secrets = {
        one["metadata"]["name"]: set(one["stringData"]) for one in documents(INFRA / "kubernetes/secrets.example.yaml")
    }
    claims = {
        one["metadata"]["name"]
        for one in documents(INFRA / "kubernetes/resources.yaml")
        if one["kind"].endswith("Claim")
    }
    maps = set(re.findall(r"create configmap (\S+)", README))
    assert set(re.findall(r"existingSecret: (\S+)|secretRef\"?: \{ ?\"?name\"?: \"?([\w-]+)", used)) == {
        ("finews-prefect", ""), ("", "finews-client"),
    }  # fmt: skip
    assert secrets["finews-prefect"] == {"auth-string", "connection-string"}
    assert set(re.findall(r"claimName: (\S+)", used)) == claims
    assert set(re.findall(r"(?:extraEnvVarsCM: |configMap\"?: \{ ?\"?name\"?: \"?)([\w-]+)", used)) == maps


def test_every_folder_of_the_site_is_found_behind_the_cdn() -> None:
    node = program("node", "nodejs")
    folders = [key for key in GOLDEN if key.endswith("/index.html")]
    asked = ["/" + key.removesuffix("index.html") for key in folders] + ["/about.html"]
    script = (TERRAFORM / "request.js").read_text(encoding="utf-8")
    script += f"console.log(JSON.stringify({json.dumps(asked)}.map(uri => handler({{request: {{uri}}}}).uri)))"
    told = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True, timeout=60)
    assert folders and json.loads(told.stdout) == [f"/{key}" for key in folders] + ["/about.html"]


def test_the_cdn_serves_nothing_private_and_states_no_header_twice() -> None:
    bucket = (TERRAFORM / "bucket.tf").read_text(encoding="utf-8")
    denied = re.search(
        r'effect\s+= "Deny"\s+actions\s+= \["s3:GetObject"\]\s+resources = \["\$\{[\w.]+\}/_finews/\*"\]', bucket
    )
    assert denied
    cdn = (TERRAFORM / "cdn.tf").read_text(encoding="utf-8")
    assert '"${path.module}/../cdn/cloudfront.json"' in cdn
    headers = (INFRA / "cdn/cloudfront.json").read_text(encoding="utf-8")
    for path in re.findall(r"local\.security\.([\w.]+)", cdn):
        value: Any = json.loads(headers)["SecurityHeadersConfig"]
        for name in path.split("."):
            value = value[name]
        if isinstance(value, str):
            assert value not in cdn


def test_the_writer_deletes_nothing_but_the_probe() -> None:
    roles = (TERRAFORM / "roles.tf").read_text(encoding="utf-8")
    documents_of = dict(
        re.findall(r'data "aws_iam_policy_document" "(\w+)" \{\n(.*?)^\}', roles, re.MULTILINE | re.DOTALL)
    )
    statements = re.findall(r"actions\s+= \[(.+)\]\s+resources = \[(.+)\]", documents_of["writer"])
    assert [where for what, where in statements if "Delete" in what] == [f'"${{aws_s3_bucket.site.arn}}/{PROBE}"']
    assert '"s3:DeleteObject"' in documents_of["sweeper"] and "Put" not in documents_of["sweeper"]
