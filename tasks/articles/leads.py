"""What stands between the title and the text of an article: its abstract, or the lead that the page describes it by."""

import re
from collections.abc import Iterator
from itertools import dropwhile, islice, takewhile

from tasks.articles.hints import is_about_picture, weight
from tasks.articles.metadata import Metadata
from tasks.articles.page import line_of
from tasks.articles.passages import Passage, Passages, squeezed
from tasks.articles.picking import Picked

_LABELLED = re.compile(r"[\s【\[]*(?:内容|本文)?(?:摘要|提要|核心提示|导读|導讀|导语|導語)[】\]]?\s*[：:]")
_SHORTEST = 40  # Latin letters
_LONGEST = 1_500
_MOST = 20  # blocks that are looked at


def abstract_of(picked: Picked, passages: Passages) -> str:
    """The block that calls itself the abstract of the text; empty when there is none, or when the text has it."""
    return next((line for line in _between(picked, passages) if _LABELLED.match(line)), "")


def lead_of(picked: Picked, passages: Passages, metadata: Metadata) -> str:
    """The block that says what the page's metadata say that the article is about; empty when there is none.

    Their end may be cut off. What the text holds anyway is no lead, nor is a title.
    """
    said = [short for text in metadata.descriptions if weight(short := squeezed(text)) >= _SHORTEST]
    titles = [squeezed(title) for title in metadata.titles]
    for line in _between(picked, passages):
        core = squeezed(line)
        same = any(core.startswith(one) or one.startswith(core) for one in said)
        if same and not any(core in title for title in titles):
            return line
    return ""


def _between(picked: Picked, passages: Passages) -> Iterator[str]:
    """Prose behind the title and before the text, as far as the text does not hold it too."""
    if passages.heading is None or not picked.kept:
        return
    text = squeezed("".join(line_of(passage.element) for passage in picked.kept))
    behind = dropwhile(lambda passage: passage.element is not passages.heading, passages.within(passages.body))
    before = takewhile(lambda passage: passage is not picked.kept[0], behind)
    for passage in islice(filter(_is_prose, islice(before, 1, None)), _MOST):
        line = line_of(passage.element)
        if squeezed(line) not in text:
            yield line


def _is_prose(passage: Passage) -> bool:
    fits = _SHORTEST <= passage.free <= _LONGEST and passage.linked <= 0.3 * passage.free
    return fits and not is_about_picture(passage.element)
