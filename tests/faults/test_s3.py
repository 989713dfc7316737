"""An S3 service that fails at a call: the run absorbs it or fails with a reason, and the next one makes it whole."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows import maintain
from flows.publication import MARKER
from tasks.model import Action, ActionKind, Page
from tasks.stores import open_store
from tests.faults.conftest import ALL, some
from tests.faults.sites import BASE, first_news, more_news
from tests.support.crawling import dangling
from tests.support.fault_proxy import Fault, FaultProxy, proxying
from tests.support.s3 import S3Server
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream

FEW = 1
ABSORBED = (
    Fault.REFUSED, Fault.ERROR, Fault.SLOW_DOWN, Fault.CONDITION_FAILED, Fault.CONFLICT, Fault.LOST_BEFORE,
    Fault.LOST_AFTER, Fault.WRONG_TAG,
)  # fmt: skip
Stored = Mapping[str, tuple[bytes, str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A site in a bucket behind a proxy."""

    site: SiteFolder
    server: S3Server
    url: str

    def objects(self) -> Stored:
        """Bytes and headers of everything that readers may get."""
        return {key: found for key, found in self.all().items() if key != MARKER}

    def all(self) -> Stored:
        """Bytes and headers of everything."""
        bucket, _, prefix = self.url.removeprefix("s3://").partition("/")
        client = self.server.client()
        found = {}
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
            for entry in page.get("Contents", []):
                got = client.get_object(Bucket=bucket, Key=entry["Key"])
                with got["Body"] as body:
                    headers = (got["ContentType"], got.get("CacheControl", ""), got.get("ContentEncoding", ""))
                    found[entry["Key"].removeprefix(f"{prefix}/")] = (body.read(), *headers)
        client.close()
        return found

    def put(self, key: str, body: bytes, **headers: str) -> None:
        """Replace an object as somebody else would."""
        bucket, _, prefix = self.url.removeprefix("s3://").partition("/")
        client = self.server.client()
        client.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=body, **headers)
        client.close()

    def dead_links(self) -> list[str]:
        """Links that lead nowhere."""
        found = self.all()
        return dangling(lambda key: found[key][0] if key in found else None, BASE)


@pytest.fixture
def proxy(s3_user: S3Server) -> Iterator[FaultProxy]:
    """A proxy in front of the server."""
    with proxying(s3_user.endpoint_url) as running:
        yield running


