"""One suite over every kind of store that the folder scan finds."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tasks.stores
from tasks.errors import ConfigError, StoreError
from tasks.model import Action, ActionKind, Page, Receipt
from tasks.stores import Store, find_stores, open_store
from tasks.stores.memory import MemoryStore
from tests.support.stores import body_of, keys_of

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
        found = store.read(key)
        assert found is not None
        return str(found.content_type), str(found.cache_control)

    return Subject(store=store, headers=headers)


def _s3(request: pytest.FixtureRequest) -> Subject:
    return _bucket(request, request.getfixturevalue("s3_user"))


def _radosgw(request: pytest.FixtureRequest) -> Subject:
    return _bucket(request, request.getfixturevalue("radosgw_user"))


def _bucket(request: pytest.FixtureRequest, server: "S3Server") -> Subject:
    url = server.fresh_url()
    prefix = url.rpartition("/")[2]
    client = server.client()
    request.addfinalizer(client.close)

    def headers(key: str) -> tuple[str, str]:
        head = client.head_object(Bucket=server.bucket, Key=f"{prefix}/{key}")
        return head["ContentType"], head["CacheControl"]

    store = open_store(url, endpoint_url=server.endpoint_url)
    able = store.probe()
    store.close()
    return Subject(store=open_store(url, endpoint_url=server.endpoint_url, capabilities=able), headers=headers)


FRESH = {"file": _file, "mem": _mem, "s3": _s3}
SUBJECTS = FRESH | {"s3 on radosgw": _radosgw}  # a second service, of other people


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    made = SUBJECTS[request.param](request)
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
    assert body_of(store, "news/a.html") == body


def test_an_update_replaces_the_bytes(store: Store) -> None:
    store.write(create(page("a.html", b"a long first version")))
    second = page("a.html", b"second")
    (receipt,) = store.write([Action(kind=ActionKind.UPDATE, key="a.html", reason="changed", page=second)])
    assert (receipt.kind, receipt.digest) == (ActionKind.UPDATE, second.digest)
    assert body_of(store, "a.html") == b"second"


@pytest.mark.parametrize(
    "key",
    ["x", "/".join("abcdefghijklmnop"), "分类/消息.html", "a b+c&d=e?f#g%20h'<>\".html", "n" * 255, "..a/b../.c"],
)
def test_any_safe_key_works(store: Store, key: str) -> None:
    assert [receipt.error for receipt in store.write(create(page(key, key.encode())))] == [""]
    assert body_of(store, key) == key.encode()
    assert keys_of(store) == [key]
    assert [receipt.error for receipt in store.delete([key])] == [""]
    assert body_of(store, key) is None


def test_an_absent_key_reads_as_none_and_deletes_without_error(store: Store) -> None:
    assert body_of(store, "a/b.html") is None
    assert keys_of(store) == []
    (receipt,) = store.delete(["a/b.html"])
    assert (receipt.key, receipt.kind, receipt.error) == ("a/b.html", ActionKind.DELETE, "")


def test_nothing_to_do_gives_no_receipts(store: Store) -> None:
    assert store.write([]) == ()
    assert store.delete([]) == ()


def test_deleting_takes_only_the_named_keys(store: Store) -> None:
    store.write(create(page("a/1"), page("a/2"), page("b/1")))
    assert [receipt.key for receipt in store.delete(["b/1", "a/1"])] == ["b/1", "a/1"]
    assert keys_of(store) == ["a/2"]


def test_keys_with_a_prefix(store: Store) -> None:
    names = ["news/1.html", "news/2021/2.html", "newsletter.html", "index.html"]
    store.write(create(*map(page, names)))
    assert keys_of(store) == sorted(names)
    assert keys_of(store, "news/") == ["news/1.html", "news/2021/2.html"]
    assert keys_of(store, "news") == ["news/1.html", "news/2021/2.html", "newsletter.html"]
    assert keys_of(store, "other") == []


@pytest.mark.timeout(120)
def test_more_objects_than_one_page_of_a_listing(store: Store) -> None:
    names = [f"news/{number % 7}/{number}.html" for number in range(1200)]
    receipts = store.write(create(*(page(name, name.encode()) for name in names)))
    assert [receipt.key for receipt in receipts] == names
    assert not [receipt for receipt in receipts if receipt.error]
    assert keys_of(store) == sorted(names)
    assert body_of(store, names[-1]) == names[-1].encode()
    assert [receipt.key for receipt in store.delete(names)] == names
    assert keys_of(store) == []


def test_headers_are_stored_and_replaced(subject: Subject) -> None:
    if subject.headers is None:
        pytest.skip("this kind keeps no headers; a web server derives them")
    subject.store.write(create(page("a.html", cache_control="max-age=60")))
    assert subject.headers("a.html") == ("text/html; charset=utf-8", "max-age=60")
    subject.store.write(update(page("a.html", cache_control="no-cache")))
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
        body_of(store, key)
    assert keys_of(store) == ["old.html"]


def test_only_creations_and_updates_can_be_written(store: Store) -> None:
    keep = Action(kind=ActionKind.KEEP, key="a", reason="unchanged", page=page("a"))
    deletion = Action(kind=ActionKind.DELETE, key="a", reason="moved")
    other = Action(kind=ActionKind.CREATE, key="a", reason="new", page=page("b"))
    for action in (keep, deletion, other):
        with pytest.raises(ValueError, match="cannot write 'a'"):
            store.write([action])
    assert keys_of(store) == []


def test_writers_of_the_same_key_leave_one_of_their_versions_whole(store: Store) -> None:
    bodies = [letter * 200_000 for letter in (b"a", b"b", b"c", b"d")]
    start = threading.Barrier(len(bodies))
    errors: list[str] = []

    def publish(body: bytes) -> None:
        start.wait()
        for _ in range(5):
            errors.extend(receipt.error for receipt in store.write(update(page("same/key.html", body))))

    threads = [threading.Thread(target=publish, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert body_of(store, "same/key.html") in (None, *bodies)
    for thread in threads:
        thread.join()
    assert errors == [""] * 20
    assert body_of(store, "same/key.html") in bodies


# --- conditions -------------------------------------------------------------------------------


def update(one: Page, *, tag: str = "") -> list[Action]:
    return [Action(kind=ActionKind.UPDATE, key=one.key, reason="changed", page=one, tag=tag)]


def test_a_receipt_has_the_tag_of_the_object_and_the_word_of_the_store_for_its_bytes(store: Store) -> None:
    (receipt,) = store.write(create(page("a.html", b"first")))
    found = store.read("a.html")
    assert found is not None
    assert receipt.verified
    assert receipt.tag == found.tag == next(iter(store.listed())).tag != ""
    assert (receipt.body_digest, receipt.size) == (page("a.html", b"first").body_digest, 5)
    assert found.holds(page("a.html", b"first"))
    assert not found.holds(page("a.html", b"other"))


def test_a_creation_never_replaces_an_object(store: Store) -> None:
    store.write(create(page("a.html", b"first")))
    refused, fine = store.write(create(page("a.html", b"second"), page("b.html", b"new")))
    assert (refused.conflict, bool(refused.error), refused.verified) == (True, True, False)
    assert (fine.conflict, fine.error) == (False, "")
    assert (body_of(store, "a.html"), body_of(store, "b.html")) == (b"first", b"new")


def test_an_update_replaces_only_the_object_that_it_means(store: Store) -> None:
    (first,) = store.write(create(page("a.html", b"first")))
    (second,) = store.write(update(page("a.html", b"second"), tag=first.tag))
    assert (second.error, second.tag != first.tag) == ("", True)
    (refused,) = store.write(update(page("a.html", b"third"), tag=first.tag))
    assert (refused.conflict, body_of(store, "a.html")) == (True, b"second")
    store.delete(["a.html"])
    (refused,) = store.write(update(page("a.html", b"third"), tag=second.tag))
    assert (refused.conflict, body_of(store, "a.html")) == (True, None)


def test_of_many_creators_one_wins(store: Store) -> None:
    start = threading.Barrier(6)
    receipts: list[Receipt] = []

    def publish(number: int) -> None:
        start.wait()
        receipts.extend(store.write(create(page("a.html", b"%d" % number))))

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [receipt for receipt in receipts if not receipt.error]
    found = store.read("a.html")
    assert found is not None
    assert (found.tag, sum(receipt.conflict for receipt in receipts)) == (winner.tag, 5)


def test_no_change_is_lost_between_writers_that_compare(store: Store) -> None:
    store.write(create(page("count", b"0")))

    def count() -> None:
        done = 0
        while done < 5:
            found = store.read("count")
            assert found is not None
            (receipt,) = store.write(update(page("count", b"%d" % (int(found.body) + 1)), tag=found.tag))
            done += not receipt.conflict

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert body_of(store, "count") == b"20"


def test_headers_change_without_the_bytes(subject: Subject) -> None:
    store = subject.store
    (first,) = store.write(create(page("a.html", cache_control="max-age=60")))
    again = page("a.html", cache_control="no-cache")
    (wrong,) = store.write([Action(kind=ActionKind.HEADERS, key="a.html", reason="r", page=again, tag="0" * 32)])
    assert wrong.conflict
    (done,) = store.write([Action(kind=ActionKind.HEADERS, key="a.html", reason="r", page=again, tag=first.tag)])
    assert (done.error, done.digest, done.verified) == ("", again.digest, True)
    found = store.read("a.html")
    assert found is not None
    assert found.holds(again)
    assert done.tag == found.tag
    if subject.headers is not None:
        assert subject.headers("a.html") == ("text/html; charset=utf-8", "no-cache")
    (gone,) = store.write([Action(kind=ActionKind.HEADERS, key="b", reason="r", page=page("b"), tag=first.tag)])
    assert gone.conflict


def test_a_compressed_page_is_kept_compressed_and_read_plain(subject: Subject) -> None:
    body = "金融消息".encode() * 1000
    wanted = replace(page("a.html", body), encoding="gzip")
    if subject.headers is None:
        with pytest.raises(ValueError, match="a folder keeps no Content-Encoding"):
            subject.store.write(create(wanted))
        return
    (receipt,) = subject.store.write(create(wanted))
    assert (receipt.error, receipt.size, receipt.verified) == ("", len(body), True)
    found = subject.store.read("a.html")
    assert found is not None
    assert found.holds(wanted)
    assert not found.holds(page("a.html", body))
    assert next(iter(subject.store.listed())).size < 200


def test_what_a_store_can_do_is_found_out_and_leaves_nothing_behind(store: Store) -> None:
    store.write(create(page("a.html")))
    found = store.probe()
    assert (found.create_if_absent, found.replace_if_same) == (True, True)
    assert keys_of(store) == ["a.html"]


def test_a_guard_is_asked_before_each_object(store: Store) -> None:
    asked = 0

    def guard() -> None:
        nonlocal asked
        asked += 1
        if asked > 2:
            raise StoreError("not ours any more")

    store.write(create(page("a"), page("b")), guard=guard)
    assert asked == 2
    with pytest.raises(StoreError, match="not ours any more"):
        store.write(create(page("c"), page("d")), guard=guard)
    assert keys_of(store) == ["a", "b"]
