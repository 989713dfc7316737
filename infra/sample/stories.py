"""The articles of the sample upstream: one TOML file each, checked while they are read."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from infra.sample.markup import SEPARATORS, Annotator, MarkupError, to_html

LISTS = ("rolling", "media", "market-37", "market-38", "market-39", "feed", "sitemap", "listing", "json", "eastmoney")
"""The lists that an article may stand in."""

_CODE = re.compile(r"NW\d{18}")
_TIME = "%Y-%m-%d %H:%M:%S"
_TYPES: dict[str, type] = {
    "code": str, "time": str, "title": str, "media": str, "lists": list, "body": str, "digest": str, "source": str,
    "separator": str, "channel": str, "record": dict, "without": list, "text_status": int, "fails_first": int,
}  # fmt: skip
_REQUIRED = ("code", "time", "title", "media", "lists", "body")


class ContentError(ValueError):
    """An article file that cannot be served; the message says which file, which field and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article. `time` is Beijing time as the lists print it; `content` and `text` hold `{origin}` for addresses.

    `record` is laid over the record of each list as it stands, and the fields named in `without` are left out of it.
    The text answers with `text_status` when that is not 200, and with 503 the first `fails_first` times.
    """

    code: str
    time: str
    title: str
    media: str
    lists: tuple[str, ...]
    content: str
    text: str
    digest: str = ""
    channel: str = "1353"
    record: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    without: tuple[str, ...] = ()
    text_status: int = 200
    fails_first: int = 0

    @property
    def number(self) -> str:
        """The 18 digits of its code."""
        return self.code.removeprefix("NW")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """All articles, newest first, and the pictures beside them by name."""

    stories: tuple[Story, ...]
    pictures: Mapping[str, bytes]

    def listed(self, name: str) -> tuple[Story, ...]:
        """The articles of one list, newest first."""
        return tuple(story for story in self.stories if name in story.lists)


def load(folder: Path) -> Library:
    """Reads `folder/articles/**/*.toml` and `folder/pictures/*`. Raises ContentError."""
    paths = sorted((folder / "articles").rglob("*.toml"))
    if not paths:
        raise ContentError(f"{folder / 'articles'}: expected article files (*.toml), found none")
    pictures = {path.name: path.read_bytes() for path in sorted((folder / "pictures").glob("*.*"))}
    owners: dict[str, Path] = {}
    stories: list[Story] = []
    for path in paths:
        story = read_story(path, pictures)
        if story.code in owners:
            raise ContentError(f"{path}: code: {story.code} is taken by {owners[story.code]}")
        owners[story.code] = path
        stories.append(story)
    stories.sort(key=lambda story: (story.time, story.code), reverse=True)
    return Library(stories=tuple(stories), pictures=MappingProxyType(pictures))


def read_story(path: Path, pictures: Mapping[str, bytes]) -> Story:
    """One article from its file. Raises ContentError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: expected TOML in UTF-8: {error}") from error
    _check(path, table)
    given = {name: table[name] for name in ("code", "time", "title", "media") if name in table}
    optional = {name: table[name] for name in ("digest", "channel", "text_status", "fails_first") if name in table}
    separator, source = SEPARATORS[table.get("separator", "lf")], table.get("source", table["media"])
    try:
        content = to_html(table["body"], source, separator=separator, pictures=pictures, keywords=Annotator())
        text = to_html(table["body"], source, separator=separator, pictures=pictures)
    except MarkupError as error:
        raise ContentError(f"{path}: body: {error}") from error
    return Story(
        **given, **optional, lists=tuple(table["lists"]), content=content, text=text,
        record=MappingProxyType(table.get("record", {})), without=tuple(table.get("without", ())),
    )  # fmt: skip


def _check(path: Path, table: Mapping[str, object]) -> None:
    for name in _REQUIRED:
        if name not in table:
            raise ContentError(f"{path}: {name}: missing")
    for name, value in table.items():
        if name not in _TYPES:
            raise ContentError(f"{path}: {name}: unknown field; known are {', '.join(_TYPES)}")
        if type(value) is not _TYPES[name]:
            raise ContentError(f"{path}: {name}: expected {_TYPES[name].__name__}, found {value!r}")
    if not _CODE.fullmatch(str(table["code"])):
        raise ContentError(f"{path}: code: expected NW and 18 digits, found {table['code']!r}")
    try:
        datetime.strptime(str(table["time"]), _TIME)
    except ValueError as error:
        raise ContentError(f"{path}: time: expected 2026-11-23 08:00:00, found {table['time']!r}") from error
    lists = table["lists"]
    if not isinstance(lists, list) or not lists or any(name not in LISTS for name in lists):
        raise ContentError(f"{path}: lists: expected some of {', '.join(LISTS)}, found {lists!r}")
    without = table.get("without", [])
    if not isinstance(without, list) or any(type(name) is not str for name in without):
        raise ContentError(f"{path}: without: expected names of fields, found {without!r}")
    try:
        json.dumps(table.get("record", {}))
    except TypeError as error:
        raise ContentError(f"{path}: record: expected values that JSON can hold: {error}") from error
    if table.get("separator", "lf") not in SEPARATORS:
        raise ContentError(f"{path}: separator: expected one of {', '.join(SEPARATORS)}")
