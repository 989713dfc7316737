"""An S3 service that fails at a call: the run absorbs it or fails with a reason, and the next one makes it whole."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from flows import maintain
from flows.run import keep_capabilities, read_site
from tasks.model import WithdrawalReason
from tasks.stores import Capabilities
from tests.faults.breaking import How, run
from tests.faults.buckets import Bucket, Kept, Maker, standing, without_times
from tests.faults.conftest import ALL, some
from tests.faults.sites import MOVING, first_news, ledger_of, more_news
from tests.support.fault_proxy import Fault, FaultProxy, proxying
from tests.support.s3 import S3Server
from tests.support.sites import OPERATORS, SiteFolder
from tests.support.upstream import Upstream

EVERY = 4  # of the PUTs of a run, in make faults: each kind of fault begins at another one
ABSORBED = (
    Fault.REFUSED, Fault.ERROR, Fault.SLOW_DOWN, Fault.CONDITION_FAILED, Fault.CONFLICT, Fault.LOST_BEFORE,
    Fault.LOST_AFTER, Fault.WRONG_TAG,
)  # fmt: skip
# In make test: one that is asked again, and one whose condition is looked at because its answer was lost.
SOME = ABSORBED if ALL else (Fault.SLOW_DOWN, Fault.LOST_AFTER)
# As little as a service may be able to do: everything is looked at, and deleted one by one.
PLAIN = Capabilities(tag_is_md5=False, batch_delete=False)
LOOKS = (("HEAD", PLAIN), ("DELETE", PLAIN), ("POST", Capabilities()))


def one_more_run(bucket: Bucket, proxy: FaultProxy, upstream: Upstream) -> tuple[Kept, int]:
    """The site with its first news, kept; and how many PUTs the run with more news makes, which nobody disturbs."""
    kept = bucket.keep()
    more_news(upstream)
    proxy.forget()
    assert bucket.site.run().ending == "Completed"
    assert bucket.dead_links() == []
    told = tuple(f"{bucket.prefix}{start}" for start in OPERATORS)  # these come last, and fail nothing
    return kept, sum(call.method == "PUT" and not call.key.startswith(told) for call in proxy.calls)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fault", SOME, ids=lambda fault: fault.value)
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
    bucket = made.site("site")
    kept, puts = one_more_run(bucket, proxy, upstream)
    wanted = without_times(bucket.objects())
    for nth in some(puts, 1, every=EVERY, first=1 + ABSORBED.index(fault)):
        bucket.put_back(kept)
        proxy.forget()
        proxy.break_at(fault, nth=nth)
        ended = bucket.site.run()
        assert ended.ending == "Completed", f"at PUT {nth}: {ended.state.message}"
        assert without_times(bucket.objects()) == wanted, f"at PUT {nth}"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "fault",
    [Fault.DENIED, *([Fault.ERROR, Fault.LOST_AFTER, Fault.REFUSED] if ALL else [])],
    ids=lambda fault: fault.value,
)
@pytest.mark.fault(
    reader="the old site, or a mix of two correct versions; no dead link",
    reports="Failed, with what the service said",
    heals="the next run takes up the remainder",
)
def test_a_service_that_goes_on_failing_fails_the_run_and_the_next_one_makes_it_whole(
    fault: Fault, made: Maker, proxy: FaultProxy, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed wave stops all later ones; no link dangles; the remainder is taken up. Nothing is tried again here."""
    standing(monkeypatch)
    bucket = made.site("site")
    made.write(bucket, retries=0, attempts=1)
    kept, puts = one_more_run(bucket, proxy, upstream)
    wanted = without_times(bucket.objects())
    for nth in some(puts, 1, every=EVERY):
        bucket.put_back(kept)
        proxy.forget()
        proxy.break_at(fault, nth=nth, times=10_000)
        ended = bucket.site.run()
        assert ended.ending == "Failed", f"at PUT {nth}"
        assert bucket.dead_links() == []
        proxy.forget()
        assert bucket.site.run().ending == "Completed"
        assert without_times(bucket.objects()) == wanted, f"at PUT {nth}"


