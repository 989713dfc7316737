"""What the kinds share whose articles are pages: options, and the way from an entry to the text of its page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from tasks.articles.addresses import AddressRules
from tasks.articles.extract import Selectors, extract_page
from tasks.config import HttpUrl, PageTables, SameHosts, SourceSpec
from tasks.errors import ParseError
from tasks.model import Entry, Request, Response, Text
from tasks.sources._records import ListFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """The address of the list, where pages have what, and what parameters of addresses mean.

    `page`: one table for each layout of the pages; without any, the text is found by what speaks for it.
    `drop_parameters` of an address tell nothing about the article; `keep_parameters` do, though they look like tracking.
    `same_hosts` and `fold_mobile` as in `AddressRules`.
    """

    list_url: HttpUrl
    page: PageTables = ()
    drop_parameters: tuple[str, ...] = ()
    keep_parameters: tuple[str, ...] = ()
    same_hosts: SameHosts = field(default_factory=dict)
    fold_mobile: bool = True


def facts_of(spec: SourceSpec, response: Response, *, title: str = "", base: str = "") -> ListFacts:
    """What holds for all records of this answer. `base`: what relative addresses are relative to."""
    rules = AddressRules(
        drop_parameters=spec.options.drop_parameters,
        keep_parameters=spec.options.keep_parameters,
        same_hosts=spec.options.same_hosts,
        fold_mobile=spec.options.fold_mobile,
    )
    return ListFacts(spec=spec, url=base or response.url, received_at=response.received_at, title=title, rules=rules)


def ask_list(spec: SourceSpec) -> Request:
    """The list."""
    return Request(url=spec.options.list_url)


def ask_page(spec: SourceSpec, entry: Entry) -> Request | None:
    """The entry's page; None when the list carried the text."""
    return None if entry.content else Request(url=entry.link)


def extract_entry(spec: SourceSpec, entry: Entry, response: Response | None) -> Text:
    """The text that the list carried, or that of the entry's page."""
    if response is None:
        if not entry.content.strip():
            raise ParseError(f"{entry.code}: no answer to read, and no text in the list")
        return Text(html=entry.content, method="list")
    return read_page(spec, response, [Selectors(**table.model_dump()) for table in spec.options.page])


def read_page(spec: SourceSpec, response: Response, layouts: Sequence[Selectors] = ()) -> Text:
    """The text of a page; a `ParseError` begins with its address."""
    try:
        return extract_page(
            response.body,
            url=response.url,
            content_type=response.content_type,
            layouts=layouts,
            zone=ZoneInfo(spec.timezone),
            now=response.received_at,
        )
    except ParseError as error:
        told = str(error)
        raise ParseError(told if told.startswith(response.url) else f"{response.url}: {told}") from error


def share_url(spec: SourceSpec, entry: Entry) -> str:
    """The article's page; the list where it has none."""
    return entry.link or str(spec.options.list_url)


def following_page(pattern: str, second: int, url: str) -> str:
    """The address of the page after the one at `url`, by a pattern with `{page}`; empty without a pattern."""
    if not pattern:
        return ""
    before, after = pattern.split("{page}", 1)
    match = re.fullmatch(rf"{re.escape(before)}(\d{{1,6}}){re.escape(after)}", url, re.ASCII)
    return pattern.replace("{page}", str(int(match[1]) + 1 if match else second))
