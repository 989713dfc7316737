"""The daily round: runs whose process is gone, and journals that are too old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Running

from flows.housekeeping import close_zombies, forget_journals
from flows.maintain import maintain
from flows.run import open_run, read_site
from tasks.errors import StoreError
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Upstream, stories

HOUR = timedelta(hours=1)


@flow(name="syndicate")
def of_a_dead_process(site: str) -> None:
    """Stands for a run whose process is gone: the server holds it for running."""


def dead_run(site: SiteFolder) -> FlowRun:
    """A run that had the site's lease when its process was killed: the server takes it for running."""
    with get_client(sync_client=True) as client:
        flow_run = client.create_flow_run(of_a_dead_process, parameters={"site": str(site.file)}, state=Running())
    with site.ledger() as ledger:
        ledger.standing.begin(str(flow_run.id), "a process that is gone")
    return flow_run


def state_of(flow_run: FlowRun) -> tuple[str, str]:
    """The state's name and message on the server."""
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(flow_run.id)
    return str(found.state_name), str(found.state.message if found.state else "")


def in_hours(site: SiteFolder, hours: float, *works: object) -> list[str]:
    """A run so many hours from now that does these; reasons of its outcomes."""
    now = datetime.now(UTC) + hours * HOUR
    with open_run(read_site(str(site.file)), run_id="later", clock=lambda: now) as run:
        for work in works:
            work(run)  # type: ignore[operator]
        return [outcome.reason for outcome in run.recorder.report(seconds=0).outcomes]


def test_a_run_whose_process_is_gone_is_closed(site: SiteFolder) -> None:
    namesake = SiteFolder(folder=site.folder / "elsewhere")  # a site file of the same name, on the same server
    namesake.folder.mkdir()
    namesake.write({"name": "rolling", "kind": "feed", "list_url": "http://example.com/feed"})
    mine, other = dead_run(site), dead_run(namesake)
    assert in_hours(site, 0.1, close_zombies) == []  # it may be alive
    assert state_of(mine)[0] == "Running"
    [told] = in_hours(site, 1, close_zombies)
    assert f"{mine.name}: silent since before" in told
    name, message = state_of(mine)
    assert name == "Crashed"
    assert "To do: nothing" in message
    assert state_of(other)[0] == "Running"  # of another ledger, which has its own round
    assert in_hours(site, 1, close_zombies) == []
    with site.ledger() as ledger:
        assert ledger.standing.unended() == ()


def test_who_came_to_an_end_is_no_zombie(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()
    upstream.answer_list("rolling", Answer(status=404))
    assert site.run().ending == "Failed"
    with site.ledger() as ledger:
        assert ledger.standing.unended() == ()


def test_journals_of_months_that_are_over_are_dropped(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.write(upstream.source("rolling"), journals={"days": 30})
    site.run()
    before = site.told()
    assert len([key for key in before if key.startswith("_finews/journal/")]) == 3
    assert in_hours(site, 24, forget_journals) == []
    assert site.told() == before
    [told] = in_hours(site, 24 * 70, forget_journals)
    assert "lines of before" in told
    assert [key for key in site.told() if key.startswith("_finews/journal/")] == []
    assert site.story_of(stories(3)[0].number) == ""
    assert len(site.objects()) > 10  # nothing else went


class Unreachable:
    """A store that answers no call."""

    def delete(self, keys: object, **_: object) -> None:
        raise StoreError("the service does not answer", retryable=True)


def test_a_journal_that_cannot_be_deleted_stays_in_the_ledger(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()
    told = in_hours(site, 24 * 800, lambda run: forget_journals(replace(run, store=Unreachable())))
    assert told == ["not deleted: the service does not answer"]
    assert site.story_of(stories(1)[0].number) != ""


def test_the_daily_round_is_a_flow(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.run()
    before = site.objects()
    assert site.do(maintain).ending == "Completed"
    assert site.objects() == before
