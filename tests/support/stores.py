"""Looking at what a store holds."""

from tasks.stores import Store


def body_of(store: Store, key: str) -> bytes | None:
    """The bytes under a key; None when there are none."""
    found = store.read(key)
    return None if found is None else found.body


def keys_of(store: Store, prefix: str = "") -> list[str]:
    """All keys that begin so, sorted."""
    return sorted(listed.key for listed in store.listed(prefix))
