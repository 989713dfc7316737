"""Who reads the parts of a run in tests: this process, in the place of a worker, so that it takes no process to start."""

import contextlib
import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.flow_engine import run_flow
from prefect.states import Failed

from flows.over_workers import DEPLOYMENT
from flows.read_part import read_part


@contextlib.contextmanager
def working(*, leaves: frozenset[int] = frozenset()) -> Iterator[list[int]]:
    """A deployment, and a thread that does what its runs want, the last part first; the numbers of those it has done.

    `leaves`: parts that are reported as failed instead.
    """
    with get_client(sync_client=True) as client:
        made = client.create_flow_from_name(read_part.name)
        deployment = client.create_deployment(flow_id=made, name=DEPLOYMENT.partition("/")[2])
    done: list[int] = []
    ended = threading.Event()
    thread = threading.Thread(target=copy_context().run, args=(_work, deployment, ended, done, leaves))
    thread.start()
    try:
        yield done
    finally:
        ended.set()
        thread.join()


def _work(deployment: Any, ended: threading.Event, done: list[int], leaves: frozenset[int]) -> None:
    wanted = FlowRunFilter.model_validate({
        "deployment_id": {"any_": [str(deployment)]}, "state": {"type": {"any_": ["SCHEDULED"]}},
    })  # fmt: skip
    with get_client(sync_client=True) as client:
        while not ended.wait(0.1):
            runs = client.read_flow_runs(flow_run_filter=wanted)
            for run in sorted(runs, key=lambda run: -int(run.parameters["part"])):
                if (part := int(run.parameters["part"])) in leaves:
                    client.set_flow_run_state(run.id, Failed(message="its machine is gone"), force=True)
                else:
                    run_flow(read_part, flow_run=run, return_type="state")
                    done.append(part)
