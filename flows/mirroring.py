"""Pictures that the site keeps itself: fetched and in the store before any page shows them."""

from collections.abc import Iterable, Mapping

from flows.publication import Publication
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from tasks.articles.images import Renditions
from tasks.articles.mirroring import Mirrored
from tasks.mirror import mirror
from tasks.model import Outcome, Page, Result, Stage
from tasks.outputs.caching import IMMUTABLE

_BATCH = 40  # pictures in memory at a time
_MOST = 1_000  # in one run; the others come with the next ones
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def mirror_pictures(run: Run, publication: Publication) -> None:
    """Fetch what articles show and the store has not, newest first, and publish it; nobody is asked twice in a run.

    A picture that cannot be had is told to the articles that show it, which appear without it. When none of a whole batch
    can be had, the rest is left for the next run: a host that is down would keep the articles waiting.
    """
    if not run.asks:
        return
    for number in range(1, _MOST // _BATCH + 1):
        urls = run.ledger.pictures.due(now=run.now, limit=_BATCH)
        if not urls:
            return
        mirroring = with_retries(mirror, run.site.fetch)
        results = each(mirroring, Stage.MIRROR, urls, str, lambda url: {"url": url, "client": run.client}, run)
        for url, error in errors(results):
            _leave_out(run, url, error)
        made = dict(values(results))
        if not made:
            return
        publication.write(f"pictures {number}", list(_pages(made.values()).values()))
        _keep(run, made)


def _keep(run: Run, made: Mapping[str, Renditions]) -> None:
    run.ledger.pictures.keep({url: Mirrored.of(picture) for url, picture in made.items()}, now=run.now)
    for url, picture in made.items():
        widest = picture.sizes[-1]
        for key in run.ledger.pictures.shown_by(url):
            story = f"picture {url}: {widest.width} x {widest.height}, {len(picture.sizes)} sizes"
            run.ledger.journal.note(key, Stage.MIRROR, story)
    run.ledger.journal.flush()


def _leave_out(run: Run, url: str, error: BaseException) -> None:
    run.ledger.pictures.fail(url, str(error)[:900], now=run.now)
    reason = f"without the picture {url}: {error}"
    for key in run.ledger.pictures.shown_by(url):
        run.ledger.journal.note(key, Stage.MIRROR, reason)
        run.recorder.outcome(Outcome(subject=key, stage=Stage.MIRROR, result=Result.SKIPPED, reason=reason[:900]))


def _pages(made: Iterable[Renditions]) -> dict[str, Page]:
    """Objects by key: two addresses may have the same picture."""
    return {
        (key := Mirrored.of(picture).key(size.width)): Page(
            key=key, body=size.body, content_type=_TYPES[picture.extension], cache_control=IMMUTABLE
        )
        for picture in made
        for size in picture.sizes
    }
