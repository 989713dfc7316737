"""One measured run in a process of its own: `python -m tests.bench.once MODE SITE`; prints its cost as JSON.

Modes: `flow` (orchestrated), `plain` (the same work as function calls), `three` (empty task runs), `rebuild` and `restore`
(orchestrated), `write` (objects into a store).
CPU is that of this process, its imports left out; the Prefect server and the upstream have processes of their own.
"""

import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from flows.localhost import prepare_environment

prepare_environment(quiet=True)

from prefect import flow, runtime, task  # noqa: E402  (imported after the environment is set)

from flows import asking, drain, maintain, mirroring, publication, reading, waves  # noqa: E402
from flows.asking import ask_sources  # noqa: E402
from flows.journals import keep_journals  # noqa: E402
from flows.publishing import render_and_publish  # noqa: E402
from flows.reading import BATCH, decide_all, read_texts  # noqa: E402
from flows.run import Run, open_run, read_site  # noqa: E402
from flows.status import site_status, tell_store  # noqa: E402
from flows.syndicate import syndicate  # noqa: E402
from flows.wish import Wish  # noqa: E402
from tasks.model import Action, ActionKind, Page, RunReport  # noqa: E402
from tasks.stores import open_store  # noqa: E402


def orchestrated(site: str) -> dict[str, Any]:
    """A whole run of the flow, until the server shows every task run."""
    state = syndicate(site=site, return_state=True)
    drain.send_what_is_left()
    report: object = state.result(raise_on_failure=False)
    if not isinstance(report, RunReport):
        raise SystemExit(f"the flow gave no report: {report!r}")
    ended = time.perf_counter()
    recorded, expected = drain.wait_for_history(report.run_id, report.task_runs)
    return {
        "articles": report.steps.get("new", 0),
        "written": len(report.written),
        "task_runs": expected,
        "recorded": recorded,
        "drain": time.perf_counter() - ended,
    }


def plain(site: str) -> dict[str, Any]:
    """The same stages, in the same order and with as many threads, each a function call."""

    def call(task: Any, stage: Any, items: Any, subject: Any, arguments: Callable[[Any], Any], run: Run) -> list[Any]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda item: (item, _value(task.fn, arguments(item))), items))

    # Only the way of calling differs: everything below it is the flow's own code.
    for module in (asking, reading, mirroring, waves, publication):
        vars(module)["each"] = call
    vars(waves)["in_one"] = lambda task, run, **arguments: task.fn(**arguments)
    logging.getLogger("tasks").setLevel(logging.WARNING)
    with open_run(read_site(site), run_id="plain", clock=lambda: datetime.now(UTC), dry_run=False) as run:
        due = decide_all(run, Wish(), ask_sources(run, Wish()).keys)
        for start in range(0, len(due), BATCH):
            read_texts(run, due[start : start + BATCH])
        render_and_publish(run)
        run.ledger.journal.flush()
        keep_journals(run)
        tell_store(run, site_status(run.site, run.ledger, now=run.now))
        report = run.recorder.report(seconds=0)
    return {"articles": report.steps.get("new", 0), "written": len(report.written)}


def rebuilt(site: str) -> dict[str, Any]:
    """Every page of the archive, orchestrated."""
    return _maintained(maintain.rebuild(site, return_state=True))


def restored(site: str) -> dict[str, Any]:
    """The ledger from the store, and every page compared."""
    return _maintained(maintain.restore(site, return_state=True))


def _maintained(state: Any) -> dict[str, Any]:
    report: object = state.result(raise_on_failure=False)
    if not isinstance(report, RunReport) or state.name != "Completed":
        raise SystemExit(f"{state.name}: {state.message}: {report!r}"[:2000])
    return {"written": len(report.written), "unchanged": len(report.unchanged)}


def written(told: str) -> dict[str, Any]:
    """Pages of 4 KB into a store: `URL COUNT`, by the verb's own function."""
    url, count = told.split()
    pages = [
        Page(
            key=f"news/{number % 100}/{number}.html", body=Random(number).randbytes(2_048).hex().encode(),
            content_type="text/html; charset=utf-8", cache_control="max-age=60",
        )
        for number in range(int(count))
    ]  # fmt: skip
    store = open_store(url, capabilities=open_store(url).probe())
    actions = [Action(kind=ActionKind.CREATE, key=page.key, reason="new", page=page) for page in pages]
    started, used = time.perf_counter(), _cpu()
    receipts = store.write(actions)
    spent = {"write_wall": time.perf_counter() - started, "write_cpu": _cpu() - used}
    if bad := [receipt.error for receipt in receipts if receipt.error]:
        raise SystemExit(bad[0])
    return {"written": len(receipts), **spent}


def three(count: str) -> dict[str, Any]:
    """Three task runs an article that do nothing, as Prefect has them when it is told nothing."""

    @task
    def step(value: int) -> int:
        return value

    @flow(name="three")
    def pipeline(items: list[int]) -> str:
        for _ in range(3):
            items = step.map(items).result()
        return str(runtime.flow_run.id)

    run_id = pipeline(list(range(int(count))))
    drain.send_what_is_left()
    ended = time.perf_counter()
    recorded, expected = drain.wait_for_history(run_id, 3 * int(count))
    return {"articles": int(count), "task_runs": expected, "recorded": recorded, "drain": time.perf_counter() - ended}


def _cpu() -> float:
    """CPU seconds of this process and of those that it has started and that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> float:
    """The largest memory of this process in MB. Not that of getrusage(2), which begins with that of who started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _peak_of_helpers() -> float:
    """The largest memory in MB of any process that this one has started, and that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _value(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except Exception as error:
        return error


def main() -> None:
    """Run the mode that the command line names."""
    modes = {
        "flow": orchestrated, "plain": plain, "three": three, "rebuild": rebuilt, "restore": restored,
        "write": written,
    }  # fmt: skip
    before, started = _cpu(), time.perf_counter()
    facts = modes[sys.argv[1]](sys.argv[2])
    wall, after = time.perf_counter() - started, _cpu()
    cost = {
        "cpu": after - before,
        "process_cpu": after,
        "wall": wall,
        "peak_mb": _peak(),
        "helper_mb": _peak_of_helpers(),
    }
    print(json.dumps(cost | facts))


if __name__ == "__main__":
    main()
