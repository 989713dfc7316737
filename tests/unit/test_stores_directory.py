"""The directory store: what a kill, a full disk, and a wrong target leave behind."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.errors import ConfigError, StoreError
from tasks.model import Action, ActionKind, Page
from tasks.stores import Store, open_store, syncing
from tests.support.stores import body_of, keys_of

ROOT = Path(__file__).parents[2]
SIZE = 300_000
PRELUDE = f"""
import sys
from itertools import cycle
from tasks.errors import StoreError
from tasks.model import Action, ActionKind, Page
from tasks.stores import open_store

def put(key, body):
    page = Page(key=key, body=body, content_type="text/html", cache_control="")
    return Action(kind=ActionKind.UPDATE, key=key, reason="whatever is there", page=page)

store = open_store("file:" + sys.argv[1])
SIZE = {SIZE}
"""
WRITE_FOR_EVER = """
for letter in cycle([b"a", b"b", b"c"]):
    store.write([put(f"news/{number}.html", letter * SIZE) for number in range(5)])
    print("round", flush=True)
"""
WRITE_BEYOND_THE_LIMIT = """
import resource
store.write([put("a.html", b"old")])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.write([put("b.html", b"small"), put("a.html", b"x" * SIZE)])
except StoreError as error:
    print(error, error.retryable)
