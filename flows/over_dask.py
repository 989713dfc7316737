"""Parts of a run's reading on Dask: a cluster that is there, or processes of this machine. Wants prefect-dask."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect_dask.task_runners import DaskTaskRunner

from flows.parts import Part
from flows.read_part import read_part
from tasks.config import Site


@task(task_run_name="read {name}", cache_policy=NO_CACHE, persist_result=False)
def hand_over(name: str, site: str, part: int, fence: int) -> str:
    """Read a part in the process of a Dask worker, which opens ledger and connections of its own; how that ended."""
    state: Any = read_part.with_options(flow_run_name=name)(site=site, part=part, fence=fence, return_state=True)
    return f"{state.name}: {state.message}"


@contextlib.contextmanager
def on_dask(site: Site, parts: Sequence[Part], fence: int) -> Iterator["_Cluster"]:
    """A task run for each part; those that are not over at the end are given up."""
    told = site.workflow
    # A worker takes one part at a time, whose threads are the part's own. Without TLS anybody on this machine could give it work.
    local = {
        "n_workers": told.dask_processes,
        "threads_per_worker": 1,
        "dashboard_address": "127.0.0.1:0",
        "security": True,
    }
    runner: Any = DaskTaskRunner(address=told.dask) if told.dask else DaskTaskRunner(cluster_kwargs=local)
    with runner:
        futures: dict[int, Any] = {}
        for part in parts:
            words = {"name": f"{site.name} {part.name}", "site": str(site.path), "part": part.number, "fence": fence}
            futures[part.number] = runner.submit(hand_over, words)
        try:
            yield _Cluster(futures)
        finally:
            for future in futures.values():
                if not future.wrapped_future.done():
                    future.wrapped_future.cancel()


class _Cluster:
    """What Dask says of the parts."""

    def __init__(self, futures: Mapping[int, Any]) -> None:
        self._futures = futures

    def begun(self) -> bool:
        """Dask begins at once, or says that it cannot."""
        return True

    def over(self) -> frozenset[int]:
        """Numbers of the parts that have ended."""
        return frozenset(number for number, future in self._futures.items() if future.wrapped_future.done())
