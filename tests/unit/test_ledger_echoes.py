"""Who else tells a story: found among articles of a few days, few of them, and in both directions."""

from dataclasses import replace
from datetime import timedelta

from tasks.articles.shingles import Sketch, sketch_of
from tasks.ledger import Ledger
from tasks.ledger.echoes import MOST, WINDOW
from tasks.model import Category, WithdrawalReason
from tests.bench.same_stories import RETOLD
from tests.support.ledgers import NOW, due, entry, keep

FULL, EDITED, SHORT = RETOLD[0][:3]
TIMES = Category(slug="times", title="北岭时报", tag="北岭时报新闻")


def sketch(text: str) -> Sketch:
    """The sketch of a text that is long enough."""
    made = sketch_of(text)
    assert made is not None
    return made


def two(ledger: Ledger) -> None:
    """Two articles of two outlets that tell the same."""
    first, second = entry(key="a", code="a", file_id="a"), entry(key="b", code="b", file_id="b", media="北岭时报")
    keep(ledger, first)
    ledger.echoes.join("a", sketch(FULL), at=NOW)
    ledger.articles.mark_published(["a"])
    keep(ledger, second, listed=False, category=TIMES)
    assert ledger.echoes.join("b", sketch(EDITED), at=NOW) == ("a",)


def test_both_name_each_other_once_both_stand_in_lists(ledger: Ledger) -> None:
    two(ledger)
    assert ledger.articles.mentions(["a"]).get("a", ()) == ()
    ledger.places.shelve(now=NOW)
    assert [mention.outlet for mention in ledger.articles.mentions(["a"])["a"]] == ["北岭时报"]
    assert [mention.outlet for mention in ledger.articles.mentions(["b"])["b"]] == ["河滨日报"]
    assert {article.key for article in due(ledger)} == {"a", "b"}


def test_a_correction_that_makes_it_the_same_story_is_shown_by_both(ledger: Ledger) -> None:
    keep(ledger, entry(key="a", code="a", file_id="a"))
    keep(ledger, entry(key="b", code="b", file_id="b", media="北岭时报"), category=TIMES)
    ledger.echoes.join("a", sketch(FULL), at=NOW)
    ledger.places.shelve(now=NOW)
    ledger.articles.mark_published(["a", "b"])
    assert due(ledger) == ()
    assert ledger.echoes.join("b", sketch(EDITED), at=NOW) == ("a",)
    assert {article.key for article in due(ledger)} == {"a", "b"}


def test_a_withdrawn_one_is_named_no_more(ledger: Ledger) -> None:
    two(ledger)
    ledger.places.shelve(now=NOW)
    ledger.articles.mark_published(["a", "b"])
    ledger.withdrawals.withdraw(["b"], WithdrawalReason.OWN, now=NOW)
    assert {article.key for article in due(ledger)} == {"a"}
    assert ledger.articles.mentions(["a"]).get("a", ()) == ()


def test_the_same_again_is_no_news(ledger: Ledger) -> None:
    two(ledger)
    assert ledger.echoes.join("b", sketch(EDITED), at=NOW) == ()


def test_only_articles_of_a_few_days_meet(ledger: Ledger) -> None:
    ledger.echoes.join("a", sketch(FULL), at=NOW)
    late = NOW + WINDOW + timedelta(minutes=1)
    assert ledger.echoes.join("b", sketch(EDITED), at=late) == ()
    assert set(ledger.echoes.join("c", sketch(EDITED), at=NOW + WINDOW)) == {"a", "b"}
    ledger.echoes.forget(before=late)
    assert not ledger.echoes.alike("a", sketch(FULL))
    assert ledger.echoes.alike("b", sketch(EDITED))


def test_a_story_that_everybody_tells_has_an_end(ledger: Ledger) -> None:
    for number in range(MOST + 5):
        ledger.echoes.join(f"k{number}", replace(sketch(FULL)), at=NOW)
    assert len(ledger.echoes.join("last", sketch(FULL), at=NOW)) <= MOST
