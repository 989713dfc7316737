"""How the site stands, as a page for whoever is on call: no reader's page, nothing on the site leads to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from tasks.articles.rhythm import told
from tasks.model import Page
from tasks.outputs import SiteFacts
from tasks.outputs.caching import STATE
from tasks.outputs.templating import html_page
from tasks.status import SiteStatus, SourceStatus, as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source in words."""

    name: str
    health: str
    newest: str
    usual: str
    next: str
    waiting: int
    failing: int
    quarantined: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRow:
    """An article that is tried again, in words."""

    article: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusContext:
    """Times are in the site's zone, and in words."""

    template: ClassVar[str] = "status.html"

    status: SiteStatus
    state: str
    last_good: str
    written: str
    renew_by: str
    rows: tuple[SourceRow, ...]
    retries: tuple[RetryRow, ...]


def status_pages(status: SiteStatus, site: SiteFacts, key: str) -> tuple[Page, ...]:
    """`<key>.json` and `<key>.html`. Where readers may get them, no story, reason or message is told."""
    if not key.startswith("_finews/"):
        status = _for_everybody(status)
    zone = ZoneInfo(site.timezone)
    context = StatusContext(
        status=status,
        state=status.last_run.ending if status.last_run else "no run yet",
        last_good=at(status.last_good_at, zone),
        written=at(status.written_at, zone),
        renew_by=at(status.renew_by, zone),
        rows=tuple(source_row(source, zone) for source in status.sources),
        retries=tuple(
            RetryRow(article=f"{one.code} {one.title}".strip(), when=at(one.next_at, zone), reason=one.reason)
            for one in status.retries
        ),
    )
    plain = Page(key=f"{key}.json", body=as_json(status), content_type="application/json", cache_control=STATE)
    return plain, html_page(f"{key}.html", context, site, STATE)


def _for_everybody(status: SiteStatus) -> SiteStatus:
    sources = tuple(replace(source, pulse=replace(source.pulse, reason="")) for source in status.sources)
    last = replace(status.last_run, message="") if status.last_run else None
    return replace(status, sources=sources, last_run=last, retries=())


def source_row(source: SourceStatus, zone: ZoneInfo) -> SourceRow:
    """A source as tables show it."""
    return SourceRow(
        name=source.name,
        health=source.pulse.health.value,
        newest=at(source.pulse.newest, zone),
        usual=told(source.pulse.usual) if source.pulse.usual is not None else "",
        next=at(source.next_at, zone) if source.next_at else "next run",
        waiting=source.waiting,
        failing=source.failing,
        quarantined=source.quarantined,
        reason=source.pulse.reason,
    )


def at(time: datetime | None, zone: ZoneInfo) -> str:
    """A time in words; `never` when there was none."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}" if time else "never"
