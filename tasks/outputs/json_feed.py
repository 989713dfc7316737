"""Feeds as JSON Feed 1.1."""

from tasks.outputs import SiteFacts
from tasks.outputs.addresses import absolute
from tasks.outputs.front_matter import one_line
from tasks.outputs.json_text import json_text
from tasks.outputs.syndication import JSON, Feed, Story

CONTENT_TYPE = "application/feed+json"


def subscription(feed: Feed, site: SiteFacts) -> bytes:
    """The document that readers subscribe to."""
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.home,
        "feed_url": feed.address(JSON, site),
        "language": site.language,
        "authors": [{"name": one_line(site.title), "url": absolute(site, "")}],
        **({"hubs": [{"type": "WebSub", "url": hub} for hub in site.hubs]} if site.hubs else {}),
        "items": [_item(story) for story in feed.stories],
    }
    return (json_text(whole) + "\n").encode("utf-8", "replace")


def _item(story: Story) -> dict[str, object]:
    item: dict[str, object] = {
        "id": story.id,
        "url": story.address,
        "external_url": story.origin,
        "title": story.title,
        "content_html": story.html,
        "summary": story.summary,
        "image": story.picture,
        "date_published": story.published,
        "date_modified": story.updated,
        "authors": [{"name": story.outlet, "url": story.outlet_page}],
        "tags": [story.outlet],
    }
    return {name: value for name, value in item.items() if value}
