"""`finews quarantine`: what came in the place of articles, for a person to look at."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from flows.run import open_ledger, read_site
from tasks.errors import ConfigError
from tasks.ledger import Ledger
from tasks.ledger.quarantine import Quarantined


def quarantine(
    site: Annotated[Path, typer.Option("--site", help="The site file.", metavar="FILE", show_default=False)],
    show: Annotated[
        str, typer.Option(help="Print the answer of this article as it came.", metavar="CODE|URL", show_default=False)
    ] = "",
) -> None:
    """Answers that are no article: of which source and article, why, when, how large; or one of them as it came."""
    site_file = read_site(str(site))
    with open_ledger(site_file, run_id="", clock=lambda: datetime.now(UTC), makes=False) as ledger:
        if show:
            _print_answer(_held(ledger, show))
        else:
            _print_list(ledger.quarantine.listed(), ZoneInfo(site_file.site.timezone), days=site_file.quarantine.days)


def _held(ledger: Ledger, name: str) -> Quarantined:
    """What is kept under a code, a key, or the address that gave it; `ConfigError` when there is nothing."""
    by_name = {known: one.key for one in ledger.quarantine.listed() for known in (one.url, one.key)}
    key = by_name.get(name) or ledger.articles.key_of(name)
    if (held := ledger.quarantine.of(key)) is None:
        raise ConfigError(f"--show {name}: nothing of this article is in quarantine; expected a name of the list")
    return held


def _print_answer(held: Quarantined) -> None:
    sys.stdout.buffer.write(held.body)
    sys.stdout.buffer.flush()
    if len(held.body) < held.size:
        told = f"finews: the first {len(held.body):,} of {held.size:,} bytes are kept"
        Console(stderr=True, soft_wrap=True, highlight=False).print(told)


def _print_list(kept: Sequence[Quarantined], zone: ZoneInfo, *, days: int) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for one in kept:
        often = f"{one.attempts} times, last " if one.attempts > 1 else ""
        console.print(f"{one.source}  {one.key}  {often}{one.at.astimezone(zone):%Y-%m-%d %H:%M}  {one.size:,} bytes")
        console.print(f"    {one.reason}")
    console.print(f"{len(kept)} answers in quarantine; each is kept for {days} days")
