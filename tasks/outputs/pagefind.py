"""Runs Pagefind, the program that makes a search index of pages and brings the script that reads it.

It is asked for plain words only: no language, so that it neither cuts nor stems. What a word is, the caller decides.
"""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.errors import RenderError

VERSION = "1.5.2"  # as in pyproject.toml; script and index of two versions do not belong together
LANGUAGE = "und"  # of what is indexed, BCP 47 "undetermined"

_ENTRY = "pagefind-entry.json"
_SECONDS = 300  # a full shard takes one
_NO_WORDS = "空页"  # two ideographs in one word: a query never asks for that
_INSTEAD = "Install pagefind_bin, or set search = false in [site]"


def bundle(pages: Iterable[str]) -> Mapping[str, bytes]:
    """Path -> bytes of everything that Pagefind writes for these HTML pages; `RenderError` when it cannot.

    Pagefind refuses to index nothing, so there is always one more page, which no query finds.
    """
    with TemporaryDirectory(prefix="finews-search-") as place:
        site, made = Path(place, "pages"), Path(place, "made")
        site.mkdir()
        for number, page in enumerate((f"<html><body data-pagefind-body>{_NO_WORDS}</body></html>", *pages)):
            site.joinpath(f"{number:05}.html").write_bytes(page.encode("utf-8", "replace"))
        _run(site, made)
        files = {file.relative_to(made).as_posix(): file.read_bytes() for file in made.rglob("*") if file.is_file()}
    _check_version(files)
    return dict(sorted(files.items()))


def _run(site: Path, made: Path) -> None:
    options = ("--site", site, "--output-path", made, "--force-language", LANGUAGE, "--silent")
    try:
        # In an empty folder and environment, because Pagefind reads settings from both.
        ended = subprocess.run(  # noqa: S603  our own program and paths
            [_program(), *options], cwd=site.parent, env={}, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"search index: Pagefind could not be run: {error}. {_INSTEAD}") from error
    if ended.returncode != 0:
        said = ended.stderr.decode("utf-8", "replace").strip()[-500:]
        raise RenderError(f"search index: Pagefind ended with status {ended.returncode}: {said}. {_INSTEAD}")


def _program() -> Path:
    try:
        # Not above: a platform without this wheel still makes sites without search.
        from pagefind_bin import get_executable  # type: ignore[import-untyped]

        return Path(get_executable())
    except (ImportError, FileNotFoundError) as error:
        raise RenderError(f"search index: there is no Pagefind for this platform: {error}. {_INSTEAD}") from error


def _check_version(files: Mapping[str, bytes]) -> None:
    if _ENTRY not in files:
        raise RenderError(f"search index: Pagefind wrote no {_ENTRY}. {_INSTEAD}")
    found = json.loads(files[_ENTRY])["version"]
    if found != VERSION:
        raise RenderError(f"search index: Pagefind is {found}, expected {VERSION}. {_INSTEAD}")
