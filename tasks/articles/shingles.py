"""Whether two texts tell the same story in other words: character shingles, which need no words and so read Chinese.

A sketch keeps the smallest hashes of a text's shingles (bottom-k: Broder, "On the resemblance and containment of
documents", 1997) and its figures. Stories of one pattern, such as each day's close of a market, share most of their
shingles and differ in their figures, so both have to agree. The minima of a few bins (one permutation hashing: Li, Owen,
Zhang, 2012) find the few texts that are worth comparing.
"""

import re
import struct
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b

_SHINGLE = 4  # characters
_KEPT = 256  # hashes in a sketch: of most briefs all
_BANDS = 32
_LEAST = 40  # characters of the shortest text that is compared
_ALIKE, _WITHIN = (
    0.24,
    0.45,
)  # share of common shingles: of both texts, or of the shorter one where it shortens the other
_NEARLY, _NEARLY_WITHIN = 0.6, 0.8  # the same, where figures cannot tell
_SOME = 0.12  # of the shorter text's shingles, where four telling figures and more agree
_FIGURES, _TELLING_FIGURES, _ENOUGH = 0.7, 0.8, 3  # share of the fewer figures that both have; how many can tell
_MOST_FIGURES = 200

_WORD = re.compile(r"[^\W_]+")
_FIGURE = re.compile(
    r"\d+(?:\.\d+)?%?|[一二三四五六七八九十]+(?=季度?|月|日|年|成|届|期)|上半年|下半年|前三季|年报|半年报|季报"
)
_TELLING = re.compile(r"\d+\.\d+%?|\d+%|\d*[1-9]\d{2,}|\d{2,}[1-9]\d?|\d{3,}[1-9]0?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ATOM = struct.Struct(">Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What is kept of a text for comparing. `hashes` are the smallest of its shingles, ascending; `count` is how many it has."""

    hashes: tuple[int, ...]
    count: int
    figures: frozenset[str]

    def packed(self) -> bytes:
        """The sketch in bytes."""
        numbers = b"".join(map(_ATOM.pack, (self.count, len(self.hashes), *self.hashes)))
        return numbers + " ".join(sorted(self.figures)).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> "Sketch":
        """The sketch that gave these bytes."""
        count, kept = struct.unpack_from(">QQ", packed)
        end = 16 + 8 * kept
        return cls(
            hashes=struct.unpack_from(f">{kept}Q", packed, 16),
            count=count,
            figures=frozenset(packed[end:].decode().split()),
        )


def sketch_of(text: str) -> Sketch | None:
    """The sketch of a text without markup; None of one that is too short to tell."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    dense = "".join(_WORD.findall(folded))
    if len(dense) < _LEAST:
        return None
    found = {_hash(dense[at : at + _SHINGLE]) for at in range(len(dense) - _SHINGLE + 1)}
    figures = sorted(set(_FIGURE.findall(folded.replace(",", ""))))[:_MOST_FIGURES]
    return Sketch(hashes=tuple(sorted(found)[:_KEPT]), count=len(found), figures=frozenset(figures))


def bands_of(sketch: Sketch) -> tuple[int, ...]:
    """Keys under which similar texts meet, as positive 63-bit numbers. Worth comparing is what shares two of them."""
    least: dict[int, int] = {}
    for value in sketch.hashes:
        least.setdefault(value % _BANDS, value)
    return tuple(value >> 1 for value in least.values())


def same_story(one: Sketch, other: Sketch) -> bool:
    """Whether both tell the same story. Precision first: it rather misses a rewriting than joins two stories."""
    resemblance, containment = overlap(one, other)
    fewer, more = sorted((_telling(one.figures), _telling(other.figures)), key=len)
    common = len(fewer & more)
    if common > _ENOUGH and common >= _TELLING_FIGURES * len(fewer) and containment >= _SOME:
        return True
    alike = resemblance >= _ALIKE or containment >= _WITHIN
    if len(fewer) >= _ENOUGH or 1 < common == len(fewer):
        return alike and common >= _FIGURES * len(fewer)
    fewer, more = sorted((one.figures, other.figures), key=len)
    common = len(fewer & more)
    if len(fewer) >= _ENOUGH:
        return alike and common >= _FIGURES * len(fewer)
    return common == len(fewer) and (resemblance >= _NEARLY or containment >= _NEARLY_WITHIN)


def overlap(one: Sketch, other: Sketch) -> tuple[float, float]:
    """Estimated share of shingles that both have: of all together, and of the shorter text."""
    union = sorted({*one.hashes, *other.hashes})[: min(_KEPT, max(len(one.hashes), len(other.hashes)))]
    both = set(one.hashes) & set(other.hashes)
    if not union:
        return 0.0, 0.0
    resemblance = sum(value in both for value in union) / len(union)
    common = resemblance * (one.count + other.count) / (1 + resemblance)
    return resemblance, common / max(1, min(one.count, other.count))


def _telling(figures: frozenset[str]) -> frozenset[str]:
    """Figures that hardly two stories have by chance: no days, no years, no round hundreds."""
    return frozenset(figure for figure in figures if _TELLING.fullmatch(figure) and not _YEAR.fullmatch(figure))


def _hash(shingle: str) -> int:
    return int.from_bytes(blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=8).digest())
