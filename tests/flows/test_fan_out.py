"""A run whose texts others read: the same comes of it as of one that reads them itself, whoever was faster or did not come."""

import importlib.util
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from flows.fan_out import check_fan_out
from flows.over_workers import DEPLOYMENT
from flows.report import FAN_OUT
from flows.run import read_site
from tasks.errors import ConfigError
from tests.support.crew import working
from tests.support.sites import Ended, SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

FANNED = {"fan_out": "workers", "fan_out_above": 5, "part": 4, "batch": 2}
BY = ["河滨日报", "河宾日报", "河彬日报"]  # they would all have the same slug


def a_site(folder: Path, upstream: Upstream, **tables: Any) -> SiteFolder:
    """Two lists, of which one names the papers, whose slugs are given in the order of reading."""
    folder.mkdir()
    site = SiteFolder(folder=folder)
    lists = (upstream.source("rolling"), upstream.source("media"))
    site.write(*lists, verdict={"max_problem_share": 1.0}, **tables)
    return site


def outcomes(ended: Ended) -> set[tuple[object, ...]]:
    """What became of each article at each stage."""
    return {(o.subject, o.stage, o.result, o.attempts, o.reason) for o in ended.report.outcomes if o.subject.isdigit()}


def without_seconds(journal: str) -> list[str]:
    return [line.partition(" s;")[0].rpartition(",")[0] or line for line in journal.splitlines()]


def serve(upstream: Upstream) -> list[Story]:
    """Eleven stories over two lists; a text that is gone, one that comes at the third try, and one that is another's."""
    gone, busy, *others = listed = stories(11)
    upstream.serve("rolling", *listed[:6])
    upstream.serve("media", *(story.record("media", **{"from": BY[n % 3]}) for n, story in enumerate(listed[4:])))
    for story in listed:
        upstream.answer_text(story.code, story.text())
    upstream.answer_text(gone.code, Answer(status=404))
    upstream.answer_text(busy.code, Answer(status=503), Answer(status=503), busy.text())
    upstream.answer_text(others[0].code, Answer(body=b"no JSON"))
    upstream.forget()
    return listed


def test_the_same_comes_of_it_byte_for_byte(prefect_harness: None, upstream: Upstream, tmp_path: Path) -> None:
    alone, many = a_site(tmp_path / "alone", upstream), a_site(tmp_path / "many", upstream, workflow=FANNED)
    serve(upstream)
    one = alone.run()
    asked = Counter(upstream.texts_asked)
    listed = serve(upstream)
    with working(leaves=frozenset({2})) as done:
        several = many.run()
    assert sorted(done) == [1, 3]  # what nobody did of the second, the run did itself
    assert [o.reason for o in several.report.outcomes if o.subject == FAN_OUT] == [
        "4 texts that were given to others did not come, and were read here"
    ]
    assert Counter(upstream.texts_asked) == asked
    assert alone.objects() == many.objects()
    assert outcomes(one) == outcomes(several)
    assert (one.ending, one.report.steps) == (several.ending, several.report.steps)
    for story in listed:
        assert without_seconds(alone.story_of(story.number)) == without_seconds(many.story_of(story.number))
    assert many.run().report.written == ()


def test_without_the_deployment_the_run_says_what_to_do(
    prefect_harness: None, upstream: Upstream, tmp_path: Path
) -> None:
    site = a_site(tmp_path / "site", upstream, workflow=FANNED)
    serve(upstream)
    with get_client(sync_client=True) as client, suppress(ObjectNotFound):
        client.delete_deployment(client.read_deployment_by_name(DEPLOYMENT).id)
    ended = site.run()
    assert isinstance(ended.result, ConfigError)
    assert "the Prefect server has no deployment read-part/fan-out; expected that" in str(ended.result)
    assert site.objects() == {}
    with working():
        assert site.run().report.steps["new"] == 11  # what the first run was to read is still owed


def test_dask_that_is_not_installed_is_missed_before_anybody_is_asked(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_site(tmp_path / "site", upstream, workflow={"fan_out": "dask"})
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"prefect-dask is not installed here; expected .*make setup-dask"):
        check_fan_out(read_site(str(site.file)))
