"""Bytes to characters, whatever the label says: byte order mark, header, the document's own declaration, statistics.

The order is that of the HTML standard (section 13.2.3.2) with two additions, since labels lie: bytes that are UTF-8 are
read as UTF-8, and Chinese bytes are read as the Chinese charset in which they make Chinese.
"""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from charset_normalizer import from_bytes

from tasks.errors import ParseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Characters of an answer. `replaced_share` (0 to 1): how many of those that a reader sees could not be read."""

    text: str
    charset: str
    replaced_share: float


_MOST_REPLACED = 0.01
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
# Where browsers look for it: 1,024 bytes. Pages with a long head have it later, and nothing else looks like it.
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:+-]+)"
    rb"|<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:+-]+)",
    re.IGNORECASE,
)
_PRESCAN = 8192
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # not ESC, with which ISO 2022 changes its sets
_TAG = re.compile("<[^<>]*>")
_TAG_BYTES = re.compile(b"<[^<>]*>")
# Names that pages use for what Python calls otherwise, and narrow names for wider sets (WHATWG Encoding section 4.2).
_SAME = {
    "gb18030": "gb2312 gb_2312 gb_2312-80 gb2312-80 gbk x-gbk chinese csgb2312 euc-cn cp936 ms936 iso-ir-58 gb-2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5 csbig5 big-5 cp950 ms950",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j csshiftjis ms932",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cseuckr",
    "cp1252": "iso-8859-1 iso8859-1 iso88591 latin1 latin-1 l1 ascii us-ascii iso_8859-1 windows-1252 x-cp1252",
    "cp1254": "iso-8859-9 iso8859-9 latin5 windows-1254",
    "cp874": "tis-620 iso-8859-11 windows-874 dos-874",
    "mac_cyrillic": "maccyrillic x-mac-cyrillic x-mac-ukrainian",
    "euc_jp": "euc-jp x-euc-jp eucjp",
    "utf-8": "utf8 unicode-1-1-utf-8 x-unicode20utf8 utf-8-sig",
}
_CODEC = {name: codec for codec, names in _SAME.items() for name in names.split()}
_ASCII_ONLY = re.compile(
    r"iso-?2022|hz|utf-?(?:7|16|32)", re.IGNORECASE
)  # labels under which ASCII bytes are not ASCII
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
_CHINESE = ("gb18030", "big5hkscs")
# The commonest characters of Chinese text, simplified and traditional: near half of any text, a twentieth of any other
# bytes that are read as Chinese.
_COMMON = re.compile(
    "[的一是不了在人有我他这这個个们们中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過"
    "发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前"
    "开開但因只从從想实實日军軍者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最"
    "重并並物手应應战戰向头頭文体體政美相见見被利什二等产產或新己制身果加西斯月话話合回特代内內信表化老给給世位次度门門任常先海"
    "通教儿兒原东東声聲提立及比员員解水名真论論处處走义義各入几幾口认認条條平系气氣题題活尔爾更别別打女变變四神总總何电電数數安"
    "少报報才结結反受目太量再感建务務做接必场場件计計管期市直德资資命山金指克许許统統区區保至队隊形社便空决決治展马馬科司五基眼"
    "书書非则則听聽白却卻界达達光放强強即像难難且权權思王象完设設式色路记記南品住告类類求据據程北边邊死张張该該交规規万萬取拉格"
    "望觉覺术術领領共确確传傳师師观觀清今切院让讓识識候带帶导導争爭运運]"
)
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff]")
_SURE_COMMON = 0.25
_ENOUGH = 8  # characters: fewer are valid under another charset by accident, as the four bytes of a famous 联通 are
_SAMPLE = 200_000  # characters
_GUESSED = 20_000  # bytes
_GUESSES = [
    "gb18030",
    "big5hkscs",
    "cp1251",
    "cp1252",
    "cp1250",
    "koi8_r",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
]
_GUESSES += ["cp874", "iso8859_2", "iso8859_5", "cp866"]


def decode_page(body: bytes, content_type: str) -> Decoded:
    """Characters of an HTML or XML document; `ParseError` when more than one in a hundred cannot be read."""
    declared = _DECLARED.search(body[:_PRESCAN])
    own = (declared[1] or declared[2]).decode("ascii", "ignore") if declared else ""
    # UTF-16 cannot declare itself in ASCII: such a declaration means UTF-8 (HTML 13.2.3.3, step 15).
    own = "utf-8" if own.lower().startswith(("utf-16", "utf-32")) else own
    return _decode(body, (_header_label(content_type), own), markup=True)


def decode_data(body: bytes, content_type: str) -> Decoded:
    """The same for an answer without markup, which cannot declare anything itself."""
    return _decode(body, (_header_label(content_type),), markup=False)


def _header_label(content_type: str) -> str:
    return found[1] if (found := _HEADER.search(content_type or "")) else ""


def _decode(body: bytes, labels: Iterable[str], *, markup: bool) -> Decoded:
    for mark, charset in _BOMS:
        # A mark before anything but ASCII is the beginning of some other file.
        if body.startswith(mark) and (text := _read(body[len(mark) :], charset))[:1].isascii():
            return _checked(text, charset, markup=markup)
    codecs_named = [codec for label in labels if (codec := _codec(label))]
    charset = _charset(body, tuple(dict.fromkeys(codecs_named)))
    return _checked(_read(body, charset), charset, markup=markup)


def _charset(body: bytes, named: tuple[str, ...]) -> str:
    """The charset of bytes without a mark; `named` are those that labels claim, the most trusted first."""
    if wide := _wide(body):
        return wide
    text = _read(body, "utf-8")
    seen, broken = _beyond_ascii(text), text.count("\ufffd")
    if not seen:
        return next((codec for codec in named if _ASCII_ONLY.match(codec) and _fits(body, codec)), "utf-8")
    claims = [codec for codec in named if codec != "utf-8" and _fits(body, codec)]
    # Three bytes of UTF-8 are hardly anything else by accident, two of them often are.
    sure = seen >= _ENOUGH or not claims or (not broken and max(text) > "\u07ff")
    if broken * 10 <= seen and sure:
        return "utf-8"
    if (chinese := _as_chinese(body)) is not None:
        return chinese
    return next(iter(claims), "") or _guess(body, named)


def _wide(body: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: the zeros around the first signs show it (XML 1.0 appendix F.1)."""
    shapes = {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be"}
    return shapes.get(body[:4], "") or {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(body[:2], "")


def _as_chinese(body: bytes) -> str | None:
    """The Chinese charset in which these bytes are Chinese beyond doubt."""
    best, best_share = None, _SURE_COMMON
    for charset in _CHINESE:
        text = _read(body[: 2 * _SAMPLE], charset)
        signs = len(_IDEOGRAPH.findall(text)) + text.count("\ufffd")
        share = len(_COMMON.findall(text)) / signs if signs >= _ENOUGH else 0.0
        if share > best_share:
            best, best_share = charset, share
    return best


def _guess(body: bytes, named: tuple[str, ...]) -> str:
    """What neither a label nor Chinese explains: a few Chinese characters, else what looks most like a language."""
    sample = _TAG_BYTES.sub(b" ", body[: 2 * _SAMPLE])[:_GUESSED]
    if len(sample) - len(sample.decode("ascii", "ignore")) < 2 * _ENOUGH and _fits(sample, "gb2312"):
        return "gb18030"
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    if best is not None and _fits(body, best.encoding):
        return _CODEC.get(best.encoding, best.encoding)
    return min(("utf-8", *named, "gb18030", "cp1252"), key=lambda codec: _unreadable(_read(body, codec)))


def _fits(body: bytes, charset: str) -> bool:
    text = _read(body, charset)
    return _unreadable(text) * 20 <= _beyond_ascii(text)


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _read(body: bytes, charset: str) -> str:
    return body.decode(charset, "replace")


def _codec(label: str) -> str:
    """Python's name for the charset of that label; empty for what is no charset of texts."""
    name = label.strip().lower()
    if not name or name in _NO_CHARSETS:
        return ""
    if name in _CODEC:
        return _CODEC[name]
    try:
        found = codecs.lookup(name).name
        b"  ".decode(found, "replace")  # for no bytes at all, a codec of no texts is not refused
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if found in _NO_CHARSETS else _CODEC.get(found, found)


def _unreadable(text: str) -> int:
    """How many characters could not be read, or are none of any text."""
    return text.count("\ufffd") + len(_CONTROLS.findall(text))


def _checked(text: str, charset: str, *, markup: bool) -> Decoded:
    bad = _unreadable(text)
    share = bad / max(1, len(_TAG.sub("", text) if markup else text)) if bad else 0.0
    if share > _MOST_REPLACED:
        other = "any other charset" if charset == "utf-8" else charset
        raise ParseError(
            f"the characters cannot be read: neither UTF-8 nor {other}: {share:.0%} of them are none, expected at most 1 %"
        )
    return Decoded(text=text, charset=charset, replaced_share=share)
