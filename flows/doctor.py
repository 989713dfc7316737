"""`finews doctor`: everything that a run needs, looked at one by one."""

import functools
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime

from rich.console import Console

from flows.run import keep_capabilities, open_client, open_ledger, store_of
from tasks.config import Site
from tasks.errors import FinewsError
from tasks.fetch import ask
from tasks.ledger import Ledger
from tasks.model import Listing
from tasks.stores import Capabilities

_MEANING = {
    "create_if_absent": "creates only where there is nothing (If-None-Match)",
    "replace_if_same": "replaces only what it means (If-Match)",
    "bare_tags": "wants tags without quotes in If-Match",
    "copy_headers": "changes headers without the body",
    "checks_bodies": "refuses a body that was damaged on the way (Content-MD5)",
    "tag_is_md5": "its tags prove the bytes that it holds",
    "batch_delete": "deletes many objects in one call",
}


def examine(site: Site, console: Console) -> int:
    """Print what was found; the exit status: 0 when a run could work, 1 when not."""
    console.print(f"site file  {site.path}: {len(site.sources)} sources")
    if not site.site.contact:
        console.print("           [site] contact is empty: the page 'about' cannot say whom to ask for a removal")
    try:
        with open_ledger(site, run_id="doctor", clock=lambda: datetime.now(UTC)) as ledger:
            console.print(f"ledger     {_ledger(ledger)}")
            sound = _said(console, "store", lambda: _store(site, ledger))
            names = [spec.name for spec in site.sources]
            sources = [_said(console, "source", functools.partial(_source, site, ledger, name)) for name in names]
    except FinewsError as error:
        console.print(f"ledger     {error}")
        return 1
    return 0 if sound and all(sources) else 1


def _said(console: Console, name: str, look: Callable[[], str]) -> bool:
    try:
        console.print(f"{name:<10} {look()}")
    except FinewsError as error:
        console.print(f"{name:<10} {error}")
        return False
    return True


def _ledger(ledger: Ledger) -> str:
    held = ledger.generations.held_at()
    told = [
        f"{ledger.objects.count()} objects, generation {ledger.generations.number()}",
        f"lists are held at generation {held}" if held is not None else "",
        f"at work: {at_work}" if (at_work := ledger.lease_holder()) else "nobody is at work",
    ]
    return "; ".join(part for part in told if part)


def _store(site: Site, ledger: Ledger) -> str:
    """What it can do; found out anew, and remembered for the next runs, unless a run is at work."""
    if ledger.lease_holder():
        return "not looked at while a run is at work"
    store = store_of(site)
    try:
        found = store.probe()
    finally:
        store.close()
    keep_capabilities(site, ledger, found)
    return "reachable and writable\n" + "\n".join(
        f"           {'yes' if getattr(found, field.name) else 'no':<4} {_MEANING[field.name]}"
        for field in fields(Capabilities)
    )


def _source(site: Site, ledger: Ledger, name: str) -> str:
    with open_client(site, ledger.hosts, clock=lambda: datetime.now(UTC)) as client:
        listing = ask.fn(spec=site.source(name), client=client, journal=ledger.journal)
    assert isinstance(listing, Listing)  # without answers to compare with there is no other
    if not listing.entries:
        return f"{name}: answered, but lists nothing usable ({len(listing.unusable)} records)"
    newest = max(entry.published_at for entry in listing.entries)
    usable = f"{len(listing.entries)} usable records, {len(listing.unusable)} unusable"
    return f"{name}: {usable}, the newest of {newest:%Y-%m-%d %H:%M}"
