"""Text + record -> article: the one place where the published fields are put together."""

import re
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from tasks.articles.clean import clean, excerpt, text_of
from tasks.articles.identity import same_site
from tasks.articles.mirroring import to_mirror
from tasks.errors import ParseError
from tasks.model import Article, Category, Offer, Text

# A media list may leave the name empty; its articles still need a shelf.
NAMELESS = "其他"


def shelf_of(media: str | None, *, category: str | None, tag: str | None) -> Category:
    """The category that a record asks for; an empty slug is still to be given by the ledger.

    `category` and `tag` are those of the source, for records of lists without media names.
    """
    if media is None:
        return Category(slug=category or "", title=tag or NAMELESS, tag=tag or NAMELESS, fixed=True)
    name = media or NAMELESS
    return Category(slug="", title=name, tag=f"{name}新闻")


def compose(
    offer: Offer,
    text: Text,
    *,
    base_url: str,
    share_url: str,
    category: Category,
    zone: ZoneInfo,
    keep_keyword_links: bool = False,
    https_hosts: Collection[str] = (),
    pictures: str = "hotlink",
) -> Article:
    """The article that an offer and its text make; `ParseError` when nothing is left to read.

    What the list says counts; the page fills in the title and the time that the list does not tell. `base_url` is the
    address that the text came from, `share_url` the page to link to where the record has none; the last three are the
    source's wishes for `clean`, and what becomes of pictures: `hotlink`, `mirror` or `drop`.
    """
    entry = offer.entry
    html = text.html
    keeps = {"keep_keyword_links": keep_keyword_links, "keep_pictures": pictures != "drop"}
    safe = clean(html, base_url, https_hosts=https_hosts, **keeps)
    if not text_of(safe) and "<img" not in safe:
        raise ParseError(f"the text of {entry.code} is empty: {len(html)} characters came, none to be seen")
    if not (title := entry.title or text.title):
        raise ParseError(f"the article {entry.code} has no title: neither its list nor its page tells one")
    told: datetime = text.published_at if text.published_at is not None and not entry.dated else entry.published_at
    published_at = told.astimezone(zone)
    return Article(
        key=entry.key,
        code=entry.code,
        file_id=entry.file_id,
        source=entry.source,
        title=title,
        published_at=published_at,
        updated_at=published_at,
        category=category,
        origin_url=entry.link if re.match(r"https?://", entry.link) else share_url,
        summary=offer.summary or text.summary or excerpt(safe),
        quote=entry.digest if entry.media is None else None,
        post_body=html,
        html=to_mirror(safe) if pictures == "mirror" else safe,
        modified_at=text.modified_at or entry.modified_at,
        aliases=tuple(a for a in (text.canonical, *text.links) if same_site(a, base_url) or same_site(a, entry.link)),
    )
