"""The hourly run: ask, decide, fetch, parse, render, publish."""

from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner

from flows.asking import ask_sources, readings
from flows.begin_later import begin_at
from flows.breaker import tripped
from flows.ending import conclude, end, ending_early, told_when_broken
from flows.fan_out import check_fan_out, reader_of
from flows.keeping import forget_old, settle_rights
from flows.logs import prepare_logs
from flows.mirroring import settle_pictures
from flows.progressing import shown_in_ui
from flows.publishing import publish_unless, render_and_publish
from flows.reading import BATCH, decide_all, keep_read
from flows.run import Run, in_batches, in_zone, open_run, read_site
from flows.stages import show
from flows.wish import StageName, Wish
from tasks.errors import FinewsError


def run_name() -> str:
    """`<site> <YYYY-MM-DD HH:MM>`: the scheduled time in the site's zone."""
    name, at = (
        str(runtime.flow_run.parameters.get("site", "")),
        runtime.flow_run.scheduled_start_time or datetime.now(UTC),
    )
    try:
        site = read_site(name)
    except FinewsError:
        return f"{name} {at:%Y-%m-%d %H:%M} UTC"
    return f"{site.name} {at.astimezone(ZoneInfo(site.site.timezone)):%Y-%m-%d %H:%M}"


@flow(
    name="syndicate",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=8),  # type: ignore[arg-type]
    persist_result=False,
)
def syndicate(
    site: str,
    sources: list[str] | None = None,
    articles: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    stage: StageName = "fetch",
    limit: int | None = None,
    force: bool = False,
    dry_run: bool = False,
    allow_deletions: int | None = None,
) -> State[Any]:
    """Read what is new from a site's sources and publish it. The same run again changes nothing.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        sources: Names of the sources to ask; empty means all of the site file.
        articles: Codes or addresses of the only articles to read; empty means all that are due.
        since: Leave articles published before this time for a later run; in the site's zone when it names none.
        until: Leave articles published at this time or later for a later run; likewise.
        stage: Where to begin. fetch asks the publishers; parse reads kept answers again; render makes the pages of what
            was read again; publish writes what is due.
        limit: Read at most this many texts; the others stay due for the next run.
        force: Read the chosen articles again, also when nothing about them changed; with publish, write their objects again.
        dry_run: Do everything but write: the plan stands in the log and in the report.
        allow_deletions: Delete up to this many objects that nothing shows any more, instead of the site's limits.
    """
    prepare_logs()
    started = perf_counter()
    site_file = read_site(site)
    check_fan_out(site_file)
    since, until = in_zone(site_file, since, until)
    wish = Wish(
        sources=tuple(sources or ()),
        articles=tuple(articles or ()),
        since=since,
        until=until,
        limit=limit,
        force=force,
    )
    run_id = str(runtime.flow_run.id)
    with (
        ending_early() as early,
        shown_in_ui(),
        open_run(
            site_file, run_id=run_id, clock=lambda: datetime.now(UTC), dry_run=dry_run, allow_deletions=allow_deletions
        ) as run,
        told_when_broken(run),
    ):
        if stage == "fetch":
            published = _fetch(run, wish)
            ended = end(run, started=started, whole=published and wish == Wish())
        else:
            run = replace(run, asks=False)
            begin_at(run, stage, wish)
            render_and_publish(run)
            # What fails to be read again was read before, or not even then: that is no failure of the run.
            ended = end(run, started=started, max_problem_share=1.0)
    return early.state or conclude(ended, site_file)


def _fetch(run: Run, wish: Wish) -> bool:
    """The whole way: ask, decide, fetch, parse, render, publish; whether the store is up to date then."""
    settle_rights(run)
    settle_pictures(run)
    asked = ask_sources(run, wish)
    due = decide_all(run, wish, asked.keys)
    named = wish.sources or [offer.entry.source for offer in due if wish.articles]
    run = replace(in_batches(run, len(due)), named=frozenset(named))
    with reader_of(run, due) as read:
        for start in range(0, len(due), BATCH):
            show("read", start, len(due))
            keep_read(run, read(due[start : start + BATCH]))
            show("read", min(start + BATCH, len(due)), len(due))
    forget_old(run)
    return publish_unless(run, tripped(readings(run, asked), run.site.verdict))
