"""What names of classes and ids say about a part of a page, and how much text is worth. Shared by the passes over it."""

import re

from lxml.html import HtmlElement

# Names around what is no article. They are believed for small parts only: publishers also name whole columns so.
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social\w*|nav(?:bar|igation)?|menu|ads?|adbox|promo\w*|subscri\w+|sign-?up|copyright"
    r"|hot\w*|rank\w*|tags?|sponsor\w*|trending|popular|more-?(?:news|stories|from)|read-?(?:more|next)|teasers?|widget"
    r"|login|paywall|author-?(?:bio|box|info)|about-?author|toolbar|pag(?:er|ination)|print|disclaimer|editor|latest"
    r"|masthead|toc|byline|meta|info|caption|credit|outlink|guess|vote|survey|statement|declare|qrcode|weixin|wechat"
    r"|alert|references?|footnotes?|catlinks|navbox|infobox|mw-editsection)(?:$|[\s_\d-])",
    re.IGNORECASE,
)
# These are never the article, however long they are: comments, lists of other articles, notices about cookies.
_NEVER = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|reply|replies|related\w*|recommend\w*|recirc\w*|taboola|outbrain|cookie\w*|consent\w*"
    r"|onetrust\w*|side-?bar|footer|newsletter\w*|most-?read|breadcrumbs?|xiangguan|xgxw|tuijian|pinglun|hotnews|advert\w*"
    r"|modal|popup|overlay)(?:$|[\s_\d-])|comment_?list|relatedNews",
    re.IGNORECASE,
)
_ABOUT_PICTURES = re.compile(r"caption|credit|info", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_PUNCTUATION = re.compile(r"[,.!?;:，。！？；：、…」』”؟،।]")
_SMALL, _LARGE = 0.4, 0.9  # of a page's text
_LONGEST = 200  # characters of a name that are looked at


def is_hidden(element: HtmlElement) -> bool:
    """Whether the markup itself hides it."""
    return element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "")[:2000]))


def names_noise(element: HtmlElement, share: float) -> bool:
    """Whether its class or id says that it is no article; `share`: how much of the page's sentences it holds."""
    names = _names(element)
    return bool((share < _SMALL and _ASIDE.search(names)) or (share < _LARGE and _NEVER.search(names)))


def is_about_picture(element: HtmlElement) -> bool:
    """Whether its name is that of a caption."""
    return element.tag == "figcaption" or bool(_ABOUT_PICTURES.search(_names(element)))


def weight(text: str) -> float:
    """Length of a text in Latin letters: a Chinese, Japanese or Korean sign says as much as two and a half."""
    folded = " ".join(text.split())
    return len(folded) + 1.5 * len(_CJK.findall(folded))


def punctuation(text: str) -> int:
    """How many signs of a sentence there are."""
    return len(_PUNCTUATION.findall(text))


def _names(element: HtmlElement) -> str:
    return f"{(element.get('class') or '')[:_LONGEST]} {(element.get('id') or '')[:_LONGEST]}"
