"""The hourly run: ask, decide, fetch, parse, render, publish."""

import logging
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner

from flows.asking import Wish, ask_sources, readings
from flows.breaker import tripped
from flows.ending import conclude, ending_early
from flows.keeping import forget_old, settle_rights
from flows.mirroring import settle_pictures
from flows.publishing import publish_unless
from flows.reading import decide_all, read_texts
from flows.run import open_run, read_site
from tasks.errors import FinewsError

BATCH = 100  # articles whose texts are in memory at a time; what is read is kept before the next are asked for


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
        limit: Read at most this many texts; the others stay due for the next run.
        force: Read the chosen articles again, also when nothing about them changed.
        dry_run: Do everything but write: the plan stands in the log and in the report.
        allow_deletions: Delete up to this many objects that nothing shows any more, instead of the site's limits.
    """
    logging.getLogger("tasks").setLevel(logging.INFO)
    started = perf_counter()
    site_file = read_site(site)
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=ZoneInfo(site_file.site.timezone))
    wish = Wish(sources=tuple(sources or ()), articles=tuple(articles or ()), since=since, limit=limit, force=force)
    run_id = str(runtime.flow_run.id)
    with (
        ending_early() as early,
        open_run(
            site_file, run_id=run_id, clock=lambda: datetime.now(UTC), dry_run=dry_run, allow_deletions=allow_deletions
        ) as run,
    ):
        settle_rights(run)
        settle_pictures(run)
        asked = ask_sources(run, wish)
        due = decide_all(run, wish, asked.keys)
        for start in range(0, len(due), BATCH):
            read_texts(run, due[start : start + BATCH])
        forget_old(run)
        publish_unless(run, tripped(readings(run, asked), site_file.verdict))
        report = run.recorder.report(seconds=perf_counter() - started)
    if early.state is not None:
        return early.state
    return conclude(report, site_file)
