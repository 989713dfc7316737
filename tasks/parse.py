"""The verb *parse*: an answer -> an article. Pure, so it is never retried."""

import logging
from zoneinfo import ZoneInfo

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.articles.compose import compose
from tasks.articles.proof import fault_of
from tasks.config import SourceSpec
from tasks.errors import FinewsError, NotAnArticle
from tasks.ledger import Journal
from tasks.model import Article, Capture, Category, Offer, Stage, Text
from tasks.sources import find_sources

log = logging.getLogger(__name__)


@task(task_run_name="parse {offer.entry.code}", cache_policy=NO_CACHE, persist_result=False)
def parse(offer: Offer, capture: Capture, spec: SourceSpec, category: Category, zone: str, journal: Journal) -> Article:
    """The article in a capture, cleaned; `NotAnArticle` when it is something else that the outlet shows in its place."""
    kind, entry = find_sources()[spec.kind], offer.entry
    try:
        with journal.timed(entry.key, Stage.PARSE):
            text = kind.extract(spec, entry, capture.response)
            article = compose(
                offer,
                text,
                base_url=capture.response.url if capture.response else entry.link,
                share_url=kind.share_url(spec, entry),
                category=category,
                zone=ZoneInfo(zone),
                keep_keyword_links=spec.keyword_links == "keep",
                https_hosts=spec.https_hosts,
                pictures=spec.pictures,
            )
            _prove(article, text, spec, capture, pages=kind.pages)
    except FinewsError as error:
        journal.note(entry.key, Stage.PARSE, str(error))
        raise
    came, kept, pictures = len(text.html), len(article.html), article.html.count("<img")
    story = f"{came} characters read as {text.method or spec.kind}, {kept} kept, {pictures} pictures"
    journal.note(entry.key, Stage.PARSE, story)
    log.info("%s (%s): %s", article.title[:80], category.title, story)
    return article


def _prove(article: Article, text: Text, spec: SourceSpec, capture: Capture, *, pages: bool) -> None:
    answer = capture.response
    body, url = (answer.body, answer.url) if answer else (b"", "")
    if fault := fault_of(article, text, spec, answer=body, url=url, page=pages and answer is not None):
        raise NotAnArticle(f"{url or article.code}: no article: {fault}")
