"""How the site stands, from the ledger; and telling the store, so that it can be seen when nothing else answers."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flows.publication import MARKER, read_state
from flows.run import Run
from tasks.articles.due import due
from tasks.articles.rhythm import pulse
from tasks.config import Site, SourceSpec
from tasks.errors import FinewsError
from tasks.ledger import Ledger
from tasks.model import Action, ActionKind, Outcome, Page, Receipt, Result, Stage
from tasks.outputs.status_page import status_pages
from tasks.status import SiteStatus, SourceStatus, as_json

JOURNALS = "_finews/journal/"
"""Where the journals of articles are kept in the store."""
_RETRIES = 20  # named; the others are counted
_MISSED = 3  # runs that may be missing before somebody has to look


def site_status(site: Site, ledger: Ledger, *, now: datetime) -> SiteStatus:
    """How the site stands at `now`."""
    names = [spec.name for spec in site.sources]
    askings, counts, paused = ledger.askings.of(names), ledger.standing.counts(), ledger.standing.paused()
    here = now.astimezone(ZoneInfo(site.site.timezone))

    def one(spec: SourceSpec) -> SourceStatus:
        asking, counted = askings[spec.name], counts.get(spec.name)
        next_due = due(asking, now)
        share = ledger.completeness.of(spec.name)
        return SourceStatus(
            name=spec.name,
            pulse=pulse(
                asking,
                here,
                degraded=share.told if share and share.is_degraded else "",
                paused=paused.get(spec.name, ""),
            ),
            asked_at=asking.asked_at,
            next_at=None if next_due.ask else next_due.next_at,
            waiting=counted.waiting if counted else 0,
            failing=counted.failing if counted else 0,
            quarantined=counted.quarantined if counted else 0,
        )

    return SiteStatus(
        site=site.name,
        base_url=site.site.base_url,
        written_at=now,
        renew_by=now + _MISSED * timedelta(minutes=site.site.update_minutes),
        generation=ledger.generations.number(),
        held_at=ledger.generations.held_at(),
        last_run=ledger.standing.last_run(),
        last_good_at=ledger.standing.last_good_at(),
        sources=tuple(one(spec) for spec in site.sources),
        retries=ledger.standing.retries(limit=_RETRIES),
    )


def tell_store(run: Run, status: SiteStatus) -> bool:
    """Write the status into the store, when it says something else than the last one, or when that is half as old as it may be.

    Whether the store has it. One that refuses is an outcome, no failure: what readers get is not touched by it.
    """
    digest = _digest(status, f"{run.site.publish.url} {run.site.publish.status_key}")
    told, _, until = run.ledger.standing.told().partition(" ")
    if told == digest and until and status.written_at < datetime.fromisoformat(until):
        return True
    if not put(run, "status", status_pages(status, run.facts, run.site.publish.status_key)):
        return False
    half = status.written_at + (status.renew_by - status.written_at) / 2
    run.ledger.standing.tell(f"{digest} {half.isoformat()}")
    return True


def is_for_operators(key: str, site: Site) -> bool:
    """Whether an object is no part of a publication, but tells the person on call what happened."""
    told = site.publish.status_key
    return key.startswith(JOURNALS) or key in (f"{told}.json", f"{told}.html")


def put(run: Run, subject: str, pages: tuple[Page, ...]) -> bool:
    """Write objects that only the person on call reads: no page leads to them, and no generation has them.

    Whether they are there. A store that is not known to be this ledger's is let alone: another site's status may stand there.
    """
    if not pages:
        return True
    if not _is_ours(run):
        return False
    actions = [Action(kind=ActionKind.UPDATE, key=page.key, reason=subject, page=page) for page in pages]
    return took(run, subject, "not written", lambda: run.store.write(actions))


def took(run: Run, subject: str, failed: str, call: Callable[[], Iterable[Receipt]]) -> bool:
    """Whether the store did what `call` asks of it; when not, the report says that it `failed`, and why."""
    try:
        errors = [receipt.error for receipt in call() if receipt.error]
    except FinewsError as error:
        errors = [str(error)]
    if errors:
        reason = f"{failed}: {errors[0]}"
        run.recorder.outcome(Outcome(subject=subject, stage=Stage.VERIFY, result=Result.FAILED, reason=reason))
    return not errors


def _is_ours(run: Run) -> bool:
    try:
        found = run.store.read(MARKER)
        return found is not None and read_state(found.body).ledger == run.ledger.objects.ledger_id()
    except FinewsError:
        return False


def _digest(status: SiteStatus, place: str) -> str:
    """What the status says and where, without what is another in each run."""
    epoch = datetime.min.replace(tzinfo=status.written_at.tzinfo)
    last = status.last_run and replace(status.last_run, id="", name="", message="", ended_at=epoch)
    sources = tuple(
        replace(one, asked_at=None, next_at=None, pulse=replace(one.pulse, reason="")) for one in status.sources
    )
    same = replace(status, written_at=epoch, renew_by=epoch, last_good_at=None, last_run=last, sources=sources)
    return hashlib.sha256(place.encode() + as_json(same)).hexdigest()
