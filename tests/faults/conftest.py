"""Sites that are broken on purpose. `FINEWS_FAULTS=all` (make faults) walks every step; make test some of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.conftest import prefect_harness, upstream

__all__ = ["prefect_harness", "upstream"]

ALL = os.environ.get("FINEWS_FAULTS") == "all"


@pytest.fixture
def folders(prefect_harness: None, tmp_path: Path) -> Iterator[Path]:
    """A folder for the copies of a site."""
    yield tmp_path


def some(steps: int, few: int) -> range:
    """Every step, or a few spread over all of them; the first among them when there are several."""
    if ALL:
        return range(1, steps + 1)
    return range(1, steps + 1, max(1, steps // few)) if few > 1 else range(steps // 2, steps // 2 + 1)