"""


def spawn(script: str, site: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PRELUDE + script, str(site)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def put(key: str, body: bytes = b"x") -> Action:
    page = Page(key=key, body=body, content_type="text/html", cache_control="")
    return Action(kind=ActionKind.UPDATE, key=key, reason="whatever is there", page=page)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def store(site: Path) -> Store:
    return open_store(f"file:{site}")


def files(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())


@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_a_kill_leaves_no_half_object_and_the_next_write_sweeps(site: Path, store: Store, rounds: int) -> None:
    with spawn(WRITE_FOR_EVER, site) as writer:
        assert writer.stdout is not None
        for _ in range(rounds):
            assert writer.stdout.readline() == "round\n"
        writer.kill()
    bodies = {body_of(store, key) for key in keys_of(store)}
    assert bodies
    assert bodies <= {letter * SIZE for letter in (b"a", b"b", b"c")}
    store.write([put("after.html")])
    assert files(site) == ["after.html", *(f"news/{number}.html" for number in range(5))]


def test_a_reader_never_meets_half_an_object(site: Path, store: Store) -> None:
    with spawn(WRITE_FOR_EVER, site) as writer:
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline() == "round\n"
            seen = {body_of(store, f"news/{number % 5}.html") for number in range(1000)}
        finally:
            writer.kill()
    assert seen <= {letter * SIZE for letter in (b"a", b"b", b"c")}


def test_the_sweep_spares_a_living_writer(site: Path, store: Store) -> None:
    with spawn(WRITE_FOR_EVER, site) as writer:
        assert writer.stdout is not None
        try:
            for _ in range(10):
                assert [receipt.error for receipt in store.write([put("mine.html")])] == [""]
                assert writer.stdout.readline() == "round\n"
        finally:
            writer.kill()


def test_what_dead_runs_left_is_swept(site: Path, store: Store) -> None:
    left = site / ".tmp" / "left"
    left.mkdir(parents=True)
    (left / "0").write_bytes(b"half")
    (site / ".tmp" / "stray").write_bytes(b"half")
    assert keys_of(store) == []
    store.write([put("a.html")])
    assert files(site) == ["a.html"]


def test_a_file_beyond_the_limit_is_an_error_and_the_old_one_stays(site: Path, store: Store) -> None:
    with spawn(WRITE_BEYOND_THE_LIMIT, site) as writer:
        out, _ = writer.communicate(timeout=60)
    assert "cannot write in the folder" in out
    assert "File too large" in out
    assert out.endswith("False\n")
    assert body_of(store, "a.html") == b"old"
    assert files(site) == ["a.html"]  # nothing is moved into place before all is written aside


def test_where_files_are_synced_one_by_one_they_are_there_as_well(
    site: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(syncing, "_syncfs", None)
    monkeypatch.setattr(os, "fsync", synced.append)
    store.write([put("a/b.html", b"one"), put("c.html", b"two")])
    assert [body_of(store, key) for key in ("a/b.html", "c.html")] == [b"one", b"two"]
    assert len(synced) == 4  # two files, the folder and the one below it
    store.delete(["a/b.html"])
    assert keys_of(store) == ["c.html"]


def test_what_does_not_reach_the_disk_is_an_error_and_nothing_is_moved(
    site: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([put("a.html", b"old")])

    def broken(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(syncing, "_syncfs", broken)
    with pytest.raises(StoreError, match=r"cannot write in the folder .*Input/output error"):
        store.write([put("b.html", b"new")])
    assert files(site) == ["a.html"]


def test_opening_and_reading_leave_no_trace(site: Path, store: Store) -> None:
    assert body_of(store, "a/b.html") is None
    assert keys_of(store) == []
    store.delete(["a/b.html"])
    store.write([])
    store.close()
    assert not site.exists()


def test_a_key_whose_place_is_taken_fails_alone(store: Store) -> None:
    store.write([put("p", b"file"), put("folder/x", b"inside")])
    through_file, over_folder, fine = store.write([put("p/q/r"), put("folder"), put("fine")])
    assert "p/q cannot be a folder" in through_file.error
    assert "folder cannot be a file" in over_folder.error
    assert fine.error == ""
    assert {key: body_of(store, key) for key in keys_of(store)} == {"p": b"file", "folder/x": b"inside", "fine": b"x"}
    assert [body_of(store, key) for key in ("p/q", "folder")] == [None, None]
    assert [receipt.error for receipt in store.delete(["p/q", "folder"])] == ["", ""]
    assert keys_of(store) == ["fine", "folder/x", "p"]


def test_a_file_in_place_of_the_folder_is_an_error_of_the_store(site: Path, store: Store) -> None:
    site.write_text("not a folder")
    with pytest.raises(StoreError, match="expected a folder") as caught:
        store.write([put("a.html")])
    assert not caught.value.retryable
    assert str(site) in str(caught.value)
    with pytest.raises(StoreError, match="cannot list"):
        keys_of(store)
    assert site.read_text() == "not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not stop root")
def test_a_folder_without_the_right_to_write_is_an_error_of_the_store(site: Path, store: Store) -> None:
    site.mkdir(mode=0o555)
    with pytest.raises(StoreError, match="right to write") as caught:
        store.write([put("a.html")])
    assert not caught.value.retryable


def test_a_web_server_may_read_what_is_published(site: Path, store: Store) -> None:
    before = os.umask(0o022)
    try:
        store.write([put("a/b.html")])
    finally:
        os.umask(before)
    assert (site / "a/b.html").stat().st_mode & 0o777 == 0o644
    assert (site / "a").stat().st_mode & 0o777 == 0o755


def test_emptied_folders_go_with_the_last_file_but_the_root_stays(site: Path, store: Store) -> None:
    store.write([put("a/b/c/1"), put("a/2")])
    store.delete(["a/b/c/1"])
    assert not (site / "a/b").exists()
    assert (site / "a/2").exists()
    store.delete(["a/2"])
    assert site.is_dir()
    assert [path.name for path in site.iterdir()] == [".tmp"]


def test_relative_addresses_start_at_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("file:public")
    monkeypatch.chdir("/")
    store.write([put("a.html")])
    assert (tmp_path / "public/a.html").read_bytes() == b"x"


@pytest.mark.parametrize("form", ["file:{0}", "file://{0}", "file://localhost{0}", "FILE:{0}/", "file:{0}/../site"])
def test_forms_of_an_absolute_address(site: Path, form: str) -> None:
    open_store(form.format(site)).write([put("a.html")])
    assert (site / "a.html").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:", "names no folder"),
        ("file://", "names no folder"),
        ("file:a\0b", "names no folder"),
        ("file://host/share", "names the host 'host'"),
        ("file://public", "names the host 'public'"),
        ("file:~/site", "'~' is not a home folder"),
        ("file:/", "root of the file system"),
        (Path("/..").as_uri(), "root of the file system"),
    ],
)
def test_addresses_that_cannot_be_meant_are_errors(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_store(url)