@pytest.mark.parametrize(("method", "able"), LOOKS, ids=[method for method, _ in LOOKS])
@pytest.mark.parametrize(
    "fault",
    [Fault.LOST_AFTER, *([Fault.REFUSED, Fault.LOST_BEFORE, Fault.ERROR, Fault.SLOW_DOWN] if ALL else [])],
    ids=lambda fault: fault.value,
)
@pytest.mark.fault(
    reader="the new site",
    reports="Completed: the call is made again",
    heals="within the run",
)
def test_a_look_or_a_deletion_that_fails_once_is_absorbed(
    fault: Fault, method: str, able: Capabilities, made: Maker, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HEAD and DELETE of a service that can do little, and POST, which deletes many at once."""
    standing(monkeypatch)
    bucket = made.site("site")
    with bucket.site.ledger() as ledger:
        keep_capabilities(read_site(str(bucket.site.file)), ledger, able)
    kept = bucket.keep()
    take_down(bucket, "Completed")
    wanted, gone = without_times(bucket.objects()), kept.objects.keys() - bucket.objects().keys()
    bucket.put_back(kept)
    proxy.forget()
    proxy.break_at(fault, nth=1, method=method)
    take_down(bucket, "Completed")
    assert sum(call.method == method for call in proxy.calls) > 1
    assert without_times(bucket.objects()) == wanted
    assert f"_posts/2026-11-20-{MOVING.number}.md" in gone


@pytest.mark.fault(
    reader="the new site; some files that nothing names are still there",
    reports="Failed, with the first keys that are still there",
    heals="the next run deletes the others",
)
def test_keys_that_a_batch_did_not_delete_are_deleted_by_the_next_run(
    made: Maker, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their errors come inside a 200. What was deleted is not asked for again, and nothing else goes."""
    standing(monkeypatch)
    bucket = made.site("site")
    kept = bucket.keep()
    take_down(bucket, "Completed")
    wanted = without_times(bucket.objects())
    bucket.put_back(kept)
    before = bucket.objects().keys()
    proxy.forget()
    proxy.delete = bucket.delete
    proxy.break_at(Fault.SOME_KEYS, nth=1, method="POST", times=10_000)
    said = take_down(bucket, "Failed")
    assert "objects of wave deletions failed: " in said
    assert "InternalError: on purpose" in said
    left = without_times(bucket.objects())
    assert wanted.keys() < left.keys() < before | wanted.keys()
    assert bucket.dead_links() == []
    proxy.forget()
    assert bucket.site.run().ending == "Completed"
    assert without_times(bucket.objects()) == wanted
    assert bucket.site.run().report.deleted == ()


@pytest.mark.parametrize(
    ("fault", "ending", "said"),
    [
        (Fault.WRONG_SIZE, "Failed", "the service does not hold what was sent: 3 bytes, "),
        (Fault.OTHER_HEADERS, "Completed with problems", "of them are not confirmed"),
    ],
    ids=lambda value: getattr(value, "value", None),
)
@pytest.mark.fault(
    reader="the old site, or the new one with other headers",
    reports="another size: Failed; other headers: Completed with problems; the summary counts what is confirmed",
    heals="another size: the next run; other headers: a person",
)
def test_an_object_that_the_service_tells_otherwise_is_not_passed_over(
    fault: Fault, ending: str, said: str, made: Maker, proxy: FaultProxy, upstream: Upstream
) -> None:
    """A service whose tags prove nothing is asked for size and headers."""
    bucket = made.site("site")
    with bucket.site.ledger() as ledger:
        keep_capabilities(read_site(str(bucket.site.file)), ledger, PLAIN)
    more_news(upstream)
    proxy.break_at(fault, nth=10, method="HEAD", times=3)
    ended = bucket.site.run()
    assert (ended.ending, said in str(ended.state.message)) == (ending, True), ended.state.message
    if fault is Fault.OTHER_HEADERS:
        assert "3 of them" in str(ended.state.message)
        assert ended.report.verified == len(ended.report.written) - 3
    proxy.forget()
    assert bucket.site.run().ending == "Completed"
    assert bucket.dead_links() == []


@pytest.mark.fault(
    reader="the new site",
    reports="Completed, after `read_timeout` seconds",
    heals="within the run",
)
def test_a_call_without_an_answer_is_made_again(made: Maker, proxy: FaultProxy, upstream: Upstream) -> None:
    """After two seconds here."""
    bucket = made.site("site", read_timeout=2)
    more_news(upstream)
    proxy.forget()
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
    reader="the new site",
    reports="Completed: what the other service can do is found out anew",
    heals="nothing to heal",
)
def test_a_site_that_moves_to_another_service_is_not_held_to_what_the_first_could(
    made: Maker, proxy: FaultProxy, upstream: Upstream, s3_user: S3Server
) -> None:
    """A bucket of the same name at another endpoint, whose service does not know conditional writes."""
    bucket = made.site("site")
    more_news(upstream)
    with proxying(s3_user.endpoint_url) as other:
        other.refuse_conditions()
        made.write(bucket, endpoint_url=other.address)
        assert bucket.site.run().ending == "Completed"
        tried = [call.key for call in other.calls if {"If-Match", "If-None-Match"} & call.headers.keys()]
        assert tried
        assert {key.rpartition("_finews/")[2] for key in tried} == {"probe"}
    made.write(bucket)
    proxy.forget()
    first_news(upstream)
    assert bucket.site.run().ending == "Completed"
    assert not [call for call in proxy.calls if call.key.endswith("probe")]  # that is still known
    assert [call for call in proxy.calls if "If-Match" in call.headers]


