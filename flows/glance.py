"""`finews status`: how the site stands, in a terminal, from the ledger alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from flows.run import open_ledger
from flows.status import site_status
from tasks.articles.rhythm import told
from tasks.config import Site
from tasks.outputs.status_page import at
from tasks.status import Health, SiteStatus, as_json

_STYLES = {Health.BROKEN.value: "bold red", Health.LATE.value: "bold red", Health.PAUSED.value: "yellow"}


def show_status(site: Site, console: Console, *, json: bool) -> int:
    """Print it; the exit status: 1 when somebody has to look.

    That is when no run has ended well for as long as three runs take, or a source is broken or late.
    """
    with open_ledger(site, run_id="", clock=lambda: datetime.now(UTC), makes=False) as ledger:
        status = site_status(site, ledger, now=datetime.now(UTC))
    if json:
        console.out(as_json(status).decode(), end="", highlight=False)
    else:
        _show(status, console, ZoneInfo(site.site.timezone))
    stuck = {source.pulse.health for source in status.sources} & {Health.BROKEN, Health.LATE}
    return 1 if stuck or _is_overdue(status) else 0


def _is_overdue(status: SiteStatus) -> bool:
    return (
        status.last_good_at is None or status.last_good_at + (status.renew_by - status.written_at) < status.written_at
    )


def _show(status: SiteStatus, console: Console, zone: ZoneInfo) -> None:
    last = status.last_run
    console.print(f"{status.site}  {status.base_url}", highlight=False)
    console.print(f"last run       {f'{last.name}: {last.ending}: {last.message}' if last else 'never'}", markup=False)
    overdue = ", which is too long ago" if _is_overdue(status) and status.last_good_at else ""
    console.print(f"last good run  {at(status.last_good_at, zone)}{overdue}", highlight=False)
    held = f", lists are held at {status.held_at}: finews release" if status.held_at is not None else ""
    console.print(f"generation     {status.generation}{held}", highlight=False)
    console.print()
    console.print(_sources(status, zone), highlight=False)
    for source in status.sources:
        if source.pulse.reason:
            console.print(f"{source.name}: {source.pulse.reason}", markup=False, highlight=False)
    if status.retries:
        console.print("\ntried again next:")
        for retry in status.retries[:10]:
            told = f"  {at(retry.next_at, zone)}  {retry.code} {retry.title[:40]}: {retry.reason}"
            console.print(told, markup=False, highlight=False, soft_wrap=True)


def _sources(status: SiteStatus, zone: ZoneInfo) -> Table:
    """Narrow enough for a terminal of 80 columns."""
    table = Table("source", "state", "news", "usually", "asked again", box=None, pad_edge=False)
    for name in ("waits", "fails", "locked up"):
        table.add_column(name, justify="right")
    for source in status.sources:
        pulse = source.pulse
        health, style = pulse.health.value, _STYLES.get(pulse.health.value, "")
        news = f"{told(status.written_at - pulse.newest)} ago" if pulse.newest else "never"
        usual = f"{told(pulse.usual)}" if pulse.usual is not None else ""
        again = f"{source.next_at.astimezone(zone):%m-%d %H:%M}" if source.next_at else "next run"
        counts = (str(source.waiting or ""), str(source.failing or ""), str(source.quarantined or ""))
        table.add_row(source.name, f"[{style}]{health}[/]" if style else health, news, usual, again, *counts)
    return table
