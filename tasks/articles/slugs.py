"""Media names -> slugs: safe in a file name and an address, one for each name, the same for ever.

pypinyin reads the characters (MIT; phrase-aware: 重庆 is chongqing, 央行 is yanghang). The ledger remembers
what was given; a slug is only ever made for a name that it does not know yet.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping

# First segments of the site's own addresses.
RESERVED = frozenset(
    {"category", "archive", "static", "assets", "pictures", "feed", "index", "404", "about", "search", "sitemaps"}
)
_LENGTH = 60


def romanise(name: str) -> str:
    """Lower-case pinyin without tones (ü as v); everything but letters and digits becomes one `-`. May be empty."""
    # Its dictionary takes a third of a second to read, and most runs meet no new name.
    from pypinyin import Style, lazy_pinyin

    plain = unicodedata.normalize("NFKC", name)
    syllables = "".join(lazy_pinyin(plain, style=Style.NORMAL))
    letters = "".join(c for c in unicodedata.normalize("NFKD", syllables) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")


def new_slug(name: str, *, pinned: Mapping[str, str], taken: Collection[str]) -> str:
    """A slug for a name met for the first time.

    A pinned one as it stands; else pinyin. Where that is empty, too long, reserved or taken, eight digits
    or more of the name's own hash are added, so that the result does not depend on which name came first.
    """
    if name in pinned and pinned[name] not in taken:
        return pinned[name]
    slug = romanise(name)
    if slug and len(slug) <= _LENGTH and slug not in RESERVED and slug not in taken:
        return slug
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    start = slug[:_LENGTH].rstrip("-") or "media"
    # A name can be made to read like another's mark; nobody can do that for long.
    return next(made for digits in range(8, 20) if (made := f"{start}-{mark[:digits]}") not in taken)
