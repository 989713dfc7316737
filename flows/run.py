"""What one run works with: the site, its ledger, its store, an HTTP client, and the recorder of what happens."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.leasing import held
from flows.report import Recorder
from tasks.config import Site, load_site
from tasks.errors import ConfigError, LedgerError, LedgerMissing, StoreError
from tasks.ledger import Lease, Ledger, Lent
from tasks.masking import masked
from tasks.outputs import SiteFacts, SourceFacts
from tasks.outputs.theme import load_theme
from tasks.sources import find_sources
from tasks.stores import Capabilities, Store, open_store, service_of
from tasks.stores.rehearsal import Rehearsal
from tasks.web import Client, HostRecords, Limits
from tasks.web.captures import Captures, CapturingClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The things that a run holds open. `now` is the run's time: one for all its decisions.

    `asks`: whether publishers may be asked for anything; pictures that are not in the store wait for a run that may.
    `named`: sources that a person named, or whose articles, which are asked though they are paused.
    """

    site: Site
    ledger: Ledger
    store: Store
    client: Client
    recorder: Recorder
    facts: SiteFacts
    now: datetime
    captures: Captures | None = None
    lease: Lease | Lent | None = None
    allow_deletions: int | None = None
    together: int = 1  # articles a task run
    within: bool = False  # a task run of another run, in which everything is a plain call
    asks: bool = True
    named: frozenset[str] = frozenset()
    grace: timedelta = timedelta(
        hours=1
    )  # how long readers may use files of the search index that nothing names any more


def read_site(path: str) -> Site:
    """The site file, with the keys of every kind of source known."""
    return load_site(path, {name: kind.options for name, kind in find_sources().items()})


def in_zone(site: Site, *times: datetime | None) -> tuple[datetime | None, ...]:
    """Times that a person gave; those without a zone are meant in the site's."""
    zone = ZoneInfo(site.site.timezone)
    return tuple(at.replace(tzinfo=zone) if at and at.tzinfo is None else at for at in times)


def in_batches(run: Run, articles: int) -> Run:
    """The run as it reads so many articles: several in a task run, when they are very many."""
    told = run.site.workflow
    return replace(run, together=told.batch) if articles > told.batch_above else run


@contextlib.contextmanager
def open_run(
    site: Site,
    *,
    run_id: str,
    clock: Callable[[], datetime],
    dry_run: bool = False,
    allow_deletions: int | None = None,
    fence: int | None = None,
    restores: bool = False,
) -> Iterator[Run]:
    """Open everything, close everything; `LeaseHeld` while another run is at work.

    A dry run's store and ledger keep nothing, so it needs no lease. `allow_deletions`: instead of the site's limits.
    `fence`: of the lease of a run for which this one works; `LeaseLost` when that run has it no more. `restores`: this run goes
    on with a restore; any other one would take for new what the ledger does not know yet, and is refused (`LedgerError`).
    """
    now = clock()
    with contextlib.ExitStack() as open_things:
        ledger = open_things.enter_context(open_ledger(site, run_id=run_id, clock=clock, rehearsal=dry_run))
        if (kept := ledger.objects.settled("timezone", site.site.timezone)) != site.site.timezone:
            raise ConfigError(
                f"{site.path}: [site] timezone = {site.site.timezone!r}: the addresses in this ledger were made in "
                f"{kept!r}; expected that, or a ledger of its own"
            )
        lease: Lease | Lent | None = None
        if fence is not None:
            lease = ledger.work_under(fence)
        elif not dry_run:
            lease = open_things.enter_context(held(ledger, run_id=run_id, seconds=site.ledger.lease_seconds))
        if not restores and ledger.records.unfinished():
            raise LedgerError(
                f"ledger {masked(site.ledger.url)}: a restore was begun and has not ended; expected first: finews restore, again"
            )
        store = _open_store(site, ledger, probe=not dry_run)
        open_things.callback(store.close)
        captures = None if dry_run else _captures(site, run_id)
        yield Run(
            site=site,
            ledger=ledger,
            store=Rehearsal(store) if dry_run else store,
            client=open_things.enter_context(open_client(site, ledger.hosts, clock=clock, captures=captures)),
            recorder=Recorder(site=site.name, run_id=run_id, started_at=now, dry_run=dry_run),
            captures=captures,
            facts=facts_of(site),
            now=now,
            lease=lease,
            allow_deletions=allow_deletions,
        )


