"""The same site on an S3 server and PostgreSQL: the same bytes, and nothing written twice."""

from collections.abc import Callable

import pytest

from tests.support.s3 import S3Server
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories


@pytest.fixture
def elsewhere(
    site: SiteFolder, s3_user: S3Server, new_postgres_database: Callable[[], str]
) -> dict[str, dict[str, object]]:
    """Tables of the site file that publish into a fresh prefix, with a fresh ledger."""
    return {
        "publish": {"url": s3_user.fresh_url(), "endpoint_url": s3_user.endpoint_url},
        "ledger": {"url": new_postgres_database()},
    }


def test_bucket_and_folder_hold_the_same(
    site: SiteFolder, upstream: Upstream, s3_user: S3Server, elsewhere: dict[str, dict[str, object]]
) -> None:
    sources = upstream.source("rolling"), upstream.source("media")
    upstream.serve("rolling", *stories(3))
    upstream.serve("media", Story(number="202611200000000077"))
    site.write(*sources)
    assert site.run().ending == "Completed"

    site.write(*sources, publish=elsewhere["publish"], ledger=elsewhere["ledger"])
    first, second = site.run(), site.run()

    assert (first.ending, second.ending) == ("Completed", "Completed")
    assert _objects(s3_user, str(elsewhere["publish"]["url"])) == site.objects()
    assert (second.report.written, second.report.deleted) == ((), ())


def test_an_unreachable_bucket_loses_nothing(
    site: SiteFolder, upstream: Upstream, s3_user: S3Server, elsewhere: dict[str, dict[str, object]]
) -> None:
    upstream.serve("rolling", *stories(2))
    missing = elsewhere["publish"] | {"url": "s3://no-such-bucket/here"}
    site.write(upstream.source("rolling"), publish=missing, ledger=elsewhere["ledger"])
    failed = site.run()
    assert failed.ending == "Failed"
    assert "no-such-bucket" in str(failed.state.message)
    assert len(failed.report.articles) == 2

    upstream.forget()
    site.write(upstream.source("rolling"), publish=elsewhere["publish"], ledger=elsewhere["ledger"])
    assert site.run().ending == "Completed"
    assert upstream.texts_asked == []
    assert "index.html" in _objects(s3_user, str(elsewhere["publish"]["url"]))


def _objects(server: S3Server, url: str) -> dict[str, bytes]:
    """Everything below a store's URL that readers may get."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    client = server.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    bodies = {key.removeprefix(f"{prefix}/"): client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    return {key: body for key, body in bodies.items() if not key.startswith("_finews/")}
