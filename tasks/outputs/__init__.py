"""What is made from articles and lists: one file per kind of output, found by scanning this folder for an `OUTPUT`."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from tasks.catalogue import Index, Surroundings
from tasks.model import Article, Page
from tasks.outputs.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What pages say of a source, and what its publisher allows.

    `canonical` says whose address search engines shall keep: `origin` or `self`; `index` whether they may keep ours.
    `credit` is the line that its publisher wants to see under each article; it may be empty.
    """

    name: str
    title: str
    canonical: str = "self"
    index: bool = True
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteFacts:
    """What an output needs to know of the site. Two are the same when they are one, so it may be a key of what is remembered.

    `base_url` has no slash at its end and may hold a path; `language` is a BCP 47 tag such as `zh-CN`; `timezone` an
    IANA name such as `Asia/Shanghai`; `contact` an http(s) or mailto address, or empty; `update_minutes` the time
    between two runs; `search` whether there is a search page; `hubs` WebSub hubs that feeds name.
    """

    title: str
    base_url: str
    language: str
    timezone: str
    theme: Theme
    description: str = ""
    contact: str = ""
    update_minutes: int = 60
    search: bool = True
    hubs: tuple[str, ...] = ()
    indexnow_key: str = ""
    sources: Mapping[str, SourceFacts] = field(default_factory=dict)

    def policy(self, source: str) -> SourceFacts:
        """The facts of a source; an article's source may have left the site file, then the defaults hold."""
        return self.sources.get(source) or SourceFacts(name=source, title=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputKind:
    """One kind of output: pure functions from records to the objects that shall exist.

    `of_index` has one function for each kind of list that this output shows; the others are nothing to it.
    `edition` names the version of its format: raise it when code here gives other bytes for the same records.
    """

    name: str
    edition: str
    of_article: Callable[[Article, Surroundings, SiteFacts], tuple[Page, ...]] | None = None
    of_index: Mapping[type[Index], Callable[[Any, SiteFacts], tuple[Page, ...]]] = field(default_factory=dict)


def find_outputs() -> tuple[OutputKind, ...]:
    """Every output of this folder, in the order of their names."""
    outputs = (getattr(module, "OUTPUT", None) for module in _modules())
    return tuple(sorted((o for o in outputs if isinstance(o, OutputKind)), key=lambda o: o.name))


@cache
def _modules() -> tuple[ModuleType, ...]:
    """Everything in this folder; it is looked through once, not for each article."""
    return tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))


def pages_of_article(
    article: Article, around: Surroundings, site: SiteFacts, outputs: tuple[OutputKind, ...]
) -> tuple[Page, ...]:
    """Every object that shows just this article."""
    return tuple(
        page for output in outputs if output.of_article is not None for page in output.of_article(article, around, site)
    )


def pages_of_index(index: Index, site: SiteFacts, outputs: tuple[OutputKind, ...]) -> tuple[Page, ...]:
    """Every object that shows this list."""
    makers = (output.of_index.get(type(index)) for output in outputs)
    return tuple(page for maker in makers if maker is not None for page in maker(index, site))


def edition(site: SiteFacts, outputs: tuple[OutputKind, ...]) -> str:
    """Changes when a page could look different though its article did not: then everything is rendered again."""
    digest = hashlib.sha256()
    for part in _makers_of_pages(site, outputs):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def _makers_of_pages(site: SiteFacts, outputs: tuple[OutputKind, ...]) -> Iterator[bytes]:
    for fact in fields(site):
        if fact.name not in ("theme", "sources"):
            yield f"{fact.name}={getattr(site, fact.name)}".encode("utf-8", "surrogatepass")
    for name in sorted(site.sources):
        yield str(site.sources[name]).encode("utf-8", "surrogatepass")
    for output in sorted(outputs, key=lambda o: o.name):
        yield f"{output.name} {output.edition}".encode()
    yield from site.theme.parts()
