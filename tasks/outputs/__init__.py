"""What is made from articles: one file per kind of output, found by scanning this folder for an `OUTPUT`."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules

from tasks.model import Article, Catalogue, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What an output needs to know of the site.

    `base_url` has no slash at its end and may hold a path; `language` is a BCP 47 tag such as `zh-CN`;
    `timezone` an IANA name such as `Asia/Shanghai`.
    """

    title: str
    base_url: str
    language: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputKind:
    """One kind of output: pure functions from records to the objects that shall exist.

    `edition` names the version of its format: raise it when code here gives other bytes for the same records.
    """

    name: str
    of_article: Callable[[Article, SiteFacts], tuple[Page, ...]]
    of_catalogue: Callable[[Catalogue, SiteFacts], tuple[Page, ...]]
    edition: str


def find_outputs() -> tuple[OutputKind, ...]:
    """Every output of this folder, in the order of their names."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    outputs = (getattr(module, "OUTPUT", None) for module in modules)
    return tuple(sorted((o for o in outputs if isinstance(o, OutputKind)), key=lambda o: o.name))


def edition(site: SiteFacts, outputs: tuple[OutputKind, ...]) -> str:
    """Changes when a page could look different though its article did not: then everything is rendered again."""
    digest = hashlib.sha256()
    for part in _makers_of_pages(site, outputs):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def _makers_of_pages(site: SiteFacts, outputs: tuple[OutputKind, ...]) -> Iterator[bytes]:
    for fact in astuple(site):
        yield str(fact).encode("utf-8", "surrogatepass")
    for output in sorted(outputs, key=lambda o: o.name):
        yield f"{output.name} {output.edition}".encode()
    for folder in ("templates", "static"):
        for file in sorted(files(__name__).joinpath(folder).iterdir(), key=lambda f: f.name):
            if file.is_file():
                yield f"{folder}/{file.name}".encode()
                yield file.read_bytes()
