"""Many pages at once, in this process or in several: Python makes use of one core only in each."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from tasks.catalogue import Index, Surroundings
from tasks.errors import Defect, FinewsError, RenderError
from tasks.model import Article, Page
from tasks.outputs import SiteFacts, find_outputs, pages_of_article, pages_of_index

T = TypeVar("T")
R = TypeVar("R")


def render_article(article: Article, around: Surroundings, facts: SiteFacts) -> tuple[Page, ...]:
    """The objects of one article; a `Defect` whatever its text provoked in a template."""
    try:
        return pages_of_article(article, around, facts, find_outputs())
    except FinewsError:
        raise
    except Exception as error:
        raise Defect.of(error) from error


def render_articles(
    found: Sequence[tuple[Article, Surroundings]], facts: SiteFacts
) -> list[tuple[Page, ...] | FinewsError]:
    """The objects of each article, or why there are none."""
    made: list[tuple[Page, ...] | FinewsError] = []
    for article, around in found:
        try:
            made.append(_hashed(render_article(article, around, facts)))
        except FinewsError as error:
            made.append(error)
    return made


def render_lists(indexes: Sequence[Index], facts: SiteFacts) -> list[tuple[Page, ...]]:
    """The objects of each page of a list."""
    outputs = find_outputs()
    return [_hashed(pages_of_index(index, facts, outputs)) for index in indexes]


def _hashed(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """The same pages. They remember their digests, so that these are taken where there is time: in a process beside the run's."""
    for page in pages:
        page.digest, page.body_digest  # noqa: B018
    return pages


def _cores() -> int:
    """For this process, where the system tells; else all that the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Renderers:
    """Makes the pages of one site: here, until there are so many that processes of their own pay."""

    def __init__(self, facts: SiteFacts, *, processes: int = 0) -> None:
        """`processes`: how many there may be; 0: as many as there are cores for this process."""
        self.facts = facts
        self._most = processes or _cores()
        self._pool: ProcessPoolExecutor | None = None

    @property
    def ahead(self) -> int:
        """How many batches to ask for before the first is taken, so that no process waits."""
        return self._most + 1 if self._pool else 0

    def multiply(self) -> None:
        """From now on in processes of their own. Each costs its start: a second or two of CPU."""
        if self._pool is None and self._most > 1:
            # Not forked: other threads of this process may hold locks.
            self._pool = ProcessPoolExecutor(self._most, mp_context=get_context("spawn"))

    def articles(self, found: Sequence[tuple[Article, Surroundings]]) -> list[tuple[Page, ...] | FinewsError]:
        """As `render_articles`."""
        return self._call(render_articles, found)

    def lists(self, indexes: Sequence[Index]) -> list[tuple[Page, ...]]:
        """As `render_lists`."""
        return self._call(render_lists, indexes)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _call(self, function: Callable[[Sequence[T], SiteFacts], list[R]], subjects: Sequence[T]) -> list[R]:
        if self._pool is None:
            return function(subjects, self.facts)
        try:
            return self._pool.submit(function, subjects, self.facts).result()
        except BrokenProcessPool as error:
            advice = "if memory ran out, set [workflow] processes = 1"
            raise RenderError(f"a process that makes pages has died: {error}; {advice}") from error
