"""The verb *mirror*: fetch a picture and draw it anew."""

import logging

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE

from tasks.articles.images import Renditions, renditions
from tasks.errors import FinewsError, worth_retrying
from tasks.model import Request
from tasks.web import Client

log = logging.getLogger(__name__)

_ACCEPT = ("Accept", "image/jpeg, image/png, image/webp, image/gif")  # what can be drawn anew


@task(
    task_run_name="mirror {url}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def mirror(url: str, client: Client) -> Renditions:
    """The picture at an address, in the sizes that the site serves; `FetchError` or `ParseError` when there is none."""
    try:
        response = client.get(Request(url=url, headers=(_ACCEPT,)))
        made = renditions(response.body)
    except FinewsError as error:
        error.attempts = int(runtime.task_run.run_count or 1)
        raise
    sizes = ", ".join(f"{size.width} x {size.height} ({len(size.body)} bytes)" for size in made.sizes)
    log.info("%s bytes of %s became %s: %s", len(response.body), response.content_type[:60], made.extension, sizes)
    return made
