"""Lists and pages of every kind whose each field holds hostile texts, a dozen of them at a time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import islice

from tasks.articles.plain import legal
from tests.support.hostile import Payload
from tests.support.upstream import Answer, Upstream

_TOGETHER = 12
_LONG = 1_500
_NAME = 500  # characters of a name of a media; the ledger has room for 600
_RIGHTS = 'rights = "full"\n'
TABLES = {
    "feed": 'text = "feed"\n',
    "json": "".join(
        f'{name} = "{name}"\n' if name != "list" else "[sources.list]\n"
        for name in ("list", "items", "link", "id", "title", "time", "media", "author", "summary", "content")
    ),
    "listing": '[sources.list]\nitem = "li"\ntime = "time"\nmedia = "em"\nsummary = "q"\n'
    '[[sources.page]]\nbody = "article"\nauthor = ".author"\n',
    "sitemap": '[[sources.page]]\nbody = "article"\n',
}
"""The keys of each kind beside its list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some payloads in every field of one record."""

    kind: str
    number: int
    payloads: tuple[Payload, ...]

    @property
    def text(self) -> str:
        """All of them, as far as any document may hold them; feedparser makes an ellipsis of a line end of C1."""
        return legal(" ".join(payload.text for payload in self.payloads)).replace("\x85", " ")

    @property
    def title(self) -> str:
        """The title as it shall be read."""
        return f"{self.kind} 第{self.number}组 {self.text}"

    @property
    def marker(self) -> str:
        """Text of the body before any payload."""
        return f"{self.kind} 前文{self.number}，河滨港今天开工，工程分三期，预计两年完成，沿河的仓库也要扩建，港务局这样说。"

    @property
    def body(self) -> str:
        """HTML: each payload as markup, as text, in attributes, and as the address of a picture."""
        text = escape(self.text)
        return (
            f"<p>{self.marker}</p><p class='caption'>图注{text}</p><img src='http://h.example/p.png' alt=\"{text}\">"
            f'<img src="{text}" title="{text}"><a href="{text}" title="{text}">{text}</a>'
            f'<table><caption>{text}</caption><tr><td abbr="{text}">{text}</table><p>{self.text}</p>'
        )


def groups(payloads: tuple[Payload, ...]) -> tuple[Group, ...]:
    """All payloads for each kind but the longest; those that swallow what follows one by one at the end of a group."""
    waiting = iter(payload for payload in payloads if not payload.swallows and len(payload.text) < _LONG)
    parts = list(iter(lambda: tuple(islice(waiting, _TOGETHER)), ()))
    last = [payload for payload in payloads if payload.swallows]
    assert len(last) <= len(parts)
    ended = [(*part, *last[n : n + 1]) for n, part in enumerate(parts)]
    return tuple(Group(kind=kind, number=n, payloads=part) for kind in TABLES for n, part in enumerate(ended, start=1))


def serve(upstream: Upstream, all_groups: tuple[Group, ...]) -> str:
    """Let the upstream have a list of each kind; the tables of the site file for them."""
    tables = ""
    for kind, keys in TABLES.items():
        mine = [group for group in all_groups if group.kind == kind]
        for group in mine:
            upstream.serve_file(f"{kind}/{group.number}", _html(_page(group)))
        answer = _LISTS[kind](mine, f"{upstream.origin}/files/{kind}")
        address = upstream.serve_file(kind, answer)
        tables += f'\n[[sources]]\nname = "{kind}"\nkind = "{kind}"\n{_RIGHTS}list_url = "{address}"\n{keys}'
    return tables


def _html(text: str) -> Answer:
    return Answer(body=text.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")


def _xml(text: str) -> Answer:
    return Answer(body=text.encode("utf-8", "replace"), content_type="application/xml; charset=utf-8")


def _page(group: Group) -> str:
    text = escape(group.text)
    facts = json.dumps(
        {"@type": "NewsArticle", "headline": group.text, "author": {"name": group.text}, "url": group.text}
    )
    return (
        f'<html><head><title>{text}</title><meta property="og:title" content="{text}"><meta name="author" content="{text}">'
        f'<link rel="canonical" href="{text}"><link rel="amphtml" href="{text}"><meta property="og:image" content="{text}">'
        f'<meta property="article:published_time" content="{text}"><meta property="og:site_name" content="{text}">'
        f'<script type="application/ld+json">{facts.replace("<", chr(92) + "u003c")}</script></head>'
        f'<body><h1>{text}</h1><p class="author">{text}</p><article>{group.body}</article></body></html>'
    )


def _feed(mine: list[Group], origin: str) -> Answer:
    return _xml(
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(mine[0].text)}</title>{''.join(_items(mine, origin))}</channel></rss>"
    )


def _items(mine: list[Group], origin: str) -> Iterator[str]:
    for group in mine:
        text, name = escape(group.text), escape(escape(group.text[:_NAME]))
        yield (
            f"<item><title>{escape(escape(group.title))}</title><link>{origin}/{group.number}</link>"
            f'<guid isPermaLink="false">{text}</guid><dc:creator>{text}</dc:creator><author>{text}</author>'
            f'<category domain="{text}">{text}</category><source url="{text}">{name}</source><comments>{text}</comments>'
            f'<enclosure url="{text}" type="{text}" length="1"/><media:thumbnail url="{text}"/><pubDate>{text}</pubDate>'
            f"<description>{text}</description><content:encoded>{escape(group.body)}</content:encoded></item>"
        )


def _json(mine: list[Group], origin: str) -> Answer:
    def record(group: Group) -> Mapping[str, str]:
        told = dict.fromkeys(("id", "author", "summary", "time"), group.text)
        names = {"title": escape(group.title), "media": escape(group.text[:_NAME]), "link": f"{origin}/{group.number}"}
        return {**told, **names, "content": group.body}

    return Answer.json({"items": [record(group) for group in mine]})


def _listing(mine: list[Group], origin: str) -> Answer:
    def item(group: Group) -> str:
        text = escape(group.text)
        about = f"<time>{text}</time><em>{text[:_NAME]}</em><q>{text}</q>"
        return (
            f'<li><a href="{origin}/{group.number}" title="{escape(group.title)}">{escape(group.title)}</a>{about}</li>'
        )

    return _html(f"<body><ul>{''.join(map(item, mine))}</ul></body>")


def _sitemap(mine: list[Group], origin: str) -> Answer:
    def place(group: Group) -> str:
        text = escape(group.text)
        return (
            f"<url><loc>{origin}/{group.number}</loc><lastmod>{text}</lastmod><n:news><n:publication>"
            f"<n:name>{escape(group.text[:_NAME])}</n:name></n:publication><n:publication_date>2026-11-20T01:00:00Z"
            f"</n:publication_date><n:title>{escape(group.title)}</n:title><n:keywords>{text}</n:keywords></n:news></url>"
        )

    return _xml(f'<urlset xmlns:n="urn:n">{"".join(map(place, mine))}</urlset>')


_LISTS = {"feed": _feed, "json": _json, "listing": _listing, "sitemap": _sitemap}
