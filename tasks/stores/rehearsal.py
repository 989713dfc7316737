"""The dry run, as a store: everything is asked and answered, nothing is written."""

import threading
from collections.abc import Iterable, Iterator

from tasks.model import Action, Listed, Receipt, Stored
from tasks.stores import Capabilities, Guard, Store, unguarded
from tasks.stores.checks import check_key, check_writes, deleted, written


class Rehearsal:
    """Reads through to `inner`; remembers writes and deletions, and gives receipts as if they had been done."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._writes: list[Action] = []
        self._deletions: list[str] = []

    @property
    def writes(self) -> tuple[Action, ...]:
        """What would have been written, in order."""
        return tuple(self._writes)

    @property
    def deletions(self) -> tuple[str, ...]:
        """The keys that would have been deleted, in order."""
        return tuple(self._deletions)

    def read(self, key: str) -> Stored | None:
        """What `inner` holds."""
        return self._inner.read(key)

    def write(self, actions: Iterable[Action], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Remember the actions."""
        checked = check_writes(actions)
        with self._lock:
            self._writes.extend(action for action, _ in checked)
        return tuple(written(action, page) for action, page in checked)

    def delete(self, keys: Iterable[str], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Remember the keys."""
        gone = tuple(keys)
        for key in gone:
            check_key(key)
        with self._lock:
            self._deletions.extend(gone)
        return tuple(deleted(key) for key in gone)

    def listed(self, prefix: str = "") -> Iterator[Listed]:
        """The objects of `inner`."""
        return self._inner.listed(prefix)

    def probe(self) -> Capabilities:
        """Not tried out: that would write."""
        return Capabilities()

    def close(self) -> None:
        """Close `inner`."""
        self._inner.close()
