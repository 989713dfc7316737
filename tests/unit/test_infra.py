"""The files with which finews runs in production name what there is: settings, commands, versions, each other."""

import functools
import itertools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from prefect.settings import Settings
from pydantic import BaseModel

from flows.cli import app
from flows.localhost import server_settings
from tests.support.infra_files import INFRA, ROOT, UNITS, assignments, commands, documents, environments, services, unit

IMAGE = (INFRA / "image/Containerfile").read_text(encoding="utf-8")
README = (INFRA / "README.md").read_text(encoding="utf-8")
SERVER = documents(INFRA / "kubernetes/server-values.yaml")[0]
WORKER = documents(INFRA / "kubernetes/worker-values.yaml")[0]
SECRET = re.compile(r"AUTH|PASSWORD|KEY|connection-string|auth-string")
COMMANDS = {" ".join(words): (where, words) for where, words in commands()}


def names(model: type[BaseModel]) -> Iterator[str]:
    """The environment variables that Prefect reads."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names(field.annotation)
            continue
        yield str(model.model_config.get("env_prefix", "PREFECT_")) + name
        yield from (alias for alias in getattr(field.validation_alias, "choices", ()) if isinstance(alias, str))


KNOWN = {name.upper() for name in names(Settings)}


@pytest.mark.parametrize(
    ("where", "told"), list(environments()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_prefect_reads_every_setting_that_it_is_told(where: str, told: dict[str, str]) -> None:
    # Of prefect-redis, which is not installed here; of PostgreSQL's first start.
    others = ("PREFECT_REDIS_", "PREFECT_DB_PASSWORD")
    meant = {name for name in told if name.startswith("PREFECT_") and not name.startswith(others)}
    assert meant <= KNOWN


def test_the_server_understands_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server_settings().items():
        monkeypatch.setenv(name, value)
    server: Any = Settings().server
    assert server.services.task_run_recorder.batch_size > 1
    assert server.events.retention_period < timedelta(days=7)
    assert import_module(server.concurrency.lease_storage).ConcurrencyLeaseStorage
    assert not server.analytics_enabled


def test_every_server_is_told_the_same() -> None:
    assert services()["server"]["env_file"] == "prefect-server.env"
    assert "/opt/finews/infra/prefect-server.env" in unit(INFRA / "systemd/finews-server.service")["EnvironmentFile"]
    made = rf"create configmap {SERVER['server']['extraEnvVarsCM']} --from-env-file=infra/prefect-server.env"
    assert re.search(made, README)
    # Several processes share no files: their leases are in Redis.
    again = {"compose.redis.yaml: server", "compose.redis.yaml: services", "prefect-server.env"}
    assert not {name for where, told in environments() if where not in again for name in told} & set(server_settings())


def test_every_server_asks_for_a_password_and_knows_its_pages() -> None:
    compose = services()["server"]["environment"]
    of_unit = " ".join(unit(INFRA / "systemd/finews-server.service")["Environment"])
    of_chart = {one["name"]: one["value"] for one in SERVER["server"]["env"]}
    assert compose["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED=true" in of_unit
    assert of_chart["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert compose["PREFECT_SERVER_API_AUTH_STRING"].startswith("${PREFECT_AUTH:?")
    assert "PREFECT_SERVER_API_AUTH_STRING" in assignments(INFRA / "systemd/server.env.example")
    assert SERVER["server"]["basicAuth"]["enabled"] and WORKER["worker"]["basicAuth"]["enabled"]


def test_no_secret_has_a_value() -> None:
    told = [(where, name, str(value)) for where, one in environments() for name, value in one.items()]
    told += [("example.env", *pair) for pair in assignments(INFRA / "compose/example.env", also_commented=True).items()]
    secrets = [(where, name, value) for where, name, value in told if SECRET.search(name)]
    assert len(secrets) > 20
    # Empty, or asked for by compose; AWS credentials may also come from elsewhere.
    assert not [one for one in secrets if not re.fullmatch(r"(\$\{\w+:\?[^}]+\}|\$\{AWS_\w+:-\})?", one[2])]


@functools.cache
def help_of(*path: str) -> str:
    """What Prefect says of a command of its own; nothing of one that it has not."""
    shown = subprocess.run(
        [sys.executable, "-m", "prefect", *path, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"DO_NOT_TRACK": "1", "HOME": "/nonexistent", "COLUMNS": "300"},
    )
    return shown.stdout if f"prefect {' '.join(path)}" in shown.stdout else ""


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_prefect_has_every_command_and_option(command: str) -> None:
    where, words = COMMANDS[command]
    path = itertools.takewhile(lambda word: word not in ("finews", "--all") and not word.startswith("--"), words[1:])
    shown = help_of(*(words[:1] if words[0] != "--no-prompt" else []), *path)
    assert shown, f"{where}: prefect {command}"
    assert not [word for word in words if word.startswith("--") and word not in shown]


def test_finews_has_every_command_that_the_readme_names() -> None:
    named = set(re.findall(r"finews ([a-z][a-z-]+) --site", README))
    assert "doctor" in named and "restore" in named
    assert named <= {(one.name or one.callback.__name__) for one in app.registered_commands if one.callback}


def test_the_image_installs_as_make_does() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    [flags] = re.findall(r"^PIP .*-m pip (.+)$", make, re.MULTILINE)
    assert re.search(rf"-m pip {re.escape(flags)} (--no-cache-dir )?-r requirements\.lock$", IMAGE, re.MULTILINE)
    [package] = re.findall(r"-m pip (.+ -e \.)$", make, re.MULTILINE)
    assert package in IMAGE


def test_the_image_is_of_any_python_and_runs_as_nobody() -> None:
    assert re.search(r"^ARG BASE=python:3\.11-[\w-]+$", IMAGE, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", IMAGE, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.search(r"^USER 10001:10001$", IMAGE, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", IMAGE, re.MULTILINE)


def test_the_image_gets_what_runs_and_nothing_private() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    wanted = {word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", IMAGE, re.MULTILINE) for word in line.split()}
    assert ignored[1] == "*" and {f"!{word}" for word in wanted} == {line for line in ignored if line.startswith("!")}
    assert all((ROOT / word).exists() for word in wanted)
    assert "infra/**/.env" in ignored and ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert {word.rstrip("*") for word in packages["find"]["include"]} <= wanted


def test_prefects_own_images_are_of_the_locked_version() -> None:
    [locked] = re.findall(r"^prefect==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    tags = [SERVER["global"]["prefect"]["image"]["prefectTag"], WORKER["worker"]["image"]["prefectTag"]]
    tags += [
        one["image"].partition(":")[2]
        for one in services(INFRA / "compose.redis.yaml").values()
        if "prefecthq" in one["image"]
    ]
    assert {tag.partition("-")[0] for tag in tags} == {locked}


def test_units_run_what_is_in_the_checkout() -> None:
    for path in UNITS:
        for line in unit(path)["ExecStart"]:
            program = line.split()[0].removeprefix("/opt/finews/")
            assert program == ".venv/bin/prefect" or (ROOT / program).stat().st_mode & 0o111


def test_units_see_the_operators_site_file_where_deployments_name_it() -> None:
    [bound] = unit(INFRA / "systemd/finews-.service.d/hardening.conf")["BindReadOnlyPaths"]
    deployed = {one["parameters"]["site"] for one in documents(ROOT / "deployments/prefect.yaml")[0]["deployments"]}
    assert {f"/opt/finews/{path}" for path in deployed} == {bound.split(":")[1]}
