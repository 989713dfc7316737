"""The verb *parse*: an answer -> an article. Pure, so it is never retried."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
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
    return _read(offer, capture, spec, category, zone, journal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an article is read from."""

    offer: Offer
    capture: Capture
    spec: SourceSpec
    category: Category


@task(task_run_name="parse {name}", cache_policy=NO_CACHE, persist_result=False)
def parse_again(name: str, readings: Iterable[Reading], zone: str, journal: Journal) -> list[Article | Exception]:
    """The articles in answers that were kept, or what each fails of: every one fails alone."""
    made: list[Article | Exception] = []
    for one in readings:
        try:
            made.append(_read(one.offer, one.capture, one.spec, one.category, zone, journal))
        except Exception as error:
            log.warning("%s: %s: %s", one.offer.entry.code, type(error).__name__, error)
            made.append(error)
    log.info("%s: %s answers", name, len(made))
    return made


def _read(offer: Offer, capture: Capture, spec: SourceSpec, category: Category, zone: str, journal: Journal) -> Article:
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
    if text.replaced_share:
        story += f", {text.replaced_share * 100:.2g} % of the answer's characters could not be read"
    journal.note(entry.key, Stage.PARSE, story)
    log.info("%s %s (%s): %s", entry.code, article.title[:80], category.title, story)
    return article


def _prove(article: Article, text: Text, spec: SourceSpec, capture: Capture, *, pages: bool) -> None:
    answer = capture.response
    body, url = (answer.body, answer.url) if answer else (b"", "")
    if fault := fault_of(article, text, spec, answer=body, url=url, page=pages and answer is not None):
        raise NotAnArticle(f"{url or article.code}: no article: {fault}")
