"""An article by the CSS selectors that a source gives: exactly what they select.

Selectors are read by soupsieve over a tree of its own; everything else about the page comes from its metadata.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from lxml import html
from lxml.html import HtmlElement
from soupsieve import SelectorSyntaxError

from tasks.articles.nodes import attribute, text_within
from tasks.errors import ParseError

_LABEL = re.compile(r"^(?:来源|來源|稿源|文章来源|作者|编辑|發佈時間|发布时间|时间)\s*[：:]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """CSS selectors of one layout; empty ones are not given. `remove`: what is taken out of the body first.

    `body` may select several elements: they follow each other. `summary` stands before the body. `evidence` selects
    something in pages of this layout only.
    """

    evidence: str = ""
    title: str = ""
    time: str = ""
    author: str = ""
    media: str = ""
    body: str = ""
    summary: str = ""
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What was selected; lines without markup but for `html`, which is empty when no body was asked for."""

    html: str = ""
    title: str = ""
    time: str = ""
    author: str = ""
    media: str = ""
    summary: str = ""


def layout_of(root: HtmlElement, layouts: Sequence[Selectors]) -> tuple[Selectors | None, str]:
    """The first layout whose evidence is in the page, or that names none, and what to call it; `ParseError` if none fits.

    One layout without evidence needs no name; with no layouts there is nothing to choose.
    """
    if not any(layout.evidence for layout in layouts):
        return next(iter(layouts), None), ""
    soup = _soup(root)
    for number, layout in enumerate(layouts, start=1):
        if not layout.evidence:
            return layout, f"layout {number}"
        if _all(soup, layout.evidence, limit=1):
            return layout, f"layout {number} by {layout.evidence!r}"
    looked_for = ", ".join(repr(layout.evidence) for layout in layouts)
    raise ParseError(f"the page is of no known layout: looked for {looked_for}, found none of them")


def select(root: HtmlElement, selectors: Selectors) -> Selected:
    """What the selectors select; `ParseError` when the one of the body selects nothing, or one cannot be read."""
    soup = _soup(root)
    line = {name: _line(soup, getattr(selectors, name)) for name in ("title", "time", "author", "media", "summary")}
    return Selected(html=_body(soup, selectors), **line)


def _soup(root: HtmlElement) -> BeautifulSoup:
    # Written out again, for the first parser has cut off what is nested too deep.
    return BeautifulSoup(html.tostring(root, encoding="unicode"), "lxml")


def _body(soup: BeautifulSoup, selectors: Selectors) -> str:
    if not selectors.body:
        return ""
    for unwanted in selectors.remove:
        for element in _all(soup, unwanted):
            if not element.decomposed:
                element.decompose()
    found = _all(soup, selectors.body)
    chosen = {id(element) for element in found}  # elements that say the same are equal to each other
    outermost = [element for element in found if not any(id(parent) in chosen for parent in element.parents)]
    if not any(text_within(element).strip() or element.find("img") for element in outermost):
        raise ParseError(f"the body selector {selectors.body!r} matches nothing: the page's layout has changed")
    return "".join(str(element) for element in outermost)


def _line(soup: BeautifulSoup, selector: str) -> str:
    """The text of the first element, or what it says to machines: `content`, `datetime`."""
    element = next(iter(_all(soup, selector, limit=1)), None) if selector else None
    if element is None:
        return ""
    said = attribute(element, "content") or attribute(element, "datetime") or text_within(element, " ")
    return _LABEL.sub("", " ".join(said.split()))


def _all(soup: BeautifulSoup, selector: str, limit: int = 0) -> list[Tag]:
    try:
        return list(soup.select(selector, limit=limit))
    except (SelectorSyntaxError, RecursionError) as error:
        raise ParseError(f"the selector {selector!r} cannot be used: {error}") from error
