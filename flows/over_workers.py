"""Parts of a run's reading as runs of a deployment, for the workers of a pool."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling

from flows.artifacts import for_show
from flows.parts import Part
from tasks.config import Site
from tasks.errors import ConfigError

DEPLOYMENT = "read-part/fan-out"
_PAGE = 200  # rows that the server gives at once


@contextlib.contextmanager
def on_workers(site: Site, parts: Sequence[Part], fence: int) -> Iterator["_Workers"]:
    """A run of the deployment for each part; those that are not over at the end are cancelled.

    How many work at once is the deployment's limit and the number of workers. `ConfigError` when there is no such deployment.
    """
    runs: dict[UUID, int] = {}
    workers = _Workers(runs)
    try:
        for part in parts:
            runs[_start(site, part, fence)] = part.number
        yield workers
    finally:
        workers.cancel()


class _Workers:
    """What the server says of the runs."""

    def __init__(self, runs: Mapping[UUID, int]) -> None:
        self._runs = runs
        self._over: dict[UUID, int] = {}
        self._begun = False

    def begun(self) -> bool:
        """Whether any part was begun."""
        return self._begun

    def over(self) -> frozenset[int]:
        """Numbers of the parts whose runs have ended. A server that does not answer has nothing new to say."""
        with for_show():
            for run, state in self._states().items():
                self._begun = self._begun or state.is_running() or state.is_final()
                if state.is_final():
                    self._over[run] = self._runs[run]
        return frozenset(self._over.values())

    def cancel(self) -> None:
        """Nobody needs the others any more."""
        with for_show():
            left = self._states()
            with get_client(sync_client=True) as client:
                for run, state in left.items():
                    if not state.is_final():
                        message = "the run that wanted this has ended without it"
                        end = Cancelling if state.is_running() else Cancelled
                        client.set_flow_run_state(run, end(message=message))

    def _states(self) -> Mapping[UUID, State]:
        """The states of those that were not over yet."""
        left = [run for run in self._runs if run not in self._over]
        found: dict[UUID, State] = {}
        with get_client(sync_client=True) as client:
            for start in range(0, len(left), _PAGE):
                wanted = FlowRunFilter(id=FlowRunFilterId(any_=left[start : start + _PAGE]))
                rows = client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE)
                found |= {row.id: row.state for row in rows if row.state is not None}
        return found


def _start(site: Site, part: Part, fence: int) -> UUID:
    parameters = {"site": str(site.path), "part": part.number, "fence": fence}
    try:
        made: Any = run_deployment(
            DEPLOYMENT, parameters=parameters, flow_run_name=f"{site.name} {part.name}", timeout=0
        )
    except ObjectNotFound as error:
        raise ConfigError(
            f'{site.path}: [workflow] fan_out = "workers": the Prefect server has no deployment {DEPLOYMENT}; expected that '
            "deployments/prefect.yaml is deployed (infra/deploy.sh) or served (finews up)"
        ) from error
    return UUID(str(made.id))
