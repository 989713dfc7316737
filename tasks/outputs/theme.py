"""Templates, static files and words of a site: those shipped here, with a site's own in their place.

A theme is a folder with any of `templates/`, `static/` and `words/`; a file in it replaces the shipped one of that name.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from tasks.errors import ConfigError

_SHIPPED = "tasks.outputs"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Theme:
    """Everything that pages are made with, read once. Compared by `digest`, so templates are compiled once for all equal ones.

    `templates`: file name -> source; `static`: file name -> bytes; `words`: the interface text in the site's language.
    """

    templates: Mapping[str, str]
    static: Mapping[str, bytes]
    words: Mapping[str, str]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the digest, once."""
        told = hashlib.sha256()
        for part in self.parts():
            told.update(hashlib.sha256(part).digest())
        object.__setattr__(self, "digest", told.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Theme) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def parts(self) -> Iterator[bytes]:
        """All of it, in a fixed order, for a digest."""
        for name, source in sorted(self.templates.items()):
            yield f"templates/{name}".encode() + b"\0" + source.encode()
        for name, body in sorted(self.static.items()):
            yield f"static/{name}".encode() + b"\0" + body
        for name, text in sorted(self.words.items()):
            yield f"words/{name}".encode() + b"\0" + text.encode()


def load_theme(language: str, folder: str = "") -> Theme:
    """The shipped theme, with the files of `folder` over it; `ConfigError` when that is not there.

    `language` is a BCP 47 tag: its own words are taken, or those of its first subtag. A theme may bring a language that
    is not shipped; words that it leaves out are the English ones.
    """
    roots: list[Traversable] = [files(_SHIPPED)]
    if folder:
        if not Path(folder).is_dir():
            raise ConfigError(f"[site] theme = {folder!r}: no such folder")
        roots.append(Path(folder))
    templates = {name: _text(f"templates/{name}", body) for name, body in _read(roots, "templates").items()}
    return Theme(templates=templates, static=_read(roots, "static"), words=_words(roots, language))


def _read(roots: list[Traversable], folder: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for root in roots:
        place = root.joinpath(folder)
        if place.is_dir():
            found |= {file.name: file.read_bytes() for file in place.iterdir() if _is_ours(file)}
    return dict(sorted(found.items()))


def _is_ours(file: Traversable) -> bool:
    return file.is_file() and not file.name.startswith(".")


def _words(roots: list[Traversable], language: str) -> dict[str, str]:
    there = sorted(name.removesuffix(".toml") for name in _read(roots, "words") if name.endswith(".toml"))
    mains = {name.partition("-")[0]: name for name in reversed(there)}
    chosen = language if language in there else mains.get(language.partition("-")[0])
    if chosen is None:
        known = ", ".join(there)
        raise ConfigError(
            f"[site] language = {language!r}: there are no words in it; known: {known}. "
            f"A theme brings its own as words/{language}.toml"
        )
    words: dict[str, str] = {}
    for name in ("en", chosen):
        for root in roots:
            file = root.joinpath("words").joinpath(f"{name}.toml")
            if file.is_file():
                words |= _strings(file)
    return words


def _text(name: str, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"theme: {name}: not UTF-8: {error}") from error


def _strings(file: Traversable) -> dict[str, str]:
    try:
        read = tomllib.loads(file.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not a file of words: {error}") from error
    for name, text in read.items():
        if not isinstance(text, str):
            raise ConfigError(f"{file}: {name} = {text!r}: expected a string")
    return read
