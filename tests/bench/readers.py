"""Readers of articles side by side: ours, and the libraries of `peers.in`, each as a function that scorers take.

A reader gets a page's bytes, its address and content type, and gives a mapping with text or html, title, date and authors,
as far as it has them. The libraries get the characters from our `charset`, so that readers are compared and not decoders.
They are imported when they are called: those that are not installed are left out by name (`missing`). Their versions stand
in `peers.in`, and with all that they need and its hashes in `peers.lock`, which is made from it by `uv pip compile
tests/bench/peers.in -o tests/bench/peers.lock --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
--constraint requirements.lock`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

from tasks.articles.charset import decode_page

Reader = Callable[[bytes, str, str | None], dict[str, object]]

_CJK = re.compile("[\u3400-\u9fff]")
_MANY = 200  # Chinese signs: a page in Chinese has more in its menus alone


def ours(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """`extract_page`."""
    from tasks.articles.extract import extract_page  # the libraries' environment has not all that it needs

    zone, now = ZoneInfo("Asia/Shanghai"), datetime.now(tz=UTC)
    text = extract_page(body, url=url, content_type=content_type or "", layouts=(), zone=zone, now=now)
    return {"html": text.html, "title": text.title, "date": text.published_at, "authors": text.author}


def trafilatura(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """trafilatura as it comes."""
    return _trafilatura(body, url, content_type)


def trafilatura_precision(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """The same, set to leave out what is doubtful."""
    return _trafilatura(body, url, content_type, favor_precision=True)


def trafilatura_recall(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """The same, set to keep what is doubtful."""
    return _trafilatura(body, url, content_type, favor_recall=True)


def _trafilatura(body: bytes, url: str, content_type: str | None, **mode: Any) -> dict[str, object]:
    from trafilatura import bare_extraction

    page: Any = bare_extraction(_text(body, content_type), url=url, include_comments=False, with_metadata=True, **mode)
    if page is None:
        return {}
    return {"text": page.text, "title": page.title, "date": page.date, "authors": page.author}


def readability(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """readability-lxml."""
    from readability import Document

    page = Document(_text(body, content_type), url=url)
    return {"html": page.summary(html_partial=True), "title": page.short_title()}


def newspaper(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """newspaper4k, the kept successor of newspaper3k."""
    from newspaper import Article

    text = _text(body, content_type)
    page = Article(url, language="zh" if _is_chinese(text) else "en", fetch_images=False)
    page.download(input_html=text)
    page.parse()
    return {"text": page.text, "title": page.title, "date": page.publish_date, "authors": page.authors}


def goose(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """goose3."""
    from goose3 import Goose
    from goose3.text import StopWords, StopWordsChinese

    text = _text(body, content_type)
    words = StopWordsChinese if _is_chinese(text) else StopWords
    with Goose({"enable_image_fetching": False, "stopwords_class": words}) as reader:
        page = reader.extract(raw_html=text)
    return {"text": page.cleaned_text, "title": page.title, "date": page.publish_date, "authors": page.authors}


def justext(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """jusText; it has no list of Chinese words, and so goes there by length and links alone, as its manual says."""
    from justext import get_stoplist
    from justext import justext as paragraphs_of

    text = _text(body, content_type)
    if _is_chinese(text):
        found = paragraphs_of(text, frozenset(), stopwords_low=0, stopwords_high=0)
    else:
        found = paragraphs_of(text, get_stoplist("English"))
    return {"text": "\n".join(one.text for one in found if not one.is_boilerplate)}


def resiliparse(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """Resiliparse."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(_text(body, content_type))
    return {"text": extract_plain_text(tree, main_content=True), "title": tree.title}


def boilerpy(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """boilerpy3, boilerpipe's reader of articles."""
    from boilerpy3.extractors import ArticleExtractor

    page = ArticleExtractor(raise_on_failure=False).get_doc(_text(body, content_type))
    return {"text": page.content, "title": page.title}


def gne(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """GeneralNewsExtractor, made for Chinese news."""
    from gne import GeneralNewsExtractor

    page = GeneralNewsExtractor().extract(_text(body, content_type))
    return {"text": page["content"], "title": page["title"], "date": page["publish_time"], "authors": page["author"]}


PEERS: dict[str, tuple[str, Reader]] = {
    "trafilatura": ("trafilatura", trafilatura),
    "trafilatura, precision": ("trafilatura", trafilatura_precision),
    "trafilatura, recall": ("trafilatura", trafilatura_recall),
    "readability-lxml": ("readability", readability),
    "newspaper4k": ("newspaper", newspaper),
    "goose3": ("goose3", goose),
    "jusText": ("justext", justext),
    "Resiliparse": ("resiliparse", resiliparse),
    "boilerpy3": ("boilerpy3", boilerpy),
    "GeneralNewsExtractor": ("gne", gne),
}
"""The libraries by the names of their tables' rows: the module that has to be there, and the reader."""


def missing() -> list[str]:
    """Names of those that are not installed where this runs."""
    return [name for name, (module, _) in PEERS.items() if find_spec(module) is None]


def _text(body: bytes, content_type: str | None) -> str:
    return decode_page(body, content_type or "").text


def _is_chinese(text: str) -> bool:
    return len(_CJK.findall(text)) > _MANY


if __name__ == "__main__":
    for name in missing():
        print(name)