@pytest.mark.fault(
    reader="the same site",
    reports="Completed",
    heals="within the run",
)
def test_another_service_gets_the_same_site(
    folders: Path, upstream: Upstream, s3_server: S3Server, radosgw_user: S3Server
) -> None:
    """A Ceph object gateway: what it can do is found out, a second run writes nothing, no link dangles."""
    with proxying(radosgw_user.endpoint_url) as proxy, closing(radosgw_user.client()) as client:
        made = Maker(folders=folders, upstream=upstream, server=radosgw_user, client=client, endpoint=proxy.address)
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
        for fault in (Fault.LOST_AFTER, Fault.CONDITION_FAILED, Fault.ERROR) if ALL else (Fault.LOST_AFTER,):
            proxy.break_at(fault, nth=20)
            assert bucket.site.run().ending == "Completed"
            assert bucket.dead_links() == []


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("which", ["a later run", *(["a first run"] if ALL else [])])
@pytest.mark.fault(
    reader="the old site, or a mix of two correct versions; no dead link",
    reports="nothing: it is gone",
    heals="the next run follows at once and ends with the same bytes, headers and ledger",
)
def test_killed_at_a_store_call_the_next_run_makes_it_whole(
    which: str, made: Maker, upstream: Upstream, s3_user: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL before calls of a run in a process of its own, several of them under way, and before commits."""
    standing(monkeypatch)
    made = replace(made, endpoint=s3_user.endpoint_url)
    bucket = made.fresh("site")
    first_news(upstream)
    if which == "a later run":
        assert run(bucket.site.folder).state == "Completed"
        more_news(upstream)
    kept = bucket.keep()
    steps = run(bucket.site.folder).steps
    assert steps > 80
    objects, ledger = bucket.objects(), ledger_of(bucket.site)
    for at in some(steps, 1, every=5):
        bucket.put_back(kept)
        assert run(bucket.site.folder, at=at, how=How.KILL).killed
        assert bucket.dead_links() == [], f"killed before step {at}"
        assert run(bucket.site.folder).state == "Completed"
        assert bucket.objects() == objects, f"killed before step {at}"
        assert ledger_of(bucket.site) == ledger, f"killed before step {at}"


def take_down(bucket: Bucket, ending: str) -> str:
    """Withdraw an article, which deletes its post and files of the search index; what the run said."""
    ended = bucket.site.do(maintain.withdraw, articles=[MOVING.code], reason=WithdrawalReason.OWN)
    assert ended.ending == ending, ended.state.message
    return str(ended.state.message)
