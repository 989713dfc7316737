"""The story of each article. On SQLite and on PostgreSQL."""

import threading

from tasks.ledger import Ledger
from tasks.model import Note, Stage
from tests.support.ledgers import NOW, opened


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
