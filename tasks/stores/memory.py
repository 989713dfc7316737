"""A store in memory, for tests. Every `mem:` is a fresh one."""

import itertools
import threading
from collections.abc import Iterable, Iterator

from tasks.errors import ConfigError
from tasks.model import Action, ActionKind, Listed, Page, Receipt, Stored
from tasks.stores import Capabilities, Guard, StoreKind, StoreOptions, unguarded
from tasks.stores.checks import check_key, check_writes, conflicting, deleted, written
from tasks.stores.encoding import stored_body


class MemoryStore:
    """Pages by key, each with a tag that no other write has."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[Page, str]] = {}
        self._writes = itertools.count(1)
        self._lock = threading.Lock()

    def read(self, key: str) -> Stored | None:
        """The object under `key`; None when there is none."""
        check_key(key)
        if (found := self._pages.get(key)) is None:
            return None
        page, tag = found
        kept = (page.content_type, page.cache_control, page.encoding)
        return Stored(body=page.body, tag=tag, content_type=kept[0], cache_control=kept[1], encoding=kept[2])

    def write(self, actions: Iterable[Action], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Keep the page of each action."""
        receipts = []
        for action, page in check_writes(actions):
            guard()
            receipts.append(self._put(action, page))
        return tuple(receipts)

    def delete(self, keys: Iterable[str], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Forget the keys."""
        gone = tuple(keys)
        for key in gone:
            check_key(key)
        for key in gone:
            guard()
            with self._lock:
                self._pages.pop(key, None)
        return tuple(deleted(key) for key in gone)

    def listed(self, prefix: str = "") -> Iterator[Listed]:
        """Every object whose key begins with `prefix`, as of now."""
        with self._lock:
            found = [
                Listed(key=key, size=len(stored_body(page)), tag=tag)
                for key, (page, tag) in self._pages.items()
                if key.startswith(prefix)
            ]
        return iter(found)

    def probe(self) -> Capabilities:
        """It can do everything."""
        return Capabilities()

    def close(self) -> None:
        """Nothing to let go of."""

    def _put(self, action: Action, page: Page) -> Receipt:
        with self._lock:
            _, tag = self._pages.get(page.key, (None, ""))
            expected = "" if action.kind is ActionKind.CREATE else action.tag or tag
            if tag != expected:
                return conflicting(action, page)
            new = f"v{next(self._writes)}"
            self._pages[page.key] = (page, new)
        return written(action, page, tag=new, verified=True)


def _open(url: str, _options: StoreOptions) -> MemoryStore:
    if url.lower() != "mem:":
        raise ConfigError("a store in memory has no name; expected 'mem:' and nothing after it")
    return MemoryStore()


STORE = StoreKind(scheme="mem", open=_open)
