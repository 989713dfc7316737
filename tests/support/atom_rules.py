"""What RFC 4287 (Atom) and RFC 5005 section 4 (archived feeds) ask of a document, clause by clause."""

from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from tests.support.rule_forms import html_faults, is_address, is_language, is_newest_first, rfc_3339, root_of

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_ONCE = ("id", "title", "updated")
_AT_MOST_ONCE = {
    "feed": ("generator", "icon", "logo", "rights", "subtitle"),
    "entry": ("content", "published", "rights", "source", "summary"),
    "source": ("generator", "icon", "logo", "rights", "subtitle"),
}
_MANY = {"feed": ("entry",), "entry": (), "source": ()}
_EVERYWHERE = ("author", "category", "contributor", "link")


def atom_faults(body: bytes, *, archive: bool = False) -> list[str]:
    """Every clause that the document breaks; `archive` for a closed archive document."""
    root = root_of(body)
    if isinstance(root, str):
        return [root]
    if root.tag != f"{ATOM}feed":
        return [f"the outermost element is {root.tag}, not atom:feed"]
    return [*_feed_faults(root), *(_archive_faults(root) if archive else _subscription_faults(root))]


def _feed_faults(feed: Element) -> Iterator[str]:
    if not is_language(feed.get(_LANG)):
        yield f"feed: xml:lang is {feed.get(_LANG)!r}"
    yield from _metadata_faults(feed, "feed")
    entries = feed.findall(f"{ATOM}entry")
    if feed.find(f"{ATOM}author") is None and any(e.find(f"{ATOM}author") is None for e in entries):
        yield "feed: no author, and not every entry has one (4.1.1)"
    for identity, count in Counter(_text(entry, "id") for entry in entries).items():
        if count > 1:
            yield f"entry {identity}: {count} entries have this id (4.1.1)"
    if not is_newest_first(rfc_3339(_text(entry, "published")) for entry in entries):
        yield "feed: entries are not newest first"
    updated = rfc_3339(_text(feed, "updated"))
    times = [at for entry in entries if (at := rfc_3339(_text(entry, "updated")))]
    if updated and times and updated < max(times):
        yield "feed: updated is before that of an entry"
    for entry in entries:
        yield from _entry_faults(entry, _text(feed, "id"))


def _metadata_faults(element: Element, kind: str) -> Iterator[str]:
    """What feed, entry and source have in common."""
    where = kind if kind == "feed" else f"{kind} {_text(element, 'id')}"
    for name in _ONCE:
        if (count := len(element.findall(f"{ATOM}{name}"))) != 1:
            yield f"{where}: {count} of {name}, not one (4.1.1, 4.1.2, 4.2.11)"
    for name in _AT_MOST_ONCE[kind]:
        if (count := len(element.findall(f"{ATOM}{name}"))) > 1:
            yield f"{where}: {count} of {name}, at most one allowed"
    known = {f"{ATOM}{name}" for name in (*_ONCE, *_AT_MOST_ONCE[kind], *_MANY[kind], *_EVERYWHERE)}
    for child in element:
        if child.tag not in known | {f"{HISTORY}archive"}:
            yield f"{where}: unknown element {child.tag}"
    if not is_address(_text(element, "id")):
        yield f"{where}: id is no absolute IRI (4.2.6)"
    if not _text(element, "title").strip():
        yield f"{where}: title is empty"
    for name in ("updated", "published"):
        for date in element.findall(f"{ATOM}{name}"):
            if rfc_3339(date.text) is None:
                yield f"{where}: {name} {date.text!r} is no RFC 3339 time with zone (3.3)"
    for name in ("title", "subtitle", "summary", "rights", *_ONCE):
        for child in element.findall(f"{ATOM}{name}"):
            if len(child):
                yield f"{where}: {name} has elements within (3.1.1.1)"
    yield from _people_faults(element, where)
    yield from _link_faults(element, where)
    for category in element.findall(f"{ATOM}category"):
        if not category.get("term"):
            yield f"{where}: a category without term (4.2.2.1)"


