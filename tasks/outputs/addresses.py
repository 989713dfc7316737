"""Where every object of a site lives, and links to it: relative ones for pages, absolute ones for feeds and search engines."""

import posixpath
import re
from datetime import date
from functools import lru_cache
from urllib.parse import quote, urlsplit

from tasks.model import Category
from tasks.outputs import SiteFacts

HOME, CATEGORIES, ARCHIVE = "index.html", "category/index.html", "archive/index.html"
ABOUT, MISSING, SEARCH, ROBOTS = "about.html", "404.html", "search.html", "robots.txt"
SITEMAPS, SITEMAP_OF_LISTS = "sitemap.xml", "sitemaps/lists.xml"

_UNRESERVED = re.compile(r"[A-Za-z0-9_.~/-]*")  # RFC 3986 section 2.3, and the slash
_HTTP = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


# --- keys ---------------------------------------------------------------------------------------


def category_key(category: Category, number: int = 0) -> str:
    """The open page of a category, or one of its closed pages."""
    return f"category/{category.slug}/{number}.html" if number else f"category/{category.slug}.html"


def category_keys(category: Category) -> tuple[str, ...]:
    """Where the open page stands. A fixed category's is also where the links of its posts lead: `/<slug>/`."""
    return (category_key(category), *([f"{category.slug}/index.html"] if category.fixed else []))


def day_key(day: date, number: int = 0) -> str:
    """The open page of a day, or one of its closed pages."""
    name = f"archive/{day.year:04}/{day.month:02}/{day.day:02}"
    return f"{name}/{number}.html" if number else f"{name}.html"


def month_key(month: date) -> str:
    """The page of the month that `month` lies in."""
    return f"archive/{month:%Y/%m}/index.html"


def feed_key(category: Category | None, name: str) -> str:
    """A feed document of a category or of the whole site; `name` such as `feed.xml`, `rss.xml` or `feed.json`."""
    return f"category/{category.slug}/{name}" if category else name


def feed_archive_key(category: Category | None, label: str) -> str:
    """An archive document of a feed."""
    return feed_key(category, f"feed/{label}.xml")


def sitemap_key(label: str) -> str:
    """A shard of the sitemap."""
    return f"sitemaps/{label}.xml"


def search_key(label: str, path: str = "") -> str:
    """A file of a shard of the search index; without a path, what the keys of all of them begin with."""
    return f"search/{label}/{path}"


def news_sitemap_key(number: int) -> str:
    """A file of the news sitemap, from 1."""
    return "sitemap-news.xml" if number == 1 else f"sitemap-news-{number}.xml"


# --- links --------------------------------------------------------------------------------------


def encoded(key: str) -> str:
    """The key as a URL path: every segment percent-encoded, the slashes kept."""
    if _UNRESERVED.fullmatch(key):  # nearly every key
        return key
    return "/".join(quote(segment, safe="", errors="replace") for segment in key.split("/"))


def address_of(key: str) -> str:
    """The key as readers know it: an `index.html` is its folder."""
    return key.removesuffix(HOME) if key == HOME or key.endswith("/" + HOME) else key


def absolute(site: SiteFacts, key: str) -> str:
    """Full address of a key. The empty key is the home page."""
    return f"{site.base_url}/{encoded(address_of(key))}"


def relative(key: str, *, start: str) -> str:
    """Link to `key` from the page `start`; it works under any prefix and from a folder on disk."""
    return _from_folder(key, start.rpartition("/")[0])


@lru_cache(maxsize=4096)  # every page of a folder links to the same dozen
def _from_folder(key: str, folder: str) -> str:
    here, there = folder.split("/") if folder else [], key.split("/")
    shared = len(posixpath.commonprefix((here, there)))
    return encoded("/".join([*[".."] * (len(here) - shared), *there[shared:]]) or ".")


def rooted(site: SiteFacts, key: str) -> str:
    """Link to `key` from the root of the host, for a page that is shown at unknown addresses."""
    return f"{urlsplit(site.base_url).path}/{encoded(address_of(key))}"


def is_http(url: str) -> bool:
    """Whether a reader may be sent to this address."""
    return _HTTP.match(url) is not None
