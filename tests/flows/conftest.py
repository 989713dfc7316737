"""What the tests of the flow share: one Prefect harness a worker, an upstream and a site for each test."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.events.clients import NullEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_LOGGING_LEVEL,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, serving


@pytest.fixture(scope="session")
def prefect_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server of this worker's own, without the history: a test of the command looks at that.

    Waiting for the thread of the heartbeats would cost a second a run, and telling events that nobody keeps a seventh of it.
    """
    settings = {
        PREFECT_HOME: str(tmp_path_factory.mktemp("prefect")),
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_LEVEL: "WARNING",
        PREFECT_LOGGING_TO_API_ENABLED: False,
        PREFECT_SERVER_ANALYTICS_ENABLED: False,
        PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED: False,
        PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED: False,
    }
    with temporary_settings(settings), prefect_test_harness(server_startup_timeout=120):
        EventsWorker.set_client_override(NullEventsClient)
        yield
        logging.getLogger("prefect").setLevel(logging.ERROR)  # the server's farewell is no concern of a test


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """An upstream that the test programs."""
    with serving() as running:
        yield running


@pytest.fixture
def site(prefect_harness: None, upstream: Upstream, tmp_path: Path) -> SiteFolder:
    """A site that reads the rolling list of `upstream`."""
    made = SiteFolder(folder=tmp_path)
    made.write(upstream.source("rolling"))
    return made


@pytest.fixture
def two_lists(prefect_harness: None, upstream: Upstream, tmp_path: Path) -> SiteFolder:
    """A site that reads the rolling and the media list of `upstream`."""
    made = SiteFolder(folder=tmp_path)
    made.write(upstream.source("rolling"), upstream.source("media"))
    return made


def pytest_configure(config: pytest.Config) -> None:
    """`-m "not slow"` leaves out what starts a whole machinery of its own."""
    config.addinivalue_line("markers", "slow: takes tens of seconds")
