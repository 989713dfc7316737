"""Bytes of a picture -> what a site may serve of it: drawn anew in some widths, without anything that was not seen.

What the bytes are is read from the bytes, never from a name or a Content-Type. The same bytes give the same result
with the same version of Pillow.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from tasks.errors import ParseError

# Only these are tried: every further format is a decoder more that strangers can reach. SVG is a program and no picture.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_MOST_PIXELS = 40_000_000
_LONGEST_SIDE = 16_000  # WebP knows none above 16,383
_BEACON = 2  # pixels: what is no larger counts readers
_MOST_SCANS = 100  # a JPEG file of a few megabytes may ask for thousands of passes over the whole picture
_JPEG, _START_OF_SCAN = (
    b"\xff\xd8",
    b"\xff\xda",
)  # ITU-T T.81 B.1.1.3; within coded data an 0xFF is always followed by 0x00
_WIDEST = 1_600
_WIDTHS = (480, 960)
_STEP = 0.8  # a width this near to the next larger one saves nobody anything
_FEW_COLOURS = 256
_LOSSLESS = frozenset({"PNG", "GIF", "BMP"})
_SAVING: Mapping[str, Mapping[str, Any]] = {
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": True},
    "webp": {"format": "WEBP", "quality": 82},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """The picture in one size, in pixels."""

    width: int
    height: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Renditions:
    """The picture in all its sizes, the smallest first; `extension` is `jpg`, `png` or `webp`."""

    extension: str
    sizes: tuple[Rendition, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the bytes of all sizes."""
        digest = hashlib.sha256()
        for size in self.sizes:
            digest.update(b"%d:" % len(size.body) + size.body)
        return digest.hexdigest()


def renditions(body: bytes) -> Renditions:
    """The picture in at most three widths; `ParseError` says why it is none that can be shown.

    An animation gives its first frame. A drawing (few colours, and none lost before) becomes PNG, a picture with
    transparency WebP, all others JPEG. EXIF tells how it is held, and goes then with all other metadata; colour profiles
    go unused.
    """
    try:
        return _in_sizes(*_drawn(body))
    except ParseError:
        raise
    except Exception as error:
        # Decoders raise whatever a broken file leads them to: OSError, SyntaxError, ValueError, struct.error and more.
        raise ParseError(f"the picture cannot be read: {type(error).__name__}: {str(error)[:120]}") from error


def _drawn(body: bytes) -> tuple[Image.Image, str]:
    """The pixels, upright, in mode L, RGB or RGBA, and nothing beside them; and the extension that suits them."""
    if body.startswith(_JPEG) and body.count(_START_OF_SCAN) > _MOST_SCANS:
        raise ParseError(f"the picture has more than {_MOST_SCANS} scans")
    try:
        image: Image.Image = Image.open(io.BytesIO(body), formats=_FORMATS)
    except UnidentifiedImageError as error:
        expected = "expected JPEG, PNG, GIF, WebP or BMP"
        raise ParseError(f"not a picture that is known here: it begins with {body[:12]!r}, {expected}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ParseError(f"the picture has more than {_MOST_PIXELS} pixels") from error
    _check_size(image)
    if image.format == "JPEG":
        image.draft(None, (_WIDEST, _WIDEST))  # a large one is decoded at half its size or less
    image.load()
    _check_size(image)  # a frame may be larger than its file says
    plain = _eight_bits(_upright(image))
    plain.info.clear()
    if image.format in _LOSSLESS and plain.getcolors(_FEW_COLOURS) is not None:
        return plain, "png"
    return plain, "webp" if plain.mode == "RGBA" else "jpg"


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as EXIF says; as it lies where nobody can read that."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > _MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
        most = f"at most {_MOST_PIXELS} pixels and {_LONGEST_SIDE} a side"
        raise ParseError(f"the picture is too large: {width} x {height}, expected {most}")
    if min(width, height) <= _BEACON:
        raise ParseError(f"nothing to be seen: the picture is {width} x {height} pixels")


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture in mode L, RGB or RGBA."""
    if image.mode.startswith("I"):  # 16 bits of grey; a conversion would cut them off
        return image.point(lambda value: value * (1 / 256), "F").convert("L")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        return clear if clear.getextrema()[-1] != (255, 255) else clear.convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _in_sizes(picture: Image.Image, extension: str) -> Renditions:
    full = min(picture.width, _WIDEST)
    widths = [*(width for width in _WIDTHS if width < full * _STEP), full]
    return Renditions(extension=extension, sizes=tuple(_rendition(picture, width, extension) for width in widths))


def _rendition(picture: Image.Image, width: int, extension: str) -> Rendition:
    height = max(1, round(picture.height * width / picture.width))
    scaled = picture
    if width != picture.width:
        scaled = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    scaled.save(out, **_SAVING[extension])
    return Rendition(width=width, height=height, body=out.getvalue())
