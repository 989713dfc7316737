"""The verb *render*: articles and lists -> their objects. Pure, never retried."""

import logging
from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.catalogue import Index, Surroundings
from tasks.errors import Defect, FinewsError
from tasks.ledger import Journal
from tasks.model import Article, Page, Stage
from tasks.outputs import SiteFacts
from tasks.outputs.rendering import Renderers, render_article

log = logging.getLogger(__name__)


@task(task_run_name="render {article.code}", cache_policy=NO_CACHE, persist_result=False)
def render(article: Article, around: Surroundings, facts: SiteFacts, journal: Journal) -> tuple[Page, ...]:
    """The objects of one article: its page and its post."""
    try:
        with journal.timed(article.key, Stage.RENDER):
            pages = render_article(article, around, facts)
    except Defect:
        raise  # the run tells it, as it tells those of every verb
    except FinewsError as error:
        journal.note(article.key, Stage.RENDER, str(error))
        raise
    story = ", ".join(f"{page.key} ({len(page.body)} bytes)" for page in pages)
    journal.note(article.key, Stage.RENDER, f"revision {article.revision}: {story}")
    log.info("revision %s: %s", article.revision, story)
    return pages


@task(task_run_name="render {name}", cache_policy=NO_CACHE, persist_result=False)
def render_again(
    name: str, articles: Sequence[tuple[Article, Surroundings]], renderers: Renderers, journal: Journal
) -> list[tuple[Page, ...] | FinewsError]:
    """The objects of articles whose own content did not change; each article fails alone."""
    made = renderers.articles(articles)
    for (article, _), pages in zip(articles, made, strict=True):
        if isinstance(pages, FinewsError):
            log.warning("%s", pages)
            if not isinstance(pages, Defect):  # the run tells it
                journal.note(article.key, Stage.RENDER, str(pages))
    log.info("%s: %s articles", name, len(made))
    return made


@task(task_run_name="render {name}", cache_policy=NO_CACHE, persist_result=False)
def render_indexes(name: str, indexes: Sequence[Index], renderers: Renderers) -> list[tuple[Page, ...]]:
    """The objects of some pages of lists, in their order."""
    made = renderers.lists(indexes)
    log.info("%s: %s objects of %s pages", name, sum(map(len, made)), len(made))
    return made
