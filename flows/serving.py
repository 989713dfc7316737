"""Serving the deployments of `deployments/prefect.yaml` from this process, for one machine without a worker."""

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from rich.console import Console

from flows.localhost import ROOT


def deployments(site: Path) -> list[RunnerDeployment]:
    """The deployments as the file has them, for `site`."""
    described = yaml.safe_load((ROOT / "deployments/prefect.yaml").read_text(encoding="utf-8"))
    return [_deployment(table, site) for table in described["deployments"]]


def serve_deployments(site: Path, console: Console) -> None:
    """Serve until the process is asked to stop."""
    ready = deployments(site)
    for deployment in ready:
        schedules = ", ".join(
            str(s.schedule.cron) for s in deployment.schedules or [] if isinstance(s.schedule, CronSchedule)
        )
        console.print(f"deployment      {deployment.flow_name}/{deployment.name} ({schedules or 'when you start it'})")
    console.print("Ctrl-C stops everything that was started here")
    serve(*ready, print_starting_message=False)


def _deployment(table: dict[str, Any], site: Path) -> RunnerDeployment:
    limit = table.get("concurrency_limit")
    module, _, name = table["entrypoint"].removeprefix("flows/").partition(".py:")
    flow = getattr(import_module(f"flows.{module}"), name)
    deployment = flow.to_deployment(
        name=table["name"],
        description=table.get("description"),
        tags=table.get("tags"),
        parameters=table.get("parameters", {}) | {"site": str(site)},
        schedules=[CronSchedule(**schedule) for schedule in table.get("schedules", [])] or None,
        concurrency_limit=ConcurrencyLimitConfig(**limit) if limit else None,
    )
    assert isinstance(deployment, RunnerDeployment)
    return deployment
