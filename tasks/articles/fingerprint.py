"""Whether two readings of an article say the same, whatever their bytes.

Folded are: blanks, Unicode composition, counters of readers, lines that advertise the publisher's app, and tokens in
addresses. A word or figure of the text itself is never folded: counters and adverts count as such only as whole lines,
the former only at the edges of the text, the latter only without figures, and neither in tables.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from tasks.model import Article

_EDGE = 3  # lines at the beginning and the end among which counters stand
_META = 80  # characters of the longest line that tells time, outlet and counters beside each other

_TAG = re.compile(r"""<(/?)([a-z][a-z0-9]*+)((?:[^>"]|"[^"]*")*)>""", re.IGNORECASE)
_ADDRESS = re.compile(r"""\b(?:src|href)="([^"]*)\"""", re.IGNORECASE)
_INLINE = frozenset("a b code em i s strong sub sup u span font small".split())

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_BESIDE_WIDE = re.compile(rf"(?<=[{_WIDE}]) | (?=[{_WIDE}])")

_MEASURE = (
    r"(?:阅读|阅|浏览|点击|评论|跟贴|跟帖|点赞|赞|收藏|转发|分享|人气|围观|参与|views?|reads?|comments?|likes?|shares?)"
)
_COUNT = r"\d++(?:,\d++)*+\s*+[+万wk]?+\s*+(?:次|人(?!气)|条|个)?"
_COUNTER = rf"{_MEASURE}(?:数|量|次数|人数)?\s*[:：]?\s*[(（\[]?\s*{_COUNT}\s*[)）\]]?|{_COUNT}\s*{_MEASURE}"
_AGO = r"刚刚|\d+\s*(?:秒|分钟|小时|天)前"
# Possessive: what is read as a counter is never read in another way, or a line of many would take for ever.
_COUNTERS = re.compile(rf"(?:(?>{_COUNTER}|{_AGO})[\s|·/,，]*+)++", re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"{_MEASURE}(?:数|量)?\s*[(（]\s*{_COUNT}\s*[)）]", re.IGNORECASE)
_ADVERT = re.compile(
    r"广告|推广|赞助|advertisement|sponsored(?: content)?|story continues below(?: advertisement)?"
    r"|(?:打开|下载|安装|前往).{0,20}(?:app|客户端)\W{0,2}|扫(?:码|描|一扫).{0,20}(?:关注|下载|二维码|app|客户端)\W{0,2}"
    r"|(?:点击)?(?:查看|阅读|展开)(?:更多|全文|原文)\W{0,3}|(?:点击|长按).{0,12}(?:关注我们|下载|进入专题)\W{0,3}",
    re.IGNORECASE,
)

_TOKENS = frozenset(
    "_ t ts v sign sig signature token auth auth_key expires expire e key nonce rand random r share share_token shareid "
    "from spm scm fbclid gclid msclkid yclid mc_cid mc_eid wx_fmt tp wxfrom wx_lazy wx_co".split()
)
_TOKEN_VALUE = re.compile(r"[0-9a-f]{16,}|\d{10,13}|[\w-]{24,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a correction changed: names of fields, and how many characters of the text went and came."""

    changed: tuple[str, ...]
    size: int


def fingerprint(article: Article) -> str:
    """SHA-256 over what the article says; the same for two readings that say the same."""
    parts = (f"{name}\x1e{value}" for name, value in _fields(article).items())
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def text_digest(html: str) -> str:
    """SHA-256 over the text alone; empty where there is none."""
    lines = "\n".join(_lines(html))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest() if lines else ""


def difference(before: Article, after: Article) -> Difference:
    """What changed between two readings."""
    old, new = _fields(before), _fields(after)
    return Difference(
        changed=tuple(name for name in new if old[name] != new[name]),
        size=_moved(old["text"].split("\n"), new["text"].split("\n")),
    )


def _fields(article: Article) -> dict[str, str]:
    """What is published of an article, in the names that a revision tells, each folded."""
    text = "\n".join(_lines(article.html))
    summary = _folded(article.summary)
    told = summary.rstrip("…") in text.replace("\n", "")  # most summaries are a part of the text
    return {
        "identity": f"{article.code} {article.file_id}",
        "category": f"{article.category.slug} {article.category.title}",
        "time": article.published_at.isoformat(),
        "title": _folded(article.title),
        "summary": "" if told else summary,
        "quote": _folded(article.quote or ""),
        "origin": settled(article.origin_url),
        "addresses": "\n".join(settled(address) for address in _addresses(article.html)),
        "text": text,
    }


def _lines(html: str) -> list[str]:
    """The text, a line for each block, without lines that are not of the article."""
    lines = list(_blocks(html))
    kept: list[str] = []
    for place, (line, in_table) in enumerate(lines):
        at_edge = place < _EDGE or place >= len(lines) - _EDGE
        if in_table:
            kept.append(line)
        elif not (_is_advert(line) or (at_edge and _is_counters(line))):
            kept.append(_without_counters(line) if at_edge else line)
    return kept


def _blocks(html: str) -> Iterator[tuple[str, bool]]:
    """Each block's text, folded, and whether it stands in a table."""
    at = tables = 0
    line = ""
    for tag in _TAG.finditer(html):
        line += html[at : tag.start()]
        at = tag.end()
        name = tag[2].lower()
        if name in _INLINE:
            continue
        if folded := _folded(unescape(line)):
            yield folded, tables > 0
        line = ""
        tables += (-1 if tag[1] else 1) if name == "table" else 0
    if folded := _folded(unescape(line + html[at:])):
        yield folded, tables > 0


def _folded(text: str) -> str:
    flat = " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())
    return _BESIDE_WIDE.sub("", flat)


def _is_counters(line: str) -> bool:
    return len(line) <= _META and _COUNTERS.fullmatch(line) is not None


def _is_advert(line: str) -> bool:
    return _ADVERT.fullmatch(line) is not None and not re.search(r"\d", line)


def _without_counters(line: str) -> str:
    """A short line of times and names without the counters in brackets at its end; a sentence stays as it is."""
    return line if len(line) > _META or re.search("[。！？；]", line) else _IN_BRACKETS.sub("", line).strip()


def _addresses(html: str) -> list[str]:
    return [unescape(found[1]) for tag in _TAG.finditer(html) for found in _ADDRESS.finditer(tag[3])]


def settled(url: str) -> str:
    """An address without what changes from answer to answer: scheme, number of the picture server, tokens."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    host = re.sub(r"^([a-z]+)\d+(?=\.)", r"\1", (parts.netloc or "").lower())
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _TOKENS and not name.lower().startswith("utm_") and not _TOKEN_VALUE.fullmatch(value)
    ]
    return f"{host}{parts.path}" + (f"?{urlencode(sorted(kept))}" if kept else "")


def _moved(before: Sequence[str], after: Sequence[str]) -> int:
    """Characters of the lines' text that only one of the two has."""
    size = 0
    for step, i, j, k, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if step != "equal":
            old, new = "\n".join(before[i:j]), "\n".join(after[k:end])
            same = SequenceMatcher(None, old[:4_000], new[:4_000], autojunk=False).get_matching_blocks()
            size += len(old) + len(new) - 2 * sum(block.size for block in same)
    return size
