"""Holding the site's lease while a run works: who the holder is, whether one has died here, and the beat that keeps it."""

import contextlib
import logging
import os
import platform
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tasks.errors import LeaseHeld, LedgerError
from tasks.ledger import Lease, Ledger

log = logging.getLogger(__name__)

_HOLDER = re.compile(r"run \S* in process (\d+) begun (\d+) on (.*)")


@contextlib.contextmanager
def held(ledger: Ledger, *, run_id: str, seconds: int) -> Iterator[Lease]:
    """The lease, kept alive until the end; `LeaseHeld` while another run has it.

    A holder that was a process of this machine and is gone does not keep anyone waiting.
    """
    lasts, me = timedelta(seconds=seconds), holder(run_id)
    try:
        lease = ledger.claim(holder=me, lasts=lasts)
    except LeaseHeld as error:
        if not is_gone(error.holder):
            raise
        log.warning("the run that held the lease is dead, this one takes over: %s", error.holder)
        lease = ledger.claim(holder=me, lasts=lasts, instead_of=error.holder)
    ledger.standing.begin(run_id, me)
    ended = threading.Event()
    beat = threading.Thread(target=_keep, args=(lease, ended, seconds / 3), name="lease", daemon=True)
    beat.start()
    try:
        yield lease
    finally:
        ended.set()
        beat.join()
        with contextlib.suppress(LedgerError):  # it runs out by itself
            ledger.standing.over(run_id)
            lease.release()


def holder(run_id: str) -> str:
    """This process: its number alone is given again, so with the time of its beginning."""
    return f"run {run_id or 'by hand'} in process {os.getpid()} begun {_begun(os.getpid())} on {_machine()}".replace(
        "by hand", "by-hand"
    )


def is_gone(name: str) -> bool:
    """Whether that holder was a process of this machine that has ended."""
    match = _HOLDER.fullmatch(name)
    return match is not None and match[3] == _machine() and _begun(int(match[1])) != match[2]


def _machine() -> str:
    """Name of the machine, and of the space in which its process numbers count: containers have their own."""
    with contextlib.suppress(OSError):
        return f"{platform.node()} {Path('/proc/self/ns/pid').readlink()}"
    return platform.node()


def _begun(pid: int) -> str:
    """When a process began, in ticks since the start of the machine; without /proc whether there is one: 1 or 0."""
    try:
        # The name of the command comes second, in brackets, and may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return "0"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "0"
    except PermissionError:
        pass
    return "1"


def _keep(lease: Lease, ended: threading.Event, seconds: float) -> None:
    while not ended.wait(seconds):
        try:
            lease.confirm()
        except LedgerError as error:  # busy: the next beat; lost: whatever the run does next says so
            log.warning("the lease could not be lengthened: %s", error)
