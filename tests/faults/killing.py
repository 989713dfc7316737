"""Runs of the flow that are killed at a chosen step, in processes of their own. Used by the kill matrix.

A step is anything that changes the store or the ledger: an object renamed into place or removed, a transaction
committed. The process is killed right before the step, so that all states that a run goes through are met: the state after
a step is the one before the next.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path


def count_steps(folder: Path) -> int:
    """How many steps a run in this folder takes; the run is done whole."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        steps = _in_child(folder, kill_at=0)
        os.write(write_end, str(steps).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as answer:
        steps = int(answer.read() or 0)
    assert os.waitpid(pid, 0)[1] == 0
    return steps


def killed_run(folder: Path, *, at: int) -> bool:
    """A run that is killed right before its step number `at`; False when it came to its end before."""
    pid = os.fork()
    if pid == 0:
        _in_child(folder, kill_at=at)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _in_child(folder: Path, *, kill_at: int) -> int:
    """The whole flow in this process, quietly; how many steps it took."""
    os.chdir(folder)
    quiet = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    _at_each_step(str(folder / "public"), step)
    from flows import syndicate as module

    vars(module)["datetime"] = _Standing  # a correction says when it was seen, and runs are to be compared
    syndicate = module.syndicate
    try:
        state = syndicate(site="site.toml", return_state=True)
        if not state.is_completed():
            print(state, flush=True)
            os._exit(3)
    except BaseException as error:  # whatever it is, it must not go on in a forked copy of the test
        print(repr(error), flush=True)
        os._exit(4)
    return steps


class _Standing(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Standing":
        return cls(2026, 11, 20, 12, tzinfo=tz)


def _at_each_step(public: str, step: Callable[[], None]) -> None:
    import sqlalchemy as sa

    def at_file(event: str, arguments: tuple[object, ...]) -> None:
        if (event == "os.rename" and str(arguments[1]).startswith(public)) or (
            event == "os.remove" and str(arguments[0]).startswith(public) and ".tmp" not in str(arguments[0])
        ):
            step()

    sys.addaudithook(at_file)
    sa.event.listen(sa.Engine, "commit", lambda _connection: step())
