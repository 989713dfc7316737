"""Sitemaps (sitemaps.org 0.9) in shards below one index, Google's news sitemap, and `robots.txt` that names the index.

Only addresses that search engines may keep stand in them: those of sources that allow it and leave the canonical address
to us. What a source forbids is said by its pages; `robots.txt` must not hide pages, or nobody could read that there.
"""

from collections.abc import Iterator
from datetime import datetime

from tasks.catalogue import NewsWindow, Robots, SitemapList, SitemapShard
from tasks.model import Headline, Page
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.addresses import (
    ABOUT,
    ARCHIVE,
    CATEGORIES,
    ROBOTS,
    SITEMAP_OF_LISTS,
    SITEMAPS,
    absolute,
    category_key,
    month_key,
    news_sitemap_key,
    rooted,
    sitemap_key,
)
from tasks.outputs.caching import INDEX
from tasks.outputs.elements import Element, document, element
from tasks.outputs.facts import iso_time, title_of
from tasks.outputs.front_matter import one_line

_NEWS_IN_FILE = 1_000  # Google's limit
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS_NAMESPACE = "http://www.google.com/schemas/sitemap-news/0.9"
_CHINESE = {  # the two codes that are no ISO 639 ones, by the tags that ask for them
    "zh": "zh-cn", "zh-cn": "zh-cn", "zh-sg": "zh-cn", "zh-hans": "zh-cn",
    "zh-tw": "zh-tw", "zh-hk": "zh-tw", "zh-mo": "zh-tw", "zh-hant": "zh-tw",
}  # fmt: skip


# --- addresses of pages -----------------------------------------------------------------------


def _of_shard(shard: SitemapShard, site: SiteFacts) -> tuple[Page, ...]:
    urls = (_url(key, at, site) for key, source, at in shard.addresses if _is_ours_to_offer(source, site))
    return (_xml(sitemap_key(shard.label), element("urlset", *urls, xmlns=_NAMESPACE)),)


def _of_list(found: SitemapList, site: SiteFacts) -> tuple[Page, ...]:
    newest = max((shelf.newest_at for shelf in found.shelves if shelf.newest_at), default=None)
    files = [
        (SITEMAP_OF_LISTS, newest),
        *((sitemap_key(label), changed_at) for label, changed_at in found.shards),
        *((news_sitemap_key(number), None) for number in range(1, max(found.news_files, 1) + 1)),
    ]
    sitemaps = (element("sitemap", *_place(key, changed_at, site)) for key, changed_at in files)
    lists = [
        ("", newest),
        (CATEGORIES, newest),
        *((category_key(shelf.category), shelf.newest_at) for shelf in found.shelves),
        (ARCHIVE, newest),
        *((month_key(month), None) for month in found.months),
        (ABOUT, None),
    ]
    urls = (_url(key, changed_at, site) for key, changed_at in lists)
    return (
        _xml(SITEMAP_OF_LISTS, element("urlset", *urls, xmlns=_NAMESPACE)),
        _xml(SITEMAPS, element("sitemapindex", *sitemaps, xmlns=_NAMESPACE)),
    )


def _url(key: str, changed_at: datetime | None, site: SiteFacts) -> Element:
    return element("url", *_place(key, changed_at, site))


def _place(key: str, changed_at: datetime | None, site: SiteFacts) -> Iterator[Element]:
    yield element("loc", absolute(site, key))
    if changed_at is not None:
        yield element("lastmod", iso_time(changed_at, site))


def _is_ours_to_offer(source: str, site: SiteFacts) -> bool:
    policy = site.policy(source)
    return policy.index and policy.canonical == "self"


# --- news -------------------------------------------------------------------------------------


def _of_news(window: NewsWindow, site: SiteFacts) -> tuple[Page, ...]:
    """As many files as all articles of the window need, or as there were: one that is too many has no entries."""
    offered = [headline for headline, source in window.articles if _is_ours_to_offer(source, site)]
    files = max(-(-len(window.articles) // _NEWS_IN_FILE), window.files, 1)
    return tuple(
        _news_file(number, offered[(number - 1) * _NEWS_IN_FILE : number * _NEWS_IN_FILE], site)
        for number in range(1, files + 1)
    )


def _news_file(number: int, headlines: list[Headline], site: SiteFacts) -> Page:
    urls = (_news_url(headline, site) for headline in headlines)
    namespaces = {"xmlns": _NAMESPACE, "xmlns:news": _NEWS_NAMESPACE}
    return _xml(news_sitemap_key(number), element("urlset", *urls, **namespaces))


def _news_url(headline: Headline, site: SiteFacts) -> Element:
    return element(
        "url",
        element("loc", absolute(site, headline.page_key)),
        element(
            "news:news",
            element(
                "news:publication",
                element("news:name", one_line(site.title)),
                element("news:language", _news_language(site.language)),
            ),
            element("news:publication_date", iso_time(headline.published_at, site)),
            element("news:title", title_of(headline)),
        ),
    )


def _news_language(tag: str) -> str:
    """ISO 639, but for Chinese one of the two codes that Google has for it; the script decides before the country."""
    subtags = tag.lower().split("-")
    if subtags[0] != "zh":
        return subtags[0]
    known = (_CHINESE.get(f"zh-{subtag}") for subtag in subtags[1:])
    return next((code for code in known if code), _CHINESE["zh"])


# --- robots -----------------------------------------------------------------------------------


_NO_PAGES = ("_posts/", "search/")  # the articles once more as Jekyll reads them; files of the search index


def _of_robots(_: Robots, site: SiteFacts) -> tuple[Page, ...]:
    hidden = "".join(f"Disallow: {rooted(site, prefix)}\n" for prefix in _NO_PAGES)
    text = f"User-agent: *\n{hidden}Allow: /\n\nSitemap: {absolute(site, SITEMAPS)}\n"
    return (_page(ROBOTS, text.encode("utf-8", "replace"), "text/plain; charset=utf-8"),)


def _xml(key: str, root: Element) -> Page:
    return _page(key, document(root), "application/xml; charset=utf-8")


def _page(key: str, body: bytes, content_type: str) -> Page:
    return Page(key=key, body=body, content_type=content_type, cache_control=INDEX)


OUTPUT = OutputKind(
    name="sitemaps",
    edition="2",
    of_index={SitemapShard: _of_shard, SitemapList: _of_list, NewsWindow: _of_news, Robots: _of_robots},
)
