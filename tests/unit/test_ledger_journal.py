"""The story of each article. On SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

from tasks.ledger import Ledger
from tasks.ledger.journals import Journals
from tasks.model import Note, Stage, WithdrawalReason
from tests.support.ledgers import KEY, NOW, entry, keep, opened


def texts(ledger: Ledger, subject: str) -> list[str]:
    """What the journal says about a subject."""
    return [note.text for note in ledger.journal.of(subject)]


def test_notes_come_back_in_order_with_time_and_run(ledger: Ledger) -> None:
    ledger.journal.note("a", Stage.ASK, "one")
    ledger.journal.note("b", Stage.ASK, "other")
    ledger.journal.note("a", Stage.FETCH, "two")
    assert texts(ledger, "a") == []
    ledger.journal.flush()
    ledger.journal.note("a", Stage.PARSE, "three")
    ledger.journal.flush()
    ledger.journal.flush()
    assert ledger.journal.of("a") == tuple(
        Note(at=NOW, run_id="run-1", subject="a", stage=stage, text=text)
        for stage, text in [(Stage.ASK, "one"), (Stage.FETCH, "two"), (Stage.PARSE, "three")]
    )


def test_notes_are_flushed_at_the_end_also_after_an_error(database_url: str) -> None:
    try:
        with opened(database_url) as ledger:
            ledger.journal.note("a", Stage.ASK, "one")
            raise RuntimeError("the run broke")
    except RuntimeError:
        pass
    with opened(database_url) as ledger:
        assert texts(ledger, "a") == ["one"]


def test_a_long_text_is_cut_and_a_note_is_one_line(ledger: Ledger) -> None:
    ledger.journal.note("a", Stage.ASK, "字" * 900)
    ledger.journal.note("a", Stage.ASK, "字" * 901)
    ledger.journal.note("a", Stage.ASK, " one\r\n\ttwo \u3000 three\x00\ud800\n")
    ledger.journal.note("s" * 300, Stage.ASK, "")
    ledger.journal.flush()
    assert texts(ledger, "a") == ["字" * 900, "字" * 899 + "…", "one two three"]
    assert texts(ledger, "s" * 100) == [""]


def test_threads_lose_nothing(ledger: Ledger) -> None:
    def write(name: str) -> None:
        for number in range(50):
            ledger.journal.note(name, Stage.FETCH, str(number))
            with ledger.journal.timed(name, Stage.FETCH):
                pass

    threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    ledger.journal.flush()
    for thread in threads:
        thread.join()
    ledger.journal.flush()
    for number in range(8):
        assert texts(ledger, f"t{number}") == [str(n) for n in range(50)]


def test_an_attempt_is_measured_also_when_it_fails(ledger: Ledger) -> None:
    try:
        with ledger.journal.timed("a", Stage.FETCH):
            raise ValueError
    except ValueError:
        pass
    assert 0 <= ledger.journal.seconds("a", Stage.FETCH) < 5
    assert ledger.journal.seconds("a", Stage.PARSE) == 0


# --- what the store is owed -------------------------------------------------------------------


def told(journals: Journals | None) -> dict[tuple[str, str], list[str]] | None:
    """Texts by article and month."""
    return None if journals is None else {of: [note.text for note in notes] for of, notes in journals.items()}


def test_the_store_is_owed_what_a_killed_run_has_kept(database_url: str) -> None:
    with opened(database_url) as ledger:
        keep(ledger)
        ledger.journal.note(KEY, Stage.ASK, "one")
        ledger.journal.flush()
    with opened(database_url) as ledger:
        owed = ledger.journals.batch()
        assert told(owed) == {(KEY, "2026-03"): ["one"]}
        ledger.journals.settle(owed or {})
        assert ledger.journals.batch() is None
        ledger.journal.note(KEY, Stage.ASK, "two")
        ledger.journal.note(KEY, Stage.FETCH, "three")
        ledger.journal.flush()
    with opened(database_url) as ledger:
        assert told(ledger.journals.batch()) == {(KEY, "2026-03"): ["one", "two", "three"]}


def test_only_articles_that_stand_have_a_journal_in_the_store(ledger: Ledger) -> None:
    keep(ledger)
    keep(ledger, entry(key="b", file_id="b"))
    for subject in (KEY, "b", "media", "store"):
        ledger.journal.note(subject, Stage.ASK, "one")
    ledger.journal.flush()
    ledger.withdrawals.withdraw(["b"], WithdrawalReason.OWN, now=NOW)
    owed = ledger.journals.batch() or {}
    assert [of for of, notes in owed.items() if notes] == [(KEY, "2026-03")]
    ledger.journals.settle(owed)
    assert ledger.journals.batch() is None


def test_very_many_journals_are_owed_a_batch_at_a_time(ledger: Ledger) -> None:
    for number in range(1_201):
        ledger.journal.note(f"n{number:04}", Stage.ASK, "one")
        ledger.journal.note(f"n{number:04}", Stage.ASK, "two")
    ledger.journal.flush()
    ledger.journal.flush()
    seen: list[tuple[str, str]] = []
    while (owed := ledger.journals.batch()) is not None:
        seen += owed
        ledger.journals.settle(owed)
    assert seen == [(f"n{number:04}", "2026-03") for number in range(1_201)]


def test_a_look_without_news_is_no_reason_to_write_a_story_again(ledger: Ledger) -> None:
    keep(ledger)

    def look(*, news: bool) -> None:
        ledger.journal.look(KEY)
        ledger.journal.note(KEY, Stage.DECIDE, "re-check due")
        ledger.journal.flush()
        ledger.journal.note(KEY, Stage.FETCH, "looked at again")
        ledger.journal.looked(KEY, news=news)
        ledger.journal.flush()

    look(news=False)
    assert ledger.journals.batch() is None
    assert texts(ledger, KEY) == ["re-check due", "looked at again"]
    look(news=True)
    owed = ledger.journals.batch() or {}
    assert told(owed) == {(KEY, "2026-03"): ["re-check due", "looked at again"] * 2}
    ledger.journals.settle(owed)
    ledger.journal.note(KEY, Stage.PUBLISH, "written")  # the look is over
    ledger.journal.flush()
    assert told(ledger.journals.batch()) is not None


def test_what_the_store_has_is_the_beginning_of_a_story(ledger: Ledger) -> None:
    keep(ledger)
    before = Note(at=NOW - timedelta(days=1), run_id="run-0", subject=KEY, stage=Stage.ASK, text="before")
    ledger.journals.take_over([before])
    assert ledger.journals.batch() is None
    ledger.journal.note(KEY, Stage.FETCH, "after")
    ledger.journal.flush()
    assert told(ledger.journals.batch()) == {(KEY, "2026-03"): ["before", "after"]}
