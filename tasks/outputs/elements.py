"""Elements of an XML document, written without gluing strings."""

import re
from xml.etree import ElementTree

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(name: str, namespace: str, **attributes: str) -> ElementTree.Element:
    """The outermost element; its namespace becomes the default of all within."""
    return ElementTree.Element(name, {"xmlns": namespace, **_legal(attributes)})


def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A new last child. Characters that XML 1.0 forbids are left out of text and attributes."""
    child = ElementTree.SubElement(parent, name, _legal(attributes))
    child.text = _ILLEGAL.sub("", text) or None
    return child


def document(element: ElementTree.Element) -> bytes:
    """The whole document as UTF-8, indented only where that adds no text."""
    ElementTree.indent(element, space=" ")
    text: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _legal(attributes: dict[str, str]) -> dict[str, str]:
    return {name: _ILLEGAL.sub("", value) for name, value in attributes.items()}
