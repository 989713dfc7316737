"""The same story in other words is found; stories of one pattern are not joined."""

import pytest

from tasks.articles.shingles import Sketch, bands_of, same_story, sketch_of
from tests.bench.clusters import score
from tests.bench.same_stories import PATTERNS, RETOLD


def sketch(text: str) -> Sketch:
    """The sketch of a text that is long enough."""
    made = sketch_of(text)
    assert made is not None
    return made


def test_the_labelled_pairs() -> None:
    """As `tasks/articles/README.md` says."""
    found = score()
    assert found.same >= 40
    assert found.different >= 200
    assert found.precision >= 0.99
    assert found.recall >= 0.7


def test_the_same_text_in_other_bytes() -> None:
    text = RETOLD[0][0]
    other = sketch(text.replace("，", ", ").replace("1,284", "１２８４"))
    assert same_story(sketch(text), other)
    assert set(bands_of(sketch(text))) == set(bands_of(other))


@pytest.mark.parametrize("group", range(len(PATTERNS)))
def test_one_figure_more_does_not_join_a_pattern(group: int) -> None:
    first, second = (sketch(text + "据统计，今年为第 25 次。") for text in PATTERNS[group][:2])
    assert not same_story(first, second)


def test_short_texts_are_not_compared() -> None:
    assert sketch_of("增长两成。") is None


def test_a_sketch_survives_its_bytes() -> None:
    made = sketch(RETOLD[2][0])
    assert Sketch.unpacked(made.packed()) == made
    assert all(0 <= band < 2**63 for band in bands_of(made))


def test_a_long_text_has_a_small_sketch() -> None:
    text = "".join(f"第{n}段讲第{n * 37 % 1009}件事。" for n in range(20_000))
    made = sketch(text)
    assert len(made.packed()) < 5_000
    assert same_story(made, sketch(text[:-50]))
