"""What orchestration costs an article: client and server CPU, and how long after the run the server shows all of it.

    python -m tests.bench.orchestration [--full] [--sizes N ...] [--rounds N]

Four ways of the same work, side by side: plain function calls, a task run an article and stage, task runs for batches, and, as
what one would have without thinking of it, three task runs an article that do nothing, on a server with Prefect's own defaults.
Overhead is what client and server use beyond the plain calls. The last line is JSON. CPU times are read from /proc: Linux only.
"""

import argparse
import json
import os
import platform
import statistics
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.run import bench, measure
from tests.bench.servers import default_server
from tests.bench.upstream import write_site

SIZES, FULL = (100, 1_000), (100, 1_000, 10_000)
_MOST_OF_DEFAULTS = 1_000  # more would take an hour, and each costs the same
_HALF, _BATCHED = 0.5, 5.0  # the aims: share of the defaults' cost, and ms an article
_WAYS = {"a task run each": {"batch_above": 1_000_000}, "in batches": {"batch_above": 1}}

Costs = dict[tuple[str, int], list[dict[str, Any]]]


def measured(sizes: tuple[int, ...], rounds: int, console: Console) -> Costs:
    """All of it: way and size -> what each round cost."""
    found: Costs = {}
    with (
        bench(max(sizes)) as (folder, listen, server),
        default_server(folder / "defaults") as (default_api, default_pid),
    ):
        api = os.environ["PREFECT_API_URL"]
        for number in range(rounds):
            for size in sizes:
                if size <= _MOST_OF_DEFAULTS:
                    os.environ["PREFECT_API_URL"] = default_api
                    found.setdefault(("defaults", size), []).append(measure("three", str(size), default_pid))
                    os.environ["PREFECT_API_URL"] = api
                for way, told in {"plain calls": {}, **_WAYS}.items():
                    name = f"{way.replace(' ', '-')}-{size}-{number}"
                    site = write_site(folder / name, upstream=listen, articles=size, workflow=told)
                    mode = "flow" if told else "plain"
                    cost = measure(mode, site, server)
                    assert cost["articles"] == size, cost
                    found.setdefault((way, size), []).append(cost)
                console.print(f"round {number + 1} of {rounds}: {size} articles done")
    return found


def rows_of(found: Costs) -> list[dict[str, Any]]:
    """A row a way and size, medians: ms of CPU an article, and what of that is overhead."""
    middle = {key: _medians(runs) for key, runs in found.items()}
    rows = []
    for (way, size), cost in middle.items():
        both = cost["cpu"] + (cost["server_cpu"] if way != "plain calls" else 0.0)
        plain = 0.0 if way == "defaults" else middle["plain calls", size]["cpu"]
        rows.append(
            {
                "way": way,
                "articles": size,
                "client_ms": round(1000 * cost["cpu"] / size, 2),
                "server_ms": round(1000 * cost["server_cpu"] / size, 2) if way != "plain calls" else 0.0,
                "overhead_ms": round(1000 * (both - plain) / size, 2),
                "task_runs": int(cost.get("task_runs", 0)),
                "shown": int(cost.get("recorded", 0)),
                "shown_after_s": round(cost.get("drain", 0.0), 2),
                "peak_mb": round(cost["peak_mb"]),
            }
        )
    return rows


def _medians(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def aims_of(rows: list[dict[str, Any]]) -> dict[str, bool]:
    """Whether the aims are met at the largest size that has both."""
    at = {(row["way"], row["articles"]): row["overhead_ms"] for row in rows}
    compared = max(size for way, size in at if way == "defaults")
    largest = max(size for _, size in at)
    return {
        f"a task run each: at most half of the defaults ({compared} articles)": at["a task run each", compared]
        <= _HALF * at["defaults", compared],
        f"in batches: under 5 ms ({largest} articles)": at["in batches", largest] < _BATCHED,
    }


def main() -> None:
    """Measure, print the table, and the figures as JSON behind it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="10,000 articles, too (half an hour)")
    parser.add_argument("--sizes", type=int, nargs="+", help="articles a run")
    parser.add_argument("--rounds", type=int, default=1)
    told = parser.parse_args()
    console = Console(width=118)
    sizes = tuple(sorted(told.sizes)) if told.sizes else FULL if told.full else SIZES
    rows = rows_of(measured(sizes, told.rounds, console))
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    console.print(f"{machine}, medians of {told.rounds} rounds; milliseconds of CPU an article")
    console.print(table)
    aims = aims_of(rows)
    for aim, met in aims.items():
        console.print(f"{'met   ' if met else 'MISSED'} {aim}")
    print(json.dumps({"machine": machine, "rounds": told.rounds, "rows": rows, "aims": aims}))


if __name__ == "__main__":
    main()
