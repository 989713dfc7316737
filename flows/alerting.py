"""Events for Prefect's automations: what somebody may have to know about a site, once an incident and again each day it lasts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prefect.client.orchestration import get_client
from prefect.events import Event

from flows.artifacts import for_show
from tasks.status import Health, SiteStatus, SourceStatus

_ALERTS = (Health.BROKEN, Health.LATE)
_GROWN = 10  # answers more in quarantine than when it was told last
_AGAIN = timedelta(hours=23)  # a run of the next day may begin a little earlier

Told = Mapping[str, str]
"""By what it is about: `<health> <when it was told>` of a source, and how many answers in quarantine were told."""


def emit_changes(status: SiteStatus, before: Told, *, identity: str, good: bool) -> Told:
    """Tell the Prefect server what is another than `before`, which is what this function gave after the run before.

    What is told now; `before` when the server did not take it, so that the next run tells it. Arguments as in `changes`.
    """
    events, now = changes(status, before, identity=identity, good=good)
    if not events:
        return now
    with for_show(), get_client(sync_client=True) as client:
        # Not `emit_event`: that sends from another thread, and nobody hears whether anything came.
        client.request("POST", "/events", json=[event.model_dump(mode="json") for event in events])
        return now
    return before


def changes(status: SiteStatus, before: Told, *, identity: str, good: bool) -> tuple[Sequence[Event], Told]:
    """The events that tell what is another than `before`, and what is told with them. Pure.

    `identity` is the ledger's: another site on the same server may have a file of the same name. `finews.site.good` comes
    with every `good` run, which brought the store up to date: its absence is an alert.
    """
    site = {"prefect.resource.id": f"finews.site.{identity}", "prefect.resource.name": status.site}
    now: dict[str, str] = {}
    events: list[Event] = []
    for source in status.sources:
        about = f"source {source.name}"
        health, told_at = _told(before.get(about, ""))
        found = list(_of_source(status, identity, source, health, told_at))
        events += found
        now[about] = _as_told(source.pulse.health, status.written_at if found else told_at)
    locked, told = status.total("quarantined"), int(before.get("quarantined", "0"))
    grown = locked >= told + _GROWN
    if grown:
        payload = {"site": status.site, "count": locked, "before": told}
        events.append(Event(event="finews.quarantine.grown", resource=site, payload=payload))
    now["quarantined"] = str(locked if grown or locked < told else told)
    if good:
        events.append(Event(event="finews.site.good", resource=site))
    return events, now


def _of_source(
    status: SiteStatus, identity: str, source: SourceStatus, before: str, told_at: datetime | None
) -> Iterator[Event]:
    """What is to be told of one source, if anything."""
    health = source.pulse.health
    if health in _ALERTS:
        if health.value == before and told_at is not None and status.written_at - told_at < _AGAIN:
            return
        event = f"finews.source.{health.value}"
    elif before in _ALERTS and health is not Health.PAUSED:
        event = "finews.source.recovered"
    else:
        return
    yield Event(
        event=event,
        resource={
            "prefect.resource.id": f"finews.source.{identity}.{source.name}",
            "prefect.resource.name": f"{status.site}: {source.name}",
        },
        payload={"health": health.value, "reason": source.pulse.reason},
    )


def _told(text: str) -> tuple[str, datetime | None]:
    health, _, at = text.partition(" ")
    return health, datetime.fromisoformat(at) if at else None


def _as_told(health: Health, at: datetime | None) -> str:
    return f"{health.value} {at.isoformat()}" if at is not None and health in _ALERTS else health.value
