"""Very much to read is given to several processes, and kept here, in the order in which this run would have read it itself.

So what comes of it does not depend on who was faster. What others leave undone, whatever the reason, is read here.
"""

import contextlib
import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

from flows.handing import unpacked
from flows.over_workers import on_workers
from flows.parts import Part, parts_of
from flows.reading import BATCH, Read, fetch_and_parse, shelves_of
from flows.report import FAN_OUT
from flows.run import Run
from tasks.config import Site
from tasks.errors import ConfigError
from tasks.fetch import text_urls
from tasks.model import Offer, Outcome, Result, Stage

_LOOK_AGAIN = 0.5  # seconds
_ENDING = 30.0  # seconds

Reader = Callable[[Sequence[Offer]], list[Read]]


class Crew(Protocol):
    """Processes at work on parts."""

    def begun(self) -> bool:
        """Whether any part was begun."""

    def over(self) -> frozenset[int]:
        """Numbers of the parts at which nobody works any more, done or not."""


def check_fan_out(site: Site) -> None:
    """`ConfigError` when the site file wants what is not installed: before anybody is asked for anything."""
    if site.workflow.fan_out == "dask" and importlib.util.find_spec("prefect_dask") is None:
        raise ConfigError(
            f'{site.path}: [workflow] fan_out = "dask": prefect-dask is not installed here; expected '
            "`pip install --require-hashes -r requirements-dask.lock` (make setup-dask), on every machine of the cluster"
        )


@contextlib.contextmanager
def reader_of(run: Run, due: Sequence[Offer]) -> Iterator[Reader]:
    """Who reads what is due: this process, or several others, as the site file says. Ask for offers in the order of `due`."""
    told = run.site.workflow
    if told.fan_out == "none" or len(due) <= told.fan_out_above or run.lease is None:
        yield partial(fetch_and_parse, run)
        return
    for start in range(0, len(due), BATCH):
        shelves_of(run, due[start : start + BATCH])  # slugs are given in the order of this run, not of the others
    parts = parts_of(due, told.part)
    steps = run.recorder.step
    run.ledger.handouts.give({part.number: [(key, steps(key)) for key in part.keys] for part in parts})
    run.recorder.task_runs += len(parts)
    with _crew(run, parts, run.lease.fence) as crew:
        silence = _Silence(timedelta(minutes=told.patience_minutes))
        part_of = {key: part.number for part in parts for key in part.keys}
        yield partial(_collected, run, crew, silence, part_of)
        _let_end(crew, len(parts), silence)


def _crew(run: Run, parts: Sequence[Part], fence: int) -> contextlib.AbstractContextManager[Crew]:
    if run.site.workflow.fan_out == "dask":
        from flows.over_dask import on_dask  # not installed everywhere

        return on_dask(run.site, parts, fence)
    return on_workers(run.site, parts, fence)


def _collected(
    run: Run, crew: Crew, silence: "_Silence", part_of: dict[str, int], offers: Sequence[Offer]
) -> list[Read]:
    """What came of these offers, once it has; those that nobody has read are read here."""
    wanted = {offer.entry.key: offer for offer in offers}
    while not silence.too_long and _waiting(run, crew, silence, part_of) & wanted.keys():
        time.sleep(_LOOK_AGAIN)
    run.ledger.answers.load(text_urls((run.site.source(o.entry.source), o.entry) for o in offers))
    found = {}
    for key, made in run.ledger.handouts.take(wanted).items():
        handed = unpacked(made)
        run.ledger.journal.add(handed.notes)
        for outcome in handed.outcomes:
            run.recorder.outcome(outcome)
        found[key] = handed.read(wanted[key])
    if left := [offer for offer in offers if offer.entry.key not in found]:
        reason = f"{len(left)} texts that were given to others did not come, and were read here"
        run.recorder.outcome(Outcome(subject=FAN_OUT, stage=Stage.FETCH, result=Result.SKIPPED, reason=reason))
        found |= {read.offer.entry.key: read for read in fetch_and_parse(run, left)}
    return [found[offer.entry.key] for offer in offers]


def _let_end(crew: Crew, parts: int, silence: "_Silence") -> None:
    """All is kept: who has just handed in the last text comes to an end, so that no part is shown as cancelled that was done."""
    deadline = time.monotonic() + _ENDING
    while not silence.too_long and len(crew.over()) < parts and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN)


def _waiting(run: Run, crew: Crew, silence: "_Silence", part_of: dict[str, int]) -> frozenset[str]:
    """Keys of the stories that somebody still works on."""
    over, unread = crew.over(), run.ledger.handouts.unread()
    silence.heard((len(unread), over), begun=crew.begun())
    return frozenset(key for key in unread if part_of[key] not in over)


class _Silence:
    """How long nothing has come from anybody. As long as no part was begun at all, a tenth of that is too long."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest.total_seconds()
        self._since = time.monotonic()
        self._last: object = None
        self._begun = False

    def heard(self, sign: object, *, begun: bool) -> None:
        """How things stand now; that they stand differently is a sign of life."""
        if (sign, begun) != self._last:
            self._last, self._since = (sign, begun), time.monotonic()
        self._begun = begun

    @property
    def too_long(self) -> bool:
        """Whether nobody is waited for any more."""
        return time.monotonic() - self._since > (self._longest if self._begun else self._longest / 10)
