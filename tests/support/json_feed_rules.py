"""What JSON Feed 1.1 asks of a document."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.rule_forms import html_faults, is_address, is_language, is_newest_first, rfc_3339

_FEED: Mapping[str, type] = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str, "user_comment": str,
    "next_url": str, "icon": str, "favicon": str, "authors": list, "language": str, "expired": bool, "hubs": list,
    "items": list,
}  # fmt: skip
_ITEM: Mapping[str, type] = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "content_text": str,
    "summary": str, "image": str, "banner_image": str, "date_published": str, "date_modified": str, "authors": list,
    "tags": list, "language": str, "attachments": list,
}  # fmt: skip
_ADDRESSES = (
    "home_page_url",
    "feed_url",
    "next_url",
    "icon",
    "favicon",
    "url",
    "external_url",
    "image",
    "banner_image",
)


def json_feed_faults(body: bytes) -> list[str]:
    """Every rule that the document breaks."""
    twice: list[str] = []

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend(f"{name} stands twice" for name, n in Counter(name for name, _ in pairs).items() if n > 1)
        return dict(pairs)

    try:
        feed = json.loads(body.decode("utf-8"), object_pairs_hook=as_object)
    except ValueError as error:
        return [f"not JSON in UTF-8: {error}"]
    return [*twice, *_feed_faults(feed)] if isinstance(feed, dict) else ["not an object"]


def _feed_faults(feed: dict[str, Any]) -> Iterator[str]:
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"feed: version is {feed.get('version')!r}"
    wrong = list(_member_faults(feed, "feed", _FEED))
    yield from wrong
    for name in ("title", "items"):
        if name not in feed:
            yield f"feed: no {name}"
    if wrong or not {"title", "items"} <= feed.keys():
        return
    if not feed["title"].strip():
        yield "feed: title is empty"
    if feed.get("next_url") and feed.get("next_url") == feed.get("feed_url"):
        yield "feed: next_url is the feed itself"
    items = [item for item in feed["items"] if isinstance(item, dict)]
    if len(items) < len(feed["items"]):
        yield "feed: an item is no object"
    for identity, count in Counter(str(item.get("id")) for item in items).items():
        if count > 1:
            yield f"item {identity}: {count} items have this id"
    if not is_newest_first(rfc_3339(str(item.get("date_published"))) for item in items):
        yield "feed: items are not newest first"
    for item in items:
        yield from _item_faults(item)


def _item_faults(item: dict[str, Any]) -> Iterator[str]:
    where = f"item {item.get('id')}"
    wrong = list(_member_faults(item, where, _ITEM))
    yield from wrong
    if wrong:
        return
    if not item.get("id"):
        yield f"{where}: no id"
    if "content_html" not in item and "content_text" not in item:
        yield f"{where}: neither content_html nor content_text"
    for name in ("date_published", "date_modified"):
        if name in item and rfc_3339(item[name]) is None:
            yield f"{where}: {name} {item[name]!r} is no RFC 3339 time with zone"
    if not all(isinstance(tag, str) and tag for tag in item.get("tags", [])):
        yield f"{where}: a tag is no text"
    yield from html_faults(where, item.get("content_html", ""))


def _member_faults(found: dict[str, Any], where: str, known: Mapping[str, type]) -> Iterator[str]:
    for name, value in found.items():
        if name.startswith("_"):  # extensions
            continue
        if name not in known:
            yield f"{where}: unknown member {name}"
        elif not isinstance(value, known[name]):
            yield f"{where}: {name} is no {known[name].__name__}"
        else:
            yield from _value_faults(name, value, where)


def _value_faults(name: str, value: Any, where: str) -> Iterator[str]:
    if name in _ADDRESSES and not is_address(value):
        yield f"{where}: {name} {value!r} is not absolute"
    elif name == "language" and not is_language(value):
        yield f"{where}: language is {value!r}"
    elif name == "authors":
        yield from _author_faults(value, where)


def _author_faults(authors: list[Any], where: str) -> Iterator[str]:
    for author in authors:
        if not isinstance(author, dict) or not ({"name", "url", "avatar"} & author.keys()):
            yield f"{where}: an author without name, url and avatar"
        elif "name" in author and not str(author["name"]).strip():
            yield f"{where}: an author with an empty name"
        elif not all(is_address(author[name]) for name in ("url", "avatar") if name in author):
            yield f"{where}: an address of an author is not absolute"
