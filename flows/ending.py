"""How a flow run ends: its named state, with the report and what the UI shows of it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.artifacts import publish_artifacts
from flows.verdict import Ending, judge
from tasks.config import Site
from tasks.errors import LeaseHeld, LeaseLost
from tasks.model import RunReport


@dataclass(slots=True)
class Early:
    """The state of a run that had to stop, once it has."""

    state: State[None] | None = None


@contextlib.contextmanager
def ending_early() -> Iterator[Early]:
    """A run that finds another one at work does nothing, and one that was overtaken stops: neither is a failure."""
    early = Early()
    try:
        yield early
    except LeaseHeld as error:
        early.state = Completed(name=Ending.SKIPPED.value, message=str(error))
    except LeaseLost as error:
        early.state = Completed(name=Ending.SUPERSEDED.value, message=str(error))


def conclude(report: RunReport, site: Site, *, max_problem_share: float | None = None) -> State[RunReport]:
    """The final state of a run that came to its end; its artifacts are made. `max_problem_share`: instead of the site's."""
    share = site.verdict.max_problem_share if max_problem_share is None else max_problem_share
    verdict = judge(report, max_problem_share=share)
    publish_artifacts(report, verdict)
    if verdict.ending is Ending.FAILED:
        return Failed(message=verdict.message, data=report)
    return Completed(name=verdict.ending.value, message=verdict.message, data=report)
