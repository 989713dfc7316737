"""Pictures that the site keeps itself: how an article's HTML names them until they are here, and shows them then.

What the ledger keeps of an article names such a picture by `mirror:` and its address at the publisher. So the text
stays the same whatever becomes of its pictures; what is shown of them is put in when the article is read for a page.
Both work on what the sanitiser wrote: every quotation mark in a value is an entity there, and no text has a `<`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape

from tasks.articles.images import Renditions

FOLDER = "pictures"
SCHEME = "mirror:"
_MOST = 100  # pictures of one article; nobody is asked for more
_UP = "../" * 4  # from the page of an article, `<category>/<YYYY>/<MM>/<DD>/<id>.html`
_COLUMN = 684  # CSS pixels: the width of an article's text on a wide screen

_IMG = re.compile(r'<img((?: [a-z]+="[^"]*")+)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_FIGURE = re.compile(r"<figure[ >].*?</figure>\n?", re.DOTALL)  # of pictures, always, and never one in another
_EMPTY_LINK = re.compile(r'<a(?: [a-z]+="[^"]*")*></a>')
_EMPTY_BLOCK = re.compile(r'<(figure|p)(?: [a-z]+="[^"]*")*></\1>\n?')
_OWN_ATTRIBUTES = frozenset({"src", "width", "height", "referrerpolicy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """A picture that the site has. `sizes` are pairs of width and height in pixels, the smallest first."""

    digest: str
    extension: str
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, made: Renditions) -> "Mirrored":
        """What a page needs to know of a picture that was drawn anew."""
        sizes = tuple((size.width, size.height) for size in made.sizes)
        return cls(digest=made.digest, extension=made.extension, sizes=sizes)

    def key(self, width: int) -> str:
        """Key of the object with this width."""
        return f"{FOLDER}/{self.digest[:2]}/{self.digest}-{width}.{self.extension}"


def digest_of_key(key: str) -> str:
    """The digest of the picture that stands under this key; empty when it is no picture's."""
    found = re.fullmatch(rf"{FOLDER}/[0-9a-f]{{2}}/([0-9a-f]{{64}})-\d+\.\w+", key)
    return found[1] if found else ""


def to_mirror(html: str) -> str:
    """The sanitised HTML with its pictures named as such that are to be fetched; those above the hundredth are left out."""
    wanted: dict[str, None] = {}

    def named(found: re.Match[str]) -> str:
        address = _attributes(found).get("src", "")
        wanted.setdefault(address)
        return found[0].replace(f' src="{address}"', f' src="{SCHEME}{address}"', 1) if len(wanted) <= _MOST else ""

    return _without_empty(_IMG.sub(named, html))


def wanted_by(html: str) -> tuple[str, ...]:
    """Addresses of the pictures that are to be fetched for this text, each once, in their order."""
    if SCHEME not in html:
        return ()
    sources = (_attributes(found).get("src", "") for found in _IMG.finditer(html))
    return tuple(dict.fromkeys(unescape(s.removeprefix(SCHEME)) for s in sources if s.startswith(SCHEME)))


def with_pictures(html: str, known: Mapping[str, Mirrored]) -> str:
    """The HTML for a page: pictures that are here by their keys, the others left out, with their captions kept."""
    if SCHEME not in html:
        return html

    def shown(found: re.Match[str]) -> str:
        attributes = _attributes(found)
        if not attributes.get("src", "").startswith(SCHEME):
            return found[0]
        picture = known.get(unescape(attributes["src"].removeprefix(SCHEME)))
        return _tag(attributes, picture) if picture else ""

    return _without_empty(_IMG.sub(shown, html))


def unmirrored(html: str, *, drop: bool) -> str:
    """The HTML of a text whose pictures the site may not keep any more: linked at the publisher again, or without them.

    Those to `drop` go with their captions, as in a text that is read without pictures.
    """
    if not wanted_by(html):
        return html
    if drop:
        return _without_empty(_IMG.sub("", _FIGURE.sub("", html)))
    return _IMG.sub(lambda found: found[0].replace(f' src="{SCHEME}', ' src="', 1), html)


def _tag(attributes: Mapping[str, str], picture: Mirrored) -> str:
    """The largest size is what feeds and search engines get; browsers choose by the width of the column."""
    widest, highest = picture.sizes[-1]
    width = int(attributes.get("width") or 0) or widest
    told = {"src": _UP + picture.key(widest)}
    if len(picture.sizes) > 1:
        column = min(width, _COLUMN)
        told["srcset"] = ", ".join(f"{_UP}{picture.key(size)} {size}w" for size, _ in picture.sizes)
        told["sizes"] = f"(max-width: {column}px) 100vw, {column}px"
    told |= {"width": str(width), "height": str(max(1, round(highest * width / widest)))}
    kept = {name: unescape(value) for name, value in attributes.items() if name not in _OWN_ATTRIBUTES}
    return "<img" + "".join(f' {name}="{escape(value)}"' for name, value in (told | kept).items()) + ">"


def _attributes(found: re.Match[str]) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(found[1]))


def _without_empty(html: str) -> str:
    return _EMPTY_BLOCK.sub("", _EMPTY_LINK.sub("", html)).strip()
