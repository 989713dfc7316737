"""What the files under infra/ say, read as their own programs read them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
COMPOSE, REDIS = INFRA / "compose.yaml", INFRA / "compose.redis.yaml"
UNITS = sorted((INFRA / "systemd").glob("*.service"))


class _Loader(yaml.SafeLoader):
    """YAML with compose's own tag `!reset`: the key is as if it were not there."""


_Loader.add_constructor("!reset", lambda loader, node: None)


def documents(path: Path) -> list[Any]:
    """The YAML documents of a file."""
    return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Loader))


def services(path: Path = COMPOSE) -> dict[str, dict[str, Any]]:
    """The services of a compose file."""
    found: dict[str, dict[str, Any]] = documents(path)[0]["services"]
    return found


def assignments(path: Path, *, also_commented: bool = False) -> dict[str, str]:
    """`NAME=value` lines of an environment file; with `also_commented` those behind a `#`, too."""
    pattern = r"^#?([A-Z][A-Z0-9_]*)=(.*)$" if also_commented else r"^([A-Z][A-Z0-9_]*)=(.*)$"
    return dict(re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE))


def unit(path: Path) -> dict[str, list[str]]:
    """Every key of a unit file with its values; a value may stand several times."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def environments() -> Iterator[tuple[str, dict[str, str]]]:
    """Where, and what programs are told there in their environment."""
    for path in (COMPOSE, REDIS):
        for name, service in services(path).items():
            yield f"{path.name}: {name}", service.get("environment", {})
    for path in (INFRA / "prefect-server.env", *(INFRA / "systemd").glob("*.env.example")):
        yield path.name, assignments(path, also_commented=True)
    for path in (*UNITS, INFRA / "systemd/finews-.service.d/hardening.conf"):
        told = " ".join(unit(path).get("Environment", []))
        yield path.name, dict(word.split("=", 1) for word in told.split())
    values = documents(INFRA / "kubernetes/server-values.yaml")[0]
    yield "server-values.yaml", {one["name"]: one["value"] for one in values["server"]["env"]}
    for document in documents(INFRA / "kubernetes/resources.yaml"):
        for container in document["spec"].get("template", {}).get("spec", {}).get("containers", []):
            yield "resources.yaml", {one["name"]: one["value"] for one in container["env"]}
    for document in documents(INFRA / "kubernetes/secrets.example.yaml"):
        yield "secrets.example.yaml", document["stringData"]
    image = (INFRA / "image/Containerfile").read_text(encoding="utf-8")
    yield (
        "Containerfile",
        dict(re.findall(r"([A-Z_]+)=(\S+)", image[image.index("ENV ") : image.index("WORKDIR /opt/finews\nUSER")])),
    )


def commands() -> Iterator[tuple[str, list[str]]]:
    """Where, and a command line of Prefect that is run there, without the name of the program."""
    for path in (COMPOSE, REDIS):
        for name, service in services(path).items():
            if service.get("command", [""])[0] == "prefect":
                yield f"{path.name}: {name}", [str(word) for word in service["command"][1:]]
    for path in UNITS:
        for line in unit(path)["ExecStart"]:
            program, *words = line.split()
            if program.endswith("/prefect"):
                yield path.name, words
    for line in (INFRA / "deploy.sh").read_text(encoding="utf-8").splitlines():
        if found := re.search(r"(?:^|\s)prefect (.+?)(?: >.*)?$", line):
            yield "deploy.sh", found[1].replace('"', "").split()
