"""What must hold for every page of a published site. Each rule gives the violations, a readable line each."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

_LINKS = {"a": "href", "link": "href", "area": "href", "script": "src", "img": "src", "form": "action", "iframe": "src"}
_LOADED = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "prefetch"}
_FEEDS = ("application/atom+xml", "application/rss+xml", "application/feed+json")
_REFRESH = re.compile(r"\s*\d+\s*;\s*url=(.*)", re.IGNORECASE)


class PublishedPages:
    """The HTML pages below a folder, parsed once. `base_url` has no slash at its end."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder, self.base_url = folder, base_url
        self.of: Mapping[str, BeautifulSoup] = {
            path.relative_to(folder).as_posix(): BeautifulSoup(path.read_bytes(), "lxml")
            for path in sorted(folder.rglob("*.html"))
            if not path.relative_to(folder).as_posix().startswith("_finews/")  # no reader gets those
        }

    def target(self, key: str, link: str) -> str | None:
        """The key that `link` on the page `key` leads to; None for another host. A folder is its `index.html`."""
        if link == self.base_url or link.startswith(self.base_url + "/"):
            link = link.removeprefix(self.base_url) or "/"
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return None
        path = unquote(parts.path)
        if not path:
            return key
        found = normpath(join("/", dirname(key), path)).lstrip("/")
        return join(found, "index.html") if path.endswith("/") or found in ("", ".") else found

    def clicks(self, key: str) -> set[str]:
        """Keys of the pages to which a reader can click from this one."""
        found = (self.target(key, str(a["href"])) for a in self.of[key].select("a[href]"))
        return {target for target in found if target is not None and target in self.of}

    def reached(self, start: str = "index.html") -> set[str]:
        """Every page to which clicking leads from `start`."""
        seen, ahead = {start}, [start]
        while ahead:
            new = self.clicks(ahead.pop()) - seen
            seen |= new
            ahead += new
        return seen


def dead_links(site: PublishedPages) -> list[str]:
    """Links and files within the site that are not there, also by their fragment, and also where they are absolute."""
    found = []
    for key, page in site.of.items():
        for link in sorted(_all_links(page)):
            target = site.target(key, link)
            if target is None:
                continue
            if not (site.folder / target).is_file():
                found.append(f"{key}: {link} leads to no object")
            elif (name := unquote(urlsplit(link).fragment)) and target in site.of and not _has(site.of[target], name):
                found.append(f"{key}: {link} names a place that {target} does not have")
    return found


def foreign_files(site: PublishedPages) -> list[str]:
    """Files that a page would load from another host. Pictures within an article are the outlet's and allowed."""
    found = []
    for key, page in site.of.items():
        for tag in page.find_all([*_LINKS, "source", "video", "audio", "object", "embed"]):
            url = _loaded(tag)
            picture = tag.name == "img" and tag.find_parent("article") is not None
            if url and not picture and site.target(key, url) is None:
                found.append(f"{key}: <{tag.name}> loads {url}")
    return found


def head_troubles(site: PublishedPages) -> list[str]:
    """What is missing or wrong in the head: language, title, canonical, feeds, the policy before all that it governs."""
    return [f"{key}: {trouble}" for key, page in site.of.items() for trouble in _head(page)]


def body_troubles(site: PublishedPages) -> list[str]:
    """What is missing or wrong in the body: one h1, one main, landmarks, times, sizes of pictures, no styles."""
    return [f"{key}: {trouble}" for key, page in site.of.items() for trouble in _body(page)]


def script_troubles(site: PublishedPages, allowed: str = "search.html") -> list[str]:
    """Scripts on pages that must not have any, and JSON-LD that is no JSON object."""
    found = []
    for key, page in site.of.items():
        for script in page.find_all("script"):
            if script.get("type") == "application/ld+json":
                try:
                    good = isinstance(json.loads(script.string or ""), dict)
                except ValueError:
                    good = False
                found += [] if good else [f"{key}: JSON-LD that is no JSON object"]
            elif key != allowed or not script.get("src"):
                found.append(f"{key}: a script, {str(script)[:80]!r}")
    return found


def json_ld(page: BeautifulSoup) -> list[Mapping[str, object]]:
    """The JSON-LD objects of a page."""
    return [json.loads(tag.string or "") for tag in page.find_all("script", type="application/ld+json")]


def is_pointer(page: BeautifulSoup) -> bool:
    """Whether this is only a pointer to the new address of an article."""
    return page.select_one("meta[http-equiv=refresh]") is not None


def _head(page: BeautifulSoup) -> Iterator[str]:
    html, head = page.html, page.head
    if html is None or head is None:
        yield "no html or head"
        return
    if not html.get("lang"):
        yield "no lang"
    if len(head.find_all("title")) != 1 or not head.title or not head.title.get_text(strip=True):
        yield "expected one title with text"
    robots = head.find("meta", attrs={"name": "robots"})
    hidden = isinstance(robots, Tag) and "noindex" in str(robots.get("content"))
    if len(head.select("link[rel=canonical]")) != 1 and not hidden:
        yield "expected one canonical link, or noindex"
    policy = head.select_one('meta[http-equiv="Content-Security-Policy"]')
    if policy is None or policy.find_previous(["link", "script", "style", "base"]) is not None:
        yield "no policy before the first thing that it is to govern"
    elif "default-src 'none'" not in str(policy.get("content")):
        yield f"the policy does not begin with nothing: {policy.get('content')}"
    if not is_pointer(page):
        offered = {link.get("type") for link in head.select("link[rel=alternate]")}
        yield from (f"no link to a feed of type {kind}" for kind in _FEEDS if kind not in offered)


def _body(page: BeautifulSoup) -> Iterator[str]:
    if (count := len(page.find_all("h1"))) != 1:
        yield f"{count} h1, expected one"
    if is_pointer(page):
        return
    for name in ("main", "header", "footer", "nav"):
        if not page.find(name):
            yield f"no <{name}>"
    for time in page.find_all("time"):
        if not _is_exact(str(time.get("datetime", ""))):
            yield f"a time without a date or a zone: {time}"
    for img in page.find_all("img"):
        missing = [name for name in ("alt", "src") if img.get(name) is None]
        if missing:
            yield f"a picture without {' and '.join(missing)}: {str(img)[:120]}"
    for tag in page.find_all(True):
        if tag.get("style") is not None or tag.name == "style":
            yield f"a style of its own: {str(tag)[:80]}"
        if any(name.startswith("on") for name in tag.attrs):
            yield f"an event handler: {str(tag)[:80]}"


def _is_exact(text: str) -> bool:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-11-23") or at.tzinfo is not None


def _all_links(page: BeautifulSoup) -> Iterator[str]:
    for tag in page.find_all(list(_LINKS)):
        if (url := tag.get(_LINKS[tag.name])) is not None:
            yield str(url)
    for refresh in page.select("meta[http-equiv=refresh]"):
        if told := _REFRESH.fullmatch(str(refresh.get("content", ""))):
            yield told[1]


def _loaded(tag: Tag) -> str:
    """The address that a browser loads without being asked for this tag."""
    if tag.name in ("a", "area", "form"):
        return ""
    if tag.name == "link":
        return str(tag.get("href", "")) if _LOADED & set(tag.get_attribute_list("rel")) else ""
    return str(tag.get("src") or tag.get("data") or "")


def _has(page: BeautifulSoup, name: str) -> bool:
    return page.find(id=name) is not None
