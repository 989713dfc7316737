"""The open lists of eastmoney, and its article pages.

Lists: getFastNewsList, getNewsByColumns and their relatives, as JSON, JSONP or `var ajaxResult={…}`. The names of the fields
are those that public readers of these services use; the complete answers are not documented.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup, Tag

from tasks.articles.charset import decode_page
from tasks.articles.dates import read_time
from tasks.articles.identity import story_key
from tasks.articles.nodes import absolute
from tasks.config import ArticleUrl, HttpUrl, SourceSpec
from tasks.errors import ParseError
from tasks.model import Entry, Listing, Request, Response, Text
from tasks.sources import SourceKind
from tasks.sources._html import tree_of
from tasks.sources._json import load_json, text_of_value
from tasks.sources._pages import ask_list, read_page, share_url
from tasks.sources._records import ListFacts, Record, listing_of, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class EastmoneyOptions:
    """The address of the list, and that of the pages, with `{code}` for the 18 digits of an article.

    A `sortEnd` or `page_index` in the query of the list asks for its further pages too.
    """

    list_url: HttpUrl
    page_url: ArticleUrl = "https://finance.eastmoney.com/a/{code}.html"


# --- the list ---------------------------------------------------------------------------------

# Where each shape of answer has its records, and what they call a field: the first that is told counts.
_LISTS = ("fastNewsList", "list", "LivesList", "items", "cmsArticleWebOld")
_CODES = ("infoCode", "code", "newsid", "Art_Code", "id")
_TITLES = ("title", "Art_Title")
_TIMES = ("showTime", "showtime", "showDateTime", "Art_ShowTime", "date", "ordertime", "updateTime")
_MEDIA = ("mediaName", "Art_MediaName", "source")
_SUMMARIES = ("summary", "digest", "simdigest")
_LINKS = ("url", "url_w", "uniqueUrl", "url_unique", "Art_Url")
_CODE = re.compile(r"(?:NW)?\d{18}", re.ASCII)


def read(spec: SourceSpec, response: Response) -> Listing:
    """The list's records as entries, and its next page where the address asks for pages."""
    try:
        answer = load_json(response.body, response.content_type)
        records, holder = _records(answer)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    facts = ListFacts(spec=spec, url=response.url, received_at=response.received_at)
    more = _more(response.url, holder) if records else []
    return listing_of(facts, (_record(spec, record) for record in records), more=more)


def _records(answer: object) -> tuple[list[object], Mapping[str, object]]:
    """The records, and the object that holds them."""
    outer = answer if isinstance(answer, dict) else {}
    for holder in (outer.get("data"), outer.get("result"), outer):
        for name in _LISTS:
            if isinstance(holder, dict) and isinstance(found := holder.get(name), list):
                return found, holder
    said = text_of_value(outer.get("message")) or text_of_value(outer.get("msg"))
    got = f"{sorted(map(str, outer))[:8]}{f', which says {said[:80]!r}' if said else ''}"
    raise ParseError(f"no list in the answer: expected one of {', '.join(_LISTS)}, got {got[:300]}")


def _record(spec: SourceSpec, record: object) -> Record | str:
    if not isinstance(record, dict):
        return f"the record is {type(record).__name__}, not an object"
    told = {name: text_of_value(value).strip() for name, value in record.items()}
    code = next((told[name] for name in _CODES if _CODE.fullmatch(told.get(name, ""))), "")
    title = plain(_first(told, _TITLES))
    if not code or not title:
        return "the title is empty" if code else "the record has no code of 18 digits"
    return Record(
        code=story_key(code),
        link=absolute(_page_url(spec, code), _first(told, _LINKS)) or _page_url(spec, code),
        title=title,
        times=(_first(told, _TIMES),),
        media=plain(_first(told, _MEDIA)),
        summary=plain(_first(told, _SUMMARIES)),
    )


