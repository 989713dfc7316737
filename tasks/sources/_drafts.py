"""From any address of an outlet to tables for the site file: what its answer is, and what an HTML page leads to. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from tasks.articles.nodes import absolute, attribute, text_within
from tasks.articles.plain import legal, without_controls
from tasks.articles.walls import MARKS, TITLES, WALLS
from tasks.errors import ParseError
from tasks.model import Response
from tasks.sources._feeds import read_feed
from tasks.sources._html import html_tree
from tasks.sources._json import load_json
from tasks.sources._list_drafts import list_table

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_SITEMAP = re.compile(rb"<(?:\w+:)?(urlset|sitemapindex)[\s>]")
_TEXT_SITEMAP = re.compile(rb"(?:\xef\xbb\xbf)?\s*https?://[^\s<>\"]+\s*(?:\n|$)")
_FEED_PATH = re.compile(
    r"(?:^|[/._-])(?:rss|atom|feed)s?\d*(?:\.xml|\.json|/)?$|\.(?:rss|atom)$|/rss/[^/]+\.xml$", re.IGNORECASE
)
_LINKED = 2  # feeds that a page only links to: some list one for each section
_BEHIND = re.compile(r"\s*[_|｜]+\s*|\s+[-–—·»:]+\s+|(?<=[\u4e00-\u9fff])[-–—]+")
_WALL = 300  # characters of the longest wall
_EASTMONEY = re.compile(r"/get(?:FastNewsList|NewsByColumns)\b")
_WHOLE = 400  # letters of a record of a feed from which on it counts as whole; an ideograph is as good as two
_PARAGRAPHS = 3  # as many are no summary either
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

    def told(self) -> str:
        """Kind, address and what was seen, on one line."""
        return f"{self.kind}: {self.list_url}: {self.why}"

    def toml(
        self,
        name: str,
        settings: Mapping[str, str] = MappingProxyType({}),
        notes: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """As it stands in the file. `settings`: keys that every source has; `notes`: what is to be said behind keys."""
        title = without_controls(self.title).strip() or name
        told = {"name": name, "kind": self.kind, "title": title, "rights": "excerpt", **settings}
        lines = ["[[sources]]", *_lines({**told, "list_url": self.list_url, **self.options}, notes)]
        for table, values in self.tables.items():
            lines += ["", f"[sources.{table}]", *_lines(values)]
        return "\n".join(lines) + "\n"


def drafts_of(response: Response) -> tuple[Draft, ...]:
    """What this answer is, or leads to, the most promising first; nothing when it is none of all that."""
    url, body, content_type = response.url, response.body, response.content_type
    if _SITEMAP.search(body[:2_000]) or _TEXT_SITEMAP.match(body) or body[:2] == b"\x1f\x8b":
        return (Draft(kind="sitemap", list_url=url, why="a sitemap"),)
    try:
        feed = read_feed(body, url=url, content_type=content_type)
    except ParseError:
        feed = None
    if feed is not None and any(record.link or record.title for record in feed.records):
        whole = sum(_is_whole(record.content) for record in feed.records)
        texts = "feed" if whole * 2 > len(feed.records) else "page"
        why = f"a feed of {len(feed.records)} records, {whole} of them with a whole text"
        return (Draft(kind="feed", list_url=url, why=why, title=_short(feed.title), options={"text": texts}),)
    if body.lstrip()[:1] in (b"{", b"["):
        return tuple(_of_json(response))
    return tuple(_of_page(response))


def _is_whole(content: str) -> bool:
    text = re.sub(r"<[^>]*>", "", content)
    weight = len(text) + len(re.findall(r"[\u3400-\u9fff]", text))
    return weight >= _WHOLE or len(re.findall(r"<p[\s>]", content)) >= _PARAGRAPHS


def sitemaps_of_robots(text: str, url: str, *, title: str = "") -> tuple[Draft, ...]:
    """Sitemaps that a robots.txt names (RFC 9309 section 2.2.4 leaves room for them); those of news first."""
    named = (absolute(url, match) for match in re.findall(r"(?im)^\s*sitemap\s*:\s*(\S+)", text))
    found = [address for address in named if address]
    found.sort(key=lambda address: "news" not in urlsplit(address).path.lower())
    why = "a sitemap that robots.txt names"
    return tuple(Draft(kind="sitemap", list_url=one, why=why, title=title) for one in dict.fromkeys(found))


def title_of(response: Response) -> str:
    """What a page calls its site or section; empty for what is no page."""
    if response.body.lstrip()[:1] != b"<":
        return ""
    try:
        return _title(html_tree(response.body, response.content_type))
    except ParseError:
        return ""


def licence_of(response: Response) -> str:
    """The address of the licence that an answer names (rel="license", RFC 4946); empty when it names none."""
    try:
        tree = html_tree(response.body, response.content_type)
    except ParseError:
        return ""
    named = tree.select_one('[rel~="license"][href]')
    return absolute(response.url, attribute(named, "href")) if named else ""


def wall_of(response: Response) -> str:
    """What a page is that says nothing but that it is a challenge, a login, an error, ...; empty when it is none of that."""
    try:
        tree = html_tree(response.body, response.content_type)
    except ParseError:
        return ""
    title = " ".join(text_within(tree.title).split()) if tree.title else ""
    shown = " ".join(text_within(tree.body, " ").split()) if tree.body else ""
    if TITLES.fullmatch(title.casefold()):
        return f"its title is {title[:60]!r}"
    if len(shown) > _WALL:
        return ""
    if mark := MARKS.search(response.body):
        return f"a challenge: {mark[0].decode('ascii', 'replace')!r} is in it"
    hits = ((name, hit) for name, pattern in WALLS.items() if (hit := pattern.search(shown)))
    return next((f"{name}: {hit[0][:60]!r}" for name, hit in hits), "")


def _of_page(response: Response) -> Iterator[Draft]:
    try:
        tree = html_tree(response.body, response.content_type)
    except ParseError:
        return
    title, seen = _title(tree), set[str]()
    for address, why in (*_named_feeds(tree, response.url), *_linked_feeds(tree, response.url)):
        if address not in seen:
            seen.add(address)
            yield Draft(kind="feed", list_url=address, why=why, title=title)
    if table := list_table(tree, response.url):
        why = "a list in the page"
        yield Draft(kind="listing", list_url=response.url, why=why, title=title, tables={"list": table})


def _title(tree: BeautifulSoup) -> str:
    """What a page calls its site, or itself."""
    site = tree.select_one('meta[property="og:site_name"][content]')
    told = attribute(site, "content") if site else text_within(tree.title) if tree.title else ""
    return _short(told)


def _short(title: str) -> str:
    """A title without the section or the slogan that stands behind it."""
    line = " ".join(without_controls(title).split())
    return (_BEHIND.split(line, maxsplit=1)[0] or line)[:80].strip()


def _named_feeds(tree: BeautifulSoup, url: str) -> Iterator[tuple[str, str]]:
    for link in tree.select("link[rel~=alternate][href]"):
        address = absolute(url, attribute(link, "href"))
        if address and attribute(link, "type").partition(";")[0].strip().lower() in _FEED_TYPES:
            yield address, "a feed that the page names"


def _linked_feeds(tree: BeautifulSoup, url: str) -> Iterator[tuple[str, str]]:
    links = (absolute(url, attribute(link, "href")) for link in tree.select("a[href]"))
    feeds = [address for address in links if address and _FEED_PATH.search(urlsplit(address).path)]
    for address in list(dict.fromkeys(feeds))[:_LINKED]:
        yield address, "a link of the page that looks like a feed"


def _of_json(response: Response) -> Iterator[Draft]:
    try:
        answer = load_json(response.body, response.content_type)
    except ParseError:
        return
    if _EASTMONEY.search(response.url):
        yield Draft(kind="eastmoney", list_url=response.url, why="an open list of eastmoney")
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
            if legal(key) != key:  # no site file could name it
                continue
            step = key if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else json.dumps(key, ensure_ascii=False)
            yield from _lists(inner, f"{path}.{step}" if path else step, depth + 1)


def _lines(values: Mapping[str, str], notes: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    # A JSON string without control characters and lone surrogates is a TOML basic string.
    lines = [f"{key} = {json.dumps(without_controls(value), ensure_ascii=False)}" for key, value in values.items()]
    return [f"{line:<32} # {notes[key]}" if key in notes else line for key, line in zip(values, lines, strict=True)]
