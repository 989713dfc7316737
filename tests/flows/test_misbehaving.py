"""A whole run over everything that a server can do wrong, and polite runs one after the other, as the server saw them."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from tasks.articles.due import as_json, from_json
from tasks.model import Result
from tests.support.behaviours import BEHAVIOURS, MOST
from tests.support.misbehaving import Misbehaving, Script, answer, misbehaving
from tests.support.sites import SiteFolder
from tests.support.upstream import Story

QUICK = {"read_timeout": 1.0, "total_timeout": 2.0, "max_retry_after": 3, "max_bytes": MOST}
ROBOTS: dict[str, tuple[Script | bytes, bool]] = {
    "none": (answer(b"", status="404 Not Found"), True),
    "closed": (answer(b"User-agent: *\nDisallow: /\n"), False),
    "closed but for texts": (answer(b"User-agent: *\nDisallow: /\nAllow: /text\n"), True),
    "failing": (answer(b"", status="503 Busy"), False),
    "silent": (b"", False),
}


def story(number: int) -> Story:
    """An article of its own."""
    return Story(
        number=f"20261120{number:010d}",
        title=f"第{number}条消息",
        time=f"2026-11-20 {number // 60:02d}:{number % 60:02d}:00",
        body=f"<p>第{number}条消息的正文，写给测试来读。</p>" * 3,
    )


def serve_list(server: Misbehaving, *stories: Story, headers: str = "", more: tuple[Script | bytes, ...] = ()) -> None:
    """The media list with these; `more` answers the requests after the first."""
    records = json.dumps({"nodeList": [one.record("media") for one in stories]}, ensure_ascii=False).encode()
    server.answer({"/list": [answer(records, headers=headers), *more]})
    server.answer({f"/text?id={one.code}": [answer(one.text().body)] for one in stories})


def source(server: Misbehaving, name: str = "media", **keys: object) -> dict[str, object]:
    """The table of the site file for that list."""
    return {
        "name": name, "kind": "choice", "list_url": f"{server.origin}/list",
        "article_url": f"{server.origin}/text?id={{code}}", "share_url": "http://share.example.com/?c={code}", **keys,
    }  # fmt: skip


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """The upstream."""
    with misbehaving() as running:
        yield running


@pytest.fixture
def folder(prefect_harness: None, tmp_path: Path) -> SiteFolder:
    """A site of which the test writes the file."""
    return SiteFolder(folder=tmp_path)


def page(one: Story) -> str:
    """The key of an article's page ends so."""
    return f"{one.code}.html"


# --- everything at once -----------------------------------------------------------------------


def test_every_good_article_is_published_whatever_else_the_servers_do(server: Misbehaving, folder: SiteFolder) -> None:
    told = {name: story(number) for number, name in enumerate(BEHAVIOURS, start=1)}
    serve_list(server, *told.values())
    for name, one in told.items():
        server.answer(BEHAVIOURS[name].routes(one.text().body, f"/text?id={one.code}"))
    folder.write(source(server, retry_after="url"), fetch=QUICK, verdict={"max_problem_share": 1.0})
    ended = folder.run()
    assert ended.ending == "Completed with problems"
    published = {key.rsplit("/")[-1] for key in folder.objects()}
    for name, one in told.items():
        line, expected = ended.line(one.code), BEHAVIOURS[name]
        assert (page(one) in published) == expected.gives_the_article, name
        assert (line.result is Result.DONE) == expected.gives_the_article, name
        if not expected.gives_the_article:
            assert expected.says in line.reason, name
    assert folder.dead_links() == []


def test_robots_txt_in_all_states_and_a_source_that_is_not_read_harms_no_other(folder: SiteFolder) -> None:
    with misbehaving() as lists:
        sources, servers = [], {}
        with contextlib.ExitStack() as open_servers:
            running = [open_servers.enter_context(misbehaving()) for _ in ROBOTS]
            for number, (state, (script, _)) in enumerate(ROBOTS.items(), start=1):
                one, host = story(number), running[number - 1]
                host.answer({"/robots.txt": [script], f"/text?id={one.code}": [answer(one.text().body)]})
                records = json.dumps({"nodeList": [one.record("media")]}, ensure_ascii=False).encode()
                lists.answer({f"/list/{number}": [answer(records)]})
                keys = {"list_url": f"{lists.origin}/list/{number}"}
                sources.append(source(host, f"media-{number}") | keys)
                servers[state] = (one, host)
            folder.write(*sources, verdict={"max_problem_share": 1.0})
            ended = folder.run()
            for state, (one, host) in servers.items():
                allowed = ROBOTS[state][1]
                assert any(key.endswith(page(one)) for key in folder.objects()) == allowed, state
                assert bool(host.asked(f"/text?id={one.code}")) == allowed, state
                assert "robots.txt" in folder.story_of(one.number), state
                if not allowed:
                    assert "not asked: robots.txt: " in ended.line(one.code).reason
            again = folder.run()
            assert again.line(servers["closed"][0].code).step == "not due"  # until its robots.txt is read anew


# --- run after run ----------------------------------------------------------------------------

VALIDATORS = 'ETag: W/"v 1"\r\nLast-Modified: Fri, 20 Nov 2026 01:00:00 GMT\r\n'


def outcome(ended_report: object, name: str = "media") -> str:
    """What the report says of asking a source."""
    [found] = [one for one in ended_report.outcomes if one.subject == name]  # type: ignore[attr-defined]
    return f"{found.result.value}: {found.reason}"


