"""Many articles in one task run, for runs so large that a task run each would cost more than the work."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.errors import FinewsError, worth_retrying

log = logging.getLogger(__name__)


class BatchFailed(FinewsError):
    """Some articles of a batch failed; `retryable` when one of them is worth asking for again."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class Batch:
    """One verb over many subjects. Each has a value or an error of its own; what is worth retrying waits for the next try."""

    def __init__(self, verb: Callable[..., Any], work: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """`work`: subjects with the arguments of `verb` for each."""
        self._verb = verb
        self._work = work
        self._done: dict[int, object] = {}
        self._failed: dict[int, BaseException] = {}

    def go_on(self) -> None:
        """Do what is not done yet; `BatchFailed` when anything has failed."""
        for place, (subject, arguments) in enumerate(self._work):
            if place in self._done or not getattr(self._failed.get(place), "retryable", True):
                continue
            try:
                self._done[place] = self._verb(**arguments)
            except Exception as error:
                self._failed[place] = error
                log.warning("%s: %s", subject, error)
            else:
                self._failed.pop(
                    place, None
                )  # without a line: the verb's own name the article, and each line costs the server
        if self._failed:
            first, reason = next(iter(self._failed.items()))
            retryable = any(getattr(one, "retryable", False) for one in self._failed.values())
            told = f"{len(self._failed)} of {len(self._work)} failed, the first: {self._work[first][0]}: {reason}"
            raise BatchFailed(told, retryable=retryable)

    @property
    def results(self) -> list[Any]:
        """A value or an error for each subject, in their order."""
        return [
            self._done[place] if place in self._done else self._failed.get(place) or FinewsError("not tried")
            for place in range(len(self._work))
        ]


@task(
    task_run_name="{name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def batch(name: str, work: Batch) -> None:
    """Do a batch; tried again, only what failed is done again. What came of it stands in `work`."""
    work.go_on()
