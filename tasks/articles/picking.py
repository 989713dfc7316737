"""Which passages are the article's, and its elements as they stand in the page, without the others.

What the library and the tree agree on is taken, and what stands beside it in the same way (same parent, or same tag and
class). Headings, short lines, pictures with captions, tables and lists between them stay; pictures before them too.
"""

from dataclasses import dataclass

from lxml import html
from lxml.html import HtmlElement

from tasks.articles.hints import is_about_picture
from tasks.articles.notes import is_aside, is_dateline, is_note, is_notice
from tasks.articles.page import line_of
from tasks.articles.passages import HEADINGS, Passage, Passages, is_in_line

_TRUSTED = 0.4
_LONGEST_CAPTION = 300  # Latin letters, about 120 Chinese characters
_MARKED = frozenset({"span", "font", "strong", "b", "i", "em", "small"})
_UNITS = frozenset({"table", "ul", "ol", "dl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The article: its container and passages; `trusted`: the library found the same text."""

    container: HtmlElement
    kept: tuple[Passage, ...]
    trusted: bool

    @property
    def size(self) -> float:
        """Text of all passages, in Latin letters."""
        return sum(passage.size for passage in self.kept)


def pick(passages: Passages) -> Picked:
    """The article of the page; `kept` is empty when there is none."""
    container = passages.main()
    inside = [p for p in passages.within(container) if not p.before and p.element is not passages.heading]
    sentences = [p for p in inside if p.sentence]
    good = sum(p.free for p in sentences if not p.noise)
    known = [p for p in sentences if p.agreed > 0.6]
    trusted = bool(known) and sum(p.free for p in known if not p.noise) >= _TRUSTED * good
    kept = _beside(known, inside) if trusted else {p.element for p in sentences if not p.noise}
    return Picked(container=container, kept=tuple(_with_lines_between(inside, kept)), trusted=trusted)


def _beside(known: list[Passage], inside: list[Passage]) -> set[HtmlElement]:
    """What the library knows too, and sentences that stand as that does."""
    parents = {p.element.getparent() for p in known}
    alike = {(p.element.tag, p.element.get("class")) for p in known if p.element.get("class")}
    kept = set()
    for passage in inside:
        element = passage.element
        like = {element, element.getparent()} & parents or (element.tag, element.get("class")) in alike
        if not passage.noise and (passage.agreed > 0.6 or (passage.sentence and like)):
            kept.add(element)
    return kept


def _with_lines_between(inside: list[Passage], kept: set[HtmlElement]) -> list[Passage]:
    """The kept passages with headings and short lines among them; notes at both ends go."""
    places = [number for number, passage in enumerate(inside) if passage.element in kept]
    if not places:
        return []
    parents = {element.getparent() for element in kept}
    found = []
    for passage in inside[places[0] : places[-1] + 1]:
        element = passage.element
        if is_aside(line_of(element), linked=passage.linked / passage.size):
            continue
        line = not passage.sentence and not passage.noise and passage.linked <= 0.3 * passage.size
        if element in kept or (line and (element.getparent() in parents or element.tag in HEADINGS)):
            found.append(passage)
    while found and (is_note(text := line_of(found[-1].element)) or is_notice(text)):
        found.pop()
    while found and (is_note(text := line_of(found[0].element)) or is_dateline(text)):
        found.pop(0)
    return found


def cut_out(picked: Picked, passages: Passages) -> str:
    """HTML of the article. The tree is changed: what does not belong to it is taken out."""
    for element in passages.unseen(picked.container):
        _take_out(element, keep_tail=True)
    kept = {passage.element for passage in picked.kept}
    holders = {parent for element in kept for parent in element.iterancestors()} | kept
    order = {element: number for number, element in enumerate(picked.container.iter())}
    last = max(order[element] for element in kept)
    waiting = [(picked.container, picked.container in kept)]
    while waiting:
        element, taken = waiting.pop()
        if not taken:
            element.text = None
        for child in list(element):
            if child in holders:
                # Text in an in-line element belongs to the block around it.
                waiting.append((child, child in kept or (taken and is_in_line(child))))
                child.tail = child.tail if taken else None
            elif not _stays(child, taken, order[child] < last, passages):
                _take_out(child, keep_tail=taken)
            elif not taken:
                child.tail = None
        if taken:
            _without_notes(element)
    return str(html.tostring(picked.container, encoding="unicode", with_tail=False))


def _stays(element: HtmlElement, in_kept: bool, early: bool, passages: Passages) -> bool:
    """Whether a part without a kept passage goes with the article: in-line content, a picture, a table, a list."""
    inside = passages.within(element)
    if not inside and in_kept:
        return True
    free, linked = sum(p.free for p in inside), sum(p.linked for p in inside)
    noise = any(p.noise and not is_about_picture(p.element) for p in inside)
    if not early or noise or any(p.before for p in inside):
        return False
    if element.tag in _UNITS and linked <= 0.3 * (free + linked) and len(inside) > 1:
        return True
    pictured = element.tag == "img" or next(element.iter("img"), None) is not None
    return pictured and free <= _LONGEST_CAPTION and linked <= 20 and not any(is_heading(p, passages) for p in inside)


def is_heading(passage: Passage, passages: Passages) -> bool:
    """Whether it shows the title of the page."""
    return passage.element is passages.heading


def _without_notes(element: HtmlElement) -> None:
    """Take notes out of a block that holds a whole article, parted by line breaks."""
    for inner in list(element.iterdescendants()):
        if is_in_line(inner) and inner.tail and is_note(" ".join(inner.tail.split())):
            inner.tail = None
        if inner.tag in _MARKED and is_note(line_of(inner)):
            _take_out(inner, keep_tail=True)


def _take_out(element: HtmlElement, *, keep_tail: bool) -> None:
    if not keep_tail:
        element.tail = None
    element.drop_tree()
