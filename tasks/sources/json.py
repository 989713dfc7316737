"""Any JSON list, read by JMESPath expressions (`[sources.list]`), over as many pages as it has."""

from collections.abc import Iterator
from dataclasses import dataclass

import jmespath

from tasks.articles.nodes import absolute
from tasks.config import Expression, ExpressionOrNone, PagePattern, SourceSpec, Table
from tasks.errors import ParseError
from tasks.model import Listing, Request, Response
from tasks.sources import SourceKind
from tasks.sources._json import load_json, text_of_value
from tasks.sources._pages import PageOptions, ask_list, ask_page, extract_entry, facts_of, following_page, share_url
from tasks.sources._records import Record, listing_of, plain


class JsonTable(Table):
    """`[sources.list]`: `items` and `next` are looked for in the answer, the others in each item.

    Times may be seconds or milliseconds since 1970. `content`: the whole text, as HTML; then no page is asked. `id`: another
    name of the article, and its only one where it has no page. `next`: the address of the next page of the list.
    """

    items: Expression
    link: ExpressionOrNone = ""
    id: ExpressionOrNone = ""
    title: ExpressionOrNone = ""
    time: ExpressionOrNone = ""
    modified: ExpressionOrNone = ""
    media: ExpressionOrNone = ""
    author: ExpressionOrNone = ""
    summary: ExpressionOrNone = ""
    content: ExpressionOrNone = ""
    next: ExpressionOrNone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOptions(PageOptions):
    """The expressions; and, instead of `next`, the addresses of further pages with `{page}` for 2, 3, …"""

    list: JsonTable
    pages_url: PagePattern = ""
    second_page: int = 2


def read(spec: SourceSpec, response: Response) -> Listing:
    """The answer's records as entries, and its next page; `ParseError` when `items` gives no list."""
    table: JsonTable = spec.options.list
    try:
        answer = load_json(response.body, response.content_type)
        items = _found(table.items, answer)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    if not isinstance(items, list):
        raise ParseError(f"{response.url}: no list in the answer: items = {table.items!r} gives {type(items).__name__}")
    more = list(_more(spec, answer, response)) if items else []
    return listing_of(facts_of(spec, response), (_record(item, table) for item in items), more=more)


def _found(expression: str, value: object) -> object:
    try:
        return jmespath.search(expression, value)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        raise ParseError(f"{expression!r} does not fit: {str(error).splitlines()[0][:200]}") from error


def _record(item: object, table: JsonTable) -> Record | str:
    def told(expression: str) -> str:
        return text_of_value(_found(expression, item)) if expression else ""

    try:
        content, title = told(table.content), plain(told(table.title))
        if content.strip() and not title:
            return "the record has no title"
        return Record(
            link=told(table.link).strip(),
            title=title,
            times=(told(table.time),),
            modified=(told(table.modified),),
            media=plain(told(table.media)),
            author=plain(told(table.author)),
            summary=plain(told(table.summary)),
            content=content if content.strip() else "",
            ids=(told(table.id),),
        )
    except ParseError as error:
        return str(error)


def _more(spec: SourceSpec, answer: object, response: Response) -> Iterator[Request]:
    options = spec.options
    if options.list.next:
        address = absolute(response.url, text_of_value(_found(options.list.next, answer)))
    else:
        address = following_page(options.pages_url, options.second_page, response.url)
    if address and address != response.url:
        yield Request(url=address)


SOURCE = SourceKind(
    name="json",
    options=JsonOptions,
    ask=ask_list,
    read=read,
    ask_text=ask_page,
    extract=extract_entry,
    share_url=share_url,
)
