"""A reader who follows every link of a site: on pages, in feeds and in sitemaps."""

import json
import re
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from urllib.parse import quote, unquote, urlsplit

import requests
from bs4 import BeautifulSoup

ENTRANCES = ("index.html", "404.html", "robots.txt", "sitemap.xml", "feed.xml", "rss.xml", "feed.json", "search.html")
_NOT_FETCHED = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def dangling(read: Callable[[str], bytes | None], base_url: str) -> list[str]:
    """Every link that leads nowhere, as `page -> key`, over all that can be reached from the entrances.

    `read` gives the bytes under a key, or None. An entrance that is not there is no link.
    """
    seen = {key: read(key) for key in ENTRANCES}
    waiting = [key for key, body in seen.items() if body is not None]
    broken: list[str] = []
    while waiting:
        page = waiting.pop()
        for key in sorted(set(links_of(page, seen[page] or b"", base_url))):
            if key not in seen:
                seen[key] = read(key)
                waiting += [key] if seen[key] is not None else []
            if seen[key] is None:
                broken.append(f"{page} -> {key}")
    return broken


def by_http(address: str) -> Callable[[str], bytes | None]:
    """Reading keys below an address as a browser does, one after the other."""

    def read(key: str) -> bytes | None:
        with requests.get(f"{address}/{quote(key)}", timeout=30) as answer:
            return answer.content if answer.status_code == 200 else None

    return read


def links_of(page: str, body: bytes, base_url: str) -> Iterator[str]:
    """Keys of the site's own objects to which a page, feed or sitemap links."""
    for link in _addresses(page, body):
        if link.startswith(f"{base_url}/") or link == base_url:
            path = link.removeprefix(base_url).lstrip("/")
        elif _NOT_FETCHED.match(link):
            continue
        else:
            path = link
            if not link.startswith("/"):
                path = join(dirname(page), link)
        path = normpath(unquote(urlsplit(path).path).lstrip("/")) if path.strip("/") else "."
        name = "index.html" if path == "." else path
        yield f"{name}/index.html" if urlsplit(link).path.endswith("/") and name != "index.html" else name


def _addresses(page: str, body: bytes) -> Iterator[str]:
    if page.endswith(".html"):
        soup = BeautifulSoup(body, "lxml")
        for tag in soup.find_all(True):
            if tag.name == "form":
                continue
            for name in ("href", "src"):
                if tag.has_attr(name) and str(tag[name]):
                    yield str(tag[name])
    elif page.endswith(".json"):
        yield from _strings(json.loads(body))
    elif page.endswith((".xml", ".txt")):
        text = body.decode()
        yield from (_plain(found) for found in re.findall(r"<(?:loc|link|guid|id|uri)>([^<]+)<", text))
        yield from (_plain(found) for found in re.findall(r'\bhref="([^"]+)"', text))
        yield from re.findall(r"^Sitemap: *(\S+)", text, re.MULTILINE)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("url", "home_page_url", "feed_url", "next_url") and isinstance(inner, str):
                yield inner
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _plain(text: str) -> str:
    return text.replace("&amp;", "&").strip()
