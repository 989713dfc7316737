"""Kinds of object store. Each kind is a file here that ends in one `STORE = StoreKind(...)`; a folder scan finds them.

A store puts bytes with their headers under a key. What to put is decided before, by `plan`.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from tasks.errors import ConfigError
from tasks.model import Action, Listed, Receipt, Stored

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a store can do, found out by `Store.probe`. Without one the next best way is taken; nothing is refused.

    `create_if_absent`, `replace_if_same`: conditional writes (RFC 9110 If-None-Match, If-Match). `bare_tags`: the
    service takes a tag in If-Match only without its quotes. `copy_headers`: headers can be changed without sending the
    body. `checks_bodies`: a body that does not match its Content-MD5 is refused. `tag_is_md5`: the tag of a written
    object is the MD5 of its bytes, so the answer to a write proves what is stored.
    """

    create_if_absent: bool = True
    replace_if_same: bool = True
    bare_tags: bool = False
    copy_headers: bool = True
    checks_bodies: bool = True
    tag_is_md5: bool = True
    batch_delete: bool = True


Guard = Callable[[], None]


def unguarded() -> None:
    """Nothing stands against a write."""


class Store(Protocol):
    """Where a site is published. Every method may be called from several threads.

    What concerns one key ends up in its `Receipt.error`; the other keys still go on. What concerns the whole
    store (unreachable, wrong credentials, target not writable) raises `StoreError` with `retryable` set, and
    what was written until then stays. Unsafe keys (`checks.check_key`) raise `StoreError` before any call.
    """

    def read(self, key: str) -> Stored | None:
        """The object under `key`; None when there is none."""
        ...

    def write(self, actions: Iterable[Action], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Create or replace the page of each action, each whole or not at all; one receipt per action, in order.

        Takes creations and updates of a plan; any other kind of action is a `ValueError`. An object that is not as its
        action expects it stays as it is: the receipt has `conflict` set. `guard` is called before each object, from any
        thread; what it raises ends the call.
        """
        ...

    def delete(self, keys: Iterable[str], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Remove the keys; one receipt per key, in order. A key that is not there counts as removed.

        `guard` is called before each call to the service.
        """
        ...

    def listed(self, prefix: str = "") -> Iterator[Listed]:
        """Every object whose key begins with `prefix`, in no promised order. Slow on large sites: only audits list."""
        ...

    def probe(self) -> Capabilities:
        """Find out what the store can do, with an object of its own below `_finews/` that is gone afterwards."""
        ...

    def close(self) -> None:
        """Let go of connections. The store is not used afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """What is said of a store beside its URL, for services that are asked over a network.

    `endpoint_url` is for S3-compatible ones. A call is tried `attempts` times; `read_timeout` is in seconds of silence.
    """

    endpoint_url: str = ""
    attempts: int = 6
    read_timeout: float = 20.0
    capabilities: Capabilities = Capabilities()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKind:
    """One kind of store: `open(url, options)` makes no call and leaves no trace; `ConfigError` for a bad URL.

    `service`: the address of the service that is asked, which the environment may name; empty where none is.
    """

    scheme: str
    open: Callable[[str, StoreOptions], Store]
    service: Callable[[StoreOptions], str] = lambda _: ""


def find_stores() -> Mapping[str, StoreKind]:
    """Every kind in this folder, by scheme."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    kinds = [module.STORE for module in modules if hasattr(module, "STORE")]
    return MappingProxyType({kind.scheme: kind for kind in sorted(kinds, key=lambda kind: kind.scheme)})


def open_store(url: str, *, capabilities: Capabilities | None = None, **options: Any) -> Store:
    """The store that `url` names, chosen by its scheme. Without known `capabilities` it is taken to be able to do all.

    `options`: the other fields of `StoreOptions`.
    """
    return _kind_of(url).open(url, StoreOptions(capabilities=capabilities or Capabilities(), **options))


def service_of(url: str, **options: Any) -> str:
    """The address of the service on which the store of that URL is: the same bucket may be on several. Empty for none."""
    return _kind_of(url).service(StoreOptions(**options))


def _kind_of(url: str) -> StoreKind:
    kinds = find_stores()
    known = ", ".join(f"{scheme}:" for scheme in kinds)
    match = _SCHEME.match(url)
    if match is None:
        raise ConfigError(f"the address of the store has no scheme; expected one of {known} as in 'file:public'")
    scheme = match[1].lower()
    if scheme not in kinds:
        raise ConfigError(f"no kind of store has the scheme {scheme!r}; known are {known}")
    return kinds[scheme]
