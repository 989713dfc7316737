"""Manners towards hosts, shown by the server's own log: robots.txt, pace, holds and conditional requests.

Each with records in memory and with those of the ledger, which have to behave alike.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.errors import FetchError
from tasks.ledger import Ledger
from tasks.model import Request, Response, RobotsFile, Validators
from tasks.web import Client, HostRecords, Limits, Manners, Memory
from tasks.web.robots import MOST_BYTES
from tests.support.ledgers import opened
from tests.support.misbehaving import Connection, Misbehaving, Script, answer, misbehaving

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Clock:
    """A clock that the test sets; sleeping moves it."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pretend."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    """A clock at NOW."""
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in a file."""
    with opened(f"sqlite:///{tmp_path}/ledger.db") as one:
        yield one


@pytest.fixture(params=["memory", "ledger"])
def records(request: pytest.FixtureRequest, ledger: Ledger) -> HostRecords:
    """Both kinds of records."""
    return Memory() if request.param == "memory" else ledger.hosts


def client_of(records: HostRecords | None, clock: Clock | None = None, **changes: object) -> Client:
    """A client with these records."""
    values: dict[str, object] = {
        "user_agent": "finews-test/1 (+https://example.com/about)", "read_timeout": 1, "total_timeout": 2,
        "max_retry_after": 5, "allow_hosts": ("127.0.0.1",),
    }  # fmt: skip
    limits = Limits(**values | changes)  # type: ignore[arg-type]
    if clock is None:
        return Client(limits, records=records)
    return Client(limits, records=records, sleep=clock.sleep, clock=clock)


def serve(server: Misbehaving, robots: Script | bytes | list[Script | bytes], **routes: list[Script | bytes]) -> None:
    """Answer /robots.txt, and each other path with `b"text"` unless it is given."""
    server.answer({"/robots.txt": robots if isinstance(robots, list) else [robots]})
    server.answer({path: [answer(b"text")] for path in ("/a", "/b", "/private/x", "/private/open")})
    server.answer({f"/{name}": scripts for name, scripts in routes.items()})


def robots_txt(text: str) -> bytes:
    """The file."""
    return answer(text.encode(), headers="Content-Type: text/plain\r\n")


# --- robots.txt: RFC 9309 ---------------------------------------------------------------------

RULES = "User-agent: *\nDisallow: /private/\nAllow: /private/open\nCrawl-delay: 0\n"
NO = "User-agent: *\nDisallow: /\n"
STATES: dict[str, tuple[Script | bytes, str]] = {
    "rules for all": (robots_txt(RULES), ""),
    "no rules": (robots_txt(""), ""),
    "no file": (answer(b"", status="404 Not Found"), ""),
    "forbidden": (answer(b"", status="403 Forbidden"), ""),
    "gone": (answer(b"", status="410 Gone"), ""),
    "no content": (answer(b"", status="204 No Content"), ""),
    "all is closed": (robots_txt(NO), "Disallow: /, for *"),
    "closed to us by name": (robots_txt("User-agent: Finews-Test\nDisallow: /\n"), "Disallow: /, for finews-test"),
    "closed to another": (robots_txt("User-agent: other\nDisallow: /\n"), ""),
    "open to us alone": (robots_txt(NO + "User-agent: finews-test\nAllow: /\n"), ""),
    "groups of one agent": (
        robots_txt("User-agent: finews-test\nDisallow: /x\n\nUser-agent: finews-test\nDisallow: /a\n"), "Disallow: /a",
    ),
    "the longest rule wins": (robots_txt("User-agent: *\nDisallow: /\nAllow: /a\n"), ""),
    "allow wins a tie": (robots_txt("User-agent: *\nDisallow: /a\nAllow: /a\n"), ""),
    "wildcards": (robots_txt("User-agent: *\nDisallow: /*a$\n"), "Disallow: /*a$"),
    "a mark at the beginning": (robots_txt("\ufeff" + NO), "Disallow: /"),
    "bytes that are no UTF-8": (answer(b"# \xb9\xab\xcb\xbe\r\n" + NO.encode()), "Disallow: /"),
    "a page instead": (answer(b"<html><body>User-agent hints: none</body></html>"), ""),
    "CR line ends": (robots_txt(NO.replace("\n", "\r")), "Disallow: /"),
    "500 KiB of comments": (robots_txt("#" * 80 + "\n" + ("# x\n" * 120_000) + NO), "Disallow: /"),
    "rules after 500 KiB": (robots_txt("# x\n" * 130_000 + NO), ""),
    "server error": (answer(b"", status="500 Oh"), "status 500 since"),
    "busy": (answer(b"", status="503 Busy"), "status 503 since"),
    "a drop": (b"", "no answer since"),
    "half": (answer(NO.encode(), length=200), "no answer since"),
    "not HTTP": (b"220 mail ready\r\n", "no answer since"),
    "a lie about gzip": (answer(NO.encode(), headers="Content-Encoding: gzip\r\n"), "no answer since"),
    "a circle": (answer(b"", status="302 Found", headers="Location: /robots.txt\r\n"), ""),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_what_a_robots_txt_means(state: str) -> None:
    script, refused = STATES[state]
    with misbehaving() as server, client_of(Memory()) as client:
        serve(server, script)
        if not refused:
            assert get(client, server, "/a").body == b"text"
            return
        for _ in range(2):  # the first time that there is no answer passes
            said = refusal(client, server, "/a")
        assert not said.retryable
        assert said.not_before is not None
        assert f"not asked: robots.txt: {refused}" in str(said).replace(f"{server.origin}/robots.txt: ", "")
        assert server.asked("/a") == []


def get(client: Client, server: Misbehaving, target: str, **how: str) -> Response:
    """One GET on behalf of a source."""
    return client.get(Request(url=server.origin + target), manners=Manners(source="daily", **how))  # type: ignore[arg-type]


def refusal(client: Client, server: Misbehaving, target: str, **how: str) -> FetchError:
    """How that GET fails."""
    with pytest.raises(FetchError) as caught:
        get(client, server, target, **how)
    return caught.value


def test_it_is_asked_once_and_each_answer_says_which_rule_let_it_be_asked(records: HostRecords) -> None:
    with misbehaving() as server, client_of(records) as client:
        serve(server, robots_txt(RULES))
        assert get(client, server, "/a").permitted_by == f"no rule matches, for * ({server.origin}/robots.txt)"
        assert get(client, server, "/private/open").permitted_by.startswith("Allow: /private/open, for *")
        assert "Disallow: /private/, for *" in str(refusal(client, server, "/private/x"))
        assert [asked.target for asked in server.log] == ["/robots.txt", "/a", "/private/open"]


def test_who_ignores_it_asks_nothing(records: HostRecords) -> None:
    with misbehaving() as server, client_of(records) as client:
        serve(server, robots_txt(NO))
        assert get(client, server, "/a", robots="ignore").permitted_by == ""
        assert [asked.target for asked in server.log] == ["/a"]


def test_where_a_redirect_leads_is_looked_at_too(records: HostRecords) -> None:
    with misbehaving() as server, misbehaving() as other, client_of(records) as client:
        serve(other, robots_txt(NO))
        serve(server, robots_txt(""), a=[answer(status="302 Found", headers=f"Location: {other.origin}/b\r\n")])
        assert f"({other.origin}/robots.txt)" in str(refusal(client, server, "/a"))
        assert [asked.target for asked in other.log] == ["/robots.txt"]


def test_redirects_of_the_file_itself_are_followed(records: HostRecords) -> None:
    with misbehaving() as server, misbehaving() as other, client_of(records) as client:
        serve(server, answer(status="301 Moved", headers=f"Location: {other.origin}/rules\r\n"))
        serve(other, robots_txt(""), rules=[robots_txt(NO)])
        assert f"({server.origin}/robots.txt)" in str(refusal(client, server, "/a"))


def test_it_holds_for_a_day_over_clients_and_is_then_asked_conditionally(records: HostRecords, clock: Clock) -> None:
    file = answer(RULES.encode(), headers='ETag: W/"r 1"\r\nLast-Modified: then\r\n')
    with misbehaving() as server:
        serve(server, [file, answer(status="304 Not Modified"), robots_txt(NO)])
        for hours in (0, 23, 25, 48):
            clock.now = NOW + HOUR * hours
            with client_of(records, clock) as client:
                refusal(client, server, "/private/x")
                assert get(client, server, "/a").body == b"text"
        clock.now = NOW + HOUR * 50
        with client_of(records, clock) as client:
            refusal(client, server, "/a")
        first, second, third = server.asked("/robots.txt")
    assert (first.header("If-None-Match"), first.header("If-Modified-Since")) == ("", "")
    for later in (second, third):
        assert (later.header("If-None-Match"), later.header("If-Modified-Since")) == ('W/"r 1"', "then")


def test_what_a_304_says_of_the_file_is_kept(records: HostRecords, clock: Clock) -> None:
    file = answer(RULES.encode(), headers='ETag: W/"1"\r\nLast-Modified: then\r\n')
    with misbehaving() as server:
        serve(server, [file, answer(status="304 Not Modified", headers='ETag: W/"2"\r\n'), robots_txt(NO)])
        for days in (0, 2, 4):
            clock.now = NOW + DAY * days
            with client_of(records, clock) as client:
                refusal(client, server, "/private/x")
        _, _, third = server.asked("/robots.txt")
    assert (third.header("If-None-Match"), third.header("If-Modified-Since")) == ('W/"2"', "then")


def test_without_an_answer_nothing_is_asked_for_half_an_hour_and_after_a_month_the_last_good_one_counts(
    records: HostRecords, clock: Clock
) -> None:
    with misbehaving() as server:
        serve(server, [robots_txt(RULES), answer(status="503 Busy")])
        with client_of(records, clock) as client:
            get(client, server, "/a")
            clock.now += DAY + HOUR
            assert refusal(client, server, "/a").retryable  # the first time passes
            said = refusal(client, server, "/a")
            assert (said.retryable, said.not_before) == (False, clock.now + HOUR / 2)
            count = len(server.log)
            refusal(client, server, "/a")
            assert len(server.log) == count
            clock.now += DAY * 29
            refusal(client, server, "/a")
            clock.now += DAY * 2
            assert get(client, server, "/a").body == b"text"
            assert "Disallow: /private/" in str(refusal(client, server, "/private/x"))
            server.answer({"/robots.txt": [robots_txt("")]})
            clock.now += HOUR
            assert get(client, server, "/private/x").body == b"text"


def test_more_than_500_kib_are_cut_off(records: HostRecords) -> None:
    with misbehaving() as server, client_of(records) as client:
        serve(server, robots_txt(RULES + "# x\n" * 200_000))
        refusal(client, server, "/private/x")
        kept = records.robots(server.origin)
    assert kept is not None
    assert len(kept.body) == MOST_BYTES


# --- pace -------------------------------------------------------------------------------------


def test_a_gap_between_the_requests_of_all_threads(records: HostRecords) -> None:
    with misbehaving() as server, client_of(records, min_gap=0.3) as client:
        serve(server, robots_txt(""))
        start = time.monotonic()
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda _: get(client, server, "/a"), range(6)))
        times = sorted(asked.at for asked in server.log)
    assert len(times) == 7  # robots.txt is a request like the others
    # However late a thread comes, none comes before its turn.
    assert all(at - start > turn * 0.3 - 0.01 for turn, at in enumerate(times))


def test_a_gap_between_the_requests_of_two_clients_with_one_ledger(ledger: Ledger, tmp_path: Path) -> None:
    with (
        opened(f"sqlite:///{tmp_path}/ledger.db") as again,
        misbehaving() as server,
        client_of(ledger.hosts, min_gap=0.3) as one,
        client_of(again.hosts, min_gap=0.3) as two,
    ):
        serve(server, robots_txt(""))
        start = time.monotonic()
        get(one, server, "/a")
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda n: get((one, two)[n % 2], server, "/a"), range(6)))
        times = sorted(asked.at for asked in server.log)
        assert max(asked.waiting for asked in server.log) <= 2
    assert len(server.asked("/robots.txt")) == 1
    assert all(at - start > turn * 0.3 - 0.01 for turn, at in enumerate(times))


@pytest.mark.parametrize("gap", [0, 0.01])
def test_at_most_so_many_at_once(records: HostRecords, gap: float) -> None:
    together = threading.Barrier(3)

    def slow(connection: Connection) -> None:
        together.wait(5)
        connection.send(answer(b"text"))

    with misbehaving() as server, client_of(records, per_host=3, min_gap=gap) as client:
        serve(server, robots_txt(""), a=[slow])
        with ThreadPoolExecutor(9) as threads:
            list(threads.map(lambda _: get(client, server, "/a"), range(9)))
        assert max(asked.waiting for asked in server.log) == 3


def test_a_turn_that_was_never_given_back_is_taken_again(records: HostRecords) -> None:
    take = {"gap": timedelta(seconds=1), "at_most": 2, "lasts": timedelta(seconds=60)}
    turns = [records.enter("a.example", now=NOW, **take) for _ in range(3)]  # type: ignore[arg-type]
    assert [turn and turn.at - NOW for turn in turns] == [timedelta(0), timedelta(seconds=1), None]
    assert records.enter("b.example", now=NOW, **take) is not None  # type: ignore[arg-type]
    assert turns[0] is not None
    records.leave(turns[0])
    third = records.enter("a.example", now=NOW, **take)  # type: ignore[arg-type]
    assert third is not None
    assert third.at == NOW + timedelta(seconds=2)
    assert records.enter("a.example", now=NOW, **take) is None  # type: ignore[arg-type]
    assert records.enter("a.example", now=NOW + timedelta(seconds=70), **take) is not None  # type: ignore[arg-type]


def test_a_crawl_delay_is_a_longer_gap_and_an_absurd_one_is_cut(records: HostRecords, clock: Clock) -> None:
    with misbehaving() as server, client_of(records, clock, min_gap=1) as client:
        serve(server, robots_txt("User-agent: *\nCrawl-delay: 7\n"))
        for _ in range(3):
            get(client, server, "/a")
    with misbehaving() as server, client_of(records, clock) as client:
        serve(server, robots_txt("User-agent: *\nCrawl-delay: 86400\n"))
        for _ in range(2):
            get(client, server, "/a")
    *gaps, longest = [round(seconds) for seconds in clock.slept]
    assert gaps == [1, 7, 7] or gaps == [1, 8, 8]  # longer by the source's share
    assert 30 <= longest <= 38


def test_each_source_has_a_jitter_of_its_own_and_always_the_same() -> None:
    gaps = {name: Manners(source=name).stretched(1.0) for name in ("daily", "wire", "feed", "")}
    assert gaps == {name: Manners(source=name).stretched(1.0) for name in gaps}
    assert all(1 <= gap < 1.25 for gap in gaps.values())
    assert len(set(gaps.values())) == 4


# --- holds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "others"),
    [("url", {"/b": True, "other source": True}), ("host", {"/b": False, "other source": False}),
        ("source", {"/b": False, "other source": True})],
)  # fmt: skip
def test_what_a_long_retry_after_holds(records: HostRecords, clock: Clock, scope: str, others: dict[str, bool]) -> None:
    busy = answer(status="429 Slow", headers="Retry-After: 3600\r\n")
    with misbehaving() as server, misbehaving() as elsewhere:
        serve(server, robots_txt(""), a=[busy])
        serve(elsewhere, robots_txt(""))
        with client_of(records, clock) as client:
            refusal(client, server, "/a", hold=scope)
            assert refusal(client, server, "/a", hold=scope).not_before == NOW + HOUR
        with client_of(records, clock) as client:  # a later run
            assert "not asked: the" in str(refusal(client, server, "/a"))
            check_held(client, server, elsewhere, others, scope)
        clock.now += HOUR + timedelta(seconds=1)
        server.answer({"/a": [answer(b"text")]})
        with client_of(records, clock) as client:
            assert get(client, server, "/a").body == b"text"
    assert clock.slept == []


def check_held(
    client: Client, server: Misbehaving, elsewhere: Misbehaving, others: dict[str, bool], scope: str
) -> None:
    """Which other requests are let through."""
    requests: dict[str, Callable[[], object]] = {
        "/b": lambda: get(client, server, "/b"),
        "other source": lambda: client.get(Request(url=f"{server.origin}/b"), manners=Manners(source="wire")),
    }
    for name, let in others.items():
        if let:
            requests[name]()
        else:
            with pytest.raises(FetchError, match="not asked: the"):
                requests[name]()
    if scope != "source":
        assert get(client, elsewhere, "/a").body == b"text"


def test_a_short_wait_is_waited_out_by_every_thread(records: HostRecords, clock: Clock) -> None:
    busy = answer(status="503 Busy", headers="Retry-After: 3\r\n")
    with misbehaving() as server, client_of(records, clock) as client:
        serve(server, robots_txt(""), a=[busy, answer(b"text")])
        assert refusal(client, server, "/a").retryable
        assert get(client, server, "/b").body == b"text"
        assert [round(seconds) for seconds in clock.slept] == [3]
        assert get(client, server, "/a").body == b"text"
    assert records.holds(now=NOW) == {}


# --- conditional requests ---------------------------------------------------------------------


def test_validators_are_echoed_byte_for_byte_and_to_their_own_address_only() -> None:
    validators = {"etag": 'W/"a, b"', "last_modified": "Wed,  4 Mar 2026 05:06:07 +0000"}
    with misbehaving() as server, client_of(None) as client:
        server.answer(
            {"/a": [answer(status="304 Not Modified", headers='ETag: W/"a, b"\r\nCache-Control: max-age=9\r\n')]}
        )
        server.answer({"/to": [answer(status="302 Found", headers="Location: /b\r\n")], "/b": [answer(b"new")]})
        url = f"{server.origin}/a"
        response = client.get(Request(url=url), validators=Validators(url=url, **validators))
        assert (response.status, response.body, response.header("cache-control")) == (304, b"", "max-age=9")
        [asked] = server.asked("/a")
        assert asked.header("If-None-Match") == validators["etag"]
        assert asked.header("If-Modified-Since") == validators["last_modified"]
        url = f"{server.origin}/to"
        assert client.get(Request(url=url), validators=Validators(url=url, **validators)).body == b"new"
        assert server.asked("/b")[0].header("If-None-Match") == ""


def test_a_304_that_nobody_asked_for_is_an_error() -> None:
    with misbehaving(answer(status="304 Not Modified")) as server, client_of(None) as client:
        for validators in (Validators(url="http://other.example/", etag='"a"'), Validators(url=f"{server.origin}/a")):
            with pytest.raises(FetchError, match=r"status 304 Not Modified$") as caught:
                client.get(Request(url=f"{server.origin}/a"), validators=validators)
            assert not caught.value.retryable


def test_who_asks_and_whom_to_write_to() -> None:
    with misbehaving(answer(b"")) as server, client_of(None, sender="news@example.com") as client:
        client.get(Request(url=server.origin))
        assert server.log[0].header("User-Agent") == "finews-test/1 (+https://example.com/about)"
        assert server.log[0].header("From") == "news@example.com"
        assert server.log[0].header("Accept-Encoding") == "gzip, br, zstd"


# --- records ----------------------------------------------------------------------------------


def test_a_robots_file_is_kept_as_it_is(records: HostRecords) -> None:
    file = RobotsFile(
        origin="https://a.example", status=200, asked_at=NOW, body=b"\xff\0User-agent", failing_since=NOW - DAY,
        validators=Validators(url="https://a.example/robots.txt", etag='"é"', last_modified="then"),
    )  # fmt: skip
    for one in (RobotsFile(origin=file.origin, status=404, asked_at=NOW), file):
        records.keep_robots(one)
        assert records.robots(file.origin) == one
    assert records.robots("https://b.example") is None


def test_the_later_of_two_holds_counts(records: HostRecords) -> None:
    for hours in (2, 3, 1):
        records.hold("host", "a.example", NOW + HOUR * hours)
    records.hold("url", "a.example", NOW + HOUR)
    assert records.holds(now=NOW) == {("host", "a.example"): NOW + 3 * HOUR, ("url", "a.example"): NOW + HOUR}
    assert records.holds(now=NOW + 2 * HOUR) == {("host", "a.example"): NOW + 3 * HOUR}
