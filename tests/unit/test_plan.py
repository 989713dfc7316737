"""The plan: what to do to a store, and why."""

import pytest

from tasks.errors import StoreError
from tasks.model import ActionKind, Page, PublishPlan
from tasks.stores.plan import plan


def page(key: str, body: bytes = b"x", cache_control: str = "max-age=60") -> Page:
    return Page(key=key, body=body, content_type="text/html", cache_control=cache_control)


def test_each_action_says_why() -> None:
    same, fresh, edited, recached = page("same"), page("fresh"), page("edited"), page("recached")
    known = {
        "same": same.digest,
        "edited": page("edited", body=b"old").digest,
        "recached": page("recached", cache_control="no-cache").digest,
    }
    planned = plan([same, fresh, edited, recached], known)
    actions = (*planned.creations, *planned.updates, *planned.kept)
    assert [(action.key, action.kind, action.reason, action.page) for action in actions] == [
        ("fresh", ActionKind.CREATE, "new", fresh),
        ("edited", ActionKind.UPDATE, "content or headers changed", edited),
        ("recached", ActionKind.UPDATE, "content or headers changed", recached),
        ("same", ActionKind.KEEP, "unchanged", same),
    ]


def test_the_order_of_the_pages_does_not_matter() -> None:
    pages = [page("b.html"), page("a.html"), page("c.html")]
    planned = plan(iter(pages), {})
    assert [action.key for action in planned.creations] == ["a.html", "b.html", "c.html"]
    assert planned == plan(reversed(pages), {})


def test_nothing_wanted_is_an_empty_plan() -> None:
    planned = plan([], {"old": "digest"})
    assert planned == PublishPlan()


def test_only_obsolete_keys_that_are_known_and_not_wanted_are_deleted() -> None:
    known = {"moved/b": "1", "moved/a": "2", "still": "3", "other": "4"}
    planned = plan([page("still")], known, obsolete=["moved/b", "moved/a", "moved/a", "still", "never published"])
    assert [(action.kind, action.key, action.reason, action.page) for action in planned.deletions] == [
        (ActionKind.DELETE, "moved/a", "nothing shows it any more", None),
        (ActionKind.DELETE, "moved/b", "nothing shows it any more", None),
    ]


def test_two_pages_with_one_key_are_an_error_that_describes_both() -> None:
    with pytest.raises(StoreError, match=r"'a\.html'.*3 bytes.*5 bytes"):
        plan([page("a.html", body=b"one"), page("a.html", body=b"three")], {})


@pytest.mark.parametrize("key", ["../x", "/x", "", "a//b", "a/\0"])
def test_an_unsafe_key_is_an_error(key: str) -> None:
    with pytest.raises(StoreError, match="unsafe key"):
        plan([page(key)], {})


def test_a_page_that_another_needs_as_a_folder_is_an_error() -> None:
    with pytest.raises(StoreError, match=r"'news' and 'news/2021/x\.html' clash"):
        plan([page("news/2021/x.html"), page("news"), page("newsletter")], {})
    plan([page("news/x.html"), page("news.html"), page("new")], {})
