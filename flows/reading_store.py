"""Reading a whole store, many objects at a time."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from tasks.model import Page, Stored
from tasks.stores import Store

_BATCH = 500  # objects in memory at a time
_THREADS = 8


def read_all(store: Store, keys: Iterable[str]) -> Iterator[list[tuple[str, Stored]]]:
    """The objects under these keys in batches, in their order; those that are gone by now are left out."""
    waiting = iter(keys)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="read") as pool:
        while batch := list(itertools.islice(waiting, _BATCH)):
            found = pool.map(store.read, batch)
            yield [(key, stored) for key, stored in zip(batch, found, strict=True) if stored is not None]


def as_page(key: str, stored: Stored) -> Page:
    """The page that this is. Where the store keeps no headers the page's own cannot be known."""
    return Page(
        key=key,
        body=stored.body,
        content_type=stored.content_type or "",
        cache_control=stored.cache_control or "",
        encoding=stored.encoding or "",
    )
