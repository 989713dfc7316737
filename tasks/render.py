"""The verb *render*: articles and lists -> their objects. Pure, never retried."""

import logging
from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.catalogue import Index, Surroundings
from tasks.errors import Defect, FinewsError
from tasks.ledger import Journal
from tasks.model import Article, Page, Stage
from tasks.outputs import SiteFacts, find_outputs, pages_of_article, pages_of_index

log = logging.getLogger(__name__)


@task(task_run_name="render {article.code}", cache_policy=NO_CACHE, persist_result=False)
def render(article: Article, around: Surroundings, facts: SiteFacts, journal: Journal) -> tuple[Page, ...]:
    """The objects of one article: its page and its post."""
    pages = _pages(article, around, facts, journal)
    story = ", ".join(f"{page.key} ({len(page.body)} bytes)" for page in pages)
    journal.note(article.key, Stage.RENDER, f"revision {article.revision}: {story}")
    log.info("revision %s: %s", article.revision, story)
    return pages


@task(task_run_name="render {name}", cache_policy=NO_CACHE, persist_result=False)
def render_again(
    name: str, articles: Sequence[tuple[Article, Surroundings]], facts: SiteFacts, journal: Journal
) -> list[tuple[Page, ...] | FinewsError]:
    """The objects of articles whose own content did not change; each article fails alone."""
    made: list[tuple[Page, ...] | FinewsError] = []
    for article, around in articles:
        try:
            made.append(_pages(article, around, facts, journal))
        except FinewsError as error:
            log.warning("%s", error)
            made.append(error)
    log.info("%s: %s articles", name, len(made))
    return made


@task(task_run_name="render {name}", cache_policy=NO_CACHE, persist_result=False)
def render_indexes(name: str, indexes: Sequence[Index], facts: SiteFacts) -> list[tuple[Page, ...]]:
    """The objects of some pages of lists, in their order."""
    outputs = find_outputs()
    made = [pages_of_index(index, facts, outputs) for index in indexes]
    log.info("%s: %s objects of %s pages", name, sum(map(len, made)), len(made))
    return made


def _pages(article: Article, around: Surroundings, facts: SiteFacts, journal: Journal) -> tuple[Page, ...]:
    try:
        with journal.timed(article.key, Stage.RENDER):
            return pages_of_article(article, around, facts, find_outputs())
    except FinewsError as error:
        journal.note(article.key, Stage.RENDER, str(error))
        raise
    except Exception as error:
        # Whatever a text can provoke in a template stops no other article.
        raise Defect.of(error) from error
