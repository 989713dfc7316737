"""What a process costs, and on what machine that was."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds of a process and all that it started and waited for, and its wall seconds."""

    cpu: float
    wall: float


def cost_of(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> Cost:
    """Run it to its end; `RuntimeError` with what it said last when it fails."""
    started = time.perf_counter()
    with (cwd / ".said").open("w+b") as said:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        if process.returncode:
            said.seek(0)
            told = said.read()[-800:].decode("utf-8", "replace")
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {told}")
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall)


def median(costs: Iterable[Cost]) -> Cost:
    """The median of each figure."""
    found = list(costs)
    return Cost(
        cpu=statistics.median(cost.cpu for cost in found),
        wall=statistics.median(cost.wall for cost in found),
    )


def cpu_each(function: Callable[[], object], *, seconds: float = 1.0) -> float:
    """CPU seconds of one call: the least of several rounds of calls, `seconds` of CPU in all."""
    function()
    started = time.process_time()
    function()
    once = max(time.process_time() - started, 1e-6)
    calls = max(1, round(seconds / 5 / once))
    rounds: list[float] = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(calls):
            function()
        rounds.append((time.process_time() - started) / calls)
    return min(rounds)


def machine() -> str:
    """In a line: what it was measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