def _people_faults(element: Element, where: str) -> Iterator[str]:
    for person in (*element.findall(f"{ATOM}author"), *element.findall(f"{ATOM}contributor")):
        if len(person.findall(f"{ATOM}name")) != 1 or not _text(person, "name").strip():
            yield f"{where}: a person without exactly one name (3.2.1)"
        if any(not is_address(uri.text) for uri in person.findall(f"{ATOM}uri")):
            yield f"{where}: the uri of a person is no absolute IRI (3.2.2)"


def _link_faults(element: Element, where: str) -> Iterator[str]:
    links = element.findall(f"{ATOM}link")
    for link in links:
        if not is_address(link.get("href")):
            yield f"{where}: href {link.get('href')!r} is no absolute IRI (4.2.7.1)"
    alternates = Counter((x.get("type"), x.get("hreflang")) for x in links if x.get("rel", "alternate") == "alternate")
    if any(count > 1 for count in alternates.values()):
        yield f"{where}: two alternate links of one type and language (4.1.1, 4.1.2)"


def _entry_faults(entry: Element, feed_id: str) -> Iterator[str]:
    yield from _metadata_faults(entry, "entry")
    where = f"entry {_text(entry, 'id')}"
    if _text(entry, "id") == feed_id:
        yield f"{where}: has the id of the feed"
    published, updated = rfc_3339(_text(entry, "published")), rfc_3339(_text(entry, "updated"))
    if published and updated and updated < published:
        yield f"{where}: updated before it was published"
    content = entry.find(f"{ATOM}content")
    if content is None:
        if not _links(entry, "alternate"):
            yield f"{where}: neither content nor an alternate link (4.1.2)"
    elif content.get("type") != "html":
        yield f"{where}: content is of type {content.get('type')!r}, html expected"
    elif len(content):
        yield f"{where}: html content has elements within (4.1.3.3)"
    else:
        yield from html_faults(where, content.text or "")
    for source in entry.findall(f"{ATOM}source"):
        yield from _metadata_faults(source, "source")


def _subscription_faults(feed: Element) -> Iterator[str]:
    if feed.find(f"{HISTORY}archive") is not None:
        yield "feed: the subscription document says that it is an archive (RFC 5005 4)"
    yield from _relation_faults(feed, {"self": (1, 1), "alternate": (1, 1), "prev-archive": (0, 1), "current": (0, 0)})


def _archive_faults(feed: Element) -> Iterator[str]:
    marks = feed.findall(f"{HISTORY}archive")
    if len(marks) != 1 or len(marks[0]) or marks[0].text:
        yield "feed: not exactly one empty fh:archive (RFC 5005 4)"
    yield from _relation_faults(feed, {"self": (1, 1), "current": (1, 1), "prev-archive": (0, 1)})
    own = _links(feed, "self")
    if set(own) & {*_links(feed, "current"), *_links(feed, "prev-archive")}:
        yield "feed: the archive document names itself as another one"


def _relation_faults(feed: Element, bounds: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for relation, (least, most) in bounds.items():
        if not least <= (count := len(_links(feed, relation))) <= most:
            yield f"feed: {count} links of rel={relation}, {least} to {most} expected"


def archive_chain_faults(start: bytes, documents: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the way back from a subscription document; `documents` are all archives by their address."""
    faults: list[str] = []
    met: list[str] = []
    body, current = start, ""
    while isinstance(root := root_of(body), Element):
        current = current or next(iter(_links(root, "self")), "")
        if met and _links(root, "self") != [met[-1]]:
            faults.append(f"{met[-1]}: its self link is {_links(root, 'self')}")
        if met and _links(root, "current") != [current]:
            faults.append(f"{met[-1]}: its current link is {_links(root, 'current')}")
        back = _links(root, "prev-archive")
        if not back:
            break
        if back[0] in met or back[0] not in documents:
            faults.append(f"{back[0]}: " + ("comes again" if back[0] in met else "is not there"))
            break
        met.append(back[0])
        body = documents[back[0]]
    return [*faults, *(f"{address}: not reached" for address in documents if address not in met)]


def _links(element: Element, relation: str) -> list[str]:
    found = (link for link in element.findall(f"{ATOM}link") if link.get("rel", "alternate") == relation)
    return [link.get("href", "") for link in found]


def _text(element: Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""
