"""The files of a theme as a site has them. The style sheet's name holds a digest of it, so it can be kept for ever."""

import hashlib
import re
from mimetypes import MimeTypes
from pathlib import PurePosixPath

from tasks.errors import ConfigError
from tasks.model import Page
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.theme import Theme

_STYLE = "style.css"
# What only authors need, behind strings (CSS Syntax 3, sections 4.3.2 and 4.3.5), which stay as they are.
_FOR_AUTHORS = re.compile(
    rb"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*.*?\*/|(?<=\n)\s+|(?<=\})[ \t]+(?=\n)""", re.DOTALL
)
_TEXTS = frozenset({"application/json", "application/xml", "image/svg+xml"})
# Where Python's table differs from version to version, or has nothing.
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
}


def style_name(theme: Theme) -> str:
    """Name of the style sheet within `static/`."""
    return f"style.{digest_of(_style(theme))}.css"


def style_sheet(theme: Theme) -> Page:
    """The style sheet."""
    return Page(
        key=f"static/{style_name(theme)}",
        body=_style(theme),
        content_type="text/css; charset=utf-8",
        cache_control=IMMUTABLE,
    )


def other_files(theme: Theme) -> tuple[Page, ...]:
    """Everything else under its own name, such as a logo. Scripts of the search page are its own business."""
    return tuple(
        Page(key=f"static/{name}", body=body, content_type=content_type_of(name), cache_control=INDEX)
        for name, body in sorted(theme.static.items())
        if name != _STYLE and not (name.startswith("search") and name.endswith(".js"))
    )


def digest_of(body: bytes) -> str:
    """Eight hexadecimal digits that change with the bytes."""
    return hashlib.sha256(body).hexdigest()[:8]


def content_type_of(name: str) -> str:
    """By the end of the name; from Python's own table and ours, never the machine's, so that it is the same everywhere."""
    guessed = MimeTypes(filenames=()).guess_type(name)[0] or "application/octet-stream"
    kind = _TYPES.get(PurePosixPath(name).suffix.lower(), guessed)
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTS else kind


def _style(theme: Theme) -> bytes:
    """Without comments, indents and empty lines: the sheet travels with the home page, and is to be light."""
    try:
        return _FOR_AUTHORS.sub(rb"\1", theme.static[_STYLE])
    except KeyError:
        raise ConfigError(f"theme: no static/{_STYLE}") from None