def _first(told: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((told[name] for name in names if told.get(name)), "")


def _page_url(spec: SourceSpec, code: str) -> str:
    return str(spec.options.page_url).replace("{code}", story_key(code))


def _more(url: str, holder: Mapping[str, object]) -> list[Request]:
    """The next page, where the address has a parameter that pages are asked by."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    end = text_of_value(holder.get("sortEnd"))
    if "sortEnd" in query and end not in ("", query["sortEnd"]):
        query["sortEnd"] = end
    elif "page_index" in query and re.fullmatch(r"\d{1,5}", query["page_index"], re.ASCII):
        query["page_index"] = str(int(query["page_index"]) + 1)
    else:
        return []
    return [Request(url=parts._replace(query=urlencode(query)).geturl())]


# --- the page ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """One version of the article page, as CSS selectors. `evidence`: what only this version has."""

    name: str
    evidence: str
    title: str
    facts: str
    body: str


# Newest first; the first whose evidence is in the page counts.
_LAYOUTS = (
    _Layout(
        name="eastmoney 2021",
        evidence="div#ContentBody.txtinfos",
        title="div.topbox div.title, div.contentwrap div.title",
        facts="div.infos > div.item",
        body="div#ContentBody.txtinfos",
    ),
    _Layout(
        name="eastmoney 2016",
        evidence="div#ContentBody",
        title=".newsContent h1",
        facts="div.time, div.source",
        body="div#ContentBody",
    ),
    _Layout(
        name="eastmoney 2012",
        evidence="div.Body",
        title=".newsContent h1",
        facts="div.time, div.source, div.Info span",
        body="div.Body",
    ),
)
_REMOVED = ", ".join(
    (
        "script, style, iframe, noscript, .EmImageRemark, img[alt^='K图'], img[src*='webquoteklinepic']",
        "div[class^='ad_'], div[class*=' ad_'], a.toplink, .em_handle_adv_close, a[href*='acttg.eastmoney.com'], .em_xuangu",
        "p.res-edit, div.zwothers, div.abstract, div.b-review, .share, .qrcode",
    )
)
# Paragraphs that are no part of the text, and those that end it.
_ADVERT = re.compile(r"在东方财富看资讯行情|一站式开户交易|^[（(]?原标题[:：]")
_END = re.compile(r"^[（(]?责任编辑[:：]|^打开微信[，,].*(?:扫一扫|朋友圈)|^相关(?:报道|阅读|新闻)[:：]?$")
_SITE = re.compile(r"\s*[_\-—|]\s*(?:\w+频道\s*[_\-—|]\s*)?东方财富网?\s*$")
_SOURCE = re.compile(r"^(?:来源|文章来源|作者)[:：]\s*")


def ask_text(spec: SourceSpec, entry: Entry) -> Request:
    """The entry's page."""
    return Request(url=_page_url(spec, entry.code))


def extract(spec: SourceSpec, entry: Entry, response: Response | None) -> Text:
    """The text of the page, up to its source line; a page of no known layout is left to the general extractor."""
    if response is None:
        raise ParseError(f"{entry.code}: no answer to read; expected the article's page")
    try:
        page = decode_page(response.body, response.content_type)
        tree = tree_of(page)
    except ParseError as error:
        raise ParseError(f"{response.url}: {error}") from error
    layout = next((layout for layout in _LAYOUTS if tree.select_one(layout.evidence)), None)
    if layout is None or (body := tree.select_one(layout.body)) is None:
        return read_page(spec, response)
    zone = ZoneInfo(spec.timezone)
    facts = [" ".join(item.get_text(" ").split()) for item in tree.select(layout.facts)]
    times = [read_time(fact, zone=zone, now=response.received_at) for fact in facts]
    names = [_SOURCE.sub("", fact) for fact in facts if fact.startswith(("来源", "文章来源"))]
    _keep_text(body)
    if not body.get_text().strip() and not body.find("img"):
        raise ParseError(f"{response.url}: the page has no text: {layout.body!r} is empty")
    return Text(
        html=body.decode_contents(),
        title=_title(tree, layout),
        published_at=next((time for time in times if isinstance(time, datetime)), None),
        media=next(iter(names), ""),
        method=layout.name,
        replaced_share=page.replaced_share,
    )


def _title(tree: BeautifulSoup, layout: _Layout) -> str:
    tag = tree.select_one(layout.title) or tree.find("title")
    return _SITE.sub("", " ".join(tag.get_text().split())) if tag else ""


def _keep_text(body: Tag) -> None:
    """Takes out of the body what is no text of the article."""
    for tag in body.select(_REMOVED):
        tag.decompose()
    last = body.select_one("p.em_media")
    if last is not None:
        _cut_after(last, body)
    for tag in [tag for tag in body.find_all(["p", "div"]) if not tag.find(["p", "div"])]:
        line = " ".join(tag.get_text().split())
        if _ADVERT.search(line):
            tag.decompose()
        elif _END.search(line):
            _cut_after(tag, body)
            tag.decompose()
            break
    if last is not None and body not in last.parents:
        body.append(last)


def _cut_after(tag: Tag, body: Tag) -> None:
    """Takes everything behind the tag out of the body."""
    node = tag
    while node is not body and node.parent is not None:
        for sibling in list(node.next_siblings):
            sibling.extract()
        node = node.parent


SOURCE = SourceKind(
    name="eastmoney",
    options=EastmoneyOptions,
    ask=ask_list,
    read=read,
    ask_text=ask_text,
    extract=extract,
    share_url=share_url,
)
