"""What whoever is on call finds: names, the status, journals in the store, sources that are paused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from flows.drain import settle_history
from flows.ending import end
from flows.maintain import audit, pause, rebuild, resume
from flows.run import open_run, read_site
from tasks.model import Result, Stage
from tests.support.sites import Ended, SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories


def name_of(ended: Ended) -> str:
    """The flow run's name on the server."""
    with get_client(sync_client=True) as client:
        return client.read_flow_run(UUID(str(ended.state.state_details.flow_run_id))).name


def artifacts_of(ended: Ended) -> dict[str, Any]:
    """What the run shows in the UI, by key."""
    run_id = ended.state.state_details.flow_run_id
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    return {str(one.key): one.data for one in found}


def status_of(site: SiteFolder) -> dict[str, Any]:
    """The status in the store."""
    found: dict[str, Any] = json.loads((site.public / "_finews/status.json").read_bytes())
    return found


# --- names and artifacts ----------------------------------------------------------------------


def test_the_name_says_what_came_of_a_run(site: SiteFolder, upstream: Upstream) -> None:
    one, bad, *rest = stories(4)
    upstream.serve("rolling", bad, *rest)
    upstream.answer_text(bad.code, Answer(status=404))
    ended = site.run()
    begun, *told = name_of(ended).split(" · ")
    assert begun.startswith("site 20")
    assert told == ["2 new", "1 retry"]
    upstream.answer_text(bad.code)
    upstream.serve("rolling", one, bad, *rest)
    assert name_of(site.run()).split(" · ")[1:] == ["2 new"]
    assert name_of(site.run()).split(" · ")[1:] == ["nothing new"]
    assert name_of(site.run(dry_run=True)).split(" · ")[1:] == ["dry run"]
    assert name_of(site.do(rebuild)).split(" · ")[1:] == ["nothing new"]
    upstream.answer_list("rolling", Answer(status=404))
    assert name_of(site.run()).split(" · ")[1:] == ["failed"]


