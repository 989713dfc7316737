"""kill -9 while an operator's flow works; then it is started again, and the site is as if nothing had happened."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.faults.breaking import How, run
from tests.faults.conftest import ALL, some
from tests.faults.sites import MOVING, copied, dead_links, first_news, ledger_of, more_news, prepared
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream

TAKEN: dict[str, Any] = {"articles": [MOVING.code], "reason": "legal"}
BACK: dict[str, Any] = {"articles": [MOVING.code]}
CASES: dict[str, tuple[list[tuple[str, dict[str, Any]]], tuple[str, dict[str, Any]]]] = {
    "rebuild": ([], ("rebuild", {})),
    "withdraw": ([], ("withdraw", TAKEN)),
    "reinstate": ([("withdraw", TAKEN)], ("reinstate", BACK)),
    "rollback": ([], ("rollback", {"generation": 1})),
    "release": ([("rollback", {"generation": 1})], ("release", {})),
    "audit": ([], ("audit", {"repair": True})),
}


def made_ready(name: str, folder: Path, upstream: Upstream) -> SiteFolder:
    """A site with two publications behind it, and something to do for this flow."""
    site = prepared(folder, upstream)
    first_news(upstream)
    assert run(site.folder).state == "Completed"
    more_news(upstream)
    assert run(site.folder).state == "Completed"
    for flow, wish in CASES[name][0]:
        run(site.folder, flow=flow, **wish)
    if name == "rebuild":
        text = site.file.read_text(encoding="utf-8")
        site.file.write_text(text.replace("测试消息", "另一个站名"), encoding="utf-8")
    if name == "audit":
        for key in sorted(key for key in site.objects() if key.endswith(".html"))[::5]:
            (site.public / key).unlink()
    return site


_WHILE_IT_READS = (9, 14)  # steps of a restore: records are being taken over; they are, and it has not ended
# In make test: one that writes everything, one that takes away, one that looks at everything.
SOME = CASES if ALL else ("rebuild", "withdraw", "audit")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SOME)
@pytest.mark.fault(
    reader="the site before, or a mix of two correct versions; no dead link",
    reports="nothing: it is gone",
    heals="the same flow again follows at once and ends with the same bytes and ledger",
)
def test_an_operators_flow_is_killed_at_any_step_and_started_again(
    name: str, folders: Path, upstream: Upstream
) -> None:
    template = made_ready(name, folders / "template", upstream)
    flow, wish = CASES[name][1]
    wanted = copied(template, folders / "wanted")
    steps = run(wanted.folder, flow=flow, **wish).steps
    store, ledger = wanted.files(), ledger_of(wanted)
    for at in some(steps, 2):
        site = copied(template, folders / f"killed-{at}")
        assert run(site.folder, at=at, how=How.KILL, flow=flow, **wish).killed
        if name != "audit":  # it begins with what is missing
            assert dead_links(site) == [], f"killed before step {at}"
        run(site.folder, flow=flow, **wish)
        assert site.files() == store, f"killed before step {at}"
        assert ledger_of(site) == ledger, f"killed before step {at}"
        shutil.rmtree(site.folder)


@pytest.mark.timeout(3600)
@pytest.mark.fault(
    reader="until the withdrawal what the killed run had written, then the tombstone alone",
    reports="nothing: it is gone",
    heals="the withdrawal deletes also what the killed run had written and not recorded",
)
def test_nothing_is_left_of_what_a_killed_run_wrote_when_it_is_withdrawn(folders: Path, upstream: Upstream) -> None:
    template = prepared(folders / "template", upstream)
    first_news(upstream)
    wanted = copied(template, folders / "wanted")
    steps = run(wanted.folder).steps
    for at in some(steps, 5):
        site = copied(template, folders / f"killed-{at}")
        assert run(site.folder, at=at, how=How.KILL).killed
        down = run(site.folder, flow="withdraw", **TAKEN)
        if "does not know it" in down.message:  # killed before its list was kept
            continue
        assert down.state == "Completed", f"killed before step {at}: {down.message}"
        told = [key for key, body in site.files().items() if MOVING.title.encode() in body]
        assert told == [], f"killed before step {at}"
        assert [key for key in site.objects() if key.startswith("_posts/") and MOVING.number in key] == []
        shutil.rmtree(site.folder)


@pytest.mark.timeout(3600)
@pytest.mark.fault(
    reader="the site as it was",
    reports="nothing: it is gone; any other run before the next restore Fails and says so",
    heals="restore goes on with the records that are left; when all were read, the next run of any kind makes the pages",
)
def test_a_restore_is_killed_at_any_step_and_goes_on(folders: Path, upstream: Upstream) -> None:
    template = prepared(folders / "template", upstream)
    first_news(upstream)
    assert run(template.folder).state == "Completed"
    template.ledger_file.unlink()
    wanted = copied(template, folders / "wanted")
    steps = run(wanted.folder, flow="restore").steps
    run(wanted.folder)
    store, ledger = wanted.files(), ledger_of(wanted)
    for at in sorted({*some(steps, 2), *_WHILE_IT_READS}):
        site = copied(template, folders / f"killed-{at}")
        assert run(site.folder, at=at, how=How.KILL, flow="restore").killed
        assert dead_links(site) == [], f"killed before step {at}"
        between = run(site.folder)  # what it would read of the lists must not stand in the way of the records
        again = run(site.folder, flow="restore")
        # It says that a restore is missing, or everything was read already, and it has done what was left.
        assert (again.state == "Completed") == ("finews restore" in between.message), between.message
        run(site.folder)
        assert site.files() == store, f"killed before step {at}"
        assert ledger_of(site) == ledger, f"killed before step {at}"
        shutil.rmtree(site.folder)
