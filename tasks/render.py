"""The verb *render*: an article -> its objects; the whole site -> its index pages. Pure, never retried."""

import logging

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.errors import FinewsError, RenderError
from tasks.ledger import Journal
from tasks.model import Article, Catalogue, Page, Stage
from tasks.outputs import SiteFacts, find_outputs

log = logging.getLogger(__name__)


@task(task_run_name="render {article.code}", cache_policy=NO_CACHE, persist_result=False)
def render(article: Article, facts: SiteFacts, journal: Journal) -> tuple[Page, ...]:
    """The objects of one article: its page and its post."""
    try:
        with journal.timed(article.key, Stage.RENDER):
            pages = tuple(page for output in find_outputs() for page in output.of_article(article, facts))
    except FinewsError as error:
        journal.note(article.key, Stage.RENDER, str(error))
        raise
    except Exception as error:
        # Whatever a text can provoke in a template is this article's failure, not the run's.
        journal.note(article.key, Stage.RENDER, f"{type(error).__name__}: {error}")
        raise RenderError(f"{article.code}: {type(error).__name__}: {error}") from error
    story = ", ".join(f"{page.key} ({len(page.body)} bytes)" for page in pages)
    journal.note(article.key, Stage.RENDER, f"revision {article.revision}: {story}")
    log.info("revision %s: %s", article.revision, story)
    return pages


@task(task_run_name="render indexes", cache_policy=NO_CACHE, persist_result=False)
def render_indexes(catalogue: Catalogue, facts: SiteFacts) -> tuple[Page, ...]:
    """Category pages, home, feed, sitemap and what goes with them."""
    pages = tuple(page for output in find_outputs() for page in output.of_catalogue(catalogue, facts))
    log.info("%s index objects for %s categories", len(pages), len(catalogue.shelves))
    return pages
