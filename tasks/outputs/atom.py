"""Feeds as Atom (RFC 4287), with their past as archive documents (RFC 5005 section 4)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tasks.outputs import SiteFacts
from tasks.outputs.addresses import absolute, feed_archive_key
from tasks.outputs.elements import Element, document, element
from tasks.outputs.facts import iso_time
from tasks.outputs.front_matter import one_line
from tasks.outputs.syndication import ATOM, Feed, Story

CONTENT_TYPE = "application/atom+xml; charset=utf-8"

_TYPE = "application/atom+xml"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # of a feed without entries; RFC 4287 4.1.1 wants some time


def subscription(feed: Feed, site: SiteFacts, *, archive: str) -> bytes:
    """The document that readers subscribe to; `archive` labels the newest archive document, or is empty."""
    past = [_archive_link("prev-archive", feed, archive, site)] if archive else []
    hubs = [element("link", rel="hub", href=hub) for hub in site.hubs]  # W3C WebSub, 4: how subscribers find them
    return _document(feed, site, feed.title, feed.home, feed.address(ATOM, site), *hubs, *past)


def archived(feed: Feed, site: SiteFacts, *, label: str, previous: str) -> bytes:
    """A closed archive document; `previous` labels the one before it, or is empty.

    It links back only. RFC 5005 would have a `next-archive` too, but then each new archive document would change one
    that is published as never changing; who reads the past comes from the newest and goes back.
    """
    address = absolute(site, feed_archive_key(feed.category, label))
    past = [
        element("fh:archive"),
        element("link", rel="current", type=_TYPE, href=feed.address(ATOM, site)),
        *([_archive_link("prev-archive", feed, previous, site)] if previous else []),
    ]
    return _document(feed, site, f"{feed.title} ({label})", address, address, *past)


def _archive_link(relation: str, feed: Feed, label: str, site: SiteFacts) -> Element:
    return element("link", rel=relation, type=_TYPE, href=absolute(site, feed_archive_key(feed.category, label)))


def _document(feed: Feed, site: SiteFacts, title: str, identity: str, address: str, *past: Element) -> bytes:
    namespaces = {
        "xmlns": "http://www.w3.org/2005/Atom",
        "xmlns:fh": "http://purl.org/syndication/history/1.0",
        "xml:lang": site.language,
    }
    return document(
        element(
            "feed",
            element("id", identity),
            element("title", title),
            element("subtitle", feed.description),
            element("updated", iso_time(feed.updated_at or _NEVER, site)),
            element("author", element("name", one_line(site.title)), element("uri", absolute(site, ""))),
            element("link", rel="self", type=_TYPE, href=address),
            element("link", rel="alternate", type="text/html", href=feed.home),
            *past,
            *(_entry(story) for story in feed.stories),
            **namespaces,
        )
    )


def _entry(story: Story) -> Element:
    return element("entry", *_entry_parts(story))


def _entry_parts(story: Story) -> Iterator[Element]:
    yield element("id", story.id)
    yield element("title", story.title)
    yield element("published", story.published)
    yield element("updated", story.updated)
    yield element("author", element("name", story.outlet), element("uri", story.outlet_page))
    yield element("category", term=story.category.slug, label=story.outlet)
    yield element("link", rel="alternate", type="text/html", href=story.address)
    if story.origin:
        yield element("link", rel="via", href=story.origin)
    if story.summary:
        yield element("summary", story.summary)
    yield element("content", story.html, type="html")
    yield _source(story)


def _source(story: Story) -> Element:
    """Where the entry comes from (4.2.11, which wants id, title and time of that feed).

    The outlets have no feeds that we know, and an id in another's name must not be made up: so it is the outlet as this
    site files it, whose feed has that id, and as it stood when this entry came. The original itself is the `via` link.
    """
    return element(
        "source",
        element("id", story.outlet_page),
        element("title", story.outlet),
        element("updated", story.updated),
        element("link", rel="alternate", type="text/html", href=story.outlet_page),
    )
