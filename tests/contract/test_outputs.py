"""What holds for every output that the folder scan finds."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import tasks.outputs
from tasks.outputs import OutputKind, caching, edition, find_outputs
from tests.support.output_records import SITE, rendered, small_site

OUTPUTS = find_outputs()
ROOT = Path(__file__).parents[2]
FOLDER = Path(tasks.outputs.__file__).parent
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json",
    "feed.xml": "application/atom+xml; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
    "feed.json": "application/feed+json",
}
CACHING = {value for name, value in vars(caching).items() if name.isupper()} - {caching.STATE}
SAFE_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")

every_output = pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.name)


def test_the_scan_finds_every_file_that_declares_an_output() -> None:
    declaring = {path.stem for path in FOLDER.glob("*.py") if re.search(r"^OUTPUT = ", path.read_text(), re.MULTILINE)}
    assert {output.name for output in OUTPUTS} == declaring
    assert declaring == {"website", "jekyll", "feeds", "sitemaps", "search"}


def test_the_table_of_the_readme_names_just_these() -> None:
    rows = re.findall(r"^\| `(\w+)\.py` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == [output.name for output in OUTPUTS]


@every_output
def test_pages_are_well_formed(output: OutputKind) -> None:
    pages = rendered(output, small_site())
    assert pages
    for page in pages:
        assert SAFE_KEY.fullmatch(page.key), page.key
        assert page.cache_control in CACHING, page.key
        name = Path(page.key)
        if expected := TYPES.get(name.name, TYPES.get(name.suffix)):
            page.body.decode("utf-8")
            assert page.content_type in (expected, _archive_type(page.key)), page.key


def _archive_type(key: str) -> str:
    return TYPES["feed.xml"] if "feed/" in key else ""


@every_output
def test_text_that_cannot_be_encoded_does_not_stop_an_output(output: OutputKind) -> None:
    first, *others = small_site()
    broken = replace(
        first, title="\ud83d", summary="\ud83d\x00", post_body="<p>\ud83d\x00</p>", html="<p>\ud83d</p>", quote="\ud83d"
    )
    for page in rendered(output, (broken, *others)):
        if page.content_type.endswith("charset=utf-8"):
            page.body.decode("utf-8")


def test_no_two_pages_share_a_key() -> None:
    keys = Counter(page.key for output in OUTPUTS for page in rendered(output, small_site()))
    assert [key for key, count in keys.items() if count > 1] == []


def test_the_same_records_give_the_same_bytes_in_another_process() -> None:
    program = (
        "from hashlib import sha256\n"
        "from tasks.outputs import edition, find_outputs\n"
        "from tests.support.output_records import SITE, rendered, small_site\n"
        "pages = [p for o in find_outputs() for p in rendered(o, small_site())]\n"
        "print(sha256(repr([(p.key, p.digest) for p in pages]).encode()).hexdigest(), edition(SITE, find_outputs()))"
    )
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C"}
    told = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    pages = [page for output in OUTPUTS for page in rendered(output, small_site())]
    digest = sha256(repr([(p.key, p.digest) for p in pages]).encode()).hexdigest()
    assert told.stdout.split() == [digest, edition(SITE, OUTPUTS)]


@pytest.mark.parametrize(
    "change",
    [{"title": "别的"}, {"base_url": "https://other.example"}, {"language": "en"}, {"timezone": "UTC"}],
    ids=lambda change: next(iter(change)),
)
def test_the_edition_changes_with_the_site(change: dict[str, Any]) -> None:
    assert edition(replace(SITE, **change), OUTPUTS) != edition(SITE, OUTPUTS)


def test_the_edition_changes_with_the_outputs_but_not_with_their_order() -> None:
    first, *others = OUTPUTS
    assert edition(SITE, (replace(first, edition="next"), *others)) != edition(SITE, OUTPUTS)
    assert edition(SITE, tuple(others)) != edition(SITE, OUTPUTS)
    assert edition(SITE, OUTPUTS[::-1]) == edition(SITE, OUTPUTS)


@pytest.mark.parametrize("file", ["words/zh-CN.toml", "templates/article.html", "static/style.css"])
def test_the_edition_changes_with_templates_and_static_files(file: str, tmp_path: Path) -> None:
    """Asked of a copy of the package, in a process of its own."""
    for path in [*FOLDER.parent.glob("*.py"), *FOLDER.rglob("*")]:
        if path.is_file() and "__pycache__" not in path.parts:
            copy = tmp_path / "tasks" / path.relative_to(FOLDER.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    program = (
        "from tasks.outputs import SiteFacts, edition\n"
        "from tasks.outputs.theme import load_theme\n"
        "facts = {'title': 't', 'base_url': 'https://h.example', 'language': 'zh-CN', 'timezone': 'UTC'}\n"
        "print(edition(SiteFacts(**facts, theme=load_theme('zh-CN')), ()))"
    )

    def told() -> str:
        ran = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path,
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        return ran.stdout

    before = told()
    assert told() == before
    changed = tmp_path / "tasks/outputs" / file
    # Of words, what they say counts, not the file.
    changed.write_bytes(changed.read_bytes() + (b'one_more = "x"\n' if changed.suffix == ".toml" else b"\n"))
    assert told() != before
