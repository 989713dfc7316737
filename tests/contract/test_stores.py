"""One suite over every kind of store that the folder scan finds."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tasks.stores
from tasks.errors import ConfigError, StoreError
from tasks.model import Action, ActionKind, Page
from tasks.stores import Store, find_stores, open_store
from tasks.stores.memory import MemoryStore

if TYPE_CHECKING:
    from tests.support.s3 import S3Server

pytest_plugins = ("tests.support.s3",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A fresh store, and how to see the headers that it keeps: None where it keeps none."""

    store: Store
    headers: Callable[[str], tuple[str, str]] | None


def _file(request: pytest.FixtureRequest) -> Subject:
    folder: Path = request.getfixturevalue("tmp_path")
    return Subject(store=open_store(f"file:{folder}/site"), headers=None)


def _mem(request: pytest.FixtureRequest) -> Subject:
    store = open_store("mem:")
    assert isinstance(store, MemoryStore)

    def headers(key: str) -> tuple[str, str]:
        page = store.page(key)
        assert page is not None
        return page.content_type, page.cache_control

    return Subject(store=store, headers=headers)


def _s3(request: pytest.FixtureRequest) -> Subject:
    server: S3Server = request.getfixturevalue("s3_user")
    url = server.fresh_url()
    prefix = url.rpartition("/")[2]
    client = server.client()
    request.addfinalizer(client.close)

    def headers(key: str) -> tuple[str, str]:
        head = client.head_object(Bucket=server.bucket, Key=f"{prefix}/{key}")
        return head["ContentType"], head["CacheControl"]

    return Subject(store=open_store(url, endpoint_url=server.endpoint_url), headers=headers)


FRESH = {"file": _file, "mem": _mem, "s3": _s3}


@pytest.fixture(params=sorted(find_stores()))
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    made = FRESH[request.param](request)
    yield made
    made.store.close()


@pytest.fixture
def store(subject: Subject) -> Store:
    return subject.store


def page(key: str, body: bytes = b"x", *, cache_control: str = "max-age=60") -> Page:
    return Page(key=key, body=body, content_type="text/html; charset=utf-8", cache_control=cache_control)


def create(*pages: Page) -> list[Action]:
    return [Action(kind=ActionKind.CREATE, key=page.key, reason="new", page=page) for page in pages]


