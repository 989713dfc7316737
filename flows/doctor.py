"""`finews doctor`: everything that a run needs, looked at one by one. What it reads is kept nowhere."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from flows.layout import told
from flows.run import keep_capabilities, known_capabilities, open_client, open_ledger_if_there, store_of
from flows.trying import Bench, Look
from tasks.articles.due import Asking, due
from tasks.config import Site, SourceSpec
from tasks.errors import FinewsError
from tasks.ledger import Ledger
from tasks.model import Entry, Stage, Unmodified
from tasks.sources import find_sources
from tasks.stores import Capabilities

_TRIED = 2  # articles of a source: one alone may just have been taken down
_NEWEST = 50  # stories of a list that has not changed, among which the newest is looked for
_MEANING = {
    "create_if_absent": "creates only where there is nothing (If-None-Match)",
    "replace_if_same": "replaces only what it means (If-Match)",
    "bare_tags": "wants tags without quotes in If-Match",
    "copy_headers": "changes headers without the body",
    "checks_bodies": "refuses a body that was damaged on the way (Content-MD5)",
    "tag_is_md5": "its tags prove the bytes that it holds",
    "batch_delete": "deletes many objects in one call",
}


def examine(site: Site, console: Console, *, offline: bool = False) -> int:
    """Print what was found; the exit status: 0 when a run could work, 1 when not. `offline`: as the ledger knows it."""
    told(console, "site file", f"{site.path}: {len(site.sources)} sources")
    if not site.site.contact:
        told(console, "", "[site] contact is empty: the page 'about' cannot say whom to ask for a removal")
    try:
        with _opened(site, offline=offline) as (ledger, bench):
            told(console, "ledger", _ledger(ledger))
            sound = _said(console, "store", lambda: _store(site, ledger, offline=offline))
            askings = ledger.askings.of(spec.name for spec in site.sources)
            for spec in site.sources:
                source = _Source(site=site, ledger=ledger, spec=spec, asking=askings[spec.name])
                sound = _told_source(console, source, bench) and sound
    except FinewsError as error:
        told(console, "ledger", str(error).removeprefix("ledger "))
        return 1
    return 0 if sound else 1


@contextlib.contextmanager
def _opened(site: Site, *, offline: bool) -> Iterator[tuple[Ledger, Bench | None]]:
    """The ledger, and what to try sources with unless nobody is to be asked. Nothing that they say is kept."""
    with contextlib.ExitStack() as opened:
        ledger = opened.enter_context(open_ledger_if_there(site, run_id="doctor", clock=_now))
        opened.callback(ledger.journal.forget)
        if offline:
            yield ledger, None
            return
        client = opened.enter_context(open_client(site, ledger.hosts, clock=_now))
        yield ledger, Bench(site=site, ledger=ledger, client=client, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)


def _said(console: Console, name: str, look: Callable[[], Iterable[str]]) -> bool:
    try:
        for line in look():
            told(console, name, line)
            name = ""
    except FinewsError as error:
        told(console, name, str(error))
        return False
    return True


def _ledger(ledger: Ledger) -> str:
    held = ledger.generations.held_at()
    parts = [
        f"{ledger.objects.count()} objects, generation {ledger.generations.number()}",
        f"lists are held at generation {held}" if held is not None else "",
        f"at work: {at_work}" if (at_work := ledger.lease_holder()) else "nobody is at work",
    ]
    return "; ".join(part for part in parts if part)


def _store(site: Site, ledger: Ledger, *, offline: bool) -> Iterator[str]:
    """What it can do; found out anew, and remembered for the next runs, unless a run is at work."""
    if offline and not site.publish.url.startswith("file:"):
        known = known_capabilities(site, ledger)
        yield "not asked" if known else "not asked, and not known from a run"
        yield from _abilities(known)
        return
    if ledger.lease_holder():
        yield "not looked at while a run is at work"
        return
    store = store_of(site)
    try:
        found = store.probe()
    finally:
        store.close()
    keep_capabilities(site, ledger, found)
    yield "reachable and writable"
    yield from _abilities(found)


def _abilities(found: Capabilities | None) -> Iterator[str]:
    for field in fields(Capabilities) if found else ():
        yield f"{'yes' if getattr(found, field.name) else 'no':<4} {_MEANING[field.name]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """One source, and what the ledger knows of it."""

    site: Site
    ledger: Ledger
    spec: SourceSpec
    asking: Asking

    def at(self, moment: datetime) -> str:
        """A time in the site's zone."""
        return f"{moment.astimezone(ZoneInfo(self.site.site.timezone)):%Y-%m-%d %H:%M %z}"


