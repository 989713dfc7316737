"""`sitemap.xml` for search engines, and `robots.txt` that names it."""

from datetime import datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from tasks.model import Article, Catalogue, Page, Wave
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.addresses import absolute
from tasks.outputs.elements import add, document, root

_KEY = "sitemap.xml"
_MOST_ADDRESSES = 50_000  # sitemaps.org; beyond it the newest stay


def _of_article(article: Article, site: SiteFacts) -> tuple[Page, ...]:
    return ()


def _of_catalogue(catalogue: Catalogue, site: SiteFacts) -> tuple[Page, ...]:
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {absolute(site, _KEY)}\n"
    return (
        _page(_KEY, document(_sitemap(catalogue.addresses, site)), "application/xml; charset=utf-8"),
        _page("robots.txt", robots.encode("utf-8", "replace"), "text/plain; charset=utf-8"),
    )


def _sitemap(addresses: tuple[tuple[str, datetime], ...], site: SiteFacts) -> Element:
    by_key = sorted(addresses, key=lambda address: address[0])
    newest = sorted(by_key, key=lambda address: address[1], reverse=True)[: _MOST_ADDRESSES - 1]
    urlset = root("urlset", "http://www.sitemaps.org/schemas/sitemap/0.9")
    _add_address(urlset, "", newest[0][1] if newest else None, site)
    for key, changed_at in newest:
        _add_address(urlset, key, changed_at, site)
    return urlset


def _add_address(urlset: Element, key: str, changed_at: datetime | None, site: SiteFacts) -> None:
    url = add(urlset, "url")
    add(url, "loc", absolute(site, key))
    if changed_at is not None:
        add(url, "lastmod", changed_at.astimezone(ZoneInfo(site.timezone)).isoformat(timespec="seconds"))


def _page(key: str, body: bytes, content_type: str) -> Page:
    return Page(key=key, body=body, content_type=content_type, cache_control="public, max-age=60", wave=Wave.FEEDS)


OUTPUT = OutputKind(name="sitemaps", of_article=_of_article, of_catalogue=_of_catalogue, edition="1")
