"""What a site may serve of a picture, whatever its bytes are."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.articles.images import renditions
from tasks.errors import ParseError
from tests.support.drawing import colourful, drawn, frames, opened, saved


def last(body: bytes) -> Image.Image:
    """The largest size that is made of a file."""
    return opened(renditions(body).sizes[-1].body)


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG file as its specification puts one together, with rows that are filtered already."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# --- types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "extension"), [("JPEG", "jpg"), ("PNG", "jpg"), ("WEBP", "jpg"), ("BMP", "jpg"), ("GIF", "png")]
)
def test_every_known_type_is_drawn_anew(form: str, extension: str) -> None:
    body = drawn(form=form)
    made = renditions(body)
    assert made.extension == extension
    assert [(size.width, size.height) for size in made.sizes] == [(480, 270), (640, 360)]
    for size in made.sizes:
        image = opened(size.body)
        assert image.size == (size.width, size.height)
        assert image.format == {"jpg": "JPEG", "png": "PNG"}[extension]
        assert size.body not in body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><title>login</title>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"II*\x00" + b"\x00" * 64,
        saved(Image.new("RGB", (60, 40)), "TIFF"),
        saved(Image.new("RGB", (60, 40)), "ICO"),
        saved(Image.new("RGB", (60, 40)), "PDF"),
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="expected JPEG, PNG, GIF, WebP or BMP"):
        renditions(body)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.2, 0.9])
def test_half_a_file_is_no_picture(form: str, share: float) -> None:
    body = drawn(form=form)
    with pytest.raises(ParseError):
        renditions(body[: int(len(body) * share)])


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]), st.data())
def test_whatever_the_bytes_are_the_answer_is_a_picture_or_a_reason(form: str, data: st.DataObject) -> None:
    body = bytearray(drawn(64, 48, form=form))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = renditions(bytes(body))
    except ParseError:
        return
    assert all(opened(size.body).size == (size.width, size.height) for size in made.sizes)


# --- bombs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height"), [(8_000, 6_000), (12_000, 10_000), (60_000, 60_000), (30_000, 3), (3, 30_000)]
)
def test_more_pixels_than_a_page_can_show(width: int, height: int) -> None:
    with pytest.raises(ParseError, match=r"too large|more than 40000000 pixels"):
        renditions(png(width, height, 8, 0, b""))


def test_a_frame_that_is_larger_than_its_file_says() -> None:
    screen = struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 20_000, 20_000, 0) + b"\x02\x02\x4c\x01\0;"
    with pytest.raises(ParseError):
        renditions(b"GIF89a" + screen + frame)


def test_a_jpeg_file_of_more_scans_than_anybody_needs() -> None:
    body = drawn(progressive=True)
    assert renditions(body)
    scan = body[body.rindex(b"\xff\xda") : -2]
    with pytest.raises(ParseError, match="more than 100 scans"):
        renditions(body[:-2] + scan * 100 + body[-2:])


def test_a_text_that_unpacks_to_megabytes() -> None:
    rows = b"".join(b"\0" + bytes(range(60)) for _ in range(40))
    bomb = (b"zTXt", b"comment\0\0" + zlib.compress(b"a" * 50_000_000))
    with pytest.raises(ParseError):
        renditions(png(60, 40, 8, 0, rows, bomb))


def test_of_an_animation_the_first_frame_is_shown() -> None:
    for form in ("GIF", "WEBP", "PNG"):
        image = last(frames(["red", *["blue", "lime"] * 200], form=form)).convert("RGB")
        red, green, blue = image.getpixel((5, 5))  # type: ignore[misc]
        assert (red > 240, green < 10, blue < 10) == (True, True, True), form
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 1)])
def test_what_only_counts_readers(size: tuple[int, int]) -> None:
    with pytest.raises(ParseError, match="nothing to be seen"):
        renditions(saved(Image.new("RGB", size), "PNG"))


# --- colours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_colours_stay_what_they_are(mode: str) -> None:
    original = colourful(320, 200)
    image = last(saved(original.convert(mode), "JPEG", quality=95)).convert("L")
    for x in (20, 160, 300):
        assert abs(image.getpixel((x, 100)) - original.convert("L").getpixel((x, 100))) < 24  # type: ignore[operator]


def test_sixteen_bits_of_grey_become_eight() -> None:
    rows = b"".join(b"\0" + b"".join(struct.pack(">H", x * 600) for x in range(100)) for _ in range(10))
    image = last(png(100, 10, 16, 0, rows))
    assert [image.getpixel((x, 5)) for x in (0, 50, 99)] == [0, 50 * 600 // 256, 99 * 600 // 256]


def test_sixteen_bits_of_colour_become_eight() -> None:
    row = b"\0" + b"".join(struct.pack(">HHH", x * 600, 65_535, 0) for x in range(100))
    image = last(png(100, 10, 16, 2, row * 10)).convert("RGB")
    assert image.getpixel((50, 5)) == (50 * 600 // 256, 255, 0)


def test_transparency_stays() -> None:
    image = colourful(300, 200).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((300, 200)))
    made = renditions(saved(image, "PNG"))
    assert made.extension == "webp"
    top, bottom = (opened(made.sizes[0].body).getpixel((150, y)) for y in (1, 198))
    assert top[3] < 10 < 245 < bottom[3]  # type: ignore[index]


def test_a_transparent_palette() -> None:
    image = Image.new("P", (60, 40), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(0, (0, 0, 30, 40))
    made = renditions(saved(image, "GIF", transparency=0))
    assert made.extension == "png"
    shown = opened(made.sizes[0].body)
    assert (shown.getpixel((5, 5))[3], shown.getpixel((50, 5))) == (0, (255, 0, 0, 255))  # type: ignore[index]


def test_a_channel_that_hides_nothing_costs_nothing() -> None:
    assert renditions(drawn(mode="RGBA", form="PNG")).extension == "jpg"


def test_a_drawing_loses_nothing() -> None:
    image = Image.new("RGB", (300, 200), "white")
    image.paste((200, 16, 46), (10, 10, 200, 100))
    made = renditions(saved(image, "PNG"))
    assert made.extension == "png"
    assert opened(made.sizes[0].body).convert("RGB").tobytes() == image.tobytes()


# --- what goes --------------------------------------------------------------------------------


def test_it_is_turned_as_its_camera_was_held_and_says_nothing_more() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the left: EXIF 2.3 4.6.4 A
    exif[0x010F] = "a camera"
    exif[0x8825] = {1: "N", 2: (31.0, 13.0, 49.0)}
    body = drawn(600, 400, exif=exif, icc_profile=b"a profile of colours" * 9, comment=b"a remark")
    made = renditions(body)
    assert [(size.width, size.height) for size in made.sizes] == [(400, 600)]
    image = opened(made.sizes[-1].body)
    assert (dict(image.getexif()), image.info.get("icc_profile"), image.info.get("comment")) == ({}, None, None)
    for told in (b"a camera", b"a profile", b"a remark", b"Exif"):
        assert told not in made.sizes[-1].body
    top, bottom = (image.convert("L").getpixel((200, y)) for y in (30, 570))
    assert top < bottom  # type: ignore[operator]


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_metadata_of_other_types_goes_too(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    body = drawn(form=form, exif=exif, icc_profile=b"a profile of colours" * 9)
    made = b"".join(size.body for size in renditions(body).sizes)
    assert b"a camera" not in made
    assert b"profile" not in made


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_exif_that_nobody_can_read_turns_nothing() -> None:
    assert last(drawn(600, 400, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).size == (600, 400)


def test_what_hides_behind_the_picture_goes() -> None:
    body = drawn() + b"<script>alert(1)</script>"
    assert b"script" not in b"".join(size.body for size in renditions(body).sizes)


# --- sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "widths"),
    [(30, [30]), (480, [480]), (590, [590]), (610, [480, 610]), (1_280, [480, 960, 1_280]), (2_400, [480, 960, 1_600])],
)
def test_widths(width: int, widths: list[int]) -> None:
    made = renditions(drawn(width, 300))
    assert [size.width for size in made.sizes] == widths
    assert all(abs(size.height - 300 * size.width / width) <= 1 for size in made.sizes)


def test_the_same_bytes_give_the_same_picture_and_others_another() -> None:
    for form in ("JPEG", "PNG", "WEBP"):
        body = drawn(form=form)
        assert renditions(body) == renditions(body)
        assert renditions(body).digest == renditions(body).digest
        assert renditions(body).digest != renditions(drawn(form=form, seed=1)).digest


def test_the_name_of_a_picture_changes_with_any_of_its_sizes() -> None:
    made = renditions(drawn(1_280, 800))
    digests = {made.digest, renditions(drawn(1_281, 800)).digest, renditions(drawn(1_280, 801)).digest}
    assert len(digests) == 3