def test_a_list_is_asked_conditionally_and_a_304_is_no_failure(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    serve_list(server, story(1), headers=VALIDATORS, more=(answer(status="304 Not Modified"),))
    folder.run()
    ended = folder.run()
    assert ended.ending == "Completed"
    assert outcome(ended.report).startswith("skipped: not modified since 20")
    first, second = server.asked("/list")
    assert (first.header("If-None-Match"), first.header("If-Modified-Since")) == ("", "")
    assert second.header("If-None-Match") == 'W/"v 1"'
    assert second.header("If-Modified-Since") == "Fri, 20 Nov 2026 01:00:00 GMT"
    assert len(server.asked("/robots.txt")) == 1  # over runs
    assert len(server.asked(f"/text?id={story(1).code}")) == 1


def test_validators_are_kept_only_when_what_they_brought_is_published(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    serve_list(server, story(1), headers=VALIDATORS)
    folder.public.write_text("not a folder")
    assert folder.run().ending == "Failed"
    folder.public.unlink()
    assert folder.run().ending == "Completed"
    folder.run()
    assert [bool(asked.header("If-None-Match")) for asked in server.asked("/list")] == [False, False, True]


def test_with_force_or_another_site_file_a_list_is_asked_for_whole(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    serve_list(server, story(1), headers=VALIDATORS)
    folder.run()
    folder.run(force=True)
    folder.write(source(server, title="另一个名字"))
    folder.run()
    assert [bool(asked.header("If-None-Match")) for asked in server.asked("/list")] == [False, False, False]


def test_a_fresh_list_is_not_asked_but_by_a_person(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    serve_list(server, story(1), headers="Cache-Control: max-age=7200\r\n")
    folder.run()
    ended = folder.run()
    assert ended.ending == "Completed"
    assert outcome(ended.report).startswith(
        "skipped: not asked: fresh by Cache-Control: max-age=7200; asked again after"
    )
    assert len(server.asked("/list")) == 1
    folder.run(sources=["media"])
    assert len(server.asked("/list")) == 2


def test_an_address_that_moved_for_good_is_asked_at_the_new_one(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    serve_list(server, story(1), headers=VALIDATORS)
    server.answer({"/new": server.routes["/list"]})
    server.answer({"/list": [answer(status="301 Moved", headers="Location: /new\r\n")]})
    for _ in range(3):
        assert folder.run().ending == "Completed"
    assert [len(server.asked(path)) for path in ("/list", "/new")] == [1, 3]
    assert [bool(asked.header("If-None-Match")) for asked in server.asked("/new")] == [False, True, True]
    server.answer({"/new": [answer(status="404 Not Found")]})
    serve_list(server, story(1))
    assert folder.run().ending == "Completed"
    assert len(server.asked("/list")) == 2


def test_a_list_that_is_gone_is_asked_once_a_day(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    server.answer({"/list": [answer(status="410 Gone")]})
    assert folder.run().ending == "Failed"
    assert outcome(folder.run().report).startswith("skipped: not asked: gone (410) since")
    assert len(server.asked("/list")) == 1
    turn_back(folder, timedelta(days=1))
    serve_list(server, story(1))
    assert folder.run().ending == "Completed"


def turn_back(folder: SiteFolder, span: timedelta) -> None:
    """Let everything that is known of the source be older."""
    with folder.ledger() as ledger:
        known = ledger.askings.of(["media"])["media"]
        raw = json.loads(as_json(known))
        for name, value in raw.items():
            if isinstance(value, str) and name.endswith("_at"):
                raw[name] = (datetime.fromisoformat(value) - span).isoformat()
        ledger.askings.keep({"media": from_json(json.dumps(raw))})


def test_an_article_that_is_gone_is_named_and_left_alone(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server), verdict={"max_problem_share": 1.0})
    serve_list(server, story(1), story(2))
    server.answer({f"/text?id={story(1).code}": [answer(status="410 Gone")]})
    ended = folder.run()
    assert "status 410 Gone" in ended.line(story(1).code).reason
    again = folder.run()
    assert again.line(story(1).code).step == "given up"
    assert len(server.asked(f"/text?id={story(1).code}")) == 1


def test_a_source_that_fails_is_asked_less_and_less_often(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    server.answer({"/list": [answer(b"no list")]})
    assert [folder.run().ending for _ in range(2)] == ["Failed", "Failed"]
    ended = folder.run()
    assert "not asked: failed 2 times in a row, last: " in outcome(ended.report)
    turn_back(folder, timedelta(hours=1))
    serve_list(server, story(1))
    assert folder.run().ending == "Completed"


def test_a_long_retry_after_of_a_list_holds_over_runs(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    server.answer({"/list": [answer(status="503 Busy", headers="Retry-After: 3600\r\n")]})
    assert folder.run().ending == "Failed"
    assert "not asked: not to be asked earlier: " in outcome(folder.run().report)
    assert folder.run(sources=["media"]).ending == "Failed"  # a person may want it, the host still does not
    assert len(server.asked("/list")) == 1


def test_a_dry_run_leaves_no_trace_of_what_answers_said(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server))
    serve_list(server, story(1), headers=VALIDATORS)
    folder.run(dry_run=True)
    folder.run()
    assert [bool(asked.header("If-None-Match")) for asked in server.asked("/list")] == [False, False]
    engine = sa.create_engine(f"sqlite:///{folder.ledger_file}")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM answers")).scalar() == 1
    engine.dispose()


def test_a_gap_of_half_a_second_is_kept_over_all_articles(server: Misbehaving, folder: SiteFolder) -> None:
    folder.write(source(server), fetch={"min_gap": 0.5})
    serve_list(server, *(story(number) for number in range(1, 5)))
    started = datetime.now(UTC)
    assert folder.run().ending == "Completed"
    times = sorted(asked.at for asked in server.log)
    assert len(times) == 6  # robots.txt, the list, four texts
    assert times[-1] - times[0] > 2.4
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.3
    assert (datetime.now(UTC) - started).total_seconds() < 60
