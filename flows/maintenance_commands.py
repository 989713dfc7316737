"""Commands for what a person starts by hand. Each runs the flow of its name, so it stands in the Prefect UI too."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from flows.localhost import prefect_server, prepare_environment, sample_upstream, without_flows
from flows.run import read_site
from tasks.model import WithdrawalReason

SiteFile = Annotated[Path, typer.Option("--site", help="The site file.", metavar="FILE", show_default=False)]
Articles = Annotated[list[str], typer.Argument(help="Codes or addresses of articles.", metavar="CODE|URL...")]
Sources = Annotated[list[str], typer.Argument(help="Names of sources of the site file.", metavar="NAME...")]

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
AllowDeletions = Annotated[
    int | None,
    typer.Option(min=0, help="Delete up to N objects, instead of the site's limits.", metavar="N"),
]


def add_commands(app: typer.Typer) -> None:
    """Add all of them to the `finews` command."""
    names = (withdraw, reinstate, rebuild, replay, rollback, release, pause, resume, maintain, audit, restore, doctor)
    for command in names:
        app.command()(command)
    app.command("import-jekyll")(import_jekyll)


def withdraw(
    articles: Articles,
    site: SiteFile,
    reason: Annotated[WithdrawalReason, typer.Option(help="Why: the source removed it, legal, or our own decision.")],
    allow_deletions: AllowDeletions = None,
) -> None:
    """Take articles down: a tombstone in their place, out of every list. They never come back by themselves."""
    _run("withdraw", site, articles=articles, reason=reason, allow_deletions=allow_deletions)


def reinstate(articles: Articles, site: SiteFile) -> None:
    """Bring withdrawn articles back."""
    _run("reinstate", site, articles=articles)


def rebuild(
    site: SiteFile,
    category: Annotated[
        list[str] | None, typer.Option(help="Only articles of this category (may be repeated).", metavar="SLUG")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Only articles of then or later.", formats=TIMES)] = None,
    until: Annotated[datetime | None, typer.Option(help="Only articles of before then.", formats=TIMES)] = None,
    allow_deletions: AllowDeletions = None,
) -> None:
    """Render everything again, or a part, and write only what differs. Stopped half way, the next run goes on."""
    wish = {"categories": category, "since": since, "until": until}
    _run("rebuild", site, **wish, allow_deletions=allow_deletions)


def replay(
    site: SiteFile,
    source: Annotated[
        list[str] | None, typer.Option(help="Only articles of this source (may be repeated).", metavar="NAME")
    ] = None,
    article: Annotated[
        list[str] | None, typer.Option(help="Only this article (may be repeated).", metavar="CODE|URL")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Only articles of then or later.", formats=TIMES)] = None,
    until: Annotated[datetime | None, typer.Option(help="Only articles of before then.", formats=TIMES)] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most N articles, the newest.", metavar="N")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print the plan.")] = False,
) -> None:
    """Read kept answers again with today's parser and publish what comes out better. No publisher is asked."""
    wish = {"sources": source, "articles": article, "since": since, "until": until, "limit": limit}
    _run("replay", site, **wish, dry_run=dry_run)


def rollback(
    site: SiteFile,
    generation: Annotated[int | None, typer.Option(help="Its number; without one the one before the last.")] = None,
) -> None:
    """Bring lists, feeds and sitemaps back to an earlier generation, and hold them there until `release`."""
    _run("rollback", site, generation=generation)


def release(site: SiteFile) -> None:
    """Let publishing go on after a rollback."""
    _run("release", site)


def pause(
    sources: Sources,
    site: SiteFile,
    reason: Annotated[str, typer.Option(help="Why; the status and every run say it.")],
) -> None:
    """Do not ask these sources any more, until they are resumed."""
    _run("pause", site, sources=sources, reason=reason)


def resume(sources: Sources, site: SiteFile) -> None:
    """Ask sources again that were paused, from the next run on."""
    _run("resume", site, sources=sources)


def maintain(site: SiteFile) -> None:
    """The daily round: close runs whose process is gone, drop journals and answers that are too old."""
    _run("maintain", site)


def audit(
    site: SiteFile,
    repair: Annotated[bool, typer.Option("--repair", help="Make missing and damaged objects again.")] = False,
) -> None:
    """Compare every object of the store with the ledger."""
    _run("audit", site, repair=repair)


def restore(site: SiteFile) -> None:
    """Make a lost ledger again from the store alone."""
    _run("restore", site)


def import_jekyll(
    folder: Annotated[Path, typer.Argument(help="The folder that holds _posts/ or old_post/.", metavar="DIR")],
    site: SiteFile,
) -> None:
    """Take over posts of a Jekyll site with the same addresses; tell which could not be read."""
    _run("import_jekyll", site, folder=str(folder.resolve()))


def doctor(
    site: SiteFile,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody; tell what the ledger knows.")] = False,
) -> None:
    """Look at everything that a run needs: site file, ledger, store, sources and an article of each. Publishes nothing."""
    site_file = read_site(str(site))
    with contextlib.ExitStack() as started:
        started.enter_context(without_flows())
        from flows.doctor import examine

        if site_file.sample is not None and not offline:
            started.enter_context(sample_upstream(site_file.sample.listen))
        status = examine(site_file, Console(highlight=False, markup=False), offline=offline)
    raise typer.Exit(status)


def _run(name: str, site: Path, **parameters: Any) -> None:
    prepare_environment(quiet=True)
    site_file = read_site(str(site))
    with prefect_server() as api:
        from flows import maintain as flows
        from flows.command import run_and_show

        raise typer.Exit(run_and_show(api, site_file, getattr(flows, name), **parameters))
