"""Events for Prefect's automations: what changed about a site that somebody may have to know. One an incident, not one a run."""

from collections.abc import Mapping

from prefect.events import emit_event

from tasks.status import Health, SiteStatus, SourceStatus

_ALERTS = (Health.BROKEN, Health.LATE)
_GROWN = 10  # answers more in quarantine than when it was told last


def emit_changes(status: SiteStatus, before: Mapping[str, str], *, good: bool) -> Mapping[str, str]:
    """Emit what is another than `before`, which is what this function gave after the run before; what it is now.

    `finews.site.good` comes with every `good` run, which brought the store up to date: its absence is an alert.
    """
    site = {"prefect.resource.id": f"finews.site.{status.site}", "prefect.resource.name": status.site}
    now = {f"source {source.name}": source.pulse.health.value for source in status.sources}
    for source in status.sources:
        _tell(status, source, before.get(f"source {source.name}", ""))
    locked, told = status.total("quarantined"), int(before.get("quarantined", "0"))
    if locked >= told + _GROWN:
        emit_event(
            "finews.quarantine.grown", resource=site, payload={"site": status.site, "count": locked, "before": told}
        )
    now["quarantined"] = str(locked if locked >= told + _GROWN or locked < told else told)
    if good:
        emit_event("finews.site.good", resource=site)
    return now


def _tell(status: SiteStatus, source: SourceStatus, before: str) -> None:
    health = source.pulse.health
    if health.value == before:
        return
    if health in _ALERTS:
        event = f"finews.source.{health.value}"
    elif before in _ALERTS and health is not Health.PAUSED:
        event = "finews.source.recovered"
    else:
        return
    emit_event(
        event,
        resource={
            "prefect.resource.id": f"finews.source.{status.site}.{source.name}",
            "prefect.resource.name": f"{status.site}: {source.name}",
        },
        payload={"health": health.value, "reason": source.pulse.reason},
    )
