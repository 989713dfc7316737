"""What a list says stays owed until it is read: left out by a wish or by a killed run, a 304 does not hide it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL

from tasks.model import Result
from tests.support.later import Later, later
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

__all__ = ["later"]

ROOT = Path(__file__).parents[2]
RUN = "import sys; from flows.syndicate import syndicate; syndicate(site=sys.argv[1], return_state=True)"
ONE, TWO = stories(2)


def listed(upstream: Upstream, tag: str, *told: Story) -> None:
    """The rolling list with these, and what its answer says of itself."""
    upstream.serve("rolling", *told)
    whole = Answer.json({"records": [story.record("rolling") for story in told]})
    upstream.answer_list("rolling", replace(whole, headers=(("ETag", tag),)))


def page_of(site: SiteFolder, story: Story) -> str:
    """The article as published."""
    return site.objects()[f"emnews/2026/11/20/{story.number}.html"].decode()


@pytest.mark.parametrize("wish", [{"limit": 1}, {"articles": [ONE.code]}])
def test_a_changed_record_that_a_wish_left_out(wish: dict[str, object], site: SiteFolder, upstream: Upstream) -> None:
    listed(upstream, '"1"', ONE, TWO)
    site.run()
    listed(upstream, '"2"', replace(ONE, title="先改的标题"), replace(TWO, title="后改的标题"))
    site.run(**wish)
    assert "先改的标题" in page_of(site, ONE)
    assert "后改的标题" not in page_of(site, TWO)
    upstream.answer_list("rolling", Answer(status=304))
    upstream.forget()
    ended = site.run()
    assert ended.ending == "Completed"
    assert (ended.line(TWO.code).step, ended.line(TWO.code).result) == ("changed", Result.DONE)
    assert "后改的标题" in page_of(site, TWO)
    assert upstream.texts_asked == [TWO.code]
    assert site.run().report.articles == ()


def test_a_changed_record_that_a_killed_run_has_seen(site: SiteFolder, upstream: Upstream) -> None:
    listed(upstream, '"1"', ONE, TWO)
    site.run()
    listed(upstream, '"2"', replace(ONE, title="改过的标题"), TWO)
    killed = Killed(site)
    upstream.answer_text(ONE.code, Answer(silent=True, before=killed.kill))
    killed.run()
    # The list has gone back to what was read from it before: only the ledger knows of the change.
    upstream.answer_list("rolling", Answer(status=304))
    upstream.answer_text(ONE.code)
    ended = site.run()
    assert ended.line(ONE.code).step == "changed"
    assert "改过的标题" in page_of(site, ONE)


def test_what_a_list_changed_of_a_text_that_is_gone(site: SiteFolder, upstream: Upstream, later: Later) -> None:
    site.write(upstream.source("rolling"), verdict={"max_problem_share": 1.0})
    listed(upstream, '"1"', ONE, TWO)
    upstream.answer_text(TWO.code, Answer(status=410))
    site.run()
    listed(upstream, '"2"', ONE, replace(TWO, title="改过的标题"))
    upstream.answer_text(TWO.code)
    site.run(articles=[ONE.code])
    upstream.answer_list("rolling", Answer(status=304))
    later.ahead = timedelta(hours=1)
    site.run()
    assert "改过的标题" in page_of(site, TWO)


class Killed:
    """A run in a process of its own, which the upstream kills."""

    def __init__(self, site: SiteFolder) -> None:
        self._site = site
        self._process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()

    def run(self) -> None:
        """Start it and wait for its end."""
        environment = os.environ | {
            "PREFECT_API_URL": PREFECT_API_URL.value(),
            "PREFECT_HOME": str(self._site.folder / "prefect"),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-c", RUN, str(self._site.file)]
        with subprocess.Popen(command, env=environment, cwd=self._site.folder, stderr=subprocess.DEVNULL) as process:
            self._process = process
            assert process.wait(timeout=120) == -signal.SIGKILL
