"""Draws the PNG files of the folder pictures again: plain charts of made-up figures, the same at every call."""

import struct
import zlib
from itertools import pairwise
from pathlib import Path
from random import Random

WIDTH, HEIGHT = 560, 280
PALETTE = ((255, 255, 255), (222, 226, 230), (200, 48, 48), (38, 140, 84), (44, 98, 176), (226, 148, 36))
WHITE, GREY, RED, GREEN, BLUE, AMBER = range(len(PALETTE))


class Canvas:
    """A picture of indexed colours, drawn in rectangles."""

    def __init__(self) -> None:
        self._rows = [bytearray(WIDTH) for _ in range(HEIGHT)]
        for y in range(20, HEIGHT, 48):
            self.rectangle(20, y, WIDTH - 40, 1, GREY)

    def rectangle(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        """Fills a rectangle, cut to the canvas; (x, y) is its upper left corner."""
        left, right = max(x, 0), min(x + width, WIDTH)
        for row in self._rows[max(y, 0) : max(y + height, 0)]:
            row[left:right] = bytes([colour]) * max(right - left, 0)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 9)
        colours = bytes(value for colour in PALETTE for value in colour)
        chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def walk(seed: int, steps: int) -> list[int]:
    """A random walk that stays on the canvas."""
    chance, level, levels = Random(seed), HEIGHT // 2, []
    for _ in range(steps):
        level = min(max(level + round(chance.uniform(-16, 16)), 40), HEIGHT - 40)
        levels.append(level)
    return levels


def candles(seed: int) -> bytes:
    """A K-line chart: red rises, green falls."""
    canvas, levels = Canvas(), walk(seed, 46)
    for place, (begin, end) in enumerate(pairwise(levels)):
        colour, top = (RED if end < begin else GREEN), min(begin, end)
        canvas.rectangle(24 + place * 11 + 3, top - 7, 1, abs(end - begin) + 14, colour)
        canvas.rectangle(24 + place * 11, top, 7, abs(end - begin) + 1, colour)
    return canvas.png()


def line(seed: int, colour: int) -> bytes:
    """A line chart."""
    canvas, levels = Canvas(), walk(seed, 66)
    for place, (begin, end) in enumerate(pairwise(levels)):
        for step in range(8):
            canvas.rectangle(20 + place * 8 + step, begin + (end - begin) * step // 8, 2, 3, colour)
    return canvas.png()


def bars(seed: int, colour: int) -> bytes:
    """A bar chart."""
    canvas = Canvas()
    for place, level in enumerate(walk(seed, 13)):
        canvas.rectangle(28 + place * 40, level, 24, HEIGHT - 20 - level, colour)
    return canvas.png()


def main() -> None:
    """Writes every picture."""
    folder = Path(__file__).resolve().parent / "pictures"
    for seed in (1, 2, 3, 4):
        (folder / f"kline-{seed}.png").write_bytes(candles(seed))
    for seed, colour in ((11, BLUE), (12, RED), (13, GREEN)):
        (folder / f"line-{seed - 10}.png").write_bytes(line(seed, colour))
    for seed, colour in ((21, AMBER), (22, BLUE)):
        (folder / f"bars-{seed - 20}.png").write_bytes(bars(seed, colour))


if __name__ == "__main__":
    main()
