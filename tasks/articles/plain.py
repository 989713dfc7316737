"""Bytes to text, and text without what no page, feed or post may hold."""

import re

from tasks.errors import ParseError

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
# What the label says and what the bytes are: GB2312 and GBK pages hold GB18030 characters (WHATWG Encoding 10).
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "windows-1252"}
# XML 1.0 section 2.2: characters that no document may hold, plus lone surrogates.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def decode(body: bytes, content_type: str) -> str:
    """Text of an answer; `ParseError` when more than one character in a hundred cannot be read.

    UTF-8 first, whatever the label says (these services mislabel it), with a few broken bytes tolerated;
    then the label's charset; then GB18030.
    """
    label = match[1].lower() if (match := _CHARSET.search(content_type)) else "gb18030"
    for charset in dict.fromkeys(("utf-8", _WIDER.get(label, label), "gb18030")):
        try:
            text = body.decode(charset, "replace")
        except (LookupError, UnicodeError):  # no such charset, or one that is no charset of texts
            continue
        if text.count("\ufffd") * 100 <= len(text):
            return text
    raise ParseError(f"the characters cannot be read: neither UTF-8 nor {label!r} nor GB18030")


def without_controls(text: str) -> str:
    """One line: line breaks and tabs become a blank, other control characters go, the rest stays as it is."""
    return legal(re.sub(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+", " ", text))


def legal(text: str) -> str:
    """`text` without characters that are illegal in XML 1.0."""
    return _ILLEGAL.sub("", text)
