"""`finews new-source`: from an address to a table for the site file, tried on three articles as a run would read them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from flows.drafting import Drafting, Trial, trials_of
from flows.layout import told
from flows.proposing import settings_of
from flows.run import open_client, open_ledger_if_there
from flows.trying import Bench, Look
from tasks.config import Site
from tasks.errors import ConfigError, FetchError
from tasks.model import Request, Response
from tasks.sources._drafts import licence_of, wall_of

_ENOUGH = 0.5
_EXPECTED = (
    "expected the address of a feed, a sitemap, a JSON list or a list of links, or of a page that names or holds one"
)


def draft_source(
    url: str, *, report: Console, table: Console, site_file: Path | None = None, allow_hosts: Sequence[str] = ()
) -> int:
    """Say to `report` what was found, and to `table` the best table for a site file; 0 when it would publish articles.

    `site_file`: the site for which it is meant: its name must be new there, and is asked as that site asks.
    """
    addresses = addresses_of(url)
    drafting = Drafting(site_file=site_file, allow_hosts=tuple(allow_hosts))
    site = drafting.site
    with (
        open_ledger_if_there(site, run_id="", clock=_now) as ledger,
        open_client(site, ledger.hosts, clock=_now) as client,
    ):
        bench = Bench(site=site, ledger=ledger, client=client, now=_now())
        response = _first(bench, addresses, report)
        told(report, "asked", _asked(site, response))
        trials = trials_of(bench, drafting, response, report)
        best = max(trials, key=lambda trial: (trial.completeness, len(trial.looks)), default=None)
        if best is None or best.spec is None:
            told(report, "nothing", f"{_why_nothing(response, trials)}; {_EXPECTED}")
            return 1
        for look in best.looks:
            _tell(report, look, permitted_by=response.permitted_by)
        proposal = settings_of(bench, best.spec, best.entries, best.looks, licence=licence_of(response))
    for label, line in proposal.lines:
        told(report, label, line)
    text = best.draft.toml(best.spec.name, proposal.settings, proposal.notes)
    drafting.spec(text, best.spec.name)  # a site file would take it as it stands
    good = best.completeness >= _ENOUGH
    end = "the table for a site file stands on standard output" if good else "too little for a table; it would be"
    told(report, "complete", f"{best.completeness:.0%}: {end}")
    (table if good else report).print(f"\n{text}", end="")
    return 0 if good else 1


def addresses_of(told_url: str) -> tuple[str, ...]:
    """The addresses that may be meant: as it stands, or with https and then http where no scheme is written."""
    url = told_url.strip()
    written = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", url)
    candidates = (url,) if written else (f"https://{url.removeprefix('//')}", f"http://{url.removeprefix('//')}")
    try:
        parts = urlsplit(candidates[0])
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not match, a port that is no port
        usable = False
    if not usable or re.search(r"\s", url):
        raise ConfigError(
            f"{told_url[:200]!r} is no address: expected http:// or https:// and a host, or a host and a path"
        )
    if "@" in parts.netloc:
        raise ConfigError(
            "an address with a user name or a password would stand in the site file: expected one without"
        )
    return candidates


def _now() -> datetime:
    return datetime.now(UTC)


def _first(bench: Bench, addresses: Sequence[str], report: Console) -> Response:
    """The answer of the first address that gives one; the error of the last."""
    for address in addresses[:-1]:
        try:
            return bench.client.get(Request(url=address))
        except FetchError as error:
            if error.status is not None or error.not_before is not None:
                raise
            told(report, "asked", str(error))
    return bench.client.get(Request(url=addresses[-1]))


def _asked(site: Site, response: Response) -> str:
    gap = f"at least {site.fetch.min_gap:g} s between two requests to a host, longer where robots.txt wants it"
    return f"{response.url} as {site.user_agent!r}; robots.txt: {response.permitted_by or 'not asked'}; {gap}"


def _tell(report: Console, look: Look, *, permitted_by: str) -> None:
    """One article; what robots.txt said of its page only where that is not what it said of the first address."""
    told(report, "refused" if look.fault else "article", f"{look.completeness:.0%}  {look.title or '(no title)'}")
    robots = f"robots.txt: {look.permitted_by}" if look.permitted_by not in ("", permitted_by) else ""
    for line in filter(None, (look.fault, look.told(), look.url, robots)):
        told(report, "", line)


def _why_nothing(response: Response, trials: Sequence[Trial]) -> str:
    if trials:
        return f"{response.url}: none of what was tried lists an article that can be used"
    wall = wall_of(response)
    return f"{response.url}: {wall or 'no feed, sitemap, JSON list or list of links was found'}"
