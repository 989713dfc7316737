"""The dry run as a store."""

from dataclasses import replace
from pathlib import Path

from tasks.model import Action, ActionKind, Page
from tasks.stores import open_store
from tasks.stores.rehearsal import Rehearsal
from tests.support.stores import body_of, keys_of


def put(key: str, body: bytes) -> Action:
    page = Page(key=key, body=body, content_type="text/plain", cache_control="no-cache")
    return Action(kind=ActionKind.UPDATE, key=key, reason="any", page=page)


def test_it_answers_as_if_it_were_real_and_changes_nothing() -> None:
    real, inner = open_store("mem:"), open_store("mem:")
    for store in (real, inner):
        store.write([put("old", b"old")])
    rehearsal = Rehearsal(inner)
    writes = [put("new", b"new"), put("old", b"newer")]
    told = [replace(receipt, tag="", verified=False) for receipt in real.write(writes)]
    assert list(rehearsal.write(writes)) == told
    assert rehearsal.delete(["old"]) == real.delete(["old"])
    assert (rehearsal.writes, rehearsal.deletions) == (tuple(writes), ("old",))
    assert (keys_of(inner), body_of(inner, "old")) == (["old"], b"old")
    assert (keys_of(rehearsal, "o"), body_of(rehearsal, "old"), body_of(rehearsal, "new")) == (["old"], b"old", None)


def test_it_leaves_no_trace_on_disk(tmp_path: Path) -> None:
    rehearsal = Rehearsal(open_store(f"file:{tmp_path}/site"))
    rehearsal.write([put("a/b", b"x")])
    rehearsal.delete(["a/c"])
    assert body_of(rehearsal, "a/b") is None
    rehearsal.close()
    assert list(tmp_path.iterdir()) == []
