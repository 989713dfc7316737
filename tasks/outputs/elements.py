"""XML written from the inside out: texts are escaped where they enter an element, and an element is no text any more."""

import re

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Element(str):
    """An element as it stands in the document. Only this module makes them."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str) -> Element:
    """An element with texts or elements in it, each of several on a line of its own.

    Characters that XML 1.0 forbids are left out of texts and attributes.
    """
    start = name + "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
    inner = [part if isinstance(part, Element) else _text(part) for part in content]
    if not inner:
        return Element(f"<{start}/>")
    edge = "" if len(inner) == 1 and not isinstance(content[0], Element) else "\n"
    return Element(f"<{start}>{edge}{edge.join(inner)}{edge}</{name}>")


def document(root: Element) -> bytes:
    """The whole document as UTF-8."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode()


def _text(text: str) -> str:
    return _ILLEGAL.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _attribute(value: str) -> str:
    return _text(value).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
