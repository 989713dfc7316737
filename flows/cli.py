"""The `finews` command. Exit status: 0 completed (with or without problems), 1 failed, 2 bad configuration or usage.

Prefect is imported late: it reads its settings when it is imported, and `--help` need not wait for it.
"""

import contextlib
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from flows.localhost import prefect_server, prepare_environment, preview, sample_upstream, without_flows
from flows.maintenance_commands import TIMES, AllowDeletions, add_commands
from flows.quarantine import quarantine
from flows.run import open_ledger, read_site
from flows.wish import StageName
from tasks.config import Site
from tasks.errors import ConfigError, FinewsError, LedgerMissing
from tasks.masking import masked

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
SiteFile = Annotated[Path, typer.Option("--site", help="The site file.", metavar="FILE", show_default=False)]


@app.callback()
def _finews() -> None:
    """Periodic news syndication: fetch, parse, render, publish, with a log for every article."""


@app.command()
def run(
    site: SiteFile,
    source: Annotated[
        list[str] | None, typer.Option(help="Ask only this source (may be repeated).", metavar="NAME")
    ] = None,
    article: Annotated[
        list[str] | None, typer.Option(help="Read only this article (may be repeated).", metavar="CODE|URL")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(help="Leave older articles for later.", formats=TIMES),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Leave articles of then and younger ones for later.", formats=TIMES)
    ] = None,
    stage: Annotated[
        StageName,
        typer.Option(help="Where to begin: ask publishers, read kept answers again, make pages again, or only write."),
    ] = "fetch",
    limit: Annotated[int | None, typer.Option(min=1, help="Read at most N texts.", metavar="N")] = None,
    force: Annotated[bool, typer.Option("--force", help="Read again, also what did not change.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print the plan.")] = False,
    allow_deletions: AllowDeletions = None,
    report: Annotated[Path | None, typer.Option(help="Write the run's report there as JSON.", metavar="FILE")] = None,
) -> None:
    """Run the syndicate flow once. Starts a Prefect server when none answers."""
    prepare_environment(quiet=True)
    site_file = read_site(str(site))
    if report is not None and not report.parent.is_dir():
        raise ConfigError(f"--report {report}: there is no folder {report.parent}")
    for name in source or ():
        site_file.source(name)
    with _local_services(site_file) as api:
        from flows.command import run_and_show

        status = run_and_show(
            api,
            site_file,
            report_path=report,
            sources=source,
            articles=article,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
            force=force,
            dry_run=dry_run,
            allow_deletions=allow_deletions,
        )
    raise typer.Exit(status)


@app.command()
def up(site: SiteFile) -> None:
    """Prefect server, the deployments of prefect.yaml and a preview of the site, until Ctrl-C."""
    prepare_environment(quiet=False)
    site_file = read_site(str(site))
    console = Console()
    with contextlib.ExitStack() as started:
        api = started.enter_context(_local_services(site_file))
        if site_file.publish.url.startswith("file:"):
            folder = Path(site_file.publish.url.removeprefix("file:"))
            console.print(f"published site  {started.enter_context(preview(folder))}")
        console.print(f"Prefect UI      {masked(api).removesuffix('/api')}")
        from flows.serving import serve_deployments

        serve_deployments(site, console)
    console.print("stopped")


@app.command()
def log(
    article: Annotated[str, typer.Argument(help="Its code, its 18 digits, or its address.", metavar="CODE|URL")],
    site: SiteFile,
) -> None:
    """The story of one article over all runs, from the ledger."""
    site_file = read_site(str(site))
    zone = ZoneInfo(site_file.site.timezone)
    with open_ledger(site_file, run_id="", clock=lambda: datetime.now(UTC), makes=False) as ledger:
        key = ledger.articles.key_of(article)
        row, notes = ledger.articles.row(key), ledger.journal.of(key)
    if row is None and not notes:
        raise ConfigError(
            f"the ledger {masked(site_file.ledger.url)} knows no article {article!r}; expected a code or address that a list "
            "or a page of the site has"
        )
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if row is not None:
        console.print(f"{row.code or key}  {row.title or '(not read yet)'}")
        if row.page_key:
            console.print(f"{site_file.site.base_url}/{row.page_key}  revision {row.revision}")
        state = "published" if row.published and row.status not in ("withdrawn", "given up") else row.status
        state += ", what is published stays" if row.published and row.status == "given up" else ""
        console.print(f"state: {state}" + (f": {row.error}" if row.error else ""))
    run_id = None
    for note in notes:
        if note.run_id != run_id:
            run_id = note.run_id
            console.print(f"flow run {run_id}")
        console.print(f"  {note.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {note.stage.value:<8} {note.text}")


@app.command()
def status(
    site: SiteFile,
    json: Annotated[bool, typer.Option("--json", help="As status.json in the store has it.")] = False,
) -> None:
    """How the site stands: last runs, every source, what is tried next. Needs no Prefect. Exit status 1: look at it."""
    site_file = read_site(str(site))
    with without_flows():
        from flows.glance import show_status

        found = show_status(site_file, Console(), json=json)
    raise typer.Exit(found)


@app.command()
def automations(
    notify: Annotated[
        str, typer.Option(help="A notification block of the server, as in slack-webhook/on-call.", metavar="TYPE/NAME")
    ] = "",
    stale_after: Annotated[
        int, typer.Option(min=0, help="Seconds without a good run; the file says three hours.", metavar="SECONDS")
    ] = 0,
) -> None:
    """Put deployments/automations.yaml onto the Prefect server; again, it changes nothing."""
    prepare_environment(quiet=True)
    with prefect_server():
        from flows.automations import apply_automations

        console = Console(soft_wrap=True, highlight=False, markup=False)
        apply_automations(console, block=notify, stale_after=stale_after)


@app.command("new-source")
def new_source(
    url: Annotated[str, typer.Argument(help="A feed, a sitemap, a JSON list, or any page of the outlet.")],
    site: Annotated[
        Path | None, typer.Option(help="The site file that the source is for: ask as it does.", metavar="FILE")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A host or network that may be asked though it is not public.", metavar="HOST"),
    ] = None,
) -> None:
    """Draft the table for an outlet and try it on three articles. The table goes to standard output, all else beside it."""
    table = Console(soft_wrap=True, highlight=False, markup=False)
    report = Console(stderr=True, highlight=False, markup=False)
    with without_flows():
        from flows.new_source import draft_source

        status = draft_source(url, report=report, table=table, site_file=site, allow_hosts=allow_host or [])
    raise typer.Exit(status)


add_commands(app)
app.command()(quarantine)


@contextlib.contextmanager
def _local_services(site: Site) -> Iterator[str]:
    """The Prefect server and, for a demo site, the sample upstream; the API's address."""
    with contextlib.ExitStack() as started:
        if site.sample is not None:
            started.enter_context(sample_upstream(site.sample.listen))
        yield started.enter_context(prefect_server())


def main() -> None:
    """Entry point: errors of ours become one clear line and an exit status."""
    # A supervisor's SIGTERM ends the command as Ctrl-C does, so that what it started ends with it. SIGINT is set
    # too: a shell starts background jobs with it ignored.
    for request in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request, signal.default_int_handler)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        app(standalone_mode=True)
    except (ConfigError, LedgerMissing) as error:
        errors.print(f"finews: {error}")
        sys.exit(2)
    except FinewsError as error:
        errors.print(f"finews: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("finews: stopped")
        sys.exit(130)
