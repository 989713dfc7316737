"""Feeds of the whole site and of each category: the newest articles, whole, in three formats; older ones in archives."""

from tasks.catalogue import Channel, ChannelArchive
from tasks.model import Page
from tasks.outputs import OutputKind, SiteFacts, atom, json_feed, rss
from tasks.outputs.addresses import feed_archive_key, feed_key
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.syndication import ATOM, JSON, RSS, feed_of


def _of_channel(channel: Channel, site: SiteFacts) -> tuple[Page, ...]:
    feed = feed_of(channel.category, channel.articles, site)
    documents = (
        (ATOM, atom.CONTENT_TYPE, atom.subscription(feed, site, archive=channel.archive)),
        (RSS, rss.CONTENT_TYPE, rss.subscription(feed, site)),
        (JSON, json_feed.CONTENT_TYPE, json_feed.subscription(feed, site)),
    )
    return tuple(
        Page(key=feed_key(channel.category, name), body=body, content_type=content_type, cache_control=INDEX)
        for name, content_type, body in documents
    )


def _of_archive(archive: ChannelArchive, site: SiteFacts) -> tuple[Page, ...]:
    feed = feed_of(archive.category, archive.articles, site)
    return (
        Page(
            key=feed_archive_key(archive.category, archive.label),
            body=atom.archived(feed, site, label=archive.label, previous=archive.previous),
            content_type=atom.CONTENT_TYPE,
            cache_control=IMMUTABLE,
        ),
    )


OUTPUT = OutputKind(name="feeds", edition="2", of_index={Channel: _of_channel, ChannelArchive: _of_archive})
