"""Runs of the flow in processes of their own that break at a chosen step.

A step is anything that changes the store or the ledger: an object renamed into place or removed, a call that writes to a
bucket, a transaction committed. The process breaks right before the step, so that all states that a run goes through are
met: the state after a step is the one before the next.
"""

import errno
import os
import re
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum
from pathlib import Path
from typing import Any


class How(Enum):
    """What happens at the step: to objects and ledger alike where it can. A stop comes while an object is written aside."""

    NOTHING = "nothing"
    KILL = "killed"
    STOP = "stopped"
    DISK_FULL = "disk full"
    INPUT_OUTPUT = "input/output error"
    LOCKED = "ledger locked"
    CONNECTION_LOST = "connection to the ledger lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the process ended: killed, or with the flow run's state and message."""

    killed: bool
    steps: int = 0
    state: str = ""
    message: str = ""


@dataclass(slots=True)
class Child:
    """A process that runs the flow once."""

    pid: int
    answer: int

    def wait_until_stopped(self) -> None:
        """It has stopped itself at its step."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def ended(self) -> Ended:
        """Wait for its end."""
        with os.fdopen(self.answer, encoding="utf-8") as told:
            answer = told.read()
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return Ended(killed=True)
        assert os.WEXITSTATUS(status) == 0, answer
        steps, state, message = answer.split("\n", 2)
        return Ended(killed=False, steps=int(steps), state=state, message=message)


def start(folder: Path, *, at: int = 0, how: How = How.NOTHING, flow: str = "syndicate", **wish: Any) -> Child:
    """Run a flow on the site of this folder in a process of its own, which breaks before its step number `at`."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return Child(pid=pid, answer=read_end)
    os.close(read_end)
    status = 4
    try:
        told = _run(folder, at, how, flow, wish)
        os.write(write_end, told.encode("utf-8", "replace"))
        status = 0
    except BaseException as error:  # whatever it is, it must not go on in a forked copy of the test
        os.write(write_end, repr(error).encode())
    finally:
        os._exit(status)


def run(folder: Path, *, at: int = 0, how: How = How.NOTHING, flow: str = "syndicate", **wish: Any) -> Ended:
    """`start`, to its end."""
    return start(folder, at=at, how=how, flow=flow, **wish).ended()


def _run(folder: Path, at: int, how: How, flow: str, wish: dict[str, Any]) -> str:
    os.chdir(folder)
    quiet = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    steps, counting = 0, threading.Lock()

    def step(connection: Any = None) -> None:
        nonlocal steps
        with counting:
            steps += 1
            here = steps == at
        if here:
            _break(how, connection)

    _at_each_step(str(folder / "public"), step, aside=how is How.STOP)
    from flows import maintain, syndicate

    module: Any = syndicate if flow == "syndicate" else maintain
    vars(module)["datetime"] = Standing  # a correction says when it was seen, and runs are to be compared
    state = vars(module)[flow](site="site.toml", return_state=True, **wish)
    return f"{steps}\n{state.name}\n{state.message}"


def _break(how: How, connection: Any) -> None:
    match how:
        case How.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case How.STOP:
            os.kill(os.getpid(), signal.SIGSTOP)
        case How.DISK_FULL:
            if connection is not None:
                raise sqlite3.OperationalError("database or disk is full")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        case How.INPUT_OUTPUT:
            if connection is not None:
                raise sqlite3.OperationalError("disk I/O error")
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        case How.LOCKED:
            if connection is not None:
                raise sqlite3.OperationalError("database is locked")
        case How.CONNECTION_LOST:
            if connection is not None:
                connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


class Standing(datetime):
    """A clock that stands still, or, where a lease has to run out, goes on from the same time."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Standing":
        later = int(os.environ.get("FINEWS_TEST_MINUTES", "0"))
        return cls(2026, 11, 20, 12, later, tzinfo=tz)


def _at_each_step(public: str, step: Callable[..., None], *, aside: bool) -> None:
    import sqlalchemy as sa

    def at_file_aside(event: str, arguments: tuple[object, ...]) -> None:
        # A file in a writer's own folder; while that folder itself is opened, a lock is held.
        if event == "open" and re.fullmatch(rf"{re.escape(public)}/\.tmp/[^/]+/\d+", str(arguments[0])):
            step()

    if aside:  # no lock is held then
        sys.addaudithook(at_file_aside)
        return

    def at_file(event: str, arguments: tuple[object, ...]) -> None:
        if (event == "os.rename" and str(arguments[1]).startswith(public)) or (
            event == "os.remove" and str(arguments[0]).startswith(public) and ".tmp" not in str(arguments[0])
        ):
            step()

    def at_call(event: str, arguments: tuple[object, ...]) -> None:
        sent = arguments[1] if event == "http.client.send" else None
        if isinstance(sent, bytes) and sent.startswith((b"PUT ", b"POST ", b"DELETE ")):
            step()

    sys.addaudithook(at_file)
    sys.addaudithook(at_call)
    sa.event.listen(sa.Engine, "commit", step)
