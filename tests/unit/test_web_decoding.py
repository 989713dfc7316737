"""Content codings: what was put in comes out, and nothing makes more than the limit."""

import contextlib
import gzip
import time
import tracemalloc
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tasks.web.decoding import TooLong, Undecodable, decoded

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": lambda body: zstandard.ZstdCompressor().compress(body),
}
codings = st.sampled_from(sorted(ENCODERS))


@given(st.binary(max_size=3000), st.lists(codings, max_size=3))
def test_what_was_put_in_comes_out(body: bytes, put_on: list[str]) -> None:
    wire = body
    for coding in put_on:
        wire = ENCODERS[coding](wire)
    assert decoded(wire, ", ".join(put_on), limit=20_000) == body


@given(st.binary(min_size=1, max_size=3000), codings, st.data())
def test_what_is_cut_off_is_never_taken_for_whole(body: bytes, coding: str, data: st.DataObject) -> None:
    wire = ENCODERS[coding](body)
    with pytest.raises(Undecodable):
        decoded(wire[: data.draw(st.integers(1, len(wire) - 1))], coding, limit=10_000)


@given(st.binary(max_size=500), codings)
def test_any_bytes_give_bytes_or_a_named_error(wire: bytes, coding: str) -> None:
    with contextlib.suppress(Undecodable, TooLong):
        assert len(decoded(wire, coding, limit=1000)) <= 1000


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_bomb_costs_neither_memory_nor_time(coding: str) -> None:
    wire = ENCODERS[coding](b"\0" * 300_000_000)
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(TooLong) as caught:
        decoded(wire, coding, limit=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - started < 5
    assert peak < 40_000_000
    assert caught.value.start == b"\0" * 1_000_000


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_crowd_of_empty_members_costs_no_time(coding: str) -> None:
    wire = ENCODERS[coding](b"") * 100_000
    started = time.monotonic()
    assert decoded(wire, coding, limit=10) == b""
    assert time.monotonic() - started < 5
