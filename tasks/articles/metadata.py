"""What a page tells of its article: JSON-LD, OpenGraph and other meta elements, `<time>`, and the line under the title.

Each field is taken from the first source that has it, in the order of how seldom that source is wrong. A published time
needs such evidence; nothing is guessed from the text of the article.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks.articles.json_ld import Described, described_article
from tasks.articles.moments import is_day_only, moment, moments_in
from tasks.articles.nodes import absolute
from tasks.articles.page import body_of, line_of
from tasks.articles.passages import squeezed
from tasks.articles.plain import without_controls

_PUBLISHED = (
    "article:published_time og:article:published_time article:published og:published_time og:release_date publishdate pubdate"
    " pub_date publish_date publish-date published_time publication_date date.publication dc.date.issued dcterms.created dc.date"
    " dcterms.date datepublished sailthru.date parsely-pub-date weibo:article:create_at bytedance:published_time"
    " firstpublishedtime date created citation_publication_date cxenseparse:recs:publishtime"
).split()
_MODIFIED = (
    "article:modified_time og:article:modified_time og:updated_time article:updated_time lastmod last-modified"
    " dcterms.modified datemodified bytedance:updated_time weibo:article:update_at bytedance:lastupdated_time"
).split()
_MEDIA = "mediaid source og:article:source article:source contentsource weibo:article:source".split()
_AUTHOR = "author article:author og:article:author dc.creator byl parsely-author sailthru.author".split()
_DESCRIPTION = "og:description description twitter:description".split()
_BETWEEN = r"[\s：:]*"
# The media name ends at a blank, or at what follows it on such lines.
_FROM = re.compile(
    rf"(?:来源|來源|稿源|文章来源|信息来源|新闻来源){_BETWEEN[:-1]}+"
    r"([^\s：:，,。|｜()（）\[\]【】]{2,30}?)(?=作者|编辑|責任|责任|记者|发布|时间|字号|[\s，,。|｜()（）\[\]【】]|$)"
)
_BY = re.compile(r"(?:作者|记者|記者|撰文|文)\s*[：:/／]\s*([^\s，,。|｜()（）/]{2,20})")
_MEDIA_AFTER = re.compile(
    r"(?:\d{1,2}:\d{2}(?::\d{2})?|\d日)\s*(?:来源|來源)?[\s：:|]*([\u4e00-\u9fff][^\s，,。|（(]{1,20})"
)
_BEHIND = re.compile(r"(?P<title>.+\S)(?P<sign>\s+[-–—·»«:]+\s+|\s*[_|｜]+\s*|[-–—－]+)(?P<last>[^_|｜]+?)\s*")
_IS_SITE = re.compile(r"(?:[网網报報站]|频道|頻道|新闻|新聞|在线|[\w-]+\.(?:com|cn|net|org|tw|hk))$", re.IGNORECASE)
_HEAD_LINES = 40  # blocks after the title in which its line is looked for
_LINE = 200  # characters
_LONGEST_TITLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page tells. `titles`, `descriptions`: all that it gives, the best first; `body`: the text that JSON-LD carries."""

    titles: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    author: str
    media: str
    canonical: str
    links: tuple[str, ...]
    descriptions: tuple[str, ...]
    body: str


def read_metadata(root: HtmlElement, *, url: str, zone: tzinfo, now: datetime) -> Metadata:
    """The metadata of a page that was asked for at `url`."""
    meta, described = _meta(root), described_article(root)
    base = _base(root, url)
    times = [
        moment(text, zone=zone, now=now)
        for text in (described.published, *_all(meta, _PUBLISHED), *_time_elements(root))
    ]
    changed = (moment(text, zone=zone, now=now) for text in (described.modified, *_all(meta, _MODIFIED)))
    return Metadata(
        titles=tuple(_titles(root, meta, described)),
        published_at=_best([time for time in times if time is not None]),
        modified_at=next((time for time in changed if time is not None), None),
        author=described.author or _author(meta),
        media=_line(
            next(iter(_all(meta, _MEDIA)), "") or described.media or next(iter(_all(meta, ["og:site_name"])), "")
        ),
        canonical=_canonical(root, meta, base, url),
        links=tuple(dict.fromkeys(_other_addresses(root, meta, base))),
        descriptions=tuple(text for text in (described.description, *_all(meta, _DESCRIPTION)) if text),
        body=described.body,
    )


def visible_line(
    root: HtmlElement, heading: HtmlElement | None, *, zone: tzinfo, now: datetime
) -> tuple[datetime | None, str, str]:
    """Time, media name and author that the lines under (or right above) the title show."""
    time: datetime | None = None
    media = author = ""
    for text in _lines_at(root, heading):
        shown = next(iter(moments_in(text, zone=zone, now=now)), None)
        if shown is not None and (time is None or (is_day_only(time) and time.date() == shown.date())):
            time = shown
            if not media and (after := _MEDIA_AFTER.search(text)):
                media = after[1]
        if found := _FROM.search(text):
            media = found[1]
        if not author and (by := _BY.search(text)):
            author = by[1]
        if time is not None and media and author:
            break
    return time, _line(media), _line(author)


