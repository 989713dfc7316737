"""A store in memory, for tests. Every `mem:` is a fresh one."""

import threading
from collections.abc import Iterable, Iterator

from tasks.errors import ConfigError
from tasks.model import Action, Page, Receipt
from tasks.stores import StoreKind, StoreOptions
from tasks.stores.checks import check_key, check_writes, deleted, written


class MemoryStore:
    """Pages by key."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes | None:
        """The bytes under `key`; None when there are none."""
        page = self.page(key)
        return None if page is None else page.body

    def page(self, key: str) -> Page | None:
        """The whole page under `key`, with its headers."""
        check_key(key)
        return self._pages.get(key)

    def write(self, actions: Iterable[Action]) -> tuple[Receipt, ...]:
        """Keep the page of each action."""
        writes = check_writes(actions)
        with self._lock:
            self._pages.update({page.key: page for _, page in writes})
        return tuple(written(action, page) for action, page in writes)

    def delete(self, keys: Iterable[str]) -> tuple[Receipt, ...]:
        """Forget the keys."""
        gone = tuple(keys)
        for key in gone:
            check_key(key)
        with self._lock:
            for key in gone:
                self._pages.pop(key, None)
        return tuple(deleted(key) for key in gone)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that begins with `prefix`, as of now."""
        with self._lock:
            found = [key for key in self._pages if key.startswith(prefix)]
        return iter(found)

    def close(self) -> None:
        """Nothing to let go of."""


def _open(url: str, _options: StoreOptions) -> MemoryStore:
    if url.lower() != "mem:":
        raise ConfigError("a store in memory has no name; expected 'mem:' and nothing after it")
    return MemoryStore()


STORE = StoreKind(scheme="mem", open=_open)
