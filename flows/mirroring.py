"""Pictures that the site keeps itself: fetched and in the store before any page shows them."""

import functools
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from flows.publication import Publication
from flows.report import PICTURES
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from tasks.articles.images import Renditions
from tasks.articles.mirroring import Mirrored, unmirrored
from tasks.mirror import mirror
from tasks.model import Article, Outcome, Page, Result, Stage
from tasks.outputs.caching import IMMUTABLE
from tasks.web import Manners, Patience

_BATCH = 40  # pictures in memory at a time
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def mirror_pictures(run: Run, publication: Publication, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Fetch what articles show and the store has not, newest first, and publish it; nobody is asked twice in a run.

    A picture that cannot be had is told to the articles that show it, which appear without it. So they do when the site's
    time for pictures is over, or a host fails again and again: what is left is for the next run, and the report says so.
    What only articles of paused sources show waits until they are resumed.
    """
    if not run.asks:
        return
    told = run.site.pictures
    at_once = run.site.fetch.per_host
    patience = Patience(seconds=told.max_seconds, failures=told.max_failures, at_once=at_once, clock=clock)
    for number, urls in enumerate(_batches(run, patience), start=1):
        made = _fetch(run, urls, patience)
        if made:
            # Killed before the ledger knows them, they would be of no use: the publisher may have others by then.
            publication.write(f"pictures {number}", _pages(made.values()), until=run.now + run.grace)
            found = {url: Mirrored.of(picture) for url, picture in made.items()}
            run.ledger.pictures.keep(found, now=run.now)
        run.ledger.journal.flush()
    _tell_left(run, patience)


def settle_pictures(run: Run) -> None:
    """Where a source does not want its pictures kept here any more, those of the past leave its articles too."""
    for spec in run.site.sources:
        cut = None if spec.pictures == "mirror" else functools.partial(_without, drop=spec.pictures == "drop")
        if count := run.ledger.permissions.settle_pictures(spec.name, told=spec.pictures, cut=cut):
            reason = f"pictures = {spec.pictures!r} now: {count} articles were cut"
            run.recorder.outcome(Outcome(subject=spec.name, stage=Stage.DECIDE, result=Result.DONE, reason=reason))


def _without(article: Article, *, drop: bool) -> Article:
    return replace(article, html=unmirrored(article.html, drop=drop))


def _batches(run: Run, patience: Patience) -> Iterator[list[str]]:
    """What is due, as long as there is patience."""
    last, paused = "", _paused(run)
    while not patience.is_over and (
        due := run.ledger.pictures.due(now=run.now, limit=_BATCH, after=last, without=paused)
    ):
        last = due[-1]
        if urls := [url for url in due if not patience.refusal(url)]:
            yield _in_turns(urls)


def _paused(run: Run) -> Collection[str]:
    """Sources whose pictures are not asked for."""
    return run.ledger.standing.paused().keys() - run.named


def _in_turns(urls: Iterable[str]) -> list[str]:
    """The first of each host, then the second of each: a slow one does not get all threads."""
    seen = Counter[str]()
    turns: dict[str, int] = {}
    for url in urls:
        host = url.partition("//")[2].partition("/")[0]
        turns[url] = seen[host] = seen[host] + 1
    return sorted(turns, key=turns.__getitem__)


def _fetch(run: Run, urls: Sequence[str], patience: Patience) -> dict[str, Renditions]:
    """The pictures at these addresses, drawn anew; who shows one that cannot be had is told."""
    shown_by = run.ledger.pictures.shown_by(urls)
    shared = {"client": run.client, "journal": run.ledger.journal, "patience": patience}
    results = each(
        with_retries(mirror, run.site.fetch),
        Stage.MIRROR,
        urls,
        str,
        lambda url: shared | {"url": url, "manners": _manners(run, shown_by[url]), "shown_by": tuple(shown_by[url])},
        run,
    )
    for url, error in errors(results):
        _leave_out(run, url, error, shown_by[url])
    made = {url: picture for url, picture in values(results) if isinstance(picture, Renditions)}
    for url, picture in made.items():
        widest = picture.sizes[-1]
        for key in shown_by[url]:
            story = f"picture {url}: {widest.width} x {widest.height}, {len(picture.sizes)} sizes"
            run.ledger.journal.note(key, Stage.MIRROR, story)
    return made


def _manners(run: Run, shown_by: Mapping[str, str]) -> Manners:
    """Those of the first source in the site file whose articles show the picture; of one that has left it, the usual ones."""
    names = set(shown_by.values())
    for spec in run.site.sources:
        if spec.name in names:
            return Manners(source=spec.name, robots=spec.robots, hold=spec.retry_after)
    return Manners(source=min(names, default=""))


def _leave_out(run: Run, url: str, error: BaseException, shown_by: Iterable[str]) -> None:
    run.ledger.pictures.fail(url, str(error)[:900], now=run.now, not_before=getattr(error, "not_before", None))
    reason = f"without the picture {url}: {error}"
    for key in shown_by:
        run.ledger.journal.note(key, Stage.MIRROR, reason)
        run.recorder.outcome(Outcome(subject=key, stage=Stage.MIRROR, result=Result.SKIPPED, reason=reason[:900]))


def _tell_left(run: Run, patience: Patience) -> None:
    if (reasons := patience.reasons) and (left := run.ledger.pictures.count_due(now=run.now, without=_paused(run))):
        what = "1 picture" if left == 1 else f"{left} pictures"
        reason = f"{what} left for the next run: {'; '.join(reasons)}"
        run.recorder.outcome(Outcome(subject=PICTURES, stage=Stage.MIRROR, result=Result.SKIPPED, reason=reason[:900]))


def _pages(made: Iterable[Renditions]) -> list[Page]:
    """Each object once: two addresses may have the same picture."""
    pages = {
        (key := Mirrored.of(picture).key(size.width)): Page(
            key=key, body=size.body, content_type=_TYPES[picture.extension], cache_control=IMMUTABLE
        )
        for picture in made
        for size in picture.sizes
    }
    return list(pages.values())
