"""Characters of a page to a tree, by lxml. Nothing that comes takes long or nests deep.

lxml itself cuts off what is nested deeper than 256 elements.
"""

import re
from itertools import islice

from bs4 import BeautifulSoup
from lxml import etree, html
from lxml.html import HtmlElement

from tasks.articles.charset import Decoded
from tasks.articles.plain import legal
from tasks.errors import ParseError

_MOST_ELEMENTS = 60_000  # no article comes near; the readers' time grows with it
_OF_THE_HEAD = frozenset("base basefont bgsound link meta noframes noscript script style template title".split())
_START = re.compile("<[a-zA-Z]")
# A tag with very many attributes (HTML 13.2.5.32 says where one ends), for which lxml's parser takes quadratic time. A
# comparison in a script looks the same; nothing reads those.
_MOST_ATTRIBUTES = re.compile(
    r"(<[a-zA-Z][^\s>/]*+)(?:[\s/]*+[^\s>/][^\s>/=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+))?+){1000,}+"
)


def without_endless_attributes(markup: str) -> str:
    """The markup; elements with a thousand attributes or more lose them: parsers take quadratic time for those."""
    return _MOST_ATTRIBUTES.sub(r"\1 ", markup)


def read_page(page: Decoded) -> HtmlElement:
    """The root element; `ParseError` when there is no markup that a page can have."""
    markup = without_endless_attributes(legal(page.text))
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        # As bytes: a text with an encoding in its XML declaration is refused.
        root = html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ParseError(f"no markup in the answer: {error}; it begins {markup[:60]!r}") from error
    if next(islice(root.iter(), _MOST_ELEMENTS, None), None) is not None:
        raise ParseError(f"more than {_MOST_ELEMENTS:,} elements, expected the markup of an article")
    _begin_body(root)
    return root


def _begin_body(root: HtmlElement) -> None:
    """Let the body begin where HTML lets it (section 13.2.6.4.4) in pages without the tag: lxml leaves `<main>` in the head."""
    head = root.find("head")
    parts = [] if head is None else list(head)
    begin = next((place for place, part in enumerate(parts) if part.tag not in _OF_THE_HEAD), len(parts))
    if not (moved := parts[begin:]):
        return
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    moved[-1].tail, body.text = (moved[-1].tail or "") + (body.text or ""), None
    body[:0] = moved


def soup_of(markup: str, *, start: str = "<body>") -> BeautifulSoup:
    """The tree of a piece of HTML; `ParseError` when it has more elements than any page.

    `start`, the tag in front, tells the library that this is markup: not a file's name, an address or XML.
    """
    if next(islice(_START.finditer(markup), _MOST_ELEMENTS, None), None) is not None:
        raise ParseError(f"more than {_MOST_ELEMENTS:,} elements, expected the markup of a page")
    return BeautifulSoup(start + without_endless_attributes(markup), "lxml")


def body_of(root: HtmlElement) -> HtmlElement:
    """The `<body>`, or the root where there is none."""
    found = root.find("body")
    return root if found is None else found


def line_of(element: HtmlElement) -> str:
    """All text within, blanks folded."""
    return " ".join("".join(element.itertext()).split())
