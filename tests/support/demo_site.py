"""The demo site, published by the `finews` command: once a session, however many processes run its tests."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from infra.sample import server as sample
from tests.support.prefect_server import clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "deployments" / "sites" / "demo.toml"
COMMAND = Path(sys.executable).with_name("finews")
OLDER = 45  # further articles of one category: enough for two closed pages and for a month before
LISTED_AT = "127.0.0.1:8901"  # where the demo's sample upstream listens

_ARTICLE = re.compile(r"(?!archive/)[^/]+/\d{4}/\d\d/\d\d/[^/]+\.html")

# The eldest of the older articles is taken down again.
WITHDRAWN = "NW202610220000000045"
TOMBSTONE = "emnews/2026/10/22/202610220000000045.html"

KINDS = {
    "home": "index.html",
    "categories": "category/index.html",
    "category": "category/emnews.html",
    "older category page": "category/emnews/1.html",
    "fixed category": "emnews/index.html",
    "day": "archive/2026/11/23.html",
    "month": "archive/2026/11/index.html",
    "archive": "archive/index.html",
    "about": "about.html",
    "404": "404.html",
    "search": "search.html",
    "withdrawn": TOMBSTONE,
    "article": "",
    "article with a table": "<table",
    "article with a K-line": 'class="kline"',
    "article with a picture": 'class="picture"',
}
"""Every kind of page with its key, or with what the body of such an article holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """The published demo."""

    folder: Path

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all objects."""
        return tuple(
            sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        )

    @property
    def pages(self) -> tuple[str, ...]:
        """Keys of all HTML pages."""
        return tuple(key for key in self.keys if key.endswith(".html") and not key.startswith("_finews/"))

    @property
    def articles(self) -> tuple[str, ...]:
        """Keys of the articles' pages; not the one that was taken down."""
        return tuple(key for key in self.pages if is_article(key) and key != TOMBSTONE)

    def text(self, key: str) -> str:
        """An object as text."""
        return (self.folder / key).read_text(encoding="utf-8")

    def key_of(self, kind: str) -> str:
        """A page of one of `KINDS`."""
        if not kind.startswith("article"):
            return KINDS[kind]
        return next(key for key in self.articles if KINDS[kind] in self.text(key))


def is_article(key: str) -> bool:
    """Whether an article's page stands under this key."""
    return _ARTICLE.fullmatch(key) is not None


def publish_demo(folder: Path, upstream: str) -> DemoSite:
    """One run of the demo site into `folder`, reading from the sample upstream at `upstream`."""
    folder.mkdir(parents=True)
    site = folder / "demo.toml"
    site.write_text(DEMO.read_text(encoding="utf-8").replace(LISTED_AT, upstream.removeprefix("http://")), "utf-8")
    command(folder, "run", "--site", str(site))
    return DemoSite(folder=folder / "public")


def command(folder: Path, *arguments: str) -> None:
    """The `finews` command with these arguments, in that folder; it has to end well."""
    environment = clean_environment(folder, PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api")
    ended = subprocess.run(
        [str(COMMAND), *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=280
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> DemoSite:
    """The demo with a back catalogue, for reading only. The first process that wants it publishes it for all."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made, ready = shared / "demo", shared / "demo.ready"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(made, ignore_errors=True)
            with sample.serving(_with_older(shared / "demo-content")) as upstream:
                publish_demo(made, upstream)
                command(made, "withdraw", WITHDRAWN, "--reason", "own", "--site", str(made / "demo.toml"))
            ready.touch()
    return DemoSite(folder=made / "public")


def _with_older(folder: Path) -> Path:
    """The sample content and `OLDER` articles of the rolling list before it."""
    shutil.copytree(sample.CONTENT, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
    newest = datetime(2026, 11, 12, 8, 0, 0)  # noqa: DTZ001  the lists print Beijing time without its zone
    for place in range(1, OLDER + 1):
        at = newest - timedelta(hours=11 * place)
        story = (
            f'code = "NW{at:%Y%m%d}{place:010d}"\n'
            f'time = "{at:%Y-%m-%d %H:%M:%S}"\n'
            f'title = "旧闻第{place}则：沿河仓库的夜班与早市"\n'
            'media = "河滨日报"\n'
            'lists = ["rolling"]\n'
            f'digest = "【旧闻第{place}则】沿河仓库的夜班为早市备货。（河滨日报）"\n'
            "body = '''\n"
            f"沿河仓库第{place}夜的记录：二十点收货，零点分拣，四点装车。\n"
            "早市开门以前，车已经在桥头排好。\n"
            "'''\n"
        )
        (folder / "articles" / f"older-{place:02d}.toml").write_text(story, encoding="utf-8")
    return folder
