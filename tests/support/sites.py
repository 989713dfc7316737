"""A site of a test's own: its file, its folder of published objects and its ledger, all below one folder."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from prefect.client.schemas.objects import State

from flows.run import open_ledger, read_site
from flows.syndicate import syndicate
from tasks.ledger import Ledger
from tasks.model import ArticleLine, RunReport

OPERATORS = ("_finews/journal/", "_finews/status.")
"""What a run tells the person on call begins so; it has times in it, and is no part of a publication."""
_FETCH: Mapping[str, object] = {
    "retries": 2, "retry_delay": 0.01, "connect_timeout": 5, "read_timeout": 10, "min_gap": 0, "per_host": 8,
    "allow_hosts": ["127.0.0.1"],
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A flow run that has ended."""

    state: State[Any]

    @property
    def result(self) -> object:
        """The report, or the error that ended the run."""
        return self.state.result(raise_on_failure=False)

    @property
    def report(self) -> RunReport:
        """The report; the run's own error where there is none."""
        if isinstance(self.result, BaseException):
            raise self.result
        assert isinstance(self.result, RunReport)
        return self.result

    @property
    def ending(self) -> str:
        """Name of the flow run's final state."""
        return str(self.state.name)

    def line(self, code: str) -> ArticleLine:
        """The only line of the report about `code`."""
        [line] = [line for line in self.report.articles if line.code == code]
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFolder:
    """Where the site's things are."""

    folder: Path

    @property
    def file(self) -> Path:
        """The site file."""
        return self.folder / "site.toml"

    @property
    def public(self) -> Path:
        """The store."""
        return self.folder / "public"

    @property
    def ledger_file(self) -> Path:
        """The ledger."""
        return self.folder / "ledger.db"

    def write(self, *sources: Mapping[str, object], **tables: Mapping[str, object]) -> None:
        """Write the site file; `tables` are laid over the defaults."""
        defaults: dict[str, dict[str, object]] = {
            "site": {"title": "测试消息", "base_url": "https://finews.withounder.com", "timezone": "Asia/Shanghai"},
            "publish": {"url": f"file:{self.public}"},
            "ledger": {"url": f"sqlite:///{self.ledger_file}"},
            "fetch": dict(_FETCH),
            "captures": {"folder": str(self.folder / "captures")},
        }
        merged = {name: {**defaults.get(name, {}), **tables.get(name, {})} for name in [*defaults, *tables]}
        parts = [f"[{name}]\n{_keys(table)}" for name, table in merged.items()]
        parts += [f"[[sources]]\n{_keys(source)}" for source in sources]
        self.file.write_text("\n".join(parts), encoding="utf-8")

    def write_again(self, **tables: Mapping[str, object]) -> None:
        """The site file with other tables in the place of those of these names."""
        told = tomllib.loads(self.file.read_text(encoding="utf-8"))
        sources = told.pop("sources")
        self.write(*sources, **told | tables)

    def run(self, **wish: Any) -> Ended:
        """One run of the flow, in this process."""
        return Ended(state=syndicate(site=str(self.file), return_state=True, **wish))

    def do(self, flow: Callable[..., Any], **parameters: Any) -> Ended:
        """One run of another flow."""
        return Ended(state=flow(site=str(self.file), return_state=True, **parameters))

    def objects(self) -> dict[str, bytes]:
        """Every object that readers may get."""
        return {key: body for key, body in self.files().items() if not key.startswith("_finews/")}

    def files(self) -> dict[str, bytes]:
        """Every file below the store's folder by its key, but for what a run tells the person on call."""
        found = (path for path in self.public.rglob("*") if path.is_file())
        keys = {path.relative_to(self.public).as_posix(): path for path in found}
        return {key: path.read_bytes() for key, path in keys.items() if not key.startswith(OPERATORS)}

    def told(self) -> dict[str, bytes]:
        """What runs told the person on call: journals and the status."""
        found = (path for path in (self.public / "_finews").rglob("*") if path.is_file())
        keys = {path.relative_to(self.public).as_posix(): path for path in found}
        return {key: path.read_bytes() for key, path in keys.items() if key.startswith(OPERATORS)}

    def prints(self) -> dict[str, tuple[int, int]]:
        """Inode and time of change of every file of `files`: another write gives another print."""
        return {f"{self.public.name}/{key}": _print(self.public / key) for key in self.files()}

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger as the `finews` command opens it."""
        with open_ledger(read_site(str(self.file)), run_id="", clock=lambda: datetime.now(UTC)) as ledger:
            yield ledger

    def story_of(self, key: str) -> str:
        """The journal of an article or source, a line each."""
        with self.ledger() as ledger:
            return "\n".join(f"{note.stage.value}: {note.text}" for note in ledger.journal.of(key))

    def dead_links(self) -> list[str]:
        """Links between published pages that lead nowhere."""
        return [
            f"{key} -> {link}"
            for key, body in self.objects().items()
            if key.endswith(".html")
            for link in _links(body)
            if not (self._target(key, link)).is_file()
        ]

    def _target(self, key: str, link: str) -> Path:
        path = unquote(urlsplit(link).path)
        start = self.public if path.startswith("/") else (self.public / key).parent
        target = (start / path.lstrip("/")).resolve()
        return target / "index.html" if target.is_dir() else target


def _links(body: bytes) -> Iterator[str]:
    soup = BeautifulSoup(body, "lxml")
    for tag in soup.find_all(True):
        link = tag.get("href") or tag.get("src")
        if link and not re.match(r"[a-z]+:|//|#", str(link)):
            yield str(link)


def _print(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _keys(table: Mapping[str, object]) -> str:
    """JSON strings, numbers and booleans are TOML too."""
    return "".join(f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
