"""A list page of a site, read by CSS selectors (`[sources.list]`), over as many pages as it has."""

from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from tasks.articles.nodes import absolute, attribute, text_within
from tasks.config import Css, CssOrNone, PagePattern, SourceSpec, Table
from tasks.errors import ParseError
from tasks.model import Listing, Request, Response
from tasks.sources import SourceKind
from tasks.sources._html import html_tree
from tasks.sources._pages import PageOptions, ask_list, ask_page, extract_entry, facts_of, following_page, share_url
from tasks.sources._records import Record, listing_of


class ListingTable(Table):
    """`[sources.list]`: `item` is one record of the page; the others are looked for within it.

    Without `link` the item's first link counts, or the item itself where it is one; without `title`, the text of that link.
    `next`: the link to the next page of the list.
    """

    item: Css
    link: CssOrNone = ""
    title: CssOrNone = ""
    time: CssOrNone = ""
    media: CssOrNone = ""
    summary: CssOrNone = ""
    next: CssOrNone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingOptions(PageOptions):
    """The selectors; and, instead of `next`, the addresses of further pages with `{page}` for 2, 3, …"""

    list: ListingTable
    pages_url: PagePattern = ""
    second_page: int = 2


def read(spec: SourceSpec, response: Response) -> Listing:
    """The page's records as entries, and its next page. A first page without records is refused: its layout has changed."""
    table: ListingTable = spec.options.list
    try:
        tree = html_tree(response.body, response.content_type)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    items = tree.select(table.item)
    if not items and response.url == spec.options.list_url:
        raise ParseError(f"{response.url}: no list in the page: nothing matches item = {table.item!r}")
    base_tag = tree.select_one("base[href]")
    base = absolute(response.url, attribute(base_tag, "href")) if base_tag else ""
    facts = facts_of(spec, response, base=base)
    more = list(_more(spec, tree, response, base or response.url)) if items else []
    return listing_of(facts, (_record(item, table) for item in items), more=more)


def _record(item: Tag, table: ListingTable) -> Record | str:
    link = _link(item, table.link)
    if link is None:
        return f"no link in the item: nothing matches {table.link or 'a[href]'!r}"
    title = _text(item, table.title) if table.title else attribute(link, "title") or text_within(link)
    return Record(
        link=attribute(link, "href"),
        title=title,
        times=_times(item, table.time),
        media=_text(item, table.media),
        summary=_text(item, table.summary),
    )


def _link(item: Tag, selector: str) -> Tag | None:
    if selector:
        found = item.select_one(selector)
        return found if found is None or found.has_attr("href") else found.select_one("a[href]")
    return item if item.has_attr("href") else item.select_one("a[href]")


def _text(item: Tag, selector: str) -> str:
    found = item.select_one(selector) if selector else None
    return text_within(found) if found else ""


def _times(item: Tag, selector: str) -> tuple[str, ...]:
    """What the tag says to machines, then what it says to people."""
    found = item.select_one(selector) if selector else None
    if found is None:
        return ()
    return tuple(
        filter(
            None,
            (attribute(found, "datetime"), attribute(found, "content"), text_within(found), attribute(found, "title")),
        )
    )


def _more(spec: SourceSpec, tree: BeautifulSoup, response: Response, base: str) -> Iterator[Request]:
    options = spec.options
    if options.list.next and (tag := tree.select_one(options.list.next)):
        link = tag if tag.has_attr("href") else tag.select_one("a[href]")
        address = absolute(base, attribute(link, "href")) if link else ""
        if address and address.partition("#")[0] != response.url.partition("#")[0]:
            yield Request(url=address)
    elif address := following_page(options.pages_url, options.second_page, response.url):
        yield Request(url=address)


SOURCE = SourceKind(
    name="listing",
    options=ListingOptions,
    ask=ask_list,
    read=read,
    ask_text=ask_page,
    extract=extract_entry,
    share_url=share_url,
)
