"""Which share of a source's answers were articles, lately and as a rule."""

from dataclasses import dataclass

from tasks.ledger.facts import fact, keep_fact
from tasks.ledger.opening import Database

_LATELY, _AS_A_RULE = 10, 100  # answers
_ENOUGH = 20  # answers before the last ones, to know what is usual
_FALL = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`lately` of the last answers were articles, `usual` before; None while too few are known."""

    lately: float
    usual: float | None

    @property
    def is_degraded(self) -> bool:
        """Whether so many fewer are articles that something is wrong with the source, or with how it is read."""
        return self.usual is not None and self.lately < self.usual - _FALL

    @property
    def told(self) -> str:
        """In words."""
        return f"{self.lately:.0%} of its last answers were articles, usually {self.usual or 0:.0%}"


class Completeness:
    """The last answers of each source: a digit each, `1` for an article.

    What is usual follows slowly, so a source that stays as it is now is believed in the end.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str) -> Share | None:
        """The share till now; None for a source none of whose answers was counted yet."""
        with self._database.begin() as db:
            known = fact(db, f"complete {source}")
        return _share(known) if known else None

    def note(self, source: str, *, articles: int, others: int) -> Share:
        """Keep how many answers of a run were articles, and how many were none or never came; with none the share till now.

        They are spread evenly: a few failures among many articles are no fall, in whichever order they ended.
        """
        name = f"complete {source}"
        with self._database.begin() as db:
            known = fact(db, name)
            last = (known + _spread(articles, others))[-(_LATELY + _AS_A_RULE) :]
            if last != known:
                keep_fact(db, name, last)
        return _share(last)


def _share(last: str) -> Share:
    lately, before = last[-_LATELY:], last[:-_LATELY]
    usual = before.count("1") / len(before) if len(before) >= _ENOUGH else None
    return Share(lately=lately.count("1") / max(1, len(lately)), usual=usual)


def _spread(articles: int, others: int) -> str:
    """One digit an answer, those of `others` as far from each other as can be."""
    count = articles + others
    return "".join("0" if (n + 1) * others // count > n * others // count else "1" for n in range(count))
