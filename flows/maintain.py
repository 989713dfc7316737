"""What an operator starts by hand: rebuild, replay, withdraw, reinstate, roll back, release, audit, restore."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner

from flows.auditing import audit_store
from flows.begin_later import render_again
from flows.ending import conclude, end, ending_early, told_when_broken
from flows.housekeeping import close_zombies, forget_journals
from flows.importing import import_posts
from flows.journals import drop_journals
from flows.keeping import forget_old
from flows.logs import prepare_logs
from flows.publishing import render_and_publish
from flows.replaying import replay_kept
from flows.restoring import disown_foreign, restore_ledger
from flows.rollback import bring_back
from flows.run import Run, in_zone, open_run, read_site
from flows.verdict import Ending, judge
from flows.wish import Wish
from tasks.errors import ConfigError
from tasks.ledger.again import Chosen
from tasks.model import Outcome, Result, RunReport, Stage, WithdrawalReason

_RUNNER: Any = ThreadPoolTaskRunner(max_workers=8)


def run_name() -> str:
    """`<flow> <site> <YYYY-MM-DD HH:MM>` in UTC."""
    site = str(runtime.flow_run.parameters.get("site", "")).rpartition("/")[2].removesuffix(".toml")
    return f"{runtime.flow_run.flow_name} {site} {datetime.now(UTC):%Y-%m-%d %H:%M}"


@flow(name="rebuild", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def rebuild(
    site: str,
    categories: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    allow_deletions: int | None = None,
) -> State[Any]:
    """Render everything again, or a part, and write only what differs. Stopped half way, the next run goes on.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        categories: Slugs of categories whose articles, and the lists that show them, to render; empty means all.
        since: Only articles published at this time or later; in the site's zone when it names none.
        until: Only articles published before this time; in the site's zone when it names none.
        allow_deletions: Delete up to this many objects that nothing shows any more, instead of the site's limits.
    """
    since, until = in_zone(read_site(site), since, until)
    chosen = Chosen(categories=tuple(categories or ()), since=since, until=until)

    def make_due(run: Run) -> None:
        if chosen.all:
            run.ledger.objects.render_again()
        else:
            render_again(run, chosen)

    return _maintain(site, make_due, allow_deletions=allow_deletions, asks=False)


@flow(name="replay", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def replay(
    site: str,
    sources: list[str] | None = None,
    articles: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    dry_run: bool = False,
) -> State[Any]:
    """Read the kept answers again with today's parser and publish what comes out better. No publisher is asked.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        sources: Names of the sources whose articles to read again; empty means all of the site file.
        articles: Codes or addresses of the only articles to read again; empty means all of which an answer is kept.
        since: Only articles published at this time or later; in the site's zone when it names none.
        until: Only articles published before this time; in the site's zone when it names none.
        limit: Read at most this many articles again, the newest.
        dry_run: Do everything but write: the plan stands in the log and in the report.
    """
    since, until = in_zone(read_site(site), since, until)
    wish = Wish(sources=tuple(sources or ()), articles=tuple(articles or ()), since=since, until=until, limit=limit)
    # What fails to be read was read before, or not even then: that is no reason to call the replay a failure.
    return _maintain(site, lambda run: replay_kept(run, wish), dry_run=dry_run, asks=False, max_problem_share=1.0)


@flow(name="withdraw", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def withdraw(
    site: str, articles: list[str], reason: WithdrawalReason, allow_deletions: int | None = None
) -> State[Any]:
    """Take articles down: a tombstone page in their place, out of every list. They never come back by themselves.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        articles: Codes or addresses of the articles.
        reason: source (the source removed it), legal, or own (our own decision).
        allow_deletions: Delete up to this many objects that nothing shows any more, instead of the site's limits.
    """

    def take_down(run: Run) -> None:
        held = run.ledger.generations.held_at()
        for key in run.ledger.withdrawals.withdraw(_keys(run, articles), reason, now=run.now):
            run.ledger.journal.note(key, Stage.DECIDE, f"withdrawn: {reason.value}")
            drop_journals(run, key)
        if held is not None and run.ledger.generations.held_at() is None:
            ended = f"lists are no longer held at generation {held}: they would show what was withdrawn"
            run.recorder.outcome(Outcome(subject="publishing", stage=Stage.DECIDE, result=Result.DONE, reason=ended))

    # What was taken down must not be found an hour longer.
    return _maintain(site, take_down, grace=timedelta(), allow_deletions=allow_deletions)


@flow(name="reinstate", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def reinstate(site: str, articles: list[str]) -> State[Any]:
    """Bring withdrawn articles back.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        articles: Codes or addresses of the articles.
    """

    def bring(run: Run) -> None:
        for key in run.ledger.withdrawals.reinstate(_keys(run, articles)):
            run.ledger.journal.note(key, Stage.DECIDE, "reinstated")

    return _maintain(site, bring)


@flow(name="rollback", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def rollback(site: str, generation: int | None = None) -> State[Any]:
    """Bring lists, feeds and sitemaps back to an earlier generation, and hold them there until `release`.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        generation: Number of the generation; the one before the last when none is given.
    """
    return _maintain(site, lambda run: bring_back(run, generation), publish=False)


@flow(name="release", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def release(site: str) -> State[Any]:
    """Let publishing go on after a rollback: everything is brought up to date.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
    """
    return _maintain(site, lambda run: run.ledger.generations.release())


@flow(name="pause", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def pause(site: str, sources: list[str], reason: str) -> State[Any]:
    """Do not ask these sources any more, until they are resumed. What is published of them stays.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        sources: Names of the sources.
        reason: Why; the status and every run say it.
    """

    def stop(run: Run) -> None:
        for spec in [run.site.source(name) for name in sources]:
            since = f"{' '.join(reason.split())[:200] or 'no reason was given'} (since {run.now:%Y-%m-%d %H:%M} UTC)"
            run.ledger.standing.pause(spec.name, since)
            _told(run, spec.name, f"paused: {since}")

    return _maintain(site, stop, publish=False)


@flow(name="resume", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def resume(site: str, sources: list[str]) -> State[Any]:
    """Ask sources again that were paused, from the next run on.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        sources: Names of the sources.
    """

    def go_on(run: Run) -> None:
        for spec in [run.site.source(name) for name in sources]:
            _told(run, spec.name, "resumed" if run.ledger.standing.resume(spec.name) else "was not paused")

    return _maintain(site, go_on, publish=False)


@flow(name="maintain", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def maintain(site: str) -> State[Any]:
    """The daily round: runs whose process is gone are closed, and what is older than the site keeps it is dropped.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
    """

    def round_of(run: Run) -> None:
        close_zombies(run)
        forget_journals(run)
        forget_old(run)

    return _maintain(site, round_of, publish=False)


@flow(name="audit", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def audit(site: str, repair: bool = False) -> State[Any]:
    """Compare every object of the store with the ledger: missing, damaged, unknown ones.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        repair: Make missing and damaged objects again.
    """
    return _maintain(site, lambda run: audit_store(run, repair=repair), publish=repair)


@flow(name="restore", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def restore(site: str) -> State[Any]:
    """Make a lost ledger again, from the store alone, into an empty one.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
    """
    return _maintain(site, restore_ledger, afterwards=disown_foreign, restores=True)


@flow(name="import-jekyll", flow_run_name=run_name, task_runner=_RUNNER, persist_result=False)
def import_jekyll(site: str, folder: str) -> State[Any]:
    """Take over the posts of a Jekyll site, with the same addresses. What is known already stays as it is.

    Args:
        site: Path of the site file, such as deployments/sites/finews.toml.
        folder: The folder that holds _posts/ or old_post/.
    """
    return _maintain(site, lambda run: import_posts(run, Path(folder)))


def _maintain(
    site: str,
    work: Callable[[Run], object],
    *,
    publish: bool = True,
    grace: timedelta = timedelta(hours=1),
    allow_deletions: int | None = None,
    afterwards: Callable[[Run, RunReport], object] | None = None,
    dry_run: bool = False,
    asks: bool = True,
    max_problem_share: float | None = None,
    restores: bool = False,
) -> State[Any]:
    """One piece of work under the lease, then everything that it made due; `afterwards` when all of that went well.

    `asks`: as in `Run`; `max_problem_share`: as in `conclude`; `restores`: as in `open_run`.
    """
    prepare_logs()
    started = perf_counter()
    site_file = read_site(site)
    run_id = str(runtime.flow_run.id)
    opened = open_run(site_file, run_id=run_id, clock=lambda: datetime.now(UTC), dry_run=dry_run, restores=restores)
    with ending_early() as early, opened as run:
        run = replace(run, grace=grace, allow_deletions=allow_deletions, asks=asks)
        with told_when_broken(run):
            work(run)
            if publish:
                render_and_publish(run)
            report = run.recorder.report(seconds=perf_counter() - started)
            if afterwards and judge(report, max_problem_share=1.0).ending is not Ending.FAILED:
                afterwards(run, report)
            ended = end(run, started=started, max_problem_share=max_problem_share)
    return early.state or conclude(ended, site_file)


def _told(run: Run, source: str, told: str) -> None:
    run.ledger.journal.note(source, Stage.DECIDE, told)
    run.recorder.outcome(Outcome(subject=source, stage=Stage.DECIDE, result=Result.DONE, reason=told))


def _keys(run: Run, articles: list[str]) -> list[str]:
    if not articles:
        raise ConfigError("no article is named; expected codes or addresses")
    return [run.ledger.articles.key_of(name) for name in articles]
