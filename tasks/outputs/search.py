"""Search without a server: shards of a Pagefind index, their list, and the page whose script searches them.

The articles of a shard are indexed by single ideographs and whole other words, and a query asks for them as a phrase. So
what is found is exactly what holds the text that was asked for, which no dictionary of Chinese words can promise.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC
from typing import ClassVar

from markupsafe import Markup

from tasks.catalogue import Fixed, SearchList, SearchShard
from tasks.errors import ConfigError
from tasks.model import Article, Page
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.addresses import ARCHIVE, SEARCH, relative, search_key
from tasks.outputs.caching import IMMUTABLE, INDEX
from tasks.outputs.contexts import Frame
from tasks.outputs.facts import iso_time, title_of
from tasks.outputs.fragments import text_of
from tasks.outputs.framing import frame_of
from tasks.outputs.front_matter import one_line
from tasks.outputs.pagefind import VERSION, bundle
from tasks.outputs.style import digest_of
from tasks.outputs.templating import html_page
from tasks.outputs.wording import text

_SHARDS, _RUNTIME, _ENTRY = "search/shards.json", f"static/pagefind-{VERSION}", "pagefind-entry.json"
_OF_SHARD = re.compile(r"pagefind-entry\.json|.+\.pf_(?:meta|index|fragment)")
_OF_RUNTIME = re.compile(r"pagefind\.js|wasm\.unknown\.pagefind|pagefind-entry\.json|.+\.pf_(?:meta|index)")
_TYPES = {"js": "text/javascript; charset=utf-8", "json": "application/json"}

# search.js has the same rules for these three.
_IDEOGRAPH, _LETTER = r"[^\W_\x00-\u2e7f]", r"[^\W_\u2e80-\U0010ffff]"
_BEFORE_WORD = re.compile(rf"(?={_IDEOGRAPH})|(?<!{_LETTER})(?={_LETTER})")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F) if chr(wide).isalnum()}
_BLANK = "␣"  # a blank of the text; a plain one ends a word of the index

_BETWEEN_BLOCKS = re.compile(
    r"<(?!/?(?:a|b|code|del|em|font|i|ins|mark|s|small|span|strong|sub|sup|u)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchContext:
    """The search page. `action`, `archive`, `script`, `runtime` and `shards` are links relative to it."""

    template: ClassVar[str] = "search.html"

    frame: Frame
    action: str
    archive: str
    script: str
    runtime: str
    shards: str


# --- shards -------------------------------------------------------------------------------------


def _of_shard(shard: SearchShard, site: SiteFacts) -> tuple[Page, ...]:
    if not site.search:
        return ()
    files = bundle(str(_document(article, site)) for article in shard.articles)
    return tuple(
        _page(search_key(shard.label, path), body, INDEX if path == _ENTRY else IMMUTABLE)
        for path, body in files.items()
        if _OF_SHARD.fullmatch(path)
    )


def _document(article: Article, site: SiteFacts) -> Markup:
    """The page that Pagefind reads: title and media, the card that a result shows, and the text.

    The card is an anchor's id, because Pagefind also searches its metadata: a year would find every address of it.
    """
    return Markup(
        '<html><body data-pagefind-body data-pagefind-sort="at:{at}">{head} <i id="{card}"></i>{text}</body></html>'
    ).format(
        at=f"{article.published_at.astimezone(UTC):%Y%m%dT%H%M%S}",  # as a number it would lose its last digits
        head=_words(f"{title_of(article)} {article.category.title}"),
        card=_card(article, site),
        text=_words(text_of(_BETWEEN_BLOCKS.sub(r" \g<0>", article.html))),
    )


def _card(article: Article, site: SiteFacts) -> str:
    """JSON without any blank: Pagefind would take them out of an id."""
    card = {
        "title": title_of(article),
        "media": one_line(article.category.title),
        "at": iso_time(article.published_at, site),
        "href": relative(article.page_key, start=SEARCH),
    }
    plain = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r"\s", lambda blank: f"\\u{ord(blank[0]):04x}", plain)


def _words(text: str) -> str:
    """The text as words with a blank between them, each with the punctuation after it; its own blanks are marked."""
    marked = re.sub(r"\s+", _BLANK, one_line(text).translate(_NARROW).strip())
    return _BEFORE_WORD.sub(" ", marked).strip()


# --- what there is once -------------------------------------------------------------------------


def _of_list(shards: SearchList, site: SiteFacts) -> tuple[Page, ...]:
    if not site.search:
        return ()
    return (_page(_SHARDS, json.dumps(shards.labels, separators=(",", ":")).encode(), INDEX),)


def _fixed(_: Fixed, site: SiteFacts) -> tuple[Page, ...]:
    """The page, its script, and Pagefind's own: that begins with an index of nothing, to which the page adds shards."""
    if not site.search:
        return ()
    script = _script(site)
    runtime = bundle(())
    return (
        script,
        *(
            _page(f"{_RUNTIME}/{path}", body, IMMUTABLE)
            for path, body in runtime.items()
            if _OF_RUNTIME.fullmatch(path)
        ),
        _search_page(script.key, site),
    )


def _script(site: SiteFacts) -> Page:
    body = site.theme.static.get("search.js")
    if body is None:
        raise ConfigError("theme: no static/search.js")
    return _page(f"static/search.{digest_of(body)}.js", body, IMMUTABLE)


def _search_page(script: str, site: SiteFacts) -> Page:
    context = SearchContext(
        frame=frame_of(
            site,
            SEARCH,
            title=text(site, "search_title"),
            description=text(site, "search_description", site=site.title),
        ),
        action=relative(SEARCH, start=SEARCH),
        archive=relative(ARCHIVE, start=SEARCH),
        script=relative(script, start=SEARCH),
        runtime=relative(f"{_RUNTIME}/pagefind.js", start=SEARCH),
        shards=relative(_SHARDS, start=SEARCH),
    )
    return html_page(SEARCH, context, site, INDEX)


def _page(key: str, body: bytes, cache_control: str) -> Page:
    kind = _TYPES.get(key.rpartition(".")[2], "application/octet-stream")
    return Page(key=key, body=body, content_type=kind, cache_control=cache_control)


OUTPUT = OutputKind(
    name="search",
    edition=f"1, Pagefind {VERSION}",
    of_index={SearchShard: _of_shard, SearchList: _of_list, Fixed: _fixed},
)