@pytest.fixture
def made(folders: Path, upstream: Upstream, s3_user: S3Server, proxy: FaultProxy) -> "Maker":
    """Makes sites behind the proxy."""
    return Maker(folders=folders, upstream=upstream, server=s3_user, endpoint=proxy.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes sites, each with a ledger and a place in the bucket of its own."""

    folders: Path
    upstream: Upstream
    server: S3Server
    endpoint: str

    def site(self, name: str, **publish: object) -> Bucket:
        """A site whose first news are published."""
        folder = self.folders / name
        folder.mkdir()
        bucket = Bucket(site=SiteFolder(folder=folder), server=self.server, url=self.server.fresh_url())
        self.write(bucket, **publish)
        first_news(self.upstream)
        ended = bucket.site.run()
        assert ended.ending == "Completed", ended.state.message
        return bucket

    def write(self, bucket: Bucket, **publish: object) -> None:
        """Write its site file."""
        lists = (self.upstream.source("rolling"), self.upstream.source("media"))
        bucket.site.write(*lists, publish={"url": bucket.url, "endpoint_url": self.endpoint} | publish)


def without_times(found: Stored) -> Stored:
    """Without what holds the time of a run: records, and the correction's own."""
    return {key: value for key, value in found.items() if not key.startswith(("_finews/", "search/"))}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", ABSORBED, ids=lambda fault: fault.value)
@pytest.mark.fault(
    reader="the new site",
    reports="Completed: the call is made again, or what is there is looked at",
    heals="within the run",
)
def test_a_call_that_fails_once_is_absorbed(
    fault: Fault, made: Maker, proxy: FaultProxy, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retries, a look at what is there, and the object is as it should be: the run completes."""
    standing(monkeypatch)
    wanted = made.site("wanted")
    more_news(upstream)
    proxy.forget()
    wanted.site.run()
    puts = sum(call.method == "PUT" for call in proxy.calls)
    for nth in some(puts, 1):
        bucket = made.site(f"at-{nth}")
        more_news(upstream)
        proxy.forget()
        proxy.break_at(fault, nth=nth)
        ended = bucket.site.run()
        assert ended.ending == "Completed", f"at PUT {nth}: {ended.state.message}"
        assert bucket.dead_links() == []
        assert without_times(bucket.objects()) == without_times(wanted.objects()), f"at PUT {nth}"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "fault", [Fault.DENIED, *([Fault.ERROR, Fault.LOST_AFTER] if ALL else [])], ids=lambda fault: fault.value
)
@pytest.mark.fault(
    reader="the old site, or a mix of two correct versions; no dead link",
    reports="Failed, with what the service said",
    heals="the next run takes up the remainder",
)
def test_a_service_that_goes_on_failing_fails_the_run_and_the_next_one_makes_it_whole(
    fault: Fault, made: Maker, proxy: FaultProxy, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed wave stops all later ones; no link dangles; the remainder is taken up."""
    standing(monkeypatch)
    wanted = made.site("wanted")
    more_news(upstream)
    proxy.forget()
    wanted.site.run()
    puts = sum(call.method == "PUT" for call in proxy.calls)
    for nth in some(puts, FEW):
        bucket = made.site(f"at-{nth}")
        more_news(upstream)
        proxy.forget()
        proxy.break_at(fault, nth=nth, times=10_000)
        ended = bucket.site.run()
        assert ended.ending == "Failed", f"at PUT {nth}"
        assert bucket.dead_links() == []
        proxy.forget()
        assert bucket.site.run().ending == "Completed"
        assert without_times(bucket.objects()) == without_times(wanted.objects()), f"at PUT {nth}"


@pytest.mark.skipif(not ALL, reason="a lost answer is waited for as long as a real one: only in make faults")
@pytest.mark.fault(
    reader="the new site",
    reports="Completed, after 20 seconds",
    heals="within the run",
)
def test_a_call_without_an_answer_is_made_again(made: Maker, proxy: FaultProxy, upstream: Upstream) -> None:
    """After twenty seconds."""
    bucket = made.site("site")
    more_news(upstream)
    proxy.break_at(Fault.NO_ANSWER, nth=5)
    assert bucket.site.run().ending == "Completed"
    assert bucket.dead_links() == []


@pytest.mark.fault(
    reader="the new site",
    reports="Completed",
    heals="within the run",
)
def test_a_state_that_is_cut_off_on_the_way_is_read_again(made: Maker, proxy: FaultProxy, upstream: Upstream) -> None:
    """The client library does not repeat a body that breaks off."""
    bucket = made.site("site")
    more_news(upstream)
    proxy.break_at(Fault.CUT_OFF, nth=1, method="GET")
    assert bucket.site.run().ending == "Completed"


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
    puts = [call for call in proxy.calls if call.method == "PUT"]
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


@pytest.mark.fault(
    reader="the new site",
    reports="Completed; `finews doctor` says what the service cannot",
    heals="only the lease keeps two writers apart",
)
def test_a_service_without_conditional_writes_is_found_out(
    made: Maker, proxy: FaultProxy, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes go without conditions then, and everything else holds."""
    standing(monkeypatch)
    wanted = made.site("wanted")
    more_news(upstream)
    wanted.site.run()
    proxy.refuse_conditions()
    bucket = made.site("site")
    proxy.forget()
    more_news(upstream)
    assert bucket.site.run().ending == "Completed"
    assert not [call.key for call in proxy.calls if {"If-Match", "If-None-Match"} & call.headers.keys()]
    assert without_times(bucket.objects()) == without_times(wanted.objects())


@pytest.mark.fault(
    reader="the same site",
    reports="Completed",
    heals="within the run",
)
def test_another_service_gets_the_same_site(
    folders: Path, upstream: Upstream, s3_server: S3Server, radosgw_user: S3Server
) -> None:
    """A Ceph object gateway: what it can do is found out, a second run writes nothing, no link dangles."""
    with proxying(radosgw_user.endpoint_url) as proxy:
        made = Maker(folders=folders, upstream=upstream, server=radosgw_user, endpoint=proxy.address)
        bucket = made.site("site")
        folder = SiteFolder(folder=folders / "folder")
        folder.folder.mkdir()
        folder.write(upstream.source("rolling"), upstream.source("media"))
        folder.run()
        readable = {key: found[0] for key, found in bucket.objects().items() if not key.startswith("_finews/")}
        assert readable == folder.objects()
        proxy.forget()
        assert bucket.site.run().report.written == ()
        assert [call.method for call in proxy.calls] == ["GET"]
        more_news(upstream)
        for fault in (Fault.LOST_AFTER, Fault.CONDITION_FAILED, Fault.ERROR):
            proxy.break_at(fault, nth=20)
            assert bucket.site.run().ending == "Completed"
            assert bucket.dead_links() == []


def test_a_lost_ledger_is_made_again_from_a_bucket(made: Maker, upstream: Upstream) -> None:
    """Bytes and headers are as they were, and the next run writes nothing."""
    bucket = made.site("site")
    more_news(upstream)
    bucket.site.run()
    before = bucket.all()
    bucket.site.ledger_file.unlink()
    assert bucket.site.do(maintain.restore).ending == "Completed"
    assert bucket.site.run().report.written == ()
    assert bucket.objects() == {key: found for key, found in before.items() if key != MARKER}


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
    for packed, rebuilt in ((True, False), (False, True), (True, True), (False, False)):
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


def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A correction says when it was seen: the clock of the flow stands still, so that runs can be compared."""
    from flows import syndicate
    from tests.faults.breaking import Standing

    for module in (syndicate, maintain):
        monkeypatch.setitem(vars(module), "datetime", Standing)
