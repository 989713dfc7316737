"""Kinds of source. Each file here ends in one `SOURCE = SourceKind(...)`; a folder scan finds them.

Files that begin with `_` are no kinds: they hold what several kinds share.

A source never fetches: it says what to ask and reads what came.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tasks.config import SourceSpec
from tasks.model import Entry, Listing, Request, Response, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One kind of source.

    - `options`: frozen dataclass of the keys that this kind adds to a `[[sources]]` table
    - `ask(spec)`: the request for the list
    - `read(spec, response)`: the list; `ParseError` when the answer is not one
    - `ask_text(spec, entry)`: the request for an article's text; None when the list carried it (`Entry.content`)
    - `extract(spec, entry, response)`: the text; `ParseError` when the answer holds none. The answer is None where
      `ask_text` gives None
    - `share_url(spec, entry)`: a page about this article that a reader can open
    - `pages`: texts come from pages made for readers, which may show something else in the place of an article, and are
      looked at again for corrections
    """

    name: str
    options: type[Any]
    ask: Callable[[SourceSpec], Request]
    read: Callable[[SourceSpec, Response], Listing]
    ask_text: Callable[[SourceSpec, Entry], Request | None]
    extract: Callable[[SourceSpec, Entry, Response | None], Text]
    share_url: Callable[[SourceSpec, Entry], str]
    pages: bool = True


def find_sources() -> Mapping[str, SourceKind]:
    """Every kind in this folder, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    kinds = [importlib.import_module(f"{__name__}.{name}").SOURCE for name in names]
    return MappingProxyType({kind.name: kind for kind in kinds})
