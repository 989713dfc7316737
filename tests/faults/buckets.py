"""Sites in buckets: what is there, and as it was."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows import maintain, syndicate
from flows.publication import MARKER
from tests.faults.breaking import Standing
from tests.faults.sites import BASE, first_news
from tests.support.crawling import dangling
from tests.support.s3 import S3Server
from tests.support.sites import OPERATORS, SiteFolder
from tests.support.upstream import Upstream

Stored = Mapping[str, tuple[bytes, str, str, str]]  # bytes, content type, cache control, encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A bucket and its ledger at one time."""

    objects: Stored
    tags: Mapping[str, str]
    ledger: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A site in a bucket. `client` asks the service itself, past any proxy."""

    site: SiteFolder
    client: Any
    name: str
    prefix: str

    def objects(self) -> Stored:
        """Bytes and headers of everything that readers may get."""
        return {key: found for key, found in self.all().items() if key != MARKER and not key.startswith(OPERATORS)}

    def all(self) -> Stored:
        """Bytes and headers of everything."""
        found = {}
        for key in self.tags():
            got = self.client.get_object(Bucket=self.name, Key=self.prefix + key)
            with got["Body"] as body:
                headers = (got["ContentType"], got.get("CacheControl", ""), got.get("ContentEncoding", ""))
                found[key] = (body.read(), *headers)
        return found

    def tags(self) -> dict[str, str]:
        """The tag of everything."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix)
        entries = (entry for page in pages for entry in page.get("Contents", []))
        return {entry["Key"].removeprefix(self.prefix): entry["ETag"] for entry in entries}

    def put(self, key: str, body: bytes, **headers: str) -> None:
        """Replace an object as somebody else would."""
        self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=body, **headers)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, past any proxy."""
        self.client.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": key} for key in keys]})

    def dead_links(self) -> list[str]:
        """Links that lead nowhere."""
        found = self.all()
        return dangling(lambda key: found[key][0] if key in found else None, BASE)

    def keep(self) -> Kept:
        """Remember everything as it is."""
        ledger = self.site.folder / "ledger.kept"
        shutil.copy(self.site.ledger_file, ledger)
        return Kept(objects=self.all(), tags=self.tags(), ledger=ledger)

    def put_back(self, kept: Kept) -> None:
        """Make bucket and ledger what they were."""
        now = self.tags()
        for key, (body, content_type, cache_control, encoding) in kept.objects.items():
            if now.get(key) != kept.tags[key]:
                told = {"ContentType": content_type, "CacheControl": cache_control, "ContentEncoding": encoding}
                self.put(key, body, **{name: value for name, value in told.items() if value})
        for key in now.keys() - kept.objects.keys():
            self.client.delete_object(Bucket=self.name, Key=self.prefix + key)
        for left in self.site.folder.glob("ledger.db*"):
            left.unlink()
        shutil.copy(kept.ledger, self.site.ledger_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes sites, each with a ledger and a place in the bucket of its own."""

    folders: Path
    upstream: Upstream
    server: S3Server
    client: Any
    endpoint: str

    def site(self, name: str, **publish: Any) -> Bucket:
        """A site whose first news are published."""
        made = self.fresh(name, **publish)
        first_news(self.upstream)
        ended = made.site.run()
        assert ended.ending == "Completed", ended.state.message
        return made

    def fresh(self, name: str, **publish: Any) -> Bucket:
        """A site of which nothing is published; its ledger has its name, which stands in the bucket later."""
        folder = self.folders / name
        folder.mkdir()
        bucket, _, prefix = self.server.fresh_url().removeprefix("s3://").partition("/")
        made = Bucket(site=SiteFolder(folder=folder), client=self.client, name=bucket, prefix=f"{prefix}/")
        self.write(made, **publish)
        with made.site.ledger() as ledger:
            ledger.objects.ledger_id()
        return made

    def write(self, bucket: Bucket, *, retries: int = 2, **publish: Any) -> None:
        """Write its site file."""
        lists = (self.upstream.source("rolling"), self.upstream.source("media"))
        url = f"s3://{bucket.name}/{bucket.prefix.rstrip('/')}"
        told = {"url": url, "endpoint_url": self.endpoint} | publish
        bucket.site.write(*lists, publish=told, fetch={"retries": retries})


def without_times(found: Stored) -> Stored:
    """Without what holds the time of a run: records, and the correction's own."""
    return {key: value for key, value in found.items() if not key.startswith(("_finews/", "search/"))}


def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A correction says when it was seen: the clock of the flows stands still, so that runs can be compared."""
    for module in (syndicate, maintain):
        monkeypatch.setitem(vars(module), "datetime", Standing)
