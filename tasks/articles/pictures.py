"""A picture of an article: its real address, size and alternative text."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from bs4 import Tag

from tasks.articles.nodes import absolute, attribute

# Hosts that are known to answer https; publishers' pages still say http.
HTTPS_HOSTS = ("eastmoney.com", "dfcfw.com")

_LAZY = (
    "data-original", "data-src", "original_src", "orginial_src", "data-lazy-src", "data-actualsrc", "data-echo",
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"^data:|(?:^|[/_-])(?:blank|placeholder|loading|lazy|spacer|transparent|pixel|1x1)[\w-]*\.(?:gif|png|jpe?g|svg|webp)",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(r"image|img|picture|pic|photo|图片|图|\S+\.(?:jpe?g|png|gif|webp|bmp)", re.IGNORECASE)
_SIZE = re.compile(r"\s*(\d{1,4})(?:\.\d+)?\s*(?:px)?\s*", re.IGNORECASE)
_BEACON = 2  # pixels: what is no larger counts readers
_IN_LINE = 40  # pixels: a sign within the text, no picture of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a page shows of an `<img>`. Sizes in CSS pixels, 0 where none is known."""

    src: str
    alt: str
    width: int
    height: int

    @property
    def beacon(self) -> bool:
        """Nothing to see: it only reports that the page was opened."""
        return 0 < self.width <= _BEACON or 0 < self.height <= _BEACON

    @property
    def in_line(self) -> bool:
        """A sign within the text."""
        return 0 < self.width <= _IN_LINE and 0 < self.height <= _IN_LINE

    @property
    def kline(self) -> bool:
        """A chart of quotes, drawn by the upstream for the share that the text names."""
        return self.alt.startswith("K图")

    def html(self) -> str:
        """The tag, as a page carries it."""
        sizes = [f' {name}="{value}"' for name, value in (("width", self.width), ("height", self.height)) if value]
        manners = 'loading="lazy" decoding="async" referrerpolicy="no-referrer"'
        return f'<img src="{escape(self.src)}" alt="{escape(self.alt)}"{"".join(sizes)} {manners}>'


def read_picture(tag: Tag, *, base_url: str, https_hosts: Collection[str]) -> Picture | None:
    """The picture of an `<img>`; None when it has no address that a page can use.

    Where `src` is missing or stands for a picture that a script would load later, the address is looked for in the
    attributes that such scripts read, in `srcset` and in the sources of a `<picture>`.
    """
    address = next((found for given in _addresses(tag) if (found := absolute(base_url, given))), None)
    if address is None:
        return None
    alt = " ".join(attribute(tag, "alt").split())
    return Picture(
        src=_secured(address, https_hosts),
        alt="" if _SAYS_NOTHING.fullmatch(alt) else alt,
        width=_size(tag, "width"),
        height=_size(tag, "height"),
    )


def _addresses(tag: Tag) -> Iterator[str]:
    src = attribute(tag, "src").strip()
    if src and not _PLACEHOLDER.search(src):
        yield src
    yield from (attribute(tag, name) for name in _LAZY)
    yield from (_largest(attribute(tag, name)) for name in ("srcset", "data-srcset"))
    if (picture := tag.find_parent("picture")) is not None:
        yield from (_largest(attribute(source, "srcset")) for source in picture.find_all("source"))
    yield src


def _largest(srcset: str) -> str:
    """The candidate of the largest width or density (HTML 4.8.4.2.1); its address may hold commas within."""
    best, best_size = "", -1.0
    for candidate in re.split(r",\s+|,$", srcset.strip()):
        address, _, descriptor = candidate.strip().partition(" ")
        number = re.match(r"\d+(?:\.\d+)?", descriptor.strip())
        size = float(number[0]) if number else 1.0
        if address and size > best_size:
            best, best_size = address, size
    return best


def _secured(address: str, hosts: Collection[str]) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    known = any(host == name or host.endswith(f".{name}") for name in (*HTTPS_HOSTS, *hosts))
    plain = parts.scheme == "http" and parts.netloc.lower() == host
    return parts._replace(scheme="https").geturl() if known and plain else address


def _size(tag: Tag, name: str) -> int:
    if found := _SIZE.fullmatch(attribute(tag, name)):
        return int(found[1])
    styled = re.search(rf"(?:^|;)\s*{name}\s*:\s*(\d{{1,4}})(?:\.\d+)?px", attribute(tag, "style"), re.IGNORECASE)
    return int(styled[1]) if styled else 0
