"""Pictures in any form, drawn for a test."""

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image


def drawn(
    width: int = 640, height: int = 360, *, mode: str = "RGB", form: str = "JPEG", seed: int = 0, **saving: Any
) -> bytes:
    """A picture with many colours that is another one for every seed, as a file."""
    return saved(colourful(width, height, seed).convert(mode), form, **saving)


def colourful(width: int, height: int, seed: int = 0) -> Image.Image:
    """Soft changes of colour, as in a photograph; its left half is darker than its right one."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.radial_gradient("L").resize((width, height)).point(lambda value: (value + 16 * seed) % 256)
    return Image.merge("RGB", (across, down, across))


def saved(image: Image.Image, form: str, **saving: Any) -> bytes:
    """The image as a file."""
    out = io.BytesIO()
    image.save(out, form, **saving)
    return out.getvalue()


def opened(body: bytes) -> Image.Image:
    """The file as an image, decoded."""
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def frames(colours: Sequence[str], *, form: str) -> bytes:
    """An animation with a frame of each colour."""
    images = [Image.new("RGB", (60, 40), colour) for colour in colours]
    return saved(images[0], form, save_all=True, append_images=images[1:], duration=100)
