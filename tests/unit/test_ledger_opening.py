"""Opening a ledger: what goes wrong is said in words, and a rehearsal leaves no trace."""

import shutil
import sqlite3
import traceback
import zlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import tasks.ledger
from tasks.errors import ConfigError, LedgerBusy, LedgerError, LedgerTooNew
from tasks.ledger.schema import REVISION, metadata
from tasks.model import Stage
from tests.support.ledgers import KEY, NOW, due, entry, keep, listing, opened


def engine_of(url: str) -> sa.Engine:
    """A way into the database beside the ledger."""
    return sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)


def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table."""
    engine = engine_of(url)
    found = sa.MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(sa.select(table)).all())) for name, table in found.tables.items()
        }


def test_what_was_kept_is_there_again(database_url: str) -> None:
    with opened(database_url) as ledger:
        saved = keep(ledger)
    with opened(database_url) as ledger:
        assert due(ledger) == (saved,)


def test_the_newest_migration_is_the_schema(database_url: str) -> None:
    folder = Path(tasks.ledger.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]
    opened(database_url).__exit__(None, None, None)
    with engine_of(database_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION


def test_a_ledger_of_before_texts_were_given_up(database_url: str) -> None:
    older(database_url, "0008")
    rows = {"kept": "failed", "withdrawn": "withdrawn", "read": "ready"}
    with engine_of(database_url).begin() as connection:
        for key, status in rows.items():
            insert = "INSERT INTO articles (key, status, first_seen_at, attempts, offer_digest, source, published, stale) VALUES"
            values = "(:key, :status, '2026-03-04T05:06:07.000000', 3, '', 'media', false, false)"
            connection.execute(sa.text(f"{insert} {values}"), {"key": key, "status": status})
        insert = "INSERT INTO quarantine (key, source, reason, at, url, status, content_type, body, attempts) VALUES"
        values = "(:key, 'media', 'a wall', '2026-03-04T05:06:07.000000', '', 200, '', :body, 1)"
        for key in (*rows, "absorbed"):
            body = zlib.compress(b"x" * 1234)
            connection.execute(sa.text(f"{insert} {values}"), {"key": key, "body": body})
    with opened(database_url) as ledger:
        assert sorted((one.key, one.size) for one in ledger.quarantine.listed()) == [("kept", 1234), ("read", 1234)]
        known = ledger.articles.known(["kept"])["kept"]
        assert (known.attempts, known.missing, known.owed) == (3, 0, False)
        assert ledger.articles.unread(now=NOW) == ("kept",)
        ledger.articles.record(listing(entry(key="read")), now=NOW)
        assert set(ledger.articles.unread(now=NOW)) == {"kept", "read"}


def older(url: str, revision: str) -> None:
    """A ledger as the version with that schema made it."""
    config = Config()
    config.set_main_option("script_location", str(Path(tasks.ledger.__file__).parent / "migrations"))
    with engine_of(url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_a_ledger_of_a_later_version(database_url: str) -> None:
    opened(database_url).__exit__(None, None, None)
    with engine_of(database_url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for rehearsal in (False, True):
        with pytest.raises(LedgerTooNew, match=f"schema 9999, this one knows up to {REVISION}\\): update finews"):
            opened(database_url, rehearsal=rehearsal)


# --- files that are none ----------------------------------------------------------------------


@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_file_that_is_no_database(tmp_path: Path, rehearsal: bool) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, but a letter" * 100)
    with pytest.raises(LedgerError, match=rf"ledger sqlite:///{path}: file is not a database"):
        opened(f"sqlite:///{path}", rehearsal=rehearsal)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_folder_instead_of_a_file(tmp_path: Path, rehearsal: bool) -> None:
    with pytest.raises(LedgerError, match="unable to open database file"):
        opened(f"sqlite:///{tmp_path}", rehearsal=rehearsal)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"the folder .*/file/sub cannot be made: Not a directory"):
        opened(f"sqlite:///{tmp_path}/file/sub/ledger.db")


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    opened(f"sqlite:///{tmp_path}/a/b/ledger.db").__exit__(None, None, None)
    assert (tmp_path / "a/b/ledger.db").exists()


def test_tables_of_another_program(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("CREATE TABLE articles (x)")
    connection.close()
    with pytest.raises(LedgerError, match="table articles already exists"):
        opened(f"sqlite:///{tmp_path}/ledger.db")


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["nothing", "postgresql//user:secret@host/db", "postgresql://user:secret@host:port/db", ""]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError, match=r"\[ledger\] url: it cannot be read; expected an SQLAlchemy URL") as caught:
        opened(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["oracle9://user:secret@host/db", "sqlite+nothing:///x", "mysql://user:secret@host/db"])
def test_a_database_without_a_driver(url: str) -> None:
    with pytest.raises(ConfigError, match="no driver for it is installed") as caught:
        opened(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(LedgerError, match=r"ledger postgresql://user:\*\*\*@127.0.0.1:1/db: ") as caught:
        opened("postgresql://user:secret@127.0.0.1:1/db")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("secret", ["password=canary", "sslpassword=canary", "passfile=/canary"])
def test_a_secret_in_the_query_is_not_shown(secret: str) -> None:
    with pytest.raises(LedgerError, match=r"ledger postgresql://\*\*\*@127.0.0.1:1/db\?.*: ") as caught:
        opened(f"postgresql://user@127.0.0.1:1/db?{secret}")
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("port", ["canary"])
def test_neither_is_one_in_an_address_that_cannot_be_read(port: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(f"postgresql://user@host:{port}/db")
    assert "canary" not in "".join(traceback.format_exception(caught.value))


# --- locks ------------------------------------------------------------------------------------


def test_a_ledger_that_another_process_holds(database_url: str) -> None:
    with opened(database_url, busy=0.1) as ledger:
        engine = engine_of(database_url)
        with engine.connect() as other:
            lock = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "LOCK TABLE articles, sightings, journal"
            other.exec_driver_sql(lock)
            with pytest.raises(LedgerBusy, match=r"held by another process for more than 0\.1 s"):
                ledger.articles.record(listing(entry()), now=NOW)
            ledger.journal.note(KEY, Stage.ASK, "seen")
            with pytest.raises(LedgerBusy):
                ledger.journal.flush()
            other.rollback()
        assert ledger.articles.record(listing(entry()), now=NOW) == (KEY,)
        ledger.journal.flush()
        assert [note.text for note in ledger.journal.of(KEY)] == ["seen"]


def test_a_ledger_that_is_locked_when_it_is_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with engine_of(url).connect() as other:
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerBusy):
            opened(url, busy=0.1)


# --- rehearsals -------------------------------------------------------------------------------


def test_a_rehearsal_sees_everything_and_keeps_nothing(database_url: str) -> None:
    with opened(database_url) as ledger:
        saved = keep(ledger)
    before = contents(database_url)
    with opened(database_url, rehearsal=True) as ledger:
        assert due(ledger) == (saved,)
        keep(ledger, entry(key="other", code="other", file_id="other"))
        ledger.articles.mark_published([KEY])
        ledger.journal.note(KEY, Stage.ASK, "seen")
        ledger.journal.flush()
        assert [one.key for one in due(ledger)] == ["other"]
        assert ledger.objects.ledger_id()
    assert contents(database_url) == before


def test_a_rehearsal_of_a_first_run_makes_nothing(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/sub/ledger.db", rehearsal=True) as ledger:
        keep(ledger)
    assert list(tmp_path.iterdir()) == []


def test_a_rehearsal_on_an_empty_server_makes_no_table(database_url: str) -> None:
    with opened(database_url, rehearsal=True) as ledger:
        keep(ledger)
    assert not database_url.startswith("postgresql") or contents(database_url) == {}


def test_a_rehearsal_touches_no_file(tmp_path: Path) -> None:
    home = tmp_path / "100% #1?"
    with opened(f"sqlite:///{home}/ledger.db".replace("%", "%25").replace("?", "%3F")) as ledger:
        keep(ledger)
    if not (home / "ledger.db").exists():  # SQLAlchemy takes the path as it stands
        home = next(tmp_path.iterdir())
    shutil.copytree(home, tmp_path / "copy")
    with opened(f"sqlite:///{tmp_path}/copy/ledger.db", rehearsal=True) as ledger:
        assert len(due(ledger)) == 1
    assert sorted(p.name for p in (tmp_path / "copy").iterdir()) == ["ledger.db"]
