"""The plan: what to do to a store, and why."""

from dataclasses import replace

import pytest

from tasks.errors import StoreError
from tasks.model import ActionKind, Page, PublishPlan, Recorded
from tasks.stores.plan import plan


def page(key: str, body: bytes = b"x", cache_control: str = "max-age=60") -> Page:
    return Page(key=key, body=body, content_type="text/html", cache_control=cache_control)


def recorded(page: Page) -> Recorded:
    return Recorded(digest=page.digest, body_digest=page.body_digest, tag=f"tag of {page.key}")


def test_each_action_says_why() -> None:
    same, fresh, edited, recached = page("same"), page("fresh"), page("edited"), page("recached")
    known = {
        "same": recorded(same),
        "edited": recorded(page("edited", body=b"old")),
        "recached": recorded(page("recached", cache_control="no-cache")),
    }
    planned = plan([same, fresh, edited, recached], known)
    actions = (*planned.creations, *planned.updates, *planned.kept)
    assert [(action.key, action.kind, action.reason, action.page, action.tag) for action in actions] == [
        ("fresh", ActionKind.CREATE, "new", fresh, ""),
        ("edited", ActionKind.UPDATE, "content changed", edited, "tag of edited"),
        ("recached", ActionKind.HEADERS, "only headers changed", recached, "tag of recached"),
        ("same", ActionKind.KEEP, "unchanged", same, "tag of same"),
    ]


def test_another_encoding_is_another_object_not_other_headers() -> None:
    """A copy would keep the bytes: plain ones that say they are compressed, or the other way round."""
    plain, edited = page("a"), page("b", cache_control="no-cache")
    packed = {one.key: replace(one, encoding="gzip") for one in (page("a"), page("b"))}
    for wanted, before in ((packed["a"], plain), (plain, packed["a"])):
        assert [action.kind for action in plan([wanted], {"a": recorded(before)}).updates] == [ActionKind.UPDATE]
    same = plan([replace(edited, encoding="gzip")], {"b": recorded(packed["b"])})
    assert [action.kind for action in same.updates] == [ActionKind.HEADERS]


def test_the_order_of_the_pages_does_not_matter() -> None:
    pages = [page("b.html"), page("a.html"), page("c.html")]
    planned = plan(iter(pages), {})
    assert [action.key for action in planned.creations] == ["a.html", "b.html", "c.html"]
    assert planned == plan(reversed(pages), {})


def test_nothing_wanted_is_an_empty_plan() -> None:
    planned = plan([], {"old": Recorded(digest="digest")})
    assert planned == PublishPlan()


def test_only_obsolete_keys_that_are_known_and_not_wanted_are_deleted() -> None:
    known = {key: Recorded(digest="1") for key in ("moved/b", "moved/a", "still", "other")}
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
