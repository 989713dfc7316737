"""Finding the list of articles in a page: the place where links with titles stand side by side."""

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import soupsieve
from bs4 import BeautifulSoup, Tag

from tasks.articles.nodes import attribute, text_within

_FEWEST = 4  # links that make a list
_ROWS = ("li", "article", "tr", "dd", "dt", "div", "p", "section", "h2", "h3", "h4")
_TIME = re.compile(
    r"\d{4}\s*[-/年.]\s*\d{1,2}\s*[-/月.]\s*\d{1,2}|\d{1,2}月\d{1,2}日|\d{1,2}-\d{1,2}\s+\d{1,2}:\d{2}|分钟前|小时前|今天|昨天"
)
_NEXT = re.compile(r"^(?:下一?页|下页|后一页|next|older|»|>)$", re.IGNORECASE)


def list_table(tree: BeautifulSoup, url: str) -> dict[str, str]:
    """Selectors of `[sources.list]` for the longest list of titles; empty when there is none."""
    groups: dict[str, list[Tag]] = defaultdict(list)
    titles: dict[str, int] = defaultdict(int)
    for link in tree.select("a[href]"):
        if _is_title(link, url) and link.find_parent(["nav", "footer"]) is None and (row := _row_of(link)) is not None:
            selector = _selector(row)
            groups[selector].append(row)
            titles[selector] += len(text_within(link))
    long_enough = [selector for selector, rows in groups.items() if len({id(row) for row in rows}) >= _FEWEST]
    if not long_enough:
        return {}
    best = max(long_enough, key=lambda selector: titles[selector])
    table = {"item": best}
    if time := _time_in(groups[best]):
        table["time"] = time
    if following := _next_in(tree):
        table["next"] = following
    return table


def _is_title(link: Tag, url: str) -> bool:
    """A link to another page of the same site, with a text as long as a title: twelve letters, or six ideographs."""
    target = urlsplit(urljoin(url, attribute(link, "href").strip()))
    text = text_within(link)
    weight = len(text) + sum("\u3400" <= sign <= "\u9fff" for sign in text)
    same = target.hostname and _site(target.hostname) == _site(urlsplit(url).hostname or "")
    return bool(same and weight >= 12 and target.path.strip("/") and urljoin(url, attribute(link, "href")) != url)


def _site(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def _row_of(link: Tag) -> Tag | None:
    """The nearest element around a link that has a like beside it."""
    row: Tag | None = link
    for _ in range(5):
        row = row.parent if row is not None else None
        if row is None or row.name in ("body", "html", "nav", "footer"):
            return None
        if row.name in _ROWS and sum(1 for beside in _beside(row)) >= _FEWEST - 1:
            return row
    return None


def _beside(row: Tag) -> Iterator[Tag]:
    parent = row.parent
    if parent is not None:
        yield from (
            one for one in parent.find_all(row.name, recursive=False) if one is not row and one.find("a", href=True)
        )


def _selector(row: Tag) -> str:
    """`parent > row`, each by its id or its first class where it has one."""
    assert row.parent is not None
    return f"{_simple(row.parent)} > {row.name}"


def _simple(tag: Tag) -> str:
    if identity := attribute(tag, "id"):
        return f"{tag.name}#{soupsieve.escape(identity)}"
    names = tag.get_attribute_list("class")
    return tag.name + "".join(f".{soupsieve.escape(str(name))}" for name in names[:2] if name)


def _time_in(rows: list[Tag]) -> str:
    """Where most rows have their time."""
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        told = [tag for tag in row.find_all(True) if _TIME.search(text_within(tag)) and len(text_within(tag)) <= 40]
        for selector in {"time" if tag.name == "time" else _simple(tag) for tag in told[-1:]}:
            found[selector] += 1
    best = max(found, key=lambda selector: found[selector], default="")
    return best if best and found[best] * 2 > len(rows) else ""


def _next_in(tree: BeautifulSoup) -> str:
    for link in tree.select("a[href]"):
        if "next" in [str(one).lower() for one in link.get_attribute_list("rel")]:
            return "a[rel~=next]"
        if _NEXT.match(text_within(link)):
            return _simple(link) if link.get("class") or link.get("id") else f'a:-soup-contains("{text_within(link)}")'
    return ""
