"""Bytes of a page to a tree: characters by `charset`, elements by lxml, whose limits hold for depth and size."""

from lxml import etree, html
from lxml.html import HtmlElement

from tasks.articles.charset import decode_page
from tasks.articles.plain import legal
from tasks.errors import ParseError


def read_page(body: bytes, content_type: str) -> tuple[HtmlElement, str]:
    """The root element and the markup; `ParseError` when the characters cannot be read or there is no element."""
    markup = legal(decode_page(body, content_type).text)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        # As bytes: a text with an encoding in its XML declaration is refused.
        root = html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ParseError(f"no markup in the answer: {error}; it begins {markup[:60]!r}") from error
    return root, markup


def body_of(root: HtmlElement) -> HtmlElement:
    """The `<body>`, or the root where there is none."""
    found = root.find("body")
    return root if found is None else found


def line_of(element: HtmlElement) -> str:
    """All text within, blanks folded."""
    return " ".join("".join(element.itertext()).split())
