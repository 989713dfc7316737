"""Reading the parser's tree. What comes out of it, text and attributes, holds no character that is illegal on a page.

Before the parse such a character can still hide in a reference, as in `&#5;`.
"""

from urllib.parse import urljoin, urlsplit

from bs4 import Tag
from bs4.element import NavigableString

from tasks.articles.plain import legal


def attribute(tag: Tag, name: str) -> str:
    """The value of an attribute; empty where there is none."""
    return legal(str(tag.get(name) or ""))


def text_within(tag: Tag, separator: str = "") -> str:
    """All text below a tag."""
    return legal(tag.get_text(separator))


def is_text(node: object) -> bool:
    """Whether this is text that a reader sees, and not a comment, a script or the like."""
    return type(node) is NavigableString


def children(tag: Tag, *names: str) -> list[Tag]:
    """Its children of these names."""
    return [child for child in tag.children if isinstance(child, Tag) and child.name in names]


def absolute(base_url: str, address: str) -> str:
    """The address against `base_url`; empty where that is none for a page."""
    try:
        joined = urljoin(base_url, address.strip()) if address.strip() else ""
        return joined if joined.lower().startswith(("http://", "https://")) and urlsplit(joined).hostname else ""
    except ValueError:
        return ""
