"""From any address of an outlet to tables for the site file: what its answer is, and what an HTML page leads to. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from tasks.errors import ParseError
from tasks.model import Response
from tasks.sources._feeds import read_feed
from tasks.sources._html import html_tree
from tasks.sources._json import load_json
from tasks.sources._list_drafts import list_table

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_SITEMAP = re.compile(rb"<(?:\w+:)?(urlset|sitemapindex)[\s>]")
_WHOLE = 400  # characters of text from which on a record of a feed counts as whole
_FIELDS = {
    "link": ("url", "link", "href", "uniqueUrl", "url_w", "shareUrl", "permalink", "path", "webUrl"),
    "title": ("title", "headline", "simtitle", "name", "Art_Title"),
    "time": (
        "showTime",
        "showtime",
        "pubDate",
        "publishTime",
        "publishedAt",
        "published",
        "ctime",
        "time",
        "datetime",
        "date",
    ),
    "media": ("mediaName", "medianame", "source", "media", "from", "author"),
    "summary": ("summary", "digest", "intro", "abstract", "description", "simdigest"),
    "id": ("id", "code", "infoCode", "newsid"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A table for the site file. `why` says what was seen; `tables` are its sub-tables by name."""

    kind: str
    list_url: str
    why: str
    title: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def toml(self, name: str) -> str:
        """As it stands in the file."""
        told = {
            "name": name,
            "kind": self.kind,
            "title": self.title or name,
            "rights": "excerpt",
            "list_url": self.list_url,
        }
        lines = ["[[sources]]", *_lines({**told, **self.options})]
        for table, values in self.tables.items():
            lines += ["", f"[sources.{table}]", *_lines(values)]
        return "\n".join(lines) + "\n"


def drafts_of(response: Response) -> tuple[Draft, ...]:
    """What this answer is, or leads to, the most promising first; nothing when it is none of all that."""
    url, body, content_type = response.url, response.body, response.content_type
    if _SITEMAP.search(body[:2_000]) or body[:2] == b"\x1f\x8b":
        return (Draft(kind="sitemap", list_url=url, why="a sitemap"),)
    try:
        feed = read_feed(body, url=url, content_type=content_type)
    except ParseError:
        feed = None
    if feed is not None and any(record.link or record.title for record in feed.records):
        whole = sum(len(re.sub(r"<[^>]*>", "", record.content)) >= _WHOLE for record in feed.records)
        texts = "feed" if whole * 2 > len(feed.records) else "page"
        why = f"a feed of {len(feed.records)} records, {whole} of them with a whole text"
        return (Draft(kind="feed", list_url=url, why=why, title=feed.title, options={"text": texts}),)
    if body.lstrip()[:1] in (b"{", b"["):
        return tuple(_of_json(response))
    return tuple(_of_page(response))


def sitemaps_of_robots(text: str, url: str) -> tuple[Draft, ...]:
    """Sitemaps that a robots.txt names (RFC 9309 section 2.2.4 leaves room for them); those of news first."""
    found = [urljoin(url, match) for match in re.findall(r"(?im)^\s*sitemap\s*:\s*(\S+)", text)]
    found.sort(key=lambda address: "news" not in urlsplit(address).path.lower())
    return tuple(Draft(kind="sitemap", list_url=address, why="robots.txt names it") for address in dict.fromkeys(found))


def _of_page(response: Response) -> Iterator[Draft]:
    try:
        tree = html_tree(response.body, response.content_type)
    except ParseError:
        return
    title = tree.title.get_text(" ", strip=True)[:80] if tree.title else ""
    seen: set[str] = set()
    for link in tree.select("link[rel~=alternate][href]"):
        address = urljoin(response.url, str(link["href"]).strip())
        if str(link.get("type", "")).lower() in _FEED_TYPES and address not in seen:
            seen.add(address)
            yield Draft(kind="feed", list_url=address, why="the page names it as its feed", title=title)
    if table := list_table(tree, response.url):
        yield Draft(
            kind="listing", list_url=response.url, why="a list in the page", title=title, tables={"list": table}
        )


def _of_json(response: Response) -> Iterator[Draft]:
    try:
        answer = load_json(response.body, response.content_type)
    except ParseError:
        return
    path, items = max(_lists(answer), key=lambda found: len(found[1]), default=("", []))
    if not items:
        return
    known = {str(key): value for item in items[:20] for key, value in item.items()}
    table = {"items": path or "@"}
    for name, keys in _FIELDS.items():
        if key := next((key for key in keys if isinstance(known.get(key), str | int)), ""):
            table[name] = key
    if "title" in table and ("link" in table or "id" in table):
        why = f"a JSON list of {len(items)} objects at {path or 'its root'}"
        yield Draft(kind="json", list_url=response.url, why=why, tables={"list": table})


def _lists(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Every list of objects in a JSON value, with its JMESPath."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield path, value
    elif isinstance(value, dict) and depth < 6:
        for key, inner in value.items():
            step = key if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else json.dumps(key, ensure_ascii=False)
            yield from _lists(inner, f"{path}.{step}" if path else step, depth + 1)


def _lines(values: Mapping[str, str]) -> list[str]:
    # A JSON string without line breaks is a TOML basic string.
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
