"""A page as passages: pieces of text, each with the block element that it stands in, and what speaks for it.

One walk over the tree gives every block its text outside and inside of links; a second gives every element what its
subtree is worth. The subtree of the greatest worth is where the article is: sentences count for it, links, labels and
what stands in a part named as noise count against it. Nothing here recurses.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from tasks.articles.hints import is_hidden, names_noise, punctuation, weight
from tasks.articles.notes import points_elsewhere
from tasks.articles.page import body_of, line_of

_UNSEEN = frozenset(
    "script style noscript template iframe svg math object embed audio video canvas select datalist button input textarea"
    " nav footer aside head title meta link option dialog menu".split()
)
_IN_LINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark nobr picture q rp rt ruby s"
    " samp small source span strike strong sub sup time tt u var wbr".split()
)
HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_WHOLE = frozenset({"body", "html", "main", "p"})  # elements whose names are about the page or about style
_MARKED = frozenset({"h1", "h2", "h3"})
_SENTENCE = 40  # Latin letters
_ARTICLE = 300
_LONGEST_TITLE = 400
_SHORTEST_TITLE = 5
_LONGEST_LABEL = 100


@dataclass(slots=True, kw_only=True)
class Passage:
    """The text that a block element holds itself, in Latin letters; `known`: how much of it the library took, too."""

    element: HtmlElement
    free: float = 0.0
    linked: float = 0.0
    marks: int = 0
    known: float = 0.0
    noise: bool = False
    before: bool = False

    @property
    def size(self) -> float:
        """All text."""
        return self.free + self.linked

    @property
    def sentence(self) -> bool:
        """Whether somebody wrote a sentence here, and did not put a label or a link."""
        return self.free >= _SENTENCE and self.marks > 0 and self.linked <= self.free

    @property
    def agreed(self) -> float:
        """The share that the library took."""
        return self.known / self.size if self.size else 0.0

    @property
    def worth(self) -> float:
        """What it adds to a subtree that is taken for the article."""
        if self.sentence:
            here, only_here = (0.1, -0.5) if self.noise else (1.0, 0.5)
            value = (self.free - self.linked) * (here * self.agreed + only_here * (1 - self.agreed))
        elif self.noise:
            value = -0.5 * self.size
        elif self.agreed > 0.8:
            value = 0.5 * self.free - self.linked
        elif self.element.tag in HEADINGS and not self.linked:
            value = 0.0
        else:
            value = -0.5 * self.free - self.linked - 5
        return value * 0.3 if self.before and value > 0 else value


class Passages:
    """All passages of a page, in their order. `titles`: what the page says that its title is; `library`: its text."""

    def __init__(self, root: HtmlElement, *, titles: Iterable[str], library: str) -> None:
        self.body = body_of(root)
        self._library = squeezed(library)
        self._seen: list[HtmlElement] = []
        self._found: dict[HtmlElement, Passage] = {}
        self._walk()
        self.heading = self._find_heading([title for title in map(squeezed, titles) if title])
        self._judge(self._sums({e: p.free if p.sentence else 0.0 for e, p in self._found.items()}))

    def at(self, element: HtmlElement) -> Passage | None:
        """The passage whose block this is."""
        return self._found.get(element)

    def unseen(self, element: HtmlElement) -> list[HtmlElement]:
        """What of a subtree no reader sees, or is no part of a text: scripts, forms' fields, navigation."""
        seen = set(self._seen)
        return [e for e in element.iter() if e not in seen and e.getparent() in seen]

    def within(self, element: HtmlElement) -> list[Passage]:
        """Those of its subtree."""
        return [self._found[e] for e in element.iter() if e in self._found]

    def main(self) -> HtmlElement:
        """The innermost element of the greatest worth."""
        worth = self._sums({element: passage.worth for element, passage in self._found.items()})
        best = max(self._seen, key=worth.__getitem__)
        while True:
            inner = next((child for child in best if worth.get(child, worth[best] - 1) >= worth[best]), None)
            if inner is None:
                return best
            best = inner

    # --- walks ----------------------------------------------------------------------------------

    def _walk(self) -> None:
        waiting = [(self.body, self.body, False)]
        while waiting:
            element, block, linked = waiting.pop()
            if not isinstance(element.tag, str) or element.tag in _UNSEEN or is_hidden(element):
                continue
            block = block if element.tag in _IN_LINE else element
            linked = linked or (element.tag == "a" and bool(element.get("href")))
            self._seen.append(element)
            self._add(block, element.text, linked=linked)
            for child in element:
                self._add(block, child.tail, linked=linked)
            waiting.extend((child, block, linked) for child in reversed(element))

    def _add(self, block: HtmlElement, text: str | None, *, linked: bool) -> None:
        if not text or text.isspace():
            return
        passage = self._found.setdefault(block, Passage(element=block))
        size, core = weight(text), squeezed(text)
        if linked:
            passage.linked += size
        else:
            passage.free += size
            passage.marks += punctuation(text)
        if core and core in self._library:
            passage.known += size

    def _sums(self, values: dict[HtmlElement, float]) -> dict[HtmlElement, float]:
        """For every element the sum over its subtree."""
        sums: dict[HtmlElement, float] = {}
        for element in reversed(self._seen):
            sums[element] = values.get(element, 0.0) + sum(sums.get(child, 0.0) for child in element)
        return sums

    def _find_heading(self, titles: list[str]) -> HtmlElement | None:
        """The block that shows the title: best a first-order heading, word for word."""
        best, best_score = None, 0.0
        for element, passage in self._found.items():
            own = squeezed("".join(element.itertext())) if passage.size < _LONGEST_TITLE else ""
            if weight(own) < _SHORTEST_TITLE:
                continue
            rank = {"h1": 3.0, "h2": 2.0, "h3": 2.0}.get(element.tag, 1.0) - (
                1.5 if passage.linked > passage.free else 0
            )
            marked = element.tag in _MARKED
            score = max(
                (rank + like for title in titles if (like := _likeness(own, title, marked=marked))), default=0.0
            )
            if score > best_score:
                best, best_score = element, score
        return best

    def _judge(self, sentences: dict[HtmlElement, float]) -> None:
        """Mark what stands before the heading and what stands in parts that are not the article."""
        total = sentences[self.body] or 1.0
        around = set() if self.heading is None else set(self.heading.iterancestors())
        own = [element for element in around if element.tag == "article" and sentences.get(element, 0) >= _ARTICLE]
        teasers = {*self._teasers(), *self._pointers()}
        noisy: dict[HtmlElement, bool] = {}
        before = self.heading is not None
        for element in self._seen:
            before = before and element is not self.heading
            noise = noisy.get(element.getparent(), False)
            if not noise and element not in around and element.tag not in _WHOLE:
                share = sentences[element] / total
                noise = names_noise(element, share) or (element in teasers and share < 0.4)
                noise = noise or (bool(own) and element.tag == "article" and not _inside(element, own))
            noisy[element] = noise
            if (passage := self._found.get(element)) is not None:
                passage.noise, passage.before = noise, before and element not in around

    def _teasers(self) -> Iterator[HtmlElement]:
        """Parts whose heading is a link: they announce another article."""
        for element, passage in self._found.items():
            if element.tag in HEADINGS and passage.linked > 0.8 * passage.size:
                parent = element.getparent()
                if parent is not None and len(parent) == 1 and parent.getparent() is not None:
                    parent = parent.getparent()
                if parent is not None:
                    yield parent

    def _pointers(self) -> Iterator[HtmlElement]:
        """Parts that begin with words such as "read more"."""
        first: dict[HtmlElement, Passage | None] = {}
        for element in reversed(self._seen):
            inner = (first[child] for child in element if first.get(child) is not None)
            first[element] = self._found.get(element) or next(inner, None)
        for element, passage in self._found.items():
            if passage.size <= _LONGEST_LABEL and points_elsewhere(line_of(element)):
                while (parent := element.getparent()) in first and first[parent] is passage:
                    element = parent
                yield element


def is_in_line(element: HtmlElement) -> bool:
    """Whether it stands within a line of text and makes no block of its own."""
    return element.tag in _IN_LINE


def squeezed(text: str | None) -> str:
    """Letters and digits alone, in lower case: what stays the same however a text was set."""
    return re.sub(r"[\W_]+", "", text or "").lower()


def _likeness(own: str, title: str, *, marked: bool) -> float:
    """How much a text is this title, up to 1; 0 when it is another. `marked`: it is a heading by its tag.

    The name of the site stands behind titles, sometimes before them.
    """
    share = len(own) / len(title)
    if own == title:
        return 1.0
    if marked and title in own and share < 1.7:  # with the name of the section, or a button
        return 0.5 / share
    begins = title.startswith(own) and share > (0.1 if marked else 0.4)
    return 0.5 * share if own in title and (begins or (marked and share > 0.6)) else 0.0


def _inside(element: HtmlElement, others: list[HtmlElement]) -> bool:
    return any(parent in others for parent in element.iterancestors("article"))
