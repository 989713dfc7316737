"""The second half of a run: render what is due, plan, publish.

First everything is created that is not there yet, then what is there is changed, the entrances last: what a page links
to is in the store before any page that a reader can reach links to it. A wave that fails stops all later ones.
"""

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from flows.announcing import announce, purge_caches
from flows.failing import put_off
from flows.helpers import Helpers, Share, helpers_of, shares_of
from flows.mirroring import mirror_pictures
from flows.publication import Publication
from flows.run import Run
from flows.verdict import BREAKER
from flows.verifying import check_public
from flows.waves import BATCH, Failed, in_memory_at_once, publish_articles, publish_lists
from tasks.catalogue import OVERVIEWS, IndexKind, IndexRef
from tasks.errors import StoreError, WaveFailed
from tasks.model import Outcome, Result, Stage
from tasks.outputs import edition, find_outputs
from tasks.outputs.placeholders import placeholders

T = TypeVar("T")

_ENTRANCES = (*OVERVIEWS, IndexKind.ROBOTS)  # each comes after what it leads to
_MOST_ENTRANCES = 1_000  # there are a dozen
_LISTS = tuple(kind for kind in IndexKind if kind not in (*_ENTRANCES, IndexKind.FIXED))


def publish_unless(run: Run, tripped: str) -> bool:
    """Publish, unless the circuit breaker has a reason against it: then everything that is published stays as it is.

    Whether the store is up to date.

    Only after a publication is it kept what answers said of themselves: without one they are asked for whole again.
    """
    if not tripped:
        if not render_and_publish(run):
            return False
        run.ledger.answers.commit()
        run.ledger.askings.commit()
        return True
    reason = f"{tripped}; what is published stays as it is, what was read is kept for the next run"
    run.recorder.outcome(Outcome(subject=BREAKER, stage=Stage.PUBLISH, result=Result.FAILED, reason=reason))
    for key in run.recorder.left_unpublished(f"not published: {tripped}"):
        run.ledger.journal.note(key, Stage.PUBLISH, f"not published: {tripped}")
    return False


def render_and_publish(run: Run) -> bool:
    """Bring the store up to what the ledger holds, and say whether it is; nothing is written when there is nothing new.

    What a killed run left undone is found here again: an article or a page of a list is due until it is in the store
    as it should be. A store that cannot be used is the failure of one wave more, so that what was read is still
    reported.
    """
    if (held := run.ledger.generations.held_at()) is not None:
        reason = f"lists are held at generation {held} since a rollback; finews release lets publishing go on"
        run.recorder.outcome(Outcome(subject="publishing", stage=Stage.PUBLISH, result=Result.SKIPPED, reason=reason))
        return False
    try:
        _bring_up_to_date(run)
        return True
    except StoreError as error:
        if not isinstance(error, WaveFailed):  # a wave has its own outcome already
            run.recorder.outcome(
                Outcome(subject="the store", stage=Stage.PUBLISH, result=Result.FAILED, reason=str(error))
            )
        for key in run.recorder.left_unpublished(f"not published, left for the next run: {error}"):
            run.ledger.journal.note(key, Stage.PUBLISH, f"not published, left for the next run: {error}")
        return False
    finally:
        run.ledger.journal.flush()


def _bring_up_to_date(run: Run) -> None:
    publication = Publication(run)
    publication.open()
    # How objects are stored is part of it: switched, every one is written again, also those that nothing else changes.
    stored = " stored as gzip" if run.site.publish.gzip else ""
    run.ledger.objects.settle_edition(edition(run.facts, find_outputs()) + stored)
    mirror_pictures(run, publication)
    run.ledger.places.shelve(now=run.now)
    run.ledger.indexes.expect(now=run.now)
    with helpers_of(run, publication) as helpers:
        _publish_all(_Publisher(run=run, publication=publication, helpers=helpers))
    run.ledger.pictures.leave(after=run.now + run.grace)
    publication.collect()
    publication.close()
    purge_caches(run)
    if check_public(run):
        announce(run)


def _publish_all(publisher: "_Publisher") -> None:
    """In an order in which nothing leads to what is not there."""
    articles, indexes = publisher.run.ledger.articles, publisher.run.ledger.indexes
    new, stale = indexes.never_published, indexes.stale
    if new(IndexKind.HOME, limit=1):
        publisher.publication.prepare(placeholders(publisher.run.facts, find_outputs()))
    publisher.lists("new files", partial(new, IndexKind.FIXED))
    publisher.lists("files", partial(stale, IndexKind.FIXED))
    publisher.articles("new articles", partial(articles.due, published=False))
    publisher.lists("new lists", partial(new, *_LISTS))
    publisher.articles("changed articles", partial(articles.due, published=True))
    publisher.lists("lists", partial(stale, *_LISTS))
    for kind in sorted({ref.kind for ref in new(*_ENTRANCES, limit=_MOST_ENTRANCES)}, key=_ENTRANCES.index):
        publisher.lists(f"new {kind.value}", partial(new, kind))  # on a site's first day one by one
    publisher.lists("entrances", partial(stale, *_ENTRANCES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Publisher:
    """Publishes whatever is due, wave after wave, until nothing is. Of very many, helpers do their shares first."""

    run: Run
    publication: Publication
    helpers: Helpers

    def articles(self, name: str, due: Callable[..., Sequence[str]]) -> None:
        """Articles; `due` gives the keys of the first `limit` of them."""
        number = itertools.count(1)
        while keys := due(limit=BATCH):
            if many := [key for key in self._for_helpers(keys, due) if not self.run.recorder.reads(key)]:
                shares = [Share(name=f"{name} {next(number)}", articles=some) for some in shares_of(many)]
                self._give_up(self.helpers.publish(shares))
            else:
                publish_articles(self.run, self.publication, f"{name} {next(number)}", keys, self._give_up)

    def lists(self, name: str, due: Callable[..., Sequence[IndexRef]]) -> None:
        """Pages of lists, likewise."""
        number = itertools.count(1)
        while refs := due(limit=BATCH):
            if many := self._for_helpers(refs, due):
                self.helpers.publish([Share(name=f"{name} {next(number)}", lists=some) for some in shares_of(many)])
            else:
                publish_lists(self.run, self.publication, f"{name} {next(number)}", in_memory_at_once(refs))

    def _for_helpers(self, first: Sequence[T], due: Callable[..., Sequence[T]]) -> Sequence[T]:
        return self.helpers.wanted(due) if len(first) == BATCH else ()

    def _give_up(self, failed: Failed) -> Collection[str]:
        """Their pages cannot be made: they leave the lists. Pages that link to them wait, and are made again without."""
        put_off(self.run, failed)
        return self.run.ledger.places.withhold(key for key, _ in failed)
