"""What machines are told of an article, whatever the format: its title, times and pictures."""

import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import unescape
from urllib.parse import quote, urljoin
from zoneinfo import ZoneInfo

from tasks.model import Article, Category, Headline
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import absolute, is_http
from tasks.outputs.fragments import text_of
from tasks.outputs.front_matter import one_line

_SOURCE_LINE = re.compile(r"[（(]\s*(?:文章|信息)?来源[：:]\s*([^（）()<>]{1,40}?)\s*[）)]\s*$")
_LONGEST_STANDIN = 40  # characters of a summary that stands in for a title
_PICTURE = re.compile(r'<img(?:\s++(?!src=)[a-z-]++(?:="[^"]*+")?+)*+\s++src="([^"]*+)"', re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PARTS = re.compile(r"(https?://[^/?#]*+)([^#]*+)#?(.*)", re.IGNORECASE | re.DOTALL)
_DELIMITERS = ":@!$&'()*+,;=%"  # RFC 3986 2.2 and 2.1; the others only at their places


def title_of(told: Article | Headline) -> str:
    """The title in one line, never empty: a record without one is called by the beginning of its summary."""
    title = one_line(told.title).strip()
    if title:
        return title
    summary = one_line(told.summary).strip()
    if len(summary) > _LONGEST_STANDIN:
        return summary[:_LONGEST_STANDIN] + "…"
    return summary or one_line(told.category.title).strip() or told.page_key


def origin_of(article: Article) -> str:
    """The address of the original, or nothing where that is not one to send a reader to."""
    return web_address(article.origin_url)


def outlet_of(article: Article) -> str:
    """Who wrote it: the name in the source line that ends the text, else in the digest; else the category's title."""
    return _source_line(article.html, article.quote or "") or category_title(article.category)


@lru_cache(maxsize=128)  # likewise
def _source_line(html: str, quote: str) -> str:
    found = _SOURCE_LINE.search(text_of(html)) or _SOURCE_LINE.search(quote)
    return one_line(found[1]) if found else ""


def category_title(category: Category) -> str:
    """The title in one line, never empty."""
    return one_line(category.title).strip() or category.slug


@lru_cache(maxsize=128)  # an article's page asks for each of its addresses twice, and so do feeds
def web_address(url: str) -> str:
    """An http(s) address as RFC 3986 writes it, with everything else percent-encoded; empty for any other."""
    found = _PARTS.fullmatch(_STRAY_PERCENT.sub("%25", one_line(url))) if is_http(url) else None
    if found is None:
        return ""
    host, path, fragment = found.groups()
    mark = "#" if fragment else ""
    return (
        quote(host, safe=f"{_DELIMITERS}/[]")
        + quote(path, safe=f"{_DELIMITERS}/?")
        + mark
        + quote(fragment, safe=f"{_DELIMITERS}/?")
    )


def pictures_of(article: Article, site: SiteFacts) -> tuple[str, ...]:
    """Absolute http(s) addresses of the pictures of the body, each once, in their order."""
    return _pictures(article.html, absolute(site, article.page_key))


@lru_cache(maxsize=128)  # likewise
def _pictures(html: str, page: str) -> tuple[str, ...]:
    found = (_joined(page, unescape(address)) for address in _PICTURE.findall(html))
    return tuple(dict.fromkeys(web_address(address) for address in found if is_http(address)))


def iso_time(at: datetime, site: SiteFacts) -> str:
    """The time in the site's zone, to the second: RFC 3339, ISO 8601 and the W3C date form at once."""
    return at.astimezone(ZoneInfo(site.timezone)).isoformat(timespec="seconds")


def mail_time(at: datetime, site: SiteFacts) -> str:
    """The time in the site's zone as RFC 822 writes it, with four digits of the year and English names."""
    return format_datetime(at.astimezone(ZoneInfo(site.timezone)))


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # a malformed host: no address at all
        return ""
