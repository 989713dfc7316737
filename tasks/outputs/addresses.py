"""From object keys to links: relative ones for pages, absolute ones for feeds and canonical addresses."""

import posixpath
import re
from urllib.parse import quote, urlsplit

from tasks.outputs import SiteFacts

_HTTP = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


def encoded(key: str) -> str:
    """The key as a URL path: every segment percent-encoded, the slashes kept."""
    return "/".join(quote(segment, safe="", errors="replace") for segment in key.split("/"))


def absolute(site: SiteFacts, key: str) -> str:
    """Full address of a key. The empty key is the home page."""
    return f"{site.base_url}/{encoded(key)}"


def relative(key: str, *, start: str) -> str:
    """Link to `key` from the page `start`; it works under any prefix and from a folder on disk."""
    return encoded(posixpath.relpath(key, posixpath.dirname(start) or "."))


def rooted(site: SiteFacts, key: str) -> str:
    """Link to `key` from the root of the host, for a page that is shown at unknown addresses."""
    return f"{urlsplit(site.base_url).path}/{encoded(key)}"


def is_http(url: str) -> bool:
    """Whether a reader may be sent to this address."""
    return _HTTP.match(url) is not None
