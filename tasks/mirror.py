"""The verb *mirror*: fetch a picture and draw it anew."""

import logging
from collections.abc import Iterable

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE

from tasks.articles.images import Renditions, renditions
from tasks.errors import FinewsError, worth_retrying
from tasks.ledger import Journal
from tasks.model import Left, Request, Stage
from tasks.web import Client, Manners, Patience

log = logging.getLogger(__name__)

_ACCEPT = ("Accept", "image/jpeg, image/png, image/webp, image/gif")  # what can be drawn anew


@task(
    task_run_name="mirror {url}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def mirror(
    url: str, client: Client, journal: Journal, manners: Manners, patience: Patience, shown_by: Iterable[str]
) -> Renditions | Left:
    """The picture at an address, in the sizes that the site serves; `FetchError` or `ParseError` when there is none.

    `Left` when there is no patience for it in this run. `shown_by`: the articles whose journals tell of the request. It is
    never conditional: a picture that the site has is not asked for, and of one that it lost it needs the bytes.
    """
    try:
        with patience.turn(url) as refusal:
            if refusal:
                return Left(reason=refusal)
            response = client.get(Request(url=url, headers=(_ACCEPT,)), manners=manners)
        made = renditions(response.body)
    except FinewsError as error:
        error.attempts = int(runtime.task_run.run_count or 1)
        raise
    permitted = f"; robots.txt: {response.permitted_by}" if response.permitted_by else ""
    for key in shown_by:
        told = f"GET {url}: {response.status}, {len(response.body)} bytes, {response.seconds:.2f} s{permitted}"
        journal.note(key, Stage.MIRROR, told)
    sizes = ", ".join(f"{size.width} x {size.height} ({len(size.body)} bytes)" for size in made.sizes)
    log.info("%s bytes of %s became %s: %s", len(response.body), response.content_type[:60], made.extension, sizes)
    return made