def test_a_run_that_cannot_begin_has_a_name_too(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    with site.ledger() as ledger:
        lease = ledger.claim(holder="somewhere else", lasts=timedelta(minutes=5))
        assert name_of(site.run()).endswith(" · skipped")
        lease.release()
    site.write(upstream.source("rolling"), ledger={"url": f"sqlite:///{site.file}/ledger.db"})
    assert name_of(site.run()).endswith(" · failed")


def test_a_run_of_a_worker_says_what_the_server_does_not_show(
    site: SiteFolder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of these tests records no task run."""
    upstream.serve("rolling", *stories(1))
    monkeypatch.setattr("flows.ending.settle_history", partial(settle_history, quiet=1.0))
    assert "Note:" not in str(site.run().state.message)  # the command waits itself, after the run
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", str(uuid4()))
    assert ". Note: the Prefect server shows 0 of 1 task runs" in str(site.run().state.message)


def test_the_artifacts_say_what_to_do(site: SiteFolder, upstream: Upstream) -> None:
    fine, *bad = stories(4)
    upstream.serve("rolling", fine, *bad)
    for story in bad:
        upstream.answer_text(story.code, Answer(status=404))
    site.write(upstream.source("rolling"), verdict={"max_problem_share": 1.0})
    found = artifacts_of(site.run())
    assert {"summary", "articles", "sources", "site"} <= set(found)
    summary = str(found["summary"])
    assert "3 × fetch failed: 127.0.0.1: status 404 Not Found" in summary
    [form] = [json.loads(part.partition("```")[0]) for part in summary.split("```json")[1:]]
    assert form == {"site": str(site.file), "articles": [story.code for story in bad], "force": True}
    [source] = json.loads(str(found["sources"]))
    assert (source["source"], source["state"], source["failing"]) == ("rolling", "unknown", 3)
    # What it says is the form of a run that mends it.
    for story in bad:
        upstream.answer_text(story.code)
    ended = site.run(articles=form["articles"], force=form["force"])
    assert [line.result for line in ended.report.articles] == [Result.DONE] * 3


def test_a_large_run_shows_how_far_it_is(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *(numbered(n) for n in range(1, 202)))
    found = artifacts_of(site.run())
    assert found["progress"] == 100
    upstream.serve("rolling", numbered(300))
    assert "progress" not in artifacts_of(site.run())


def numbered(number: int) -> Story:
    """One of many stories."""
    return replace(
        stories(1)[0], number=f"20261120{number:010d}", title=f"第{number}条消息", body=f"<p>正文{number}。</p>"
    )


# --- the status -------------------------------------------------------------------------------


def test_the_status_is_in_the_store(site: SiteFolder, upstream: Upstream) -> None:
    bad, *rest = stories(4)
    upstream.serve("rolling", bad, *rest)
    upstream.answer_text(bad.code, Answer(status=404))
    ended = site.run()
    status = status_of(site)
    assert status["last_run"]["id"] == ended.report.run_id
    assert status["last_run"]["ending"] == ended.ending == "Completed with problems"
    written, renew_by = (datetime.fromisoformat(status[name]) for name in ("written_at", "renew_by"))
    assert renew_by - written == timedelta(hours=3)
    assert status["last_good_at"] == status["written_at"]
    [source] = status["sources"]
    assert (source["name"], source["failing"], source["waiting"]) == ("rolling", 1, 0)
    assert [retry["code"] for retry in status["retries"]] == [bad.number]
    page = (site.public / "_finews/status.html").read_text(encoding="utf-8")
    assert "Completed with problems" in page
    assert bad.number in page


def test_nothing_new_does_not_touch_the_store_at_all(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    site.run()
    before = every_print(site)
    assert site.run().ending == "Completed"
    assert every_print(site) == before


def test_the_status_is_renewed_before_it_is_too_old(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    begun = datetime.fromisoformat(status_of(site)["written_at"])
    for minutes, renewed in ((60, False), (120, True), (180, False), (240, True)):
        now = begun + timedelta(minutes=minutes)
        before = status_of(site)["written_at"]
        with open_run(read_site(str(site.file)), run_id="later", clock=lambda now=now: now) as run:  # type: ignore[misc]
            end(run, started=0.0)
        status = status_of(site)
        assert (status["written_at"] != before) == renewed, minutes
        assert datetime.fromisoformat(status["renew_by"]) > now


def test_a_failed_run_is_told_and_is_no_good_one(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    good = status_of(site)["last_good_at"]
    upstream.answer_list("rolling", Answer(status=404))
    site.run()
    status = status_of(site)
    assert status["last_run"]["ending"] == "Failed"
    assert status["last_good_at"] == good


def test_only_a_whole_run_is_a_good_one(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run(limit=1)
    assert status_of(site)["last_good_at"] is None
    site.do(pause, sources=["rolling"], reason="for a while")
    assert status_of(site)["last_good_at"] is None
    site.do(resume, sources=["rolling"])
    site.run()
    assert status_of(site)["last_good_at"] is not None


def test_a_run_that_ends_by_an_error_says_so(
    site: SiteFolder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("flows.syndicate.forget_old", broken)
    ended = site.run()
    assert (ended.ending, name_of(ended).endswith(" · failed")) == ("Failed", True)
    last = status_of(site)["last_run"]
    assert (last["ending"], last["message"]) == ("Failed", "ZeroDivisionError: a mistake of ours")


def test_a_status_that_readers_may_get_tells_no_story(site: SiteFolder, upstream: Upstream) -> None:
    bad, *rest = stories(2)
    upstream.serve("rolling", bad, *rest)
    upstream.answer_text(bad.code, Answer(status=404))
    site.write(upstream.source("rolling"), publish={"status_key": "status"}, verdict={"max_problem_share": 1.0})
    site.run()
    told = (site.public / "status.json").read_text(encoding="utf-8") + (site.public / "status.html").read_text("utf-8")
    assert '"failing": 1' in told
    assert not [secret for secret in (bad.number, bad.title, "404", upstream.origin) if secret in told]


def test_a_status_that_cannot_be_written_fails_nothing(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    (site.public / "_finews/status.json").mkdir(parents=True)
    ended = site.run()
    assert ended.ending == "Completed with problems"
    assert "status: not written" in str(ended.state.message)
    assert "index.html" in site.objects()
    (site.public / "_finews/status.json").rmdir()
    assert site.run().ending == "Completed"
    assert status_of(site)["last_run"]["ending"] == "Completed"


def test_the_status_stands_where_the_site_file_says(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.write(upstream.source("rolling"), publish={"status_key": "status/now"})
    site.run()
    assert json.loads((site.public / "status/now.json").read_bytes())["site"] == "site"
    ended = site.do(audit)
    assert ended.ending == "Completed", ended.state.message  # it is nobody else's


def every_print(site: SiteFolder) -> dict[str, int]:
    """When anything below the store's folder was changed last, folders too."""
    return {str(path): path.stat().st_mtime_ns for path in [site.public, *site.public.rglob("*")]}


# --- journals ---------------------------------------------------------------------------------


def test_the_story_of_an_article_is_in_the_store(site: SiteFolder, upstream: Upstream) -> None:
    bad, fine = stories(2)
    upstream.serve("rolling", bad, fine)
    upstream.answer_text(bad.code, Answer(status=404))
    site.write(upstream.source("rolling"), verdict={"max_problem_share": 1.0})
    first = site.run()
    assert journal_of(site, bad) == told_by_ledger(site, bad)
    upstream.answer_text(bad.code)
    second = site.run(articles=[bad.code])
    lines = journal_of(site, bad)
    assert lines == told_by_ledger(site, bad)
    assert {line["run"] for line in lines} == {first.report.run_id, second.report.run_id}
    assert any("404" in line["text"] for line in lines)
    assert lines[-1]["stage"] == "publish"


def test_journals_are_no_readers_business(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    assert all(key.startswith("_finews/") for key in site.told())
    assert not any(b"_finews/journal" in body for body in site.objects().values())
    ended = site.do(audit)
    assert ended.ending == "Completed", ended.state.message


def journal_of(site: SiteFolder, story: Story) -> list[dict[str, str]]:
    """What the store has."""
    [path] = site.public.glob(f"_finews/journal/*/{story.number}.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def told_by_ledger(site: SiteFolder, story: Story) -> list[dict[str, str]]:
    """The same from the ledger."""
    with site.ledger() as ledger:
        return [
            {
                "at": note.at.isoformat(timespec="milliseconds"),
                "run": note.run_id,
                "stage": note.stage.value,
                "text": note.text,
            }
            for note in ledger.journal.of(story.number)
        ]


# --- sources that are paused ------------------------------------------------------------------


def test_a_paused_source_is_not_asked_until_it_is_resumed(two_lists: SiteFolder, upstream: Upstream) -> None:
    site = two_lists
    rolling, media = stories(2)
    upstream.serve("rolling", rolling)
    upstream.serve("media", media)
    assert site.do(pause, sources=["media"], reason="their  wish").ending == "Completed"
    ended = site.run()
    assert ended.ending == "Completed"
    assert [line.code for line in ended.report.articles] == [rolling.code]
    [told] = [o.reason for o in ended.report.outcomes if o.subject == "media"]
    assert told.startswith("paused: their wish (since 20")
    shown = {source["name"]: source["pulse"]["health"] for source in status_of(site)["sources"]}
    assert shown["media"] == "paused"
    assert site.do(resume, sources=["media"]).ending == "Completed"
    assert [line.code for line in site.run().report.articles if line.result is Result.DONE] == [media.code]


def test_nothing_that_a_paused_source_owes_is_asked_for(site: SiteFolder, upstream: Upstream) -> None:
    bad, *_ = stories(2)
    upstream.serve("rolling", *stories(2))
    upstream.answer_text(bad.code, Answer(status=404))
    site.run()
    site.do(pause, sources=["rolling"], reason="their wish")
    upstream.forget()
    site.run()
    assert upstream.texts_asked == []
    site.run(articles=[bad.code])
    assert upstream.texts_asked == [bad.code]


def test_who_names_a_paused_source_asks_it(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.do(pause, sources=["rolling"], reason="quiet, please")
    assert site.run().report.articles == ()
    assert len(site.run(sources=["rolling"]).report.articles) == 1


def test_only_sources_of_the_site_can_be_paused(site: SiteFolder) -> None:
    ended = site.do(pause, sources=["roling"], reason="a slip")
    assert ended.ending == "Failed"
    assert "roling" in str(ended.state.message)


# --- runs that begin later than with the publishers -------------------------------------------


def without_asking(site: SiteFolder, upstream: Upstream, **wish: Any) -> Ended:
    """A run after which nobody must have been asked for anything."""
    upstream.forget()
    upstream.answer_list("rolling", Answer(status=410))
    ended = site.run(**wish)
    assert upstream.texts_asked == []
    assert not [o for o in ended.report.outcomes if o.stage is Stage.ASK]
    return ended


def test_render_makes_the_pages_of_the_chosen_articles_again(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    chosen, other = (f"emnews/2026/11/20/{story.number}.html" for story in (stories(3)[0], stories(3)[2]))
    before = site.objects()
    ended = without_asking(site, upstream, stage="render", articles=[stories(3)[0].code])
    assert ended.ending == "Completed"
    assert ended.report.written == ()  # the same comes of it
    assert chosen in ended.report.unchanged
    assert other not in ended.report.unchanged
    assert site.objects() == before


def test_publish_with_force_writes_what_is_there_again(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    before = site.objects()
    spoilt = f"emnews/2026/11/20/{stories(3)[0].number}.html"
    (site.public / spoilt).write_bytes(b"somebody was here")
    assert without_asking(site, upstream, stage="publish").report.written == ()
    ended = without_asking(site, upstream, stage="publish", articles=[stories(3)[0].code], force=True)
    assert spoilt in ended.report.written
    assert site.objects() == before


def test_parse_reads_kept_answers(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    ended = without_asking(site, upstream, stage="parse", sources=["rolling"])
    assert [line.step for line in ended.report.articles] == ["replayed"] * 3
    assert ended.report.written == ()


def test_a_later_stage_takes_up_what_is_due(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    blocked = site.public / "emnews/2026"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way")
    assert site.run().ending == "Failed"
    blocked.unlink()
    ended = without_asking(site, upstream, stage="publish")
    assert ended.ending == "Completed"
    assert "index.html" in site.objects()


def test_an_article_that_nobody_knows_is_named(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()
    ended = without_asking(site, upstream, stage="render", articles=["NW209901010000000001"])
    assert (ended.ending, ended.report.unchanged) == ("Completed with problems", ())
    assert "NW209901010000000001: this ledger does not know it" in str(ended.state.message)


def test_a_window_leaves_older_and_younger_articles_for_later(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(4))
    ended = site.run(since=datetime(2026, 11, 20, 9, 2), until=datetime(2026, 11, 20, 9, 4))  # noqa: DTZ001  the site's
    read = [line.code for line in ended.report.articles if line.result is Result.DONE]
    assert sorted(read) == sorted(story.code for story in stories(4)[1:3])
    assert len([line for line in site.run().report.articles if line.result is Result.DONE]) == 2
    ended = site.run(since=datetime(2026, 11, 20, 9, 2), until=datetime(2026, 11, 20, 9, 2))  # noqa: DTZ001
    assert (ended.ending, "expected a time before" in str(ended.state.message)) == ("Failed", True)


def test_a_part_of_the_site_is_rebuilt(two_lists: SiteFolder, upstream: Upstream) -> None:
    site = two_lists
    first, second = stories(2)
    upstream.serve("rolling", first)
    upstream.serve("media", second)
    site.run()
    ended = site.do(rebuild, categories=["hebinribao"])
    assert ended.ending == "Completed"
    assert f"hebinribao/2026/11/20/{second.code}.html" in ended.report.unchanged
    assert "category/hebinribao.html" in ended.report.unchanged
    assert f"emnews/2026/11/20/{first.number}.html" not in ended.report.unchanged
    assert site.do(rebuild, since=datetime(2027, 1, 1, tzinfo=UTC)).report.unchanged == ()
