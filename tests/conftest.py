"""Fixtures that several folders share."""

pytest_plugins = [
    "tests.support.s3",
    "tests.support.radosgw",
    "tests.support.postgres",
    "tests.support.ledger_fixtures",
]
