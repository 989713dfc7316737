"""Upstream HTML -> what a page or feed may carry. The sanitiser (nh3) is always the last step."""

import re
from urllib.parse import urljoin

import nh3
from bs4 import BeautifulSoup, Comment, Tag

from tasks.articles.plain import legal

_TAGS = frozenset(
    {"p", "br", "hr", "strong", "b", "em", "i", "u", "s", "sub", "sup", "blockquote", "pre", "code"}
    | {"h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption", "img", "a"}
    | {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height", "loading", "referrerpolicy"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_CLASSES = {"figure": {"picture", "kline"}}
# Links that the upstream's annotator puts on words; some of them fall inside words (C-PPI-B).
_KEYWORD = frozenset({"keytip", "infokey"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HOLDERS = 8  # how deep a picture may lie in tags that hold nothing else
_INDENT = re.compile(r"^[\s\u3000]+")


def clean(html: str, *, base_url: str) -> str:
    """Safe HTML with the text that a reader should see and nothing else.

    Hidden paragraphs, comments, keyword links, empty spans and inline styles go; centred pictures and
    K-line charts become figures; relative addresses become absolute against `base_url`.
    """
    soup = BeautifulSoup(legal(html), "lxml")
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(["script", "style", "iframe", "noscript", "template"]):
        tag.decompose()
    for tag in soup.find_all(style=_HIDDEN):
        tag.decompose()
    for link in soup.find_all("a"):
        if _KEYWORD.intersection(link.get_attribute_list("class")):
            link.unwrap()
    for heading in soup.find_all("h1"):
        heading.name = "h2"  # a page has one h1: the article's title
    for link in soup.find_all("a", href=True):
        link["href"] = _absolute(base_url, str(link["href"]))
    for picture in soup.find_all("img"):
        picture["src"] = _absolute(base_url, str(picture.get("src") or ""))
        if picture["src"]:
            _frame(picture)
        else:
            picture.decompose()
    for paragraph in soup.find_all("p"):
        if not paragraph.get_text(strip=True) and not paragraph.find("img"):
            paragraph.decompose()
        elif (first := next(iter(paragraph.strings), None)) is not None:
            first.replace_with(_INDENT.sub("", first))
    body = soup.body.decode_contents() if soup.body else ""
    return nh3.clean(
        body,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
    ).strip()


def text_of(html: str) -> str:
    """The visible text, blanks folded."""
    return " ".join(BeautifulSoup(html, "lxml").get_text(" ").split())


def excerpt(html: str, *, length: int = 120) -> str:
    """The beginning of the first paragraph that has text, cut at a sentence end where one is near."""
    for paragraph in BeautifulSoup(html, "lxml").find_all("p"):
        text = " ".join(paragraph.get_text().split())
        if len(text) >= 10:
            break
    else:
        text = text_of(html)
    if len(text) <= length:
        return text
    end = max(text.rfind(mark, length // 2, length) for mark in "。！？；")
    return text[: end + 1] if end > 0 else text[: length - 1] + "…"


def _frame(picture: Tag) -> None:
    """Put a picture into a figure of its own, out of the paragraph or `<center>` that only held it."""
    alt = str(picture.get("alt") or "")
    kline = alt.startswith("K图")
    picture["alt"] = "" if alt.strip().lower() in {"image", "图片"} else alt
    picture["loading"], picture["referrerpolicy"] = "lazy", "no-referrer"
    for attribute in ("width", "height"):
        if not re.fullmatch(r"\d{1,4}", str(picture.get(attribute) or "")):
            del picture[attribute]
    holder = picture
    for parent in list(picture.parents)[:_HOLDERS]:
        alone = parent.name in {"a", "center", "p", "span", "div"} and len(parent.find_all("img", limit=2)) == 1
        if not alone or any(not text.isspace() for text in parent.strings):
            break
        holder = parent
    figure = picture.wrap(BeautifulSoup("", "lxml").new_tag("figure", attrs={"class": "kline" if kline else "picture"}))
    if holder is not picture:
        holder.replace_with(figure.extract())


def _absolute(base_url: str, address: str) -> str:
    """The address against `base_url`; empty where that is none for a page."""
    try:
        absolute = urljoin(base_url, address.strip()) if address.strip() else ""
    except ValueError:
        return ""
    return absolute if re.match(r"https?://", absolute, re.IGNORECASE) else ""
