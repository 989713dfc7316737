"""What RSS 2.0 and the RSS Best Practices Profile ask of a document."""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.support.rule_forms import html_faults, is_address, is_language, is_newest_first, rfc_822, root_of

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"

_CHANNEL = frozenset(
    (
        "title link description language copyright managingEditor webMaster pubDate lastBuildDate category generator "
        "docs cloud ttl image rating textInput skipHours skipDays item"
    ).split()
)
_ITEM = frozenset("title link description author category comments enclosure guid pubDate source".split())
_MANY = frozenset(("category", "item", f"{ATOM}link"))
_HAS_ELEMENTS = frozenset(("item", "image", "textInput", "skipHours", "skipDays"))


def rss_faults(body: bytes) -> list[str]:
    """Every rule that the document breaks."""
    root = root_of(body)
    if isinstance(root, str):
        return [root]
    if root.tag != "rss" or root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        return ["not an rss element of version 2.0 with one channel"]
    return list(_channel_faults(root[0]))


def _channel_faults(channel: Element) -> Iterator[str]:
    yield from _shape_faults(channel, "channel", _CHANNEL | {f"{ATOM}link"})
    for name in ("title", "link", "description"):
        if not (channel.findtext(name) or "").strip():
            yield f"channel: no {name}"
    if not is_address(channel.findtext("link")):
        yield "channel: link is not absolute"
    if not is_language(channel.findtext("language")):
        yield f"channel: language is {channel.findtext('language')!r}"
    yield from _date_faults(channel, "channel", ("pubDate", "lastBuildDate"))
    if not re.fullmatch(r"[1-9]\d*", channel.findtext("ttl", "60")):
        yield "channel: ttl is no number of minutes"
    own = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(own) != 1 or own[0].get("type") != "application/rss+xml":
        yield "channel: not exactly one atom:link of rel=self and type application/rss+xml"
    yield from _atom_link_faults(channel, "channel")
    items = channel.findall("item")
    for guid, count in Counter(item.findtext("guid") for item in items).items():
        if guid and count > 1:
            yield f"item {guid}: {count} items have this guid"
    if not is_newest_first(rfc_822(item.findtext("pubDate")) for item in items):
        yield "channel: items are not newest first"
    for item in items:
        yield from _item_faults(item)


def _item_faults(item: Element) -> Iterator[str]:
    guid = item.findtext("guid") or ""
    where = f"item {guid}"
    yield from _shape_faults(item, where, _ITEM | {f"{ATOM}link", CONTENT, CREATOR})
    if not (item.findtext("title") or item.findtext("description") or "").strip():
        yield f"{where}: neither title nor description"
    if not guid:
        yield f"{where}: no guid"
    elif item.find("guid[@isPermaLink='false']") is None and not is_address(guid):
        yield f"{where}: the guid is called a permanent link and is none"
    if not is_address(item.findtext("link")):
        yield f"{where}: link is not absolute"
    if item.findtext("pubDate") is None:
        yield f"{where}: no pubDate"
    yield from _date_faults(item, where, ("pubDate",))
    for source in item.findall("source"):
        if not is_address(source.get("url")) or not (source.text or "").strip():
            yield f"{where}: source without a name and an absolute url"
    if "@" not in item.findtext("author", "@"):
        yield f"{where}: author is no mail address"
    yield from _atom_link_faults(item, where)
    for name in ("description", CONTENT):
        yield from html_faults(where, item.findtext(name) or "")


def _shape_faults(element: Element, where: str, known: frozenset[str]) -> Iterator[str]:
    for name, count in Counter(child.tag for child in element).items():
        if name not in known:
            yield f"{where}: unknown element {name}"
        elif count > 1 and name not in _MANY:
            yield f"{where}: {count} of {name}, at most one allowed"
    for child in element:
        if len(child) and child.tag not in _HAS_ELEMENTS:
            yield f"{where}: {child.tag} has elements within"


def _date_faults(element: Element, where: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        text = element.findtext(name)
        if text is not None and rfc_822(text) is None:
            yield f"{where}: {name} {text!r} is no RFC 822 time with zone and true day of the week"


def _atom_link_faults(element: Element, where: str) -> Iterator[str]:
    for link in element.findall(f"{ATOM}link"):
        if not is_address(link.get("href")):
            yield f"{where}: atom:link to {link.get('href')!r}, which is not absolute"
