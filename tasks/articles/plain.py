"""Text without what no page, feed or post may hold."""

import re

# XML 1.0 section 2.2: characters that no document may hold, plus lone surrogates.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def without_controls(text: str) -> str:
    """One line: line breaks and tabs become a blank, other control characters go, the rest stays as it is."""
    return legal(re.sub(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+", " ", text))


def legal(text: str) -> str:
    """`text` without characters that are illegal in XML 1.0."""
    return _ILLEGAL.sub("", text)
