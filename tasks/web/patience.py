"""How long one run goes on asking for what can wait: so many seconds, and so many failures of a host in a row."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tasks.errors import FetchError
from tasks.web.manners import host_of


class Patience:
    """One for all threads of a run. `seconds` are counted from now on, by a `clock` that only goes forward.

    A host that failed `failures` times in a row is not asked any more. Whoever waits for a host, of which `at_once` are at
    it, asks only after that whether there is any patience left; so a host that is silent takes few of them.
    """

    def __init__(self, *, seconds: float, failures: int, at_once: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends = clock() + seconds
        self._most = failures
        self._at_once = at_once
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @property
    def is_over(self) -> bool:
        """Whether the time has run out."""
        return self._clock() >= self._ends

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something was left, each once; empty when there is patience with everybody."""
        with self._lock:
            failing = sorted(name for name, host in self._hosts.items() if host.failures >= self._most)
        told = tuple(f"{name} failed {self._most} times in a row" for name in failing)
        return ("time budget", *told) if self.is_over else told

    def refusal(self, url: str) -> str:
        """Why this address is not asked in this run any more; empty when it may be."""
        if self.is_over:
            return "time budget"
        name, host = self._host(url)
        return f"{name} failed {self._most} times in a row" if host.failures >= self._most else ""

    @contextlib.contextmanager
    def turn(self, url: str) -> Iterator[str]:
        """The time of one request to `url`; gives why it must not be made, empty when it may be.

        A `FetchError` of it counts, and is not worth another try once there is no patience left.
        """
        _, host = self._host(url)
        with host.gate:
            if refusal := self.refusal(url):
                yield refusal
                return
            try:
                yield ""
            except FetchError as error:
                with self._lock:
                    host.failures = host.failures + 1 if _is_of_host(error) else 0
                error.retryable = error.retryable and not self.refusal(url)
                raise
            with self._lock:
                host.failures = 0

    def _host(self, url: str) -> tuple[str, "_Host"]:
        try:
            name = host_of(url)
        except ValueError:  # whoever asks will say what is wrong with it
            name = ""
        with self._lock:
            return name, self._hosts.setdefault(name, _Host(gate=threading.Semaphore(self._at_once)))


@dataclass(slots=True, kw_only=True)
class _Host:
    """Who is at a host, and how often it failed since it last answered."""

    gate: threading.Semaphore
    failures: int = field(default=0)


def _is_of_host(error: FetchError) -> bool:
    """Silence, a 5xx, a Retry-After or a no of robots.txt is about a host; a 404 and what is too large about one address."""
    return error.retryable or error.not_before is not None
