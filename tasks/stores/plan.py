"""What to do so that the store holds the wanted pages, and why. Pure: no store is asked."""

from collections.abc import Iterable, Mapping

from tasks.errors import StoreError
from tasks.model import Action, ActionKind, Page, PublishPlan, Recorded
from tasks.stores.checks import check_key


def plan(pages: Iterable[Page], known: Mapping[str, Recorded], *, obsolete: Iterable[str] = ()) -> PublishPlan:
    """Compare the wanted pages with what the ledger recorded. `obsolete` are keys that nothing shows any more: those that
    are known and not wanted are deleted, no others ever. Unsafe or clashing keys raise `StoreError`.
    """
    wanted = _by_key(pages)
    actions = [_action(page, known.get(key)) for key, page in sorted(wanted.items())]
    gone = sorted(key for key in set(obsolete) if key in known and key not in wanted)
    return PublishPlan(
        creations=tuple(action for action in actions if action.kind is ActionKind.CREATE),
        updates=tuple(action for action in actions if action.kind in (ActionKind.UPDATE, ActionKind.HEADERS)),
        kept=tuple(action for action in actions if action.kind is ActionKind.KEEP),
        deletions=tuple(_deletion(key) for key in gone),
    )


def _by_key(pages: Iterable[Page]) -> dict[str, Page]:
    wanted: dict[str, Page] = {}
    for page in pages:
        check_key(page.key)
        if page.key in wanted:
            raise StoreError(
                f"two pages have the key {page.key!r}: {_describe(wanted[page.key])}, and {_describe(page)}; "
                "expected one page per key"
            )
        wanted[page.key] = page
    for key in wanted:
        _refuse_file_as_folder(key, wanted)
    return wanted


def _refuse_file_as_folder(key: str, wanted: Mapping[str, Page]) -> None:
    """A directory cannot hold `p` beside `p/q`."""
    end = key.find("/")
    while end != -1:
        if key[:end] in wanted:
            raise StoreError(f"the keys {key[:end]!r} and {key!r} clash: one is a page, the other needs it as a folder")
        end = key.find("/", end + 1)


def _describe(page: Page) -> str:
    return f"one ({page.content_type}, {len(page.body)} bytes, {page.digest[:12]})"


def _action(page: Page, recorded: Recorded | None) -> Action:
    if recorded is None:
        return Action(kind=ActionKind.CREATE, key=page.key, reason="new", page=page)
    tag = recorded.tag
    if not recorded.digest:  # a run was killed, or an audit found something else there
        kind = ActionKind.UPDATE if tag else ActionKind.CREATE
        return Action(kind=kind, key=page.key, reason="not known to be whole", page=page, tag=tag)
    if recorded.digest == page.digest:
        return Action(kind=ActionKind.KEEP, key=page.key, reason="unchanged", page=page, tag=tag)
    if recorded.body_digest == page.body_digest:
        return Action(kind=ActionKind.HEADERS, key=page.key, reason="only headers changed", page=page, tag=tag)
    return Action(kind=ActionKind.UPDATE, key=page.key, reason="content changed", page=page, tag=tag)


def _deletion(key: str) -> Action:
    check_key(key)
    return Action(kind=ActionKind.DELETE, key=key, reason="nothing shows it any more")
