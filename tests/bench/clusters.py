"""Precision and recall of "also reported by" on the labelled pairs: `python -m tests.bench.clusters`."""

from dataclasses import dataclass

from tasks.articles.shingles import bands_of, overlap, same_story, sketch_of
from tests.bench.same_stories import pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often the answer was right. `found`: pairs that meet in two bands, without which nothing is compared."""

    same: int
    different: int
    right: int
    wrong: int
    found: int

    @property
    def precision(self) -> float:
        """Of the pairs that were joined, the share that is one story."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of the pairs that are one story, the share that was joined."""
        return self.right / self.same


def score(*, show: bool = False) -> Score:
    """The score; `show` prints every mistake."""
    right = wrong = found = 0
    labelled = pairs()
    for is_same, one, other in labelled:
        a, b = sketch_of(one), sketch_of(other)
        assert a is not None
        assert b is not None
        meet = len(set(bands_of(a)) & set(bands_of(b))) >= 2
        joined = meet and same_story(a, b)
        found += meet and is_same
        right += joined and is_same
        wrong += joined and not is_same
        if show and joined != is_same:
            print(is_same, meet, [round(x, 2) for x in overlap(a, b)], one[:30], "|", other[:30])
    same = sum(is_same for is_same, _, _ in labelled)
    return Score(same=same, different=len(labelled) - same, right=right, wrong=wrong, found=found)


if __name__ == "__main__":
    result = score(show=True)
    print(result, f"precision {result.precision:.3f}, recall {result.recall:.3f}")
