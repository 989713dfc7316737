"""`finews automations`: what Prefect watches over, from `deployments/automations.yaml` to the server."""

from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore
from rich.console import Console

from flows.localhost import ROOT
from tasks.errors import ConfigError

FILE = ROOT / "deployments/automations.yaml"


def apply_automations(console: Console, *, block: str = "", stale_after: int = 0, file: Path = FILE) -> None:
    """Create or replace each automation of the file, by its name. Others on the server stay as they are.

    `block`: slug of the notification block, `<type>/<name>` as in `slack-webhook/on-call`; without one only automations that
    act by themselves are applied. `stale_after`: seconds without a good run, instead of the file's.
    """
    target = _block_id(block) if block else None
    with get_client(sync_client=True) as client:
        for table in yaml.safe_load(file.read_text(encoding="utf-8")):
            automation = automation_of(table, target, stale_after=stale_after)
            if not automation.actions:
                console.print(f"left out    {automation.name}: it notifies, and no block is named")
                continue
            known = client.read_automations_by_name(automation.name)
            for one in known[:1]:
                client.update_automation(one.id, automation)
            for one in known[1:]:
                client.delete_automation(one.id)
            if not known:
                client.create_automation(automation)
            console.print(f"{'replaced' if known else 'created':<11} {automation.name}")


def automation_of(table: dict[str, Any], block: Any, *, stale_after: int = 0) -> AutomationCore:
    """One automation of the file; `block` is the id of the notification block, or None."""
    actions = list(table.get("actions", []))
    if (notify := table.get("notify")) and block is not None:
        actions.append(SendNotification(block_document_id=block, **notify).model_dump(mode="json"))
    trigger = dict(table["trigger"])
    if stale_after and "finews.site.good" in trigger["expect"]:
        trigger["within"] = stale_after
    told = {"name": table["name"], "description": table["description"], "tags": ["finews"]}
    return AutomationCore.model_validate(told | {"trigger": trigger, "actions": actions})


def _block_id(slug: str) -> Any:
    kind, _, name = slug.partition("/")
    with get_client(sync_client=True) as client:
        found = [
            document
            for document in client.read_block_documents_by_type(kind, include_secrets=False)
            if document.name == name
        ]
        if found and "notify" not in _capabilities(found[0]):
            raise ConfigError(f"the block {slug!r} cannot notify; expected one of Prefect's notification blocks")
    if not found:
        raise ConfigError(
            f"there is no block {slug!r}; expected <type>/<name> of a notification block, as in slack-webhook/on-call: "
            "make it in the UI, under Blocks"
        )
    return found[0].id


def _capabilities(document: Any) -> list[str]:
    schema = document.block_schema
    return list(schema.capabilities) if schema else []
