"""Programs that check pages and are not Python: found on this machine, or the test is left out with a line that says why."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
Found = TypeVar("Found")
WEB = ROOT / ".web" / "node_modules"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Chromium without a sandbox (containers give it none) and without traffic of its own."""


class LeftOut(Exception):
    """A program is missing; the message says which, and where it comes from."""


def or_leave_out(find: Callable[[], Found]) -> Found:
    """What `find` finds; the test is skipped where it is missing."""
    try:
        return find()
    except LeftOut as missing:
        pytest.skip(f"left out {missing}")


def find_chromium() -> str:
    """Path of the browser."""
    return _program(_CHROMIUM, "what needs a browser: no Chromium (Debian: apt-get install chromium fonts-noto-cjk)")


def find_axe() -> Path:
    """The script with the accessibility rules."""
    return _installed("axe-core/axe.min.js", "the accessibility rules of axe-core")


def find_html_checker() -> list[str]:
    """The command of the Nu HTML checker; it takes addresses, also those of this machine.

    Addresses and not files, because a policy that speaks of `'self'` means nothing in a file.
    """
    java = _program(
        ("java",), "the Nu HTML checker: no Java, 17 or newer (Debian: apt-get install default-jre-headless)"
    )
    jar = str(_installed("vnu-jar/build/dist/vnu.jar", "the Nu HTML checker"))
    return [java, "-Dnu.validator.servlet.allow-forbidden-hosts=true", "-jar", jar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What the HTML checker says of one place. `kind` is `error`, `warning` or what else it calls it."""

    kind: str
    text: str
    address: str
    extract: str


def check_html(checker: Sequence[str], addresses: Sequence[str]) -> list[Remark]:
    """What the Nu HTML checker says of these pages and style sheets on loopback, errors and warnings alike."""
    command = [*checker, "--format", "json", "--stdout", "--exit-zero-always", "--also-check-css", *addresses]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240)
    if ended.returncode != 0 or not ended.stdout.strip():
        raise RuntimeError(f"the Nu HTML checker ended with status {ended.returncode}: {ended.stderr[-2000:]}")
    return [_remark(message) for message in json.loads(ended.stdout)["messages"]]


def _remark(message: dict[str, Any]) -> Remark:
    return Remark(
        kind=message.get("subType") or message["type"],
        text=message["message"],
        address=message.get("url", ""),
        extract=message.get("extract", "").strip(),
    )


def _program(names: Sequence[str], missing: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise LeftOut(missing)


def _installed(file: str, what: str) -> Path:
    found = WEB / file
    if found.is_file():
        return found
    raise LeftOut(f"{what}: not in .web/ (make setup-web fetches it; it needs npm)")
