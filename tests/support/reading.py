"""Pages as a reader's browser takes them apart, for the tests of the website."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bs4 import BeautifulSoup

from tasks.catalogue import Index, Shelf, Surroundings
from tasks.model import Article, Category, Headline, Page
from tasks.outputs import SiteFacts, pages_of_article, pages_of_index
from tasks.outputs.theme import load_theme
from tasks.outputs.website import OUTPUT
from tests.support.output_records import ROLLING, SITE, article

ENGLISH = replace(SITE, title="Finews", language="en", theme=load_theme("en"))


def soup(page: Page) -> BeautifulSoup:
    """The page, parsed."""
    return BeautifulSoup(page.body.decode(), "lxml")


def article_page(of: Article, site: SiteFacts = SITE, around: Surroundings | None = None) -> BeautifulSoup:
    """The one page of an article."""
    (page,) = pages_of_article(of, around or Surroundings(), site, (OUTPUT,))
    return soup(page)


def rendered_article(of: Article, site: SiteFacts = SITE) -> bytes:
    """The page of an article as it is published."""
    (page,) = pages_of_article(of, Surroundings(), site, (OUTPUT,))
    return page.body


def pages_of(*indexes: Index, site: SiteFacts = SITE) -> dict[str, Page]:
    """The website's pages of these lists by their keys."""
    return {page.key: page for index in indexes for page in pages_of_index(index, site, (OUTPUT,))}


def one_page(index: Index, site: SiteFacts = SITE) -> BeautifulSoup:
    """The first page of a list."""
    return soup(next(iter(pages_of(index, site=site).values())))


def text(node: BeautifulSoup, selector: str) -> str:
    """The text of the first element that the selector finds."""
    found = node.select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").split())


def texts(node: BeautifulSoup, selector: str) -> list[str]:
    """The texts of all of them."""
    return [" ".join(found.get_text(" ").split()) for found in node.select(selector)]


def value(node: BeautifulSoup, selector: str, attribute: str) -> str:
    """An attribute of the first element that the selector finds."""
    found = node.select_one(selector)
    assert found is not None, selector
    return str(found[attribute])


def values(node: BeautifulSoup, selector: str, attribute: str) -> list[str]:
    """An attribute of all of them."""
    return [str(found[attribute]) for found in node.select(selector)]


def headline(of: Article) -> Headline:
    """The article as a list shows it."""
    return Headline(
        title=of.title,
        page_key=of.page_key,
        published_at=of.published_at,
        category=of.category,
        summary=of.summary,
    )


def headlines(count: int, category: Category = ROLLING) -> tuple[Headline, ...]:
    """So many headlines, newest first, seven hours between two of them."""
    first = article(category=category)
    return tuple(
        headline(
            replace(first, title=f"第{n}条", file_id=str(n), published_at=first.published_at - timedelta(hours=7 * n))
        )
        for n in range(count)
    )


def shelf(category: Category, found: Iterable[Headline] = (), *, count: int = 0) -> Shelf:
    """A category with these headlines, newest first."""
    shown = tuple(found)
    newest = shown[0].published_at if shown else None
    return Shelf(category=category, count=count or len(shown), newest_at=newest, headlines=shown)
