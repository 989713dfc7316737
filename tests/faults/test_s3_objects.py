"""What a run leaves in a bucket, and with which calls; nothing breaks here."""

import gzip

import pytest

from flows import maintain
from tasks.model import Action, ActionKind, Page
from tasks.stores import open_store
from tests.faults.buckets import Maker, standing, without_times
from tests.faults.conftest import ALL
from tests.faults.sites import more_news
from tests.support.fault_proxy import FaultProxy
from tests.support.s3 import S3Server
from tests.support.sites import OPERATORS
from tests.support.upstream import Upstream


def test_a_run_with_nothing_new_makes_no_write_and_no_list_call(made: Maker, proxy: FaultProxy) -> None:
    """It reads the state, and that is all."""
    bucket = made.site("site")
    proxy.forget()
    assert bucket.site.run().report.written == ()
    assert [(call.method, call.key.rpartition("/")[2]) for call in proxy.calls] == [("GET", "state.json")]


def test_every_write_says_what_it_expects(made: Maker, proxy: FaultProxy, upstream: Upstream) -> None:
    """If-None-Match or If-Match on each PUT of a run, and no list call."""
    made.site("site")
    bucket = made.site("other")
    more_news(upstream)
    proxy.forget()
    bucket.site.run()
    told = tuple(f"{bucket.prefix}{start}" for start in OPERATORS)  # the newest of them counts, whoever wrote it
    puts = [call for call in proxy.calls if call.method == "PUT" and not call.key.startswith(told)]
    assert len(puts) > 40
    assert not [call.key for call in puts if not {"If-Match", "If-None-Match"} & call.headers.keys()]
    assert not [call for call in proxy.calls if "list-type" in call.query]


def test_only_headers_travel_when_only_headers_change(proxy: FaultProxy, s3_user: S3Server) -> None:
    """A copy onto itself, on condition that it is the same."""
    store = open_store(s3_user.fresh_url(), endpoint_url=proxy.address)
    page = Page(key="a", body=b"x" * 9999, content_type="text/html", cache_control="max-age=60")
    (receipt,) = store.write([Action(kind=ActionKind.CREATE, key="a", reason="new", page=page)])
    proxy.forget()
    again = Page(key="a", body=page.body, content_type="text/html", cache_control="no-cache")
    (done,) = store.write([Action(kind=ActionKind.HEADERS, key="a", reason="r", page=again, tag=receipt.tag)])
    store.close()
    assert (done.error, done.verified) == ("", True)
    (call,) = proxy.calls
    assert (call.size, call.headers["x-amz-metadata-directive"]) == (0, "REPLACE")
    assert receipt.tag in call.headers["x-amz-copy-source-if-match"]


def test_a_lost_ledger_is_made_again_from_a_bucket(made: Maker, upstream: Upstream) -> None:
    """Bytes and headers are as they were, and the next run writes nothing."""
    bucket = made.site("site")
    more_news(upstream)
    bucket.site.run()
    before = bucket.objects()
    bucket.site.ledger_file.unlink()
    assert bucket.site.do(maintain.restore).ending == "Completed"
    assert bucket.site.run().report.written == ()
    assert bucket.objects() == before


def test_compressed_objects_are_the_same_for_readers(made: Maker, upstream: Upstream) -> None:
    """`gzip = true`: text is stored compressed, the same on any day; a second run writes nothing."""
    bucket = made.site("site", gzip=True)
    found = bucket.objects()
    assert found["index.html"][3] == "gzip"
    assert found["index.html"][0][:2] == b"\x1f\x8b"
    assert bucket.site.run().report.written == ()
    more_news(upstream)
    assert bucket.site.run().ending == "Completed"


def test_compression_is_switched_on_and_off_and_on_again(
    made: Maker, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every object is then as on a site that was always so: bytes, headers, encoding; and a reader gets the same text."""
    standing(monkeypatch)
    always = {packed: made.site(f"always-{packed}", gzip=packed) for packed in (True, False)}
    bucket = made.site("site", gzip=False)
    switches = ((True, False), (False, True), (True, True), (False, False))
    for packed, rebuilt in switches if ALL else switches[:2]:
        made.write(bucket, gzip=packed)
        ended = bucket.site.do(maintain.rebuild) if rebuilt else bucket.site.run()
        assert ended.ending == "Completed", ended.state.message
        found, wanted = bucket.objects(), always[packed].objects()
        assert {key: headers for key, (_, *headers) in found.items()} == {
            key: headers for key, (_, *headers) in wanted.items()
        }
        assert without_times(found) == without_times(wanted)
        plain, texts = always[False].objects(), {key: plain_text(one) for key, one in found.items()}
        assert {key for key in texts if texts[key] != plain_text(plain[key])} <= set(texts) - set(without_times(found))
        assert bucket.site.run().report.written == ()
    more_news(upstream)
    assert bucket.site.run().ending == "Completed"
    assert bucket.site.do(maintain.audit).ending == "Completed"


def test_an_object_that_is_not_what_its_encoding_says_is_put_right(
    made: Maker, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else stored plain text that says it is compressed: no run, audit or repair stops at it."""
    bucket = made.site("site", gzip=True)
    before = bucket.objects()
    bucket.put("index.html", b"plain", ContentType="text/html", ContentEncoding="gzip")
    assert bucket.site.do(maintain.audit).ending == "Failed"
    assert bucket.site.do(maintain.audit, repair=True).ending == "Completed"
    assert without_times(bucket.objects()) == without_times(before)
    bucket.put("index.html", b"plain", ContentType="text/html", ContentEncoding="gzip")
    more_news(upstream)
    assert bucket.site.run().ending == "Completed"
    assert bucket.objects()["index.html"][0][:2] == b"\x1f\x8b"


def plain_text(found: tuple[bytes, str, str, str]) -> bytes:
    """What a reader gets of an object."""
    return gzip.decompress(found[0]) if found[3] == "gzip" else found[0]