def _told_source(console: Console, source: _Source, bench: Bench | None) -> bool:
    """Say how a source fares; whether a run could work with it. When nobody is asked, its last asking tells."""
    told(console, "source", f"{source.spec.name} ({source.spec.kind})")
    sound, lines = _asked(source, bench) if bench else (not source.asking.failures, [])
    for label, line in (*lines, *_history(source)):
        told(console, f"  {label}", line)
    return sound


def _asked(source: _Source, bench: Bench) -> tuple[bool, list[tuple[str, str]]]:
    """Its list now, and one of its articles."""
    try:
        said = bench.list_of(source.spec, conditional=True)
    except FinewsError as error:
        return False, [("now", f"fails: {error}")]
    if isinstance(said, Unmodified):
        since = f" since {source.at(said.since)}" if said.since else ""
        line, entries = f"not modified{since}", _known_entries(source)
    else:
        entries = sorted(said.entries, key=lambda entry: entry.published_at, reverse=True)
        newest = f", the newest of {source.at(entries[0].published_at)}" if entries else ""
        line = f"{len(entries)} usable records, {len(said.unusable)} unusable{newest}"
        if not entries and not said.partial:
            first = said.unusable[0].reason if said.unusable else "the list is empty"
            return False, [("now", f"nothing usable, {len(said.unusable)} unusable records: {first}")]
    looks: list[Look] = []
    while len(looks) < min(_TRIED, len(entries)) and all(look.fault for look in looks):
        looks.append(bench.look(entries[len(looks)], source.spec))
    return not looks or not looks[-1].fault, [("now", line), *(line for look in looks for line in _of_look(look))]


def _known_entries(source: _Source) -> list[Entry]:
    """What its list named when it was read last, the newest first."""
    keys = source.ledger.standing.named_last(source.spec.name, limit=_NEWEST)
    found = source.ledger.articles.sightings(keys).values()
    entries = [entry for several in found for entry in several if entry.source == source.spec.name]
    return sorted(entries, key=lambda entry: entry.published_at, reverse=True)


def _of_look(look: Look) -> Iterator[tuple[str, str]]:
    yield "refused" if look.fault else "article", look.title or look.url
    yield "", look.fault or look.told()


def _history(source: _Source) -> Iterator[tuple[str, str]]:
    """What the ledger knows: when it was asked and what came, when it is due, what is left to read, how much is whole."""
    asking, ledger, name = source.asking, source.ledger, source.spec.name
    if asking.asked_at is None:
        yield "last", "never asked by a run"
    else:
        attempt = ledger.journal.last_attempt(name, Stage.ASK)
        address = find_sources()[source.spec.kind].ask(source.spec).url
        answer = attempt.text.replace(f"GET {address}: ", "") if attempt else "answered"
        came = f"failed: {asking.error}" if asking.failures else answer
        yield "last", f"{source.at(asking.asked_at)}: {came}"
    ruling = due(asking, _now())
    yield "next", "due at the next run" if ruling.ask else f"not due: {ruling.reason}"
    yield "left", ledger.standing.of(name).told()
    if share := ledger.completeness.of(name):
        usual = "" if share.usual is None else f", usually {share.usual:.0%}"
        state = "degraded: " if share.is_degraded else ""
        yield "whole", f"{state}{share.lately:.0%} of its last answers were articles{usual}"
