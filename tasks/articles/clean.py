"""Upstream HTML -> what a page or feed may carry. The sanitiser (nh3) is always the last step."""

import re
from collections.abc import Collection
from html import unescape

import nh3

from tasks.articles.blocks import Blocks, Rules
from tasks.articles.page import soup_of
from tasks.articles.plain import legal

_TAGS = frozenset(
    {"p", "br", "hr", "strong", "b", "em", "i", "u", "s", "sub", "sup", "blockquote", "pre", "code"}
    | {"h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "figure", "figcaption", "img", "a"}
    | {"table", "caption", "thead", "tbody", "tr", "th", "td"}
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height", "loading", "decoding", "referrerpolicy"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# The sanitiser writes every tag like this, and no other `<`: what it wrote needs no second parser.
_TAG = re.compile(r'<[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+>')
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_CLASSES = {"figure": {"picture", "kline"}}


def clean(
    html: str,
    base_url: str,
    *,
    keep_keyword_links: bool = False,
    keep_pictures: bool = True,
    https_hosts: Collection[str] = (),
) -> str:
    """Safe, valid HTML with the text that a reader should see and nothing else; cleaned again it stays as it is.

    Hidden paragraphs, comments, beacons, empty elements and inline styles go; so do the links that the upstream puts on
    keywords, unless they are to be kept. Pictures become figures, with their captions, or go with them; relative addresses become
    absolute against `base_url`; pictures of `https_hosts`, and of hosts below them, are asked by https. `ParseError` when
    there are more elements than an article has.
    """
    body = soup_of(legal(html)).body
    if body is None:
        return ""
    rules = Rules(
        base_url=base_url,
        keep_keyword_links=keep_keyword_links,
        keep_pictures=keep_pictures,
        https_hosts=https_hosts,
    )
    blocks = Blocks(rules)
    blocks.take(body.children)
    return nh3.clean(
        blocks.html(),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
    ).strip()


def untagged(safe: str, *, instead: str = "") -> str:
    """The text of what `clean` gave as it stands, with something in the place of each tag."""
    return unescape(_TAG.sub(instead, safe))


def text_of(safe: str) -> str:
    """The visible text of what `clean` gave, blanks folded."""
    return " ".join(untagged(safe, instead=" ").split())


def excerpt(safe: str, *, length: int = 120) -> str:
    """The beginning of the first paragraph that has text, cut at a sentence end where one is near. `safe`: as `clean` gave it."""
    for paragraph in _PARAGRAPH.finditer(safe):
        text = " ".join(untagged(paragraph[1]).split())
        if len(text) >= 10:
            break
    else:
        text = text_of(safe)
    if len(text) <= length:
        return text
    end = max(text.rfind(mark, length // 2, length) for mark in "。！？；")
    return text[: end + 1] if end > 0 else text[: length - 1] + "…"
