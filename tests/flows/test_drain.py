"""The history of a run is on the server before its process ends, or it says that it is not."""

import os
import signal
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.drain import settle_history
from tests.support.prefect_server import PrefectServer
from tests.support.prefect_server import prefect_server as prefect_server


@pytest.fixture
def on_server(prefect_server: PrefectServer) -> Iterator[PrefectServer]:
    """This process is a client of the real server, and tells it every event; the harness of other tests tells nothing."""
    told = EventsWorker._client_override
    EventsWorker.set_client_override(None)
    try:
        with temporary_settings({PREFECT_API_URL: prefect_server.api}):
            yield prefect_server
    finally:
        EventsWorker._client_override = told


@task
def nothing() -> None:
    """A task run."""


@flow(name="three")
def three() -> str:
    """Three of them; the id of the run."""
    from prefect import runtime

    for _ in range(3):
        nothing()
    return str(runtime.flow_run.id)


def test_what_the_server_shows_is_waited_for(on_server: PrefectServer) -> None:
    run = three()
    assert settle_history(run, 3) == ""
    assert len(on_server.rows("task_runs", flow_runs={"id": {"any_": [run]}})) == 3


def test_what_never_comes_is_said(on_server: PrefectServer) -> None:
    run = three()
    told = settle_history(run, 4, quiet=3)
    assert told.startswith("the Prefect server shows 3 of 4 task runs")


@pytest.mark.timeout(60)
def test_a_server_that_stops_answering_costs_no_more_than_the_bound(on_server: PrefectServer) -> None:
    with get_client(sync_client=True) as client:
        client.hello()
    os.killpg(on_server.process.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        told = settle_history(str(uuid4()), 3, bound=4, quiet=2)
        assert time.monotonic() - begun < 10
    finally:
        os.killpg(on_server.process.pid, signal.SIGCONT)
    assert told.startswith("the Prefect server shows 0 of 3 task runs of this run after ")
