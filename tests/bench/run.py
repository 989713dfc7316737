"""`make bench`: what a run of 300 articles costs against the same work as plain calls, and what nothing new costs.

Each measurement is a process of its own against one real Prefect server and one sample upstream; medians of
ROUNDS rounds, all in one session, so that the ratios hold on a busy machine too. CPU times are read from /proc, so Linux only.
"""

import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.localhost import free_port, sample_upstream
from tests.bench.measuring import ROOT
from tests.bench.servers import orchestra
from tests.bench.upstream import write_site, write_stories

ARTICLES, ROUNDS = 300, 3


def cpu_of(pid: int) -> float:
    """CPU seconds that a process and its children have used until now (proc_pid_stat(5))."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            mine = int(stat.parent.name) == pid or int(fields[2]) == os.getpgid(pid)
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if mine else 0.0
    return total


def measure(mode: str, site: Path | str, server: int) -> dict[str, Any]:
    """One run in a process of its own; its cost, and what it cost the server until that was quiet again."""
    before = cpu_of(server)
    program = ["tests.bench.empty"] if mode == "empty" else ["tests.bench.once", mode, str(site)]
    command = [sys.executable, "-m", *program]
    printed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    cost: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return cost | {"server_cpu": _settled(server) - before}


def _settled(server: int) -> float:
    """The server's CPU once it adds less than a tenth of a second in a second; half a minute at most."""
    now = cpu_of(server)
    for _ in range(30):
        time.sleep(1)
        last, now = now, cpu_of(server)
        if now - last < 0.1:
            break
    return now


@contextlib.contextmanager
def bench(articles: int = ARTICLES) -> Iterator[tuple[Path, str, int]]:
    """A folder, an upstream of so many articles, and a Prefect server's process id."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stories(folder / "content", 0, articles)
        listen = f"127.0.0.1:{free_port('127.0.0.1')}"
        with sample_upstream(listen, content=folder / "content"), orchestra(folder / "prefect") as server:
            yield folder, listen, server


def main() -> None:
    """Measure and print the table; the figures as JSON behind it."""
    console = Console(width=118)
    results: dict[str, list[dict[str, Any]]] = {}
    with bench() as (folder, listen, server):
        for number in range(ROUNDS):
            for mode in ("plain", "flow"):
                name = f"{mode}{number}"
                site = write_site(folder / name, upstream=listen, articles=ARTICLES)
                results.setdefault(f"{mode}, {ARTICLES} new", []).append(measure(mode, site, server))
                results.setdefault(f"{mode}, nothing new", []).append(measure(mode, site, server))
            results.setdefault("empty flow", []).append(measure("empty", folder / "none", server))
            console.print(f"round {number + 1} of {ROUNDS} done")
    table = Table(
        "run",
        "client CPU s",
        "server CPU s",
        "both, ms an article",
        "wall s",
        "UI complete after s",
        "peak MB",
        "written",
    )
    medians: dict[str, dict[str, float]] = {}
    for name, runs in results.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        medians[name] = middle
        each = 1000 * (middle["cpu"] + middle["server_cpu"]) / ARTICLES if middle.get("articles") else 0
        cells = [middle["cpu"], middle["server_cpu"], each, middle["wall"], middle.get("drain", 0)]
        table.add_row(name, *(f"{c:.2f}" for c in cells), f"{middle['peak_mb']:.0f}", f"{middle.get('written', 0):.0f}")
    console.print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, medians of {ROUNDS} rounds"
    )
    console.print(table)
    plain, flow = medians[f"plain, {ARTICLES} new"], medians[f"flow, {ARTICLES} new"]
    ratio = (flow["cpu"] + flow["server_cpu"]) / plain["cpu"]
    console.print(f"orchestrated, client and server, against plain calls: {ratio:.1f} times the CPU")
    nothing, empty = medians["flow, nothing new"], medians["empty flow"]
    idle = (nothing["process_cpu"] + nothing["server_cpu"]) / (empty["process_cpu"] + empty["server_cpu"])
    console.print(f"nothing new against an empty flow, whole processes and server: {idle:.1f} times")
    print(json.dumps(medians))


if __name__ == "__main__":
    main()
