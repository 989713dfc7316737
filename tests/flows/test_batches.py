"""Very many articles: several in a task run, and everything else as ever."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.sites import Ended, SiteFolder
from tests.support.upstream import Answer, Upstream, stories

BATCHES = {"batch_above": 5, "batch": 4}


def a_site(folder: Path, upstream: Upstream, **tables: Any) -> SiteFolder:
    folder.mkdir()
    site = SiteFolder(folder=folder)
    site.write(upstream.source("rolling"), verdict={"max_problem_share": 1.0}, **tables)
    return site


def outcomes(ended: Ended) -> set[tuple[object, ...]]:
    """What became of each article at each stage."""
    return {(o.subject, o.stage, o.result, o.attempts) for o in ended.report.outcomes if o.subject.isdigit()}


@pytest.fixture
def both(prefect_harness: None, upstream: Upstream, tmp_path: Path) -> tuple[SiteFolder, SiteFolder]:
    """The same site, once with a task run an article, and once in batches."""
    return a_site(tmp_path / "one", upstream), a_site(tmp_path / "many", upstream, workflow=BATCHES)


def test_the_same_comes_of_it_byte_for_byte(both: tuple[SiteFolder, SiteFolder], upstream: Upstream) -> None:
    gone, busy, *_ = listed = stories(11)
    upstream.serve("rolling", *listed)
    one, many = both
    found = []
    for site in both:
        upstream.answer_text(gone.code, Answer(status=404))
        upstream.answer_text(busy.code, Answer(status=503), Answer(status=503), busy.text())
        found.append(site.run())
    alone, together = found
    assert one.objects() == many.objects()
    assert outcomes(alone) == outcomes(together)
    assert alone.line(busy.code).attempts == together.line(busy.code).attempts == 3
    assert alone.ending == together.ending == "Completed with problems"
    # 3 x 11 task runs less the two stages of the failed one; with 4 in a batch 3 + 3 + 3.
    assert alone.report.task_runs - together.report.task_runs == 31 - 9
    for story in listed:
        assert without_seconds(one.story_of(story.number)) == without_seconds(many.story_of(story.number))


def without_seconds(journal: str) -> list[str]:
    return [line.partition(" s;")[0].rpartition(",")[0] or line for line in journal.splitlines()]


def test_a_run_with_few_articles_has_a_task_run_for_each(
    both: tuple[SiteFolder, SiteFolder], upstream: Upstream
) -> None:
    upstream.serve("rolling", *stories(5))
    alone, together = [site.run() for site in both]
    assert alone.report.task_runs == together.report.task_runs
