"""A part of another run's reading, done by a process of its own: fetch and parse, and nothing that anybody else may see.

It works under the lease of that run, so it stops when the run is overtaken, and it writes only what it hands in.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.ending import ending_early
from flows.handing import packed
from flows.logs import prepare_logs
from flows.reading import BATCH, fetch_and_parse, offers_of, record_decision
from flows.run import Run, open_run, read_site
from tasks.model import Decision, Offer, Stage, Step


@flow(
    name="read-part",
    task_runner=ThreadPoolTaskRunner(max_workers=8),  # type: ignore[arg-type]
    persist_result=False,
)
def read_part(site: str, part: int, fence: int) -> State[Any]:
    """Read a part of what a large run has given out. Runs start this by themselves; nobody else has a use for it.

    Args:
        site: Path of the site file.
        part: Number of the part.
        fence: Number of that run's lease.
    """
    prepare_logs()
    told, read = read_site(site), 0
    run_id = str(runtime.flow_run.id)
    with ending_early() as early, open_run(told, run_id=run_id, clock=lambda: datetime.now(UTC), fence=fence) as run:
        run = replace(run, together=told.workflow.batch)
        try:
            offers = _offers(run, part)
            for start in range(0, len(offers), BATCH):
                read += _hand_in(run, offers[start : start + BATCH])
        finally:
            run.ledger.journal.forget()  # lines of what was not handed in are written by whoever reads it
    return early.state or Completed(message=f"{read} of {len(offers)} texts read and handed in")


def _offers(run: Run, part: int) -> list[Offer]:
    steps = run.ledger.handouts.of(part)
    known = run.ledger.articles.known(steps)
    offers = offers_of(run, steps, known)
    for key, offer in offers.items():
        record_decision(run, offer, Decision(step=Step(steps[key]), reason=f"part {part}"), known.get(key))
    return [offers[key] for key in steps if key in offers]


def _hand_in(run: Run, offers: list[Offer]) -> int:
    """Read these and hand in what came of them; how many articles that were."""
    made = {}
    reads = fetch_and_parse(run, offers)
    for read in reads:
        key = read.offer.entry.key
        outcomes = tuple(one for one in run.recorder.outcomes(key) if one.stage is not Stage.DECIDE)
        made[key] = packed(read, run.ledger.journal.take(key), outcomes)
    run.ledger.handouts.hand_in(made)
    return sum(read.article is not None and not isinstance(read.article, BaseException) for read in reads)
