"""Feeds as RSS 2.0, by the RSS Best Practices Profile."""

from collections.abc import Iterator
from html import escape

from tasks.outputs import SiteFacts
from tasks.outputs.addresses import absolute, feed_key
from tasks.outputs.elements import Element, document, element
from tasks.outputs.facts import mail_time
from tasks.outputs.syndication import RSS, Feed, Story

CONTENT_TYPE = "application/rss+xml; charset=utf-8"


def subscription(feed: Feed, site: SiteFacts) -> bytes:
    """The document that readers subscribe to."""
    namespaces = {
        "xmlns:atom": "http://www.w3.org/2005/Atom",
        "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
        "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    }
    return document(element("rss", element("channel", *_channel_parts(feed, site)), version="2.0", **namespaces))


def _channel_parts(feed: Feed, site: SiteFacts) -> Iterator[Element]:
    yield element("title", feed.title)
    yield element("link", feed.home)
    yield element("description", escape(feed.description))
    yield element("language", site.language)
    yield element("atom:link", rel="self", type="application/rss+xml", href=feed.address(RSS, site))
    for hub in site.hubs:
        yield element("atom:link", rel="hub", href=hub)
    if feed.updated_at:
        yield element("lastBuildDate", mail_time(feed.updated_at, site))
    yield element("ttl", str(max(site.update_minutes, 1)))
    for story in feed.stories:
        yield element("item", *_item_parts(story, site))


def _item_parts(story: Story, site: SiteFacts) -> Iterator[Element]:
    yield element("title", story.title)
    yield element("link", story.address)
    yield element("guid", story.id, isPermaLink="false")
    yield element("pubDate", mail_time(story.published_at, site))
    yield element("dc:creator", story.outlet)  # `author` would have to be a mail address
    yield element("category", story.outlet)
    # The feed of the outlet: its address must be one of RSS, and the only one known is ours.
    yield element("source", story.outlet, url=absolute(site, feed_key(story.category, RSS)))
    if story.origin:
        yield element("atom:link", rel="via", href=story.origin)
    if story.summary:
        yield element("description", escape(story.summary))  # readers take it for HTML
    yield element("content:encoded", story.html)
