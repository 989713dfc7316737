"""The shipped automations on a real Prefect server, with a receiver on loopback in the place of Slack."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.flows.test_command import finews
from tests.support.prefect_server import PrefectServer
from tests.support.prefect_server import prefect_server as prefect_server
from tests.support.receiver import BLOCK, Receiver, make_block, receiving
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Upstream, serving, stories

# What a deployment does: its runs have its tags.
RUN = """
import sys
from prefect import tags
from flows.syndicate import syndicate
with tags("finews"):
    syndicate(site=sys.argv[1], return_state=True)
"""


@pytest.fixture(scope="module")
def receiver(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver that the server knows as the block custom-webhook/on-call; the automations are applied."""
    folder = tmp_path_factory.mktemp("automations")
    with receiving() as running:
        make_block(prefect_server.environment, folder, running.address)
        applied = finews(prefect_server.environment, folder, "automations", "--notify", BLOCK)
        assert applied.returncode == 0, applied.stderr
        yield running


def run_tagged(server: PrefectServer, site: SiteFolder) -> None:
    """A run of the flow with the tags of a deployment."""
    root = str(Path(__file__).parents[2])
    subprocess.run(
        [sys.executable, "-c", RUN, str(site.file)],
        env={**server.environment, "PYTHONPATH": root, "PREFECT_LOGGING_LEVEL": "ERROR"},
        cwd=site.folder,
        check=True,
        timeout=120,
    )


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """An upstream that the test programs."""
    with serving() as running:
        yield running


def automations(server: PrefectServer) -> dict[str, str]:
    """The ids of ours by name."""
    answer = requests.post(f"{server.api}/automations/filter", json={"limit": 200}, timeout=30)
    return {row["name"]: row["id"] for row in answer.json() if row["name"].startswith("finews: ")}


def test_to_apply_them_again_changes_nothing(receiver: Receiver, prefect_server: PrefectServer, tmp_path: Path) -> None:
    before = automations(prefect_server)
    assert len(before) == 7
    again = finews(prefect_server.environment, tmp_path, "automations", "--notify", BLOCK)
    assert again.stdout.count("replaced") == 7
    assert automations(prefect_server) == before


def test_a_block_that_is_not_there_is_named(receiver: Receiver, prefect_server: PrefectServer, tmp_path: Path) -> None:
    found = finews(prefect_server.environment, tmp_path, "automations", "--notify", "slack-webhook/nobody")
    assert found.returncode == 2
    assert "there is no block 'slack-webhook/nobody'" in found.stderr


def test_who_is_on_call_hears_of_a_failed_run_and_of_a_broken_source(
    receiver: Receiver, prefect_server: PrefectServer, upstream: Upstream, tmp_path: Path
) -> None:
    site = SiteFolder(folder=tmp_path)
    site.write(upstream.source("rolling"))
    upstream.serve("rolling", *stories(3))
    run_tagged(prefect_server, site)
    assert receiver.came == []  # all is well
    upstream.answer_list("rolling", Answer(status=410))
    run_tagged(prefect_server, site)
    failed = receiver.wait_for("failed")
    assert failed["subject"].startswith("finews: site 20")
    assert "1 of 1 sources failed (rolling)" in failed["body"]
    assert "To do: look at the artifact sources" in failed["body"]
    assert f"{prefect_server.api.removesuffix('/api')}/runs/flow-run/" in failed["body"]
    broken = receiver.wait_for("site: rolling is broken")
    assert "gone (410) since" in broken["body"]
