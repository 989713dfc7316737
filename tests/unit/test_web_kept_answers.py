"""Finding kept answers: the newest of each address, whatever order, file or damage they are in."""

import gzip
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.model import Request, Response
from tasks.web.captures import Captures, files_in
from tasks.web.kept_answers import captured, find_kept, read_kept

AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
ASKED = "https://h.example/a?id=1"
OTHER = "https://h.example/新闻/b"


def answer(body: bytes, *, after: float = 0, url: str = ASKED) -> Response:
    """An answer that came so many seconds after the first."""
    return Response(
        url=url, status=200, body=body, content_type="text/html", seconds=0.1, received_at=AT + timedelta(seconds=after)
    )


def keep(folder: Path, run_id: str, *answers: tuple[str, Response]) -> Path:
    """A run's file with answers to these addresses."""
    captures = Captures(folder, run_id=run_id)
    for url, response in answers:
        captures.write(Request(url=url), response)
    captures.close()
    return next(path for path in files_in(folder) if path.name.startswith(run_id))


def test_the_newest_answer_of_an_address_is_found(tmp_path: Path) -> None:
    keep(tmp_path, "b", (ASKED, answer(b"second", after=60)), (OTHER, answer(b"other", after=61)))
    keep(tmp_path, "a", (ASKED, answer(b"first")), (ASKED, answer(b"between", after=30)))  # written later
    kept = find_kept(tmp_path)
    assert len(kept) == 2
    assert kept.remarks == ()
    place = kept.newest(ASKED)
    assert place is not None
    found = read_kept(place)
    assert found is not None
    assert (found.asked_url, found.response.body) == (ASKED, b"second")
    assert found.response.received_at == place.received_at
    other = kept.newest("https://h.example/nothing", ASKED, OTHER)
    assert other == kept.newest(OTHER)
    assert kept.newest("https://h.example/nothing", "") is None


@pytest.mark.parametrize("cut", [1, 9, 200])
def test_what_stands_before_the_damage_is_used(tmp_path: Path, cut: int) -> None:
    path = keep(tmp_path, "killed", (ASKED, answer(b"whole")), (OTHER, answer(bytes(range(256)) * 9)))
    path.write_bytes(path.read_bytes()[:-cut])
    kept = find_kept(tmp_path)
    [remark] = kept.remarks
    assert remark.startswith(f"{path.name}: ends in the middle of the answer at byte ")
    assert remark.endswith("the 1 answers before that are used")
    assert kept.newest(OTHER) is None
    place = kept.newest(ASKED)
    assert place is not None
    found = read_kept(place)
    assert found is not None
    assert found.response.body == b"whole"


def test_one_wrong_bit_is_seen_and_the_other_files_are_read(tmp_path: Path) -> None:
    path = keep(tmp_path, "rotten", (ASKED, answer(b"0123456789" * 40)))
    keep(tmp_path, "sound", (OTHER, answer(b"sound")))
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1  # in the checksum
    path.write_bytes(raw)
    kept = find_kept(tmp_path)
    assert [remark.partition(":")[0] for remark in kept.remarks] == [path.name]
    assert kept.newest(ASKED) is None
    assert kept.newest(OTHER) is not None


@pytest.mark.parametrize(
    "missing", [b"WARC-Target-URI", b"WARC-Date", b"WARC-Type", b"Content-Length", b"Content-Type", b"HTTP/1.1"]
)
def test_a_record_without_a_part_of_its_head_is_damage(tmp_path: Path, missing: bytes) -> None:
    path = keep(tmp_path, "odd", (ASKED, answer(b"a body")))
    member = gzip.decompress(path.read_bytes())
    assert missing in member
    path.write_bytes(gzip.compress(member.replace(missing, b"X-Nothing")))
    for place in filter(None, [find_kept(tmp_path).newest(ASKED)]):
        found = read_kept(place)
        assert found is None or found.response.url == ASKED


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 4), st.binary(max_size=6)), max_size=4), st.booleans())
def test_any_damage_to_a_file_is_named_or_harmless(edits: list[tuple[int, int, bytes]], whole: bool) -> None:
    """`whole`: the damage was there before the file was compressed, so no checksum tells."""
    with TemporaryDirectory() as name:
        path = keep(Path(name), "run", (ASKED, answer(b"0123456789" * 9)), (OTHER, answer(b"other")))
        raw = path.read_bytes()
        if whole:
            raw = gzip.decompress(raw)
        for place, gone, new in edits:
            raw = raw[:place] + new + raw[place + gone :]
        path.write_bytes(gzip.compress(raw) if whole else raw)
        kept = find_kept(Path(name))
        assert all(remark.startswith(path.name) for remark in kept.remarks)
        for found in filter(None, [kept.newest(ASKED), kept.newest(OTHER)]):
            read_kept(found)
        list(captured(path))


@pytest.mark.parametrize("content", [b"no gzip at all", b"\x1f\x8b"])
def test_a_file_of_something_else_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.warc.gz").write_bytes(content)
    [remark] = find_kept(tmp_path).remarks
    assert remark.startswith("x.warc.gz: ")


def test_an_answer_that_has_gone_is_none(tmp_path: Path) -> None:
    path = keep(tmp_path, "run", (ASKED, answer(b"gone")))
    place = find_kept(tmp_path).newest(ASKED)
    assert place is not None
    path.write_bytes(b"something else")
    assert read_kept(place) is None
    path.unlink()
    assert read_kept(place) is None
    assert len(find_kept(tmp_path / "no such folder")) == 0


def test_one_answer_is_in_memory_at_a_time(tmp_path: Path) -> None:
    large = bytes(1_000_000)
    many = [(f"{ASKED}&n={n}", answer(large + bytes([n]))) for n in range(30)]
    keep(tmp_path, "run", *many)
    tracemalloc.start()
    try:
        kept = find_kept(tmp_path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(kept) == 30
    assert most < 8 * len(large)
    last = kept.newest(f"{ASKED}&n=29")
    assert last is not None
    found = read_kept(replace(last))
    assert found is not None
    assert found.response.body[-1] == 29
