"""The dry run as a store."""

from pathlib import Path

from tasks.model import Action, ActionKind, Page
from tasks.stores import open_store
from tasks.stores.rehearsal import Rehearsal


def create(key: str, body: bytes) -> Action:
    page = Page(key=key, body=body, content_type="text/plain", cache_control="no-cache")
    return Action(kind=ActionKind.CREATE, key=key, reason="new", page=page)


def test_it_answers_as_if_it_were_real_and_changes_nothing() -> None:
    real, inner = open_store("mem:"), open_store("mem:")
    for store in (real, inner):
        store.write([create("old", b"old")])
    rehearsal = Rehearsal(inner)
    writes = [create("new", b"new"), create("old", b"newer")]
    assert rehearsal.write(writes) == real.write(writes)
    assert rehearsal.delete(["old"]) == real.delete(["old"])
    assert (rehearsal.writes, rehearsal.deletions) == (tuple(writes), ("old",))
    assert (list(inner.keys()), inner.read("old")) == (["old"], b"old")
    assert (list(rehearsal.keys("o")), rehearsal.read("old"), rehearsal.read("new")) == (["old"], b"old", None)


def test_it_leaves_no_trace_on_disk(tmp_path: Path) -> None:
    rehearsal = Rehearsal(open_store(f"file:{tmp_path}/site"))
    rehearsal.write([create("a/b", b"x")])
    rehearsal.delete(["a/c"])
    assert rehearsal.read("a/b") is None
    rehearsal.close()
    assert list(tmp_path.iterdir()) == []