def open_client(
    site: Site, records: HostRecords, *, clock: Callable[[], datetime], captures: Captures | None = None
) -> CapturingClient:
    """A client with the limits and manners of the site; ConfigError when its list of allowed hosts cannot be read."""
    limits = site.fetch.model_dump(include=set(Limits.__dataclass_fields__) - {"user_agent"})
    try:
        told = Limits(**limits, user_agent=site.user_agent, sender=site.sender)
        return CapturingClient(told, captures=captures, records=records, clock=clock)
    except ValueError as error:
        raise ConfigError(f"{site.path}: [fetch] allow_hosts: {error}") from error


def _captures(site: Site, run_id: str) -> Captures | None:
    return Captures(Path(site.captures.folder), run_id=run_id) if site.captures.folder else None


def _open_store(site: Site, ledger: Ledger, *, probe: bool) -> Store:
    """The store, with what it was found to be able to do; found out at the first run with it."""
    if known := known_capabilities(site, ledger):
        return store_of(site, known)
    store = store_of(site)
    if not probe:
        return store
    try:
        found = store.probe()
    except StoreError:  # the first wave will say it, where it is reported
        return store
    keep_capabilities(site, ledger, found)
    store.close()
    return store_of(site, found)


def store_of(site: Site, capabilities: Capabilities | None = None) -> Store:
    """The site's store, not asked yet."""
    told = site.publish
    options = {"endpoint_url": told.endpoint_url, "attempts": told.attempts, "read_timeout": told.read_timeout}
    return open_store(told.url, capabilities=capabilities, **options)


def known_capabilities(site: Site, ledger: Ledger) -> Capabilities | None:
    """What the site's store was found to be able to do; None when it was not tried out yet."""
    found = ledger.objects.remembered(_capabilities_of(site))
    return Capabilities(**json.loads(found)) if found else None


def keep_capabilities(site: Site, ledger: Ledger, found: Capabilities) -> None:
    """Remember it for the next runs."""
    ledger.objects.remember(_capabilities_of(site), json.dumps(asdict(found)))


def _capabilities_of(site: Site) -> str:
    """Name of the fact: a bucket of the same name at another endpoint is another service's."""
    service = service_of(site.publish.url, endpoint_url=site.publish.endpoint_url)
    return f"capabilities at {hashlib.sha256(service.encode()).hexdigest()[:16]}" if service else "capabilities"


def facts_of(site: Site) -> SiteFacts:
    """What pages say of the site."""
    told = site.site.model_dump(exclude={"theme"})
    return SiteFacts(
        **told,
        hubs=site.announce.websub_hubs,
        indexnow_key=site.announce.indexnow_key,
        theme=load_theme(site.site.language, site.site.theme),
        sources={
            spec.name: SourceFacts(
                name=spec.name,
                title=spec.title or spec.tag or spec.name,
                canonical=spec.canonical,
                index=spec.index,
                credit=spec.credit,
            )
            for spec in site.sources
        },
    )


def open_ledger(
    site: Site, *, run_id: str, clock: Callable[[], datetime], rehearsal: bool = False, makes: bool = True
) -> Ledger:
    """The site's ledger. `makes`: whether one that is not there is made; who only looks gets `LedgerMissing`."""
    zone = ZoneInfo(site.site.timezone)
    return Ledger(
        site.ledger.url,
        store=site.publish.url,
        zone=zone,
        run_id=run_id,
        clock=clock,
        rehearsal=rehearsal,
        makes=makes,
    )


def open_ledger_if_there(site: Site, *, run_id: str, clock: Callable[[], datetime]) -> Ledger:
    """The site's ledger; one that is empty and nowhere when no run has made it yet."""
    try:
        return open_ledger(site, run_id=run_id, clock=clock, makes=False)
    except LedgerMissing:
        return open_ledger(site, run_id=run_id, clock=clock, rehearsal=True)
