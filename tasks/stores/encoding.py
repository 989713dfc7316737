"""Stored forms of a page's body. Pure."""

import gzip
import re
import zlib
from dataclasses import replace

from tasks.model import UNREADABLE, Page

_TEXT = re.compile(r"text/|application/(?:[a-z.]+\+)?(?:json|xml|javascript)|image/svg\+xml")
_SMALL = 1024  # bytes that are hardly less when compressed


def packed(page: Page) -> Page:
    """The page, to be stored compressed when that saves something."""
    if _TEXT.match(page.content_type) and len(page.body) > _SMALL:
        return replace(page, encoding="gzip")
    return page


def stored_body(page: Page) -> bytes:
    """The bytes to store: compressed when the page says so; the same page gives the same bytes on any day (no time in them)."""
    if not page.encoding:
        return page.body
    if page.encoding != "gzip":
        raise ValueError(f"{page.key}: cannot store with the encoding {page.encoding!r}; expected 'gzip' or none")
    return gzip.compress(page.body, compresslevel=9, mtime=0)


def as_read(body: bytes, encoding: str) -> tuple[bytes, str]:
    """What `stored_body` was made from, and its encoding; stored bytes that are not what it says stay, as `UNREADABLE`."""
    if encoding != "gzip":
        return body, encoding
    try:
        return gzip.decompress(body), encoding
    except (OSError, EOFError, zlib.error):
        return body, UNREADABLE
