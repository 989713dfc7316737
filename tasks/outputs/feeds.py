"""`feed.xml`: the newest articles, whole, as Atom (RFC 4287).

Times are those of content, never of rendering, so the same articles give the same bytes.
"""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from tasks.model import Article, Catalogue, Page, Wave
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.addresses import absolute, encoded, is_http
from tasks.outputs.elements import add, document, root
from tasks.outputs.fragments import with_absolute_links
from tasks.outputs.front_matter import one_line

_KEY = "feed.xml"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # of a feed without entries; RFC 4287 4.1.1 wants some time


def _of_article(article: Article, site: SiteFacts) -> tuple[Page, ...]:
    return ()


def _of_catalogue(catalogue: Catalogue, site: SiteFacts) -> tuple[Page, ...]:
    return (
        Page(
            key=_KEY,
            body=document(_feed(catalogue.newest, site)),
            content_type="application/atom+xml; charset=utf-8",
            cache_control="public, max-age=60",
            wave=Wave.FEEDS,
        ),
    )


def _feed(articles: tuple[Article, ...], site: SiteFacts) -> Element:
    feed = root("feed", "http://www.w3.org/2005/Atom", **{"xml:lang": site.language})
    home = absolute(site, "")
    add(feed, "id", home)
    add(feed, "title", one_line(site.title))
    add(feed, "updated", _time(max((a.updated_at for a in articles), default=_NEVER), site))
    add(add(feed, "author"), "name", one_line(site.title))
    add(feed, "link", rel="self", type="application/atom+xml", href=absolute(site, _KEY))
    add(feed, "link", rel="alternate", type="text/html", href=home)
    for article in articles:
        _add_entry(feed, article, site)
    return feed


def _add_entry(feed: Element, article: Article, site: SiteFacts) -> None:
    address = absolute(site, article.page_key)
    entry = add(feed, "entry")
    add(entry, "id", f"{absolute(site, '')}#{encoded(article.key)}")  # stays when the page moves (4.2.6)
    add(entry, "title", one_line(article.title))
    add(entry, "published", _time(article.published_at, site))
    add(entry, "updated", _time(article.updated_at, site))
    add(add(entry, "author"), "name", one_line(article.category.title))
    add(entry, "category", term=one_line(article.category.slug), label=one_line(article.category.title))
    add(entry, "link", rel="alternate", type="text/html", href=address)
    if is_http(article.origin_url):
        add(entry, "link", rel="via", href=one_line(article.origin_url))
    if article.summary:
        add(entry, "summary", article.summary)
    add(entry, "content", with_absolute_links(article.html, address), type="html")


def _time(at: datetime, site: SiteFacts) -> str:
    return at.astimezone(ZoneInfo(site.timezone)).isoformat(timespec="seconds")


OUTPUT = OutputKind(name="feeds", of_article=_of_article, of_catalogue=_of_catalogue, edition="1")
