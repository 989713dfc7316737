"""Pages made by other processes: the same bytes, and errors that say what happened."""

import multiprocessing
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from tasks.catalogue import CategoryList, Shelf, Surroundings
from tasks.errors import Defect, RenderError
from tasks.outputs.rendering import Renderers
from tests.support.output_records import DAILY, SITE, article

ARTICLES = [
    article(key=f"k{number}", code=f"NW{number}", file_id=f"k{number}", html=f"<p>第{number}条</p>")
    for number in range(4)
]
FOUND = [(one, Surroundings()) for one in ARTICLES]
LIST = CategoryList(shelves=(Shelf(category=DAILY, count=4, newest_at=ARTICLES[0].published_at),))


@pytest.fixture(scope="module")
def several() -> Iterator[Renderers]:
    """Two processes."""
    with closing(Renderers(SITE, processes=2)) as renderers:
        renderers.multiply()
        yield renderers


def test_they_are_the_same_pages(several: Renderers) -> None:
    here = Renderers(SITE, processes=1)
    here.multiply()
    assert (here.ahead, several.ahead) == (0, 3)
    assert several.articles(FOUND) == here.articles(FOUND)
    assert several.lists([LIST]) == here.lists([LIST])
    assert all(page.body for made in several.articles(FOUND) if not isinstance(made, BaseException) for page in made)


def test_an_article_that_breaks_the_templates_fails_alone(several: Renderers) -> None:
    broken = (replace(ARTICLES[1], html=None), Surroundings())  # type: ignore[arg-type]
    made = several.articles([FOUND[0], broken, FOUND[2]])
    assert [isinstance(one, Defect) for one in made] == [False, True, False]


def test_a_process_that_dies_is_named_with_what_helps() -> None:
    others = multiprocessing.active_children()
    with closing(Renderers(SITE, processes=2)) as renderers:
        renderers.multiply()
        renderers.articles(FOUND)
        for process in [one for one in multiprocessing.active_children() if one not in others]:
            process.kill()
            process.join()
        with pytest.raises(RenderError, match=r"a process that makes pages has died.*processes = 1"):
            renderers.articles(FOUND)
