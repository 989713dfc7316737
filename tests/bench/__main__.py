"""`make bench` and `make bench-full`: everything that is measured, one after the other, into one table.

Each part is a module with a command of its own, which prints JSON; here they are only started with small or large archives, and
what they printed is put together: `.bench/results.json`, the plots, and the table on the terminal. A part that fails is named
and left out.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from subprocess import PIPE, run
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.measuring import ROOT, machine
from tests.bench.plots import bars

OUT = ROOT / ".bench"
_SMALL: Mapping[str, Sequence[str]] = {
    "pages": (),
    "hourly": ("1000", "10000", "--rounds", "1"),
    "hourly50": ("1000", "--new", "50", "--rounds", "1"),
    "builders": ("1000",),
    "whole": ("3000",),
    "uploads": ("1000", "--rounds", "1"),
}
_FULL: Mapping[str, Sequence[str]] = {
    "pages": (),
    "hourly": ("1000", "100000", "1000000"),
    "hourly50": ("10000", "100000", "--new", "50"),
    "builders": ("10000", "100000"),
    "whole": ("100000", "--processes", "1", "2", "4"),
    "uploads": ("5000",),
    "orchestration": ("--full",),
    "soak": ("--runs", "200"),
}


def measured(part: str, options: Sequence[str]) -> list[dict[str, Any]]:
    """The JSON lines that a part printed; what went wrong in their place."""
    module = f"tests.bench.{part.removesuffix('50')}"
    ended = run([sys.executable, "-m", module, *options], cwd=ROOT, stdout=PIPE, check=False)
    lines = [line for line in ended.stdout.decode().splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines] or [{"left out": f"{module} ended with {ended.returncode}"}]


def rows(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """What was measured and what came out, in words."""
    told: list[tuple[str, str]] = []
    for part in ("hourly", "hourly50"):
        for line in results.get(part, ()):
            if "runs" not in line:
                continue
            once, nothing, size = line["runs"][-1], line["nothing new"], f"{line['archived']:,}"
            told.append((f"a run with {once['articles']} new on {size} archived", _cost(once, "cpu")))
            told.append((f"a run with nothing new on {size}, with its start", _cost(nothing, "process_cpu")))
        told += [
            ("an empty flow, with its start", _cost(line["empty flow"], "process_cpu"))
            for line in results.get(part, ())
            if "empty flow" in line and part == "hourly"
        ]
    for line in results.get("builders", ()):
        name = f"{line.get('builder', 'builders')} {line.get('archived', '')}".strip()
        if "full" in line:
            steps = (
                f"{step} {line[step]['cpu']:.1f} s CPU ({line[step]['wall']:.1f} s)"
                for step in ("full", "again", "sync")
            )
            told.append((name, ", ".join(steps)))
        else:
            told.append((name, f"left out: {line['left out']}"))
    for line in results.get("whole", ()):
        for step, cost in line.items():
            if isinstance(cost, dict):
                told.append(
                    (
                        f"{line['archived']:,}: {step}",
                        f"{cost['wall']:.0f} s wall, {cost['process_cpu']:.0f} s CPU, {cost['peak_mb']:.0f} MB",
                    )
                )
    for line in results.get("uploads", ()):
        told += [
            (f"{line['objects']:,} objects to S3: {tool}", f"{cost['wall']:.1f} s wall, {cost['cpu']:.1f} s CPU")
            for tool, cost in line.items()
            if isinstance(cost, dict)
        ]
    for line in results.get("pages", ()):
        for kind in ("page", "reading"):
            if kind in line:
                told.append((f"{kind} against its floor", f"{line[kind]['ratio']:.2f} times"))
    for part in ("orchestration", "soak"):
        told += [(part, json.dumps(line)) for line in results.get(part, ())]
    return told


def _cost(run: Mapping[str, Any], which: str) -> str:
    objects = f"{run['written']} objects, " if "written" in run else ""
    return f"{run[which]:.2f} s client, {run['server_cpu']:.2f} s server, {objects}{run['peak_mb']:.0f} MB"


def plot(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """The two pictures that say most."""
    by_archive = {
        f"finews, {line['archived']:,} archived": line["runs"][-1]["cpu"] + line["runs"][-1]["server_cpu"]
        for line in results.get("hourly", ())
        if "runs" in line
    }
    (OUT / "hourly.svg").write_text(
        bars("A run with 300 new articles, client and server", "s CPU", by_archive), encoding="utf-8"
    )
    again = {
        f"{line['builder']}, {line['archived']:,}": line["again"]["cpu"] + line["sync"]["cpu"]
        for line in results.get("builders", ())
        if "again" in line
    }
    for line in results.get("hourly50", ()):
        if "runs" in line:
            again[f"finews, {line['archived']:,}"] = line["runs"][-1]["cpu"] + line["runs"][-1]["server_cpu"]
    (OUT / "fifty.svg").write_text(bars("Fifty more articles, published", "s CPU", again), encoding="utf-8")


def main() -> None:
    """Measure, put together, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="archives of up to a million; hours")
    parser.add_argument("--only", default="", help="parts with a comma between them")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    results: dict[str, list[dict[str, Any]]] = {}
    for part, told in (_FULL if options.full else _SMALL).items():
        if not options.only or part in options.only.split(","):
            print(f"{part} {' '.join(told)} …", file=sys.stderr, flush=True)
            results[part] = measured(part, told)
            (OUT / "results.json").write_text(json.dumps({"machine": machine(), **results}, indent=1), encoding="utf-8")
    plot(results)
    table = Table("what", "cost", title=machine())
    for row in rows(results):
        table.add_row(*row)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
