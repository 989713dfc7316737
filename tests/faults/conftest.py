"""Sites that are broken on purpose. `FINEWS_FAULTS=all` (make faults) walks every step; make test some of them."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.buckets import Maker
from tests.flows.conftest import prefect_harness, upstream
from tests.support.fault_proxy import FaultProxy, proxying
from tests.support.s3 import S3Server
from tests.support.upstream import Upstream

__all__ = ["prefect_harness", "upstream"]

ALL = os.environ.get("FINEWS_FAULTS") == "all"


@pytest.fixture
def folders(prefect_harness: None, tmp_path: Path) -> Iterator[Path]:
    """A folder for the copies of a site."""
    yield tmp_path


@pytest.fixture
def proxy(s3_user: S3Server) -> Iterator[FaultProxy]:
    """A proxy in front of the S3 server."""
    with proxying(s3_user.endpoint_url) as running:
        yield running


@pytest.fixture
def made(folders: Path, upstream: Upstream, s3_user: S3Server, proxy: FaultProxy) -> Iterator[Maker]:
    """Makes sites behind the proxy."""
    with closing(s3_user.client()) as client:
        yield Maker(folders=folders, upstream=upstream, server=s3_user, client=client, endpoint=proxy.address)


def some(steps: int, few: int, *, every: int = 1, first: int = 1) -> range:
    """A few steps spread over all of them, from the first on when there are several; make faults: each `every`th."""
    if ALL:
        return range(1 + (first - 1) % every, steps + 1, every)
    return range(1, steps + 1, max(1, steps // few)) if few > 1 else range(steps // 2, steps // 2 + 1)