def best_title(heading: str, metadata: Metadata) -> str:
    """What the metadata says first, cut to the heading that the page shows where that is part of it.

    A word with a colon before it belongs to a title; the name of the site, before or behind it, does not.
    """
    if not metadata.titles:
        return heading
    first, core = metadata.titles[0], squeezed(heading)
    if core and core == squeezed(first):
        title = first
    elif core and core in squeezed(first) and not re.match(r"\s*[:：]", first.partition(heading)[2]):
        kicker = re.match(r".{1,40}[:：]\s*(?=" + re.escape(heading) + ")", first)
        title = (kicker[0] if kicker else "") + heading
    else:
        title = without_site(first, metadata.media)
    return title.lstrip("》>»· ")


def without_site(title: str, site: str) -> str:
    """A title without the names of site and section that pages put behind it."""
    while parts := _BEHIND.fullmatch(title):
        sign, last = parts["sign"].strip(), squeezed(parts["last"])
        own = bool(site) and (last in squeezed(site) or squeezed(site) in last)
        if (
            not (sign in "_|｜" or own or _IS_SITE.search(parts["last"]))
            or 2 * len(last) > len(squeezed(parts["title"])) + 8
        ):
            return title
        title = parts["title"].strip()
    return title


# --- the parts --------------------------------------------------------------------------------


def _meta(root: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = (element.get("content") or "").strip()
        if name and content:
            found.setdefault(name.strip().lower(), content[:1000])
    return found


def _all(meta: dict[str, str], names: list[str]) -> Iterator[str]:
    yield from (meta[name] for name in names if name in meta)


def _time_elements(root: HtmlElement) -> Iterator[str]:
    """Marked times: by microdata first, then the first `<time>` that is no comment's."""
    for element in root.iter():
        if isinstance(element.tag, str) and "datepublished" in (element.get("itemprop") or "").lower():
            yield element.get("datetime") or element.get("content") or line_of(element)[:_LINE]
    for element in root.iter("time"):
        if element.get("datetime") and (element.get("pubdate") is not None or _is_first(element)):
            yield element.get("datetime") or ""
            return


def _is_first(element: HtmlElement) -> bool:
    return not any("comment" in (parent.get("class") or "")[:200].lower() for parent in element.iterancestors())


def _best(times: list[datetime]) -> datetime | None:
    """The first; when it is a bare day, the first that has a time on that day."""
    if not times or not is_day_only(times[0]):
        return times[0] if times else None
    return next((time for time in times if time.date() == times[0].date() and not is_day_only(time)), times[0])


def _titles(root: HtmlElement, meta: dict[str, str], described: Described) -> Iterator[str]:
    given = [
        *_all(meta, ["og:title"]),
        described.title,
        *_all(meta, ["twitter:title", "title"]),
        root.findtext(".//title") or "",
    ]
    yield from dict.fromkeys(line for text in given if (line := _line(text[:_LONGEST_TITLE])))


def _author(meta: dict[str, str]) -> str:
    names = (_line(text) for text in _all(meta, _AUTHOR))
    return next((name for name in names if name and "://" not in name and len(name) <= 100), "")


def _base(root: HtmlElement, url: str) -> str:
    base = root.find(".//base")
    return (absolute(url, base.get("href") or "") if base is not None else "") or url


def _canonical(root: HtmlElement, meta: dict[str, str], base: str, url: str) -> str:
    given = [element.get("href") or "" for element in root.iter("link") if _rel(element, "canonical")]
    for address in (*given, *_all(meta, ["og:url"])):
        full = absolute(base, address)
        # A front page is no article's address: some publishers name it on every page.
        if full and (urlsplit(full).path.strip("/") or urlsplit(full).query or not urlsplit(url).path.strip("/")):
            return full
    return ""


def _other_addresses(root: HtmlElement, meta: dict[str, str], base: str) -> Iterator[str]:
    found = []
    for element in root.iter("link"):
        mobile = _rel(element, "alternate") and re.search(r"handheld|only screen", element.get("media") or "")
        if _rel(element, "amphtml") or mobile:
            found.append(element.get("href") or "")
    if agent := re.search(r"url\s*=\s*([^;\s]+)", meta.get("mobile-agent", "")):
        found.append(agent[1])
    yield from (full for address in found if (full := absolute(base, address)))


def _rel(element: HtmlElement, name: str) -> bool:
    return name in (element.get("rel") or "").lower().split()


def _lines_at(root: HtmlElement, heading: HtmlElement | None) -> Iterator[str]:
    """Texts of the blocks that follow the title; without one, of the blocks that begin the body."""
    start = body_of(root) if heading is None else heading
    count = 0
    seen = heading is None
    for element in body_of(root).iter():
        seen = seen or element is start
        if not seen or not isinstance(element.tag, str) or element.tag in {"script", "style", "a", "b", "strong"}:
            continue
        own = " ".join("".join((element.text or "", *(_inline_text(child) for child in element))).split())
        if own:
            count += 1
            yield own[:_LINE]
        if count > _HEAD_LINES:
            return


def _inline_text(child: HtmlElement) -> str:
    inner = (
        line_of(child) if child.tag in {"span", "a", "em", "i", "b", "strong", "font", "time", "small", "label"} else ""
    )
    return f" {inner} {child.tail or ''}"


def _line(text: str) -> str:
    return " ".join(without_controls(text).split())
