"""Kinds of object store. Each kind is a file here that ends in one `STORE = StoreKind(...)`; a folder scan finds them.

A store puts bytes with their headers under a key. What to put is decided before, by `plan`.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from tasks.errors import ConfigError
from tasks.model import Action, Receipt

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Store(Protocol):
    """Where a site is published. Every method may be called from several threads.

    What concerns one key ends up in its `Receipt.error`; the other keys still go on. What concerns the whole
    store (unreachable, wrong credentials, target not writable) raises `StoreError` with `retryable` set, and
    what was written until then stays. Unsafe keys (`checks.check_key`) raise `StoreError` before any call.
    """

    def read(self, key: str) -> bytes | None:
        """The bytes under `key`; None when there are none."""
        ...

    def write(self, actions: Iterable[Action]) -> tuple[Receipt, ...]:
        """Create or replace the page of each action, each whole or not at all; one receipt per action, in order.

        Takes creations and updates, that is `plan(...).creations` or `.updates`; any other kind of action is a `ValueError`.
        """
        ...

    def delete(self, keys: Iterable[str]) -> tuple[Receipt, ...]:
        """Remove the keys; one receipt per key, in order. A key that is not there counts as removed."""
        ...

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that begins with `prefix`, in no promised order. Slow on large sites: only audits list."""
        ...

    def close(self) -> None:
        """Let go of connections. The store is not used afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """What a site file says of its store beside the URL. `endpoint_url` is for S3-compatible services."""

    endpoint_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKind:
    """One kind of store: `open(url, options)` makes no call and leaves no trace; `ConfigError` for a bad URL."""

    scheme: str
    open: Callable[[str, StoreOptions], Store]


def find_stores() -> Mapping[str, StoreKind]:
    """Every kind in this folder, by scheme."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    kinds = [module.STORE for module in modules if hasattr(module, "STORE")]
    return MappingProxyType({kind.scheme: kind for kind in sorted(kinds, key=lambda kind: kind.scheme)})


def open_store(url: str, *, endpoint_url: str = "") -> Store:
    """The store that `url` names, chosen by its scheme."""
    kinds = find_stores()
    known = ", ".join(f"{scheme}:" for scheme in kinds)
    match = _SCHEME.match(url)
    if match is None:
        raise ConfigError(f"the address of the store has no scheme; expected one of {known} as in 'file:public'")
    scheme = match[1].lower()
    if scheme not in kinds:
        raise ConfigError(f"no kind of store has the scheme {scheme!r}; known are {known}")
    return kinds[scheme].open(url, StoreOptions(endpoint_url=endpoint_url))
