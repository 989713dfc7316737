"""Answers kept in WARC files: they come back as they were, whatever ended the file."""

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from tasks.model import Request, Response
from tasks.web.captures import Captures, files_in, remove_old
from tasks.web.kept_answers import captured

AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
ANSWER = Response(
    url="https://h.example/moved?id=1",
    status=200,
    body="<p>增长两成。</p>".encode("gb18030") + bytes(range(256)),
    content_type="text/html; charset=GBK",
    seconds=0.25,
    received_at=AT,
    headers=(
        ("content-type", "text/html; charset=GBK"),
        ("etag", 'W/"a b"'),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ),
    moved_to="https://h.example/moved?id=1",
)
ASKED = Request(url="https://h.example/a?id=1", headers=(("Authorization", "secret"),))


def kept(folder: Path, *answers: Response, run_id: str = "run-1") -> Path:
    """A file with these answers."""
    captures = Captures(folder, run_id=run_id)
    for answer in answers:
        captures.write(ASKED, answer)
    captures.close()
    return files_in(folder)[0]


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    (one,) = captured(kept(tmp_path, ANSWER))
    assert one.asked_url == ASKED.url
    assert one.response == ANSWER


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    with kept(tmp_path, ANSWER).open("rb") as file:
        (record,) = [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(file)]
    assert record == ("response", ASKED.url)


def test_what_was_asked_with_is_not_kept(tmp_path: Path) -> None:
    (one,) = captured(kept(tmp_path, ANSWER))
    assert "secret" not in str(one)


def test_a_header_about_the_wire_does_not_spoil_the_body(tmp_path: Path) -> None:
    zipped = replace(ANSWER, headers=(*ANSWER.headers, ("content-encoding", "gzip"), ("content-length", "3")))
    (one,) = captured(kept(tmp_path, zipped))
    assert one.response.body == ANSWER.body


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_killed_run_leaves_a_file_that_can_be_read(tmp_path: Path, cut: int) -> None:
    path = kept(tmp_path, ANSWER, replace(ANSWER, body=b"second" * 99), replace(ANSWER, body=os.urandom(5_000)))
    path.write_bytes(path.read_bytes()[:-cut])
    assert [len(one.response.body) for one in captured(path)][:2] == [len(ANSWER.body), 594]


def test_another_attempt_of_the_run_has_a_file_of_its_own(tmp_path: Path) -> None:
    kept(tmp_path, ANSWER)
    kept(tmp_path, ANSWER)
    assert sorted(path.name for path in files_in(tmp_path)) == ["run-1-2.warc.gz", "run-1.warc.gz"]


def test_a_run_without_an_answer_has_no_file(tmp_path: Path) -> None:
    captures = Captures(tmp_path / "deep" / "folder", run_id="run")
    captures.write(ASKED, replace(ANSWER, status=304, body=b""))
    captures.close()
    assert not (tmp_path / "deep").exists()


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    captures = Captures(tmp_path / "file" / "folder", run_id="run")
    captures.write(ASKED, ANSWER)
    captures.write(ASKED, ANSWER)
    captures.close()
    assert captures.refused.startswith(f"answers are not kept: {tmp_path}")


def test_several_threads(tmp_path: Path) -> None:
    captures = Captures(tmp_path, run_id="run")

    def write_some() -> None:
        for _ in range(20):
            captures.write(ASKED, ANSWER)

    threads = [threading.Thread(target=write_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    captures.close()
    assert [one.response for one in captured(files_in(tmp_path)[0])] == [ANSWER] * 80


def test_old_files_go(tmp_path: Path) -> None:
    old = kept(tmp_path, ANSWER, run_id="old")
    os.utime(old, (AT.timestamp(), AT.timestamp()))
    kept(tmp_path, ANSWER, run_id="new")
    (tmp_path / "notes.txt").write_text("")
    assert remove_old(tmp_path, before=AT + timedelta(days=1)) == ("old.warc.gz",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.warc.gz", "notes.txt"]
    assert remove_old(tmp_path / "none", before=AT) == ()