def test_the_table_in_the_readme_lists_what_the_scan_finds() -> None:
    text = (Path(tasks.stores.__path__[0]) / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+)\.py` \|", text, re.MULTILINE))
    assert rows == {scheme: kind.open.__module__.rpartition(".")[2] for scheme, kind in find_stores().items()}
    assert rows.keys() == FRESH.keys()


@pytest.mark.parametrize("url", ["gs://bucket/x", "ftp://host/x"])
def test_an_unknown_scheme_is_an_error_that_names_the_known_ones(url: str) -> None:
    with pytest.raises(ConfigError, match=r"known are file:, mem:, s3:"):
        open_store(url)


@pytest.mark.parametrize("url", ["", "public", "/srv/site", "://x"])
def test_a_missing_scheme_is_an_error_that_shows_how_to_write_one(url: str) -> None:
    with pytest.raises(ConfigError, match=r"no scheme.*file:public"):
        open_store(url)


@pytest.mark.parametrize(
    "body",
    [b"", b"\0\xff\r\n", "金融消息".encode(), bytes(range(256)) * 4096],
    ids=["empty", "binary", "chinese", "1 MB"],
)
def test_what_was_written_is_read_back_byte_for_byte(store: Store, body: bytes) -> None:
    wanted = page("news/a.html", body)
    (receipt,) = store.write(create(wanted))
    assert (receipt.key, receipt.kind, receipt.error) == ("news/a.html", ActionKind.CREATE, "")
    assert (receipt.digest, receipt.size) == (wanted.digest, len(body))
    assert store.read("news/a.html") == body


def test_an_update_replaces_the_bytes(store: Store) -> None:
    store.write(create(page("a.html", b"a long first version")))
    second = page("a.html", b"second")
    (receipt,) = store.write([Action(kind=ActionKind.UPDATE, key="a.html", reason="changed", page=second)])
    assert (receipt.kind, receipt.digest) == (ActionKind.UPDATE, second.digest)
    assert store.read("a.html") == b"second"


@pytest.mark.parametrize(
    "key",
    ["x", "/".join("abcdefghijklmnop"), "分类/消息.html", "a b+c&d=e?f#g%20h'<>\".html", "n" * 255, "..a/b../.c"],
)
def test_any_safe_key_works(store: Store, key: str) -> None:
    assert [receipt.error for receipt in store.write(create(page(key, key.encode())))] == [""]
    assert store.read(key) == key.encode()
    assert list(store.keys()) == [key]
    assert [receipt.error for receipt in store.delete([key])] == [""]
    assert store.read(key) is None


def test_an_absent_key_reads_as_none_and_deletes_without_error(store: Store) -> None:
    assert store.read("a/b.html") is None
    assert list(store.keys()) == []
    (receipt,) = store.delete(["a/b.html"])
    assert (receipt.key, receipt.kind, receipt.error) == ("a/b.html", ActionKind.DELETE, "")


def test_nothing_to_do_gives_no_receipts(store: Store) -> None:
    assert store.write([]) == ()
    assert store.delete([]) == ()


def test_deleting_takes_only_the_named_keys(store: Store) -> None:
    store.write(create(page("a/1"), page("a/2"), page("b/1")))
    assert [receipt.key for receipt in store.delete(["b/1", "a/1"])] == ["b/1", "a/1"]
    assert list(store.keys()) == ["a/2"]


def test_keys_with_a_prefix(store: Store) -> None:
    names = ["news/1.html", "news/2021/2.html", "newsletter.html", "index.html"]
    store.write(create(*map(page, names)))
    assert sorted(store.keys()) == sorted(names)
    assert sorted(store.keys("news/")) == ["news/1.html", "news/2021/2.html"]
    assert sorted(store.keys("news")) == ["news/1.html", "news/2021/2.html", "newsletter.html"]
    assert list(store.keys("other")) == []


@pytest.mark.timeout(120)
def test_more_objects_than_one_page_of_a_listing(store: Store) -> None:
    names = [f"news/{number % 7}/{number}.html" for number in range(1200)]
    receipts = store.write(create(*(page(name, name.encode()) for name in names)))
    assert [receipt.key for receipt in receipts] == names
    assert not [receipt for receipt in receipts if receipt.error]
    assert sorted(store.keys()) == sorted(names)
    assert store.read(names[-1]) == names[-1].encode()
    assert [receipt.key for receipt in store.delete(names)] == names
    assert list(store.keys()) == []


def test_headers_are_stored_and_replaced(subject: Subject) -> None:
    if subject.headers is None:
        pytest.skip("this kind keeps no headers; a web server derives them")
    subject.store.write(create(page("a.html", cache_control="max-age=60")))
    assert subject.headers("a.html") == ("text/html; charset=utf-8", "max-age=60")
    subject.store.write(create(page("a.html", cache_control="no-cache")))
    assert subject.headers("a.html") == ("text/html; charset=utf-8", "no-cache")


UNSAFE = ["", "/etc/x", "a/", "a//b", "../x", "a/../../x", "./a", "a\\b", "a\0b", "a\nb", "n" * 256, "a/" * 600 + "a"]
UNSAFE += ["文" * 86, ".tmp/x", "\ud800"]


@pytest.mark.parametrize("key", UNSAFE, ids=ascii)
def test_unsafe_keys_are_refused_before_anything_is_done(store: Store, key: str) -> None:
    store.write(create(page("old.html")))
    with pytest.raises(StoreError, match="unsafe key") as caught:
        store.write(create(page("new.html"), page(key)))
    assert not caught.value.retryable
    with pytest.raises(StoreError, match="unsafe key"):
        store.delete(["old.html", key])
    with pytest.raises(StoreError, match="unsafe key"):
        store.read(key)
    assert list(store.keys()) == ["old.html"]


def test_only_creations_and_updates_can_be_written(store: Store) -> None:
    keep = Action(kind=ActionKind.KEEP, key="a", reason="unchanged", page=page("a"))
    deletion = Action(kind=ActionKind.DELETE, key="a", reason="moved")
    other = Action(kind=ActionKind.CREATE, key="a", reason="new", page=page("b"))
    for action in (keep, deletion, other):
        with pytest.raises(ValueError, match="cannot write 'a'"):
            store.write([action])
    assert list(store.keys()) == []


def test_writers_of_the_same_key_leave_one_of_their_versions_whole(store: Store) -> None:
    bodies = [letter * 200_000 for letter in (b"a", b"b", b"c", b"d")]
    start = threading.Barrier(len(bodies))
    errors: list[str] = []

    def publish(body: bytes) -> None:
        start.wait()
        for _ in range(5):
            errors.extend(receipt.error for receipt in store.write(create(page("same/key.html", body))))

    threads = [threading.Thread(target=publish, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert store.read("same/key.html") in (None, *bodies)
    for thread in threads:
        thread.join()
    assert errors == [""] * 20
    assert store.read("same/key.html") in bodies
