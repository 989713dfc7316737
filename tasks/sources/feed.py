"""Feeds: RSS 0.9x to 2.0, RDF, Atom, JSON Feed; the text from the feed itself or from the article's page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tasks.articles.nodes import absolute
from tasks.config import SourceSpec
from tasks.errors import ParseError
from tasks.model import Listing, Request, Response
from tasks.sources import SourceKind
from tasks.sources._feeds import Feed, read_feed
from tasks.sources._pages import PageOptions, ask_list, ask_page, extract_entry, facts_of, share_url
from tasks.sources._records import Record, listing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions(PageOptions):
    """`text`: where the text of an article is read, on its page or in the feed. A record without text is asked by its page."""

    text: Literal["page", "feed"] = "page"


def read(spec: SourceSpec, response: Response) -> Listing:
    """The feed's records as entries, its next page, and how long it says it stays as it is."""
    base = absolute(response.url, response.header("content-location")) or response.url
    try:
        feed = read_feed(response.body, url=base, content_type=response.content_type)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    following = absolute(base, feed.next_url)
    listing = listing_of(
        facts_of(spec, response, title=feed.title, base=base),
        _usable(feed, from_feed=spec.options.text == "feed"),
        more=[Request(url=following)] if following else [],
    )
    return replace(listing, fresh_for=feed.fresh_for, skip_hours=feed.skip_hours)


def _usable(feed: Feed, *, from_feed: bool) -> Iterator[Record | str]:
    """The records with or without their texts; for those that cannot be used, the reason."""
    for place, record in enumerate(feed.records, start=1):
        if not feed.whole and place == len(feed.records):
            yield "the feed is cut off in or behind this record"
        elif from_feed and record.content.strip():
            yield record if record.title else "the record has no title"
        else:
            yield replace(record, content="")


SOURCE = SourceKind(
    name="feed",
    options=FeedOptions,
    ask=ask_list,
    read=read,
    ask_text=ask_page,
    extract=extract_entry,
    share_url=share_url,
)
