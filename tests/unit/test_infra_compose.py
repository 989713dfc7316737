"""compose.yaml holds together: services, volumes, conditions, variables, and the site that it runs at first."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flows.run import read_site
from tests.support.infra_files import COMPOSE, INFRA, REDIS, ROOT, assignments, documents, services

SERVICES = services()
EVERY = SERVICES | {
    name: SERVICES.get(one.get("extends", {}).get("service", name), {}) | one for name, one in services(REDIS).items()
}
# Keys of the compose specification that are used here; a misspelt one is not among them.
KEYS = {
    "image", "build", "init", "read_only", "tmpfs", "cap_drop", "security_opt", "restart", "environment", "env_file",
    "volumes", "shm_size", "healthcheck", "stop_grace_period", "command", "ports", "depends_on", "deploy", "profiles", "extends",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_service_is_whole(name: str) -> None:
    service = EVERY[name]
    assert set(service) <= KEYS
    # Pinned, and without the name of a registry: whoever has a mirror says so to the engine.
    repository, _, tag = service["image"].partition(":")
    assert tag and "." not in repository.split("/")[0]
    assert service["restart"] in ("unless-stopped", "on-failure")
    if "worker" not in service.get("command", []):  # the image's own check is of a worker
        assert service["healthcheck"] == {"disable": True} or service["healthcheck"]["test"][0] == "CMD"
    assert not {key for key, value in service.get("environment", {}).items() if not isinstance(value, str)}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_service_waits_for_what_can_come(name: str) -> None:
    for other, wanted in EVERY[name].get("depends_on", {}).items():
        waited = EVERY[other]
        if wanted["condition"] == "service_healthy":
            assert waited["healthcheck"] != {"disable": True}
        if wanted["condition"] == "service_completed_successfully":
            assert waited["restart"] == "on-failure"
        assert bool(waited.get("profiles")) == (wanted.get("required") is False) or EVERY[name].get("profiles")


@pytest.mark.parametrize("path", [COMPOSE, REDIS], ids=lambda path: path.name)
def test_volumes_are_declared_and_files_exist(path: Path) -> None:
    document = documents(path)[0]
    named: set[str] = set()
    for service in document["services"].values():
        for volume in service.get("volumes") or []:
            source = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume).split(":")[0]
            if source.startswith("."):
                assert (INFRA / source).is_file()
            else:
                named.add(source)
    assert named == set(document["volumes"])


def test_only_this_machine_reaches_a_port() -> None:
    published = [port for service in EVERY.values() for port in service.get("ports") or []]
    assert published and all(port.startswith("127.0.0.1:") for port in published)


def test_what_is_ours_cannot_write_where_it_runs() -> None:
    ours = [one for one in SERVICES.values() if one["image"].startswith("finews:")]
    assert len(ours) == 4
    for service in ours:
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["build"]["dockerfile"] == "infra/image/Containerfile"


def test_every_variable_is_explained_and_every_secret_asked_for() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{(\w+)", text))
    explained = assignments(INFRA / "compose/example.env", also_commented=True)
    assert used - {"FINEWS_VERSION"} == set(explained) - {"COMPOSE_PROFILES"}
    assert {then for _, then in re.findall(r"\$\{(\w*(?:PASSWORD|AUTH)\w*)(..)", text)} == {":?"}
    assert explained["COMPOSE_PROFILES"] in {word for one in SERVICES.values() for word in one.get("profiles", [])}


def test_the_first_site_is_valid_and_finds_its_services() -> None:
    site = read_site(str(INFRA / "compose/site.toml"))
    asked: list[Any] = [
        site.publish.endpoint_url,
        site.ledger.url,
        *re.findall(r"http://[^/\"]+", _text(INFRA / "compose/site.toml")),
    ]
    hosts = {urlsplit(url).hostname for url in asked} - {"news.example"}
    assert hosts == {"store", "postgres", "sample"} and hosts <= set(SERVICES)
    assert f"-bucket={site.publish.url.removeprefix('s3://')}" in SERVICES["store"]["command"]
    folder = site.captures.folder
    assert any(
        folder.startswith(volume.split(":")[1]) for volume in SERVICES["worker"]["volumes"] if "workers" in volume
    )
    # Deployments name this file; workers have the operator's in its place.
    deployed = {one["parameters"]["site"] for one in documents(ROOT / "deployments/prefect.yaml")[0]["deployments"]}
    mounted = [
        volume
        for one in (SERVICES["worker"], SERVICES["deploy"])
        for volume in one["volumes"]
        if "FINEWS_SITE" in volume
    ]
    assert len(mounted) == 2 and all(f":/opt/finews/{path}:ro" in volume for path in deployed for volume in mounted)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
