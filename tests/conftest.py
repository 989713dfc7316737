"""Fixtures that several folders share, and the order of files: with several workers the long ones must not come last."""

from collections.abc import Iterator

import pytest

pytest_plugins = [
    "tests.support.s3",
    "tests.support.radosgw",
    "tests.support.postgres",
    "tests.support.ledger_fixtures",
]

_LONG = ("faults", "property", "unit/test_archive_cost.py", "flows", "browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take minutes first; otherwise the order stays as it is, shuffled."""
    tests = config.rootpath / "tests"

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(tests).as_posix() if item.path.is_relative_to(tests) else ""
        return next((place for place, start in enumerate(_LONG) if path.startswith(start)), len(_LONG))

    items.sort(key=rank)


@pytest.fixture
def no_prefect_server() -> Iterator[None]:
    """Outside a flow run Prefect's log handler has nowhere to send records to, and warns."""
    from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield
