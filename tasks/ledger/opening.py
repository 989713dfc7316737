"""Opening the ledger: engine, migrations, and errors that say what to do."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import StaticPool

from tasks.errors import ConfigError, LedgerBusy, LedgerError, LedgerTooNew
from tasks.ledger.schema import REVISION

_BUSY_SECONDS = 15


class Database:
    """Transactions on one database, with its errors as ours."""

    def __init__(self, engine: Engine, shown: str, *, rehearsal: Connection | None = None) -> None:
        self._engine = engine
        self._shown = shown
        self._rehearsal = rehearsal

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on an error."""
        with explained(self._shown):
            if self._rehearsal is not None:
                with self._rehearsal.begin_nested():
                    yield self._rehearsal
            else:
                with self._engine.begin() as connection:
                    yield connection

    def close(self) -> None:
        """Close all connections; what a rehearsal did is forgotten."""
        if self._rehearsal is not None:
            self._rehearsal.close()
        self._engine.dispose()


def open_database(url: str, *, rehearsal: bool = False) -> Database:
    """The database at a SQLAlchemy URL, brought to this version's schema.

    A rehearsal sees what the real one holds and keeps nothing: SQLite works on a copy in memory, any other
    database inside one transaction that is never committed.
    """
    try:
        address = make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigError(
            f"[ledger] url = {url!r}: expected an SQLAlchemy URL such as sqlite:///.finews/ledger.db"
        ) from error
    shown = address.render_as_string(hide_password=True)
    with explained(shown):
        if address.get_backend_name() == "sqlite":
            engine = _sqlite_copy(address) if rehearsal else _sqlite(address, shown)
            _migrate(engine, shown)
            return Database(engine, shown)
        engine = _engine(address, shown)
        _migrate(engine, shown)
        if not rehearsal:
            return Database(engine, shown)
        connection = engine.connect()
        connection.begin()
        return Database(engine, shown, rehearsal=connection)


@contextlib.contextmanager
def explained(shown: str) -> Iterator[None]:
    """Database errors as `LedgerError`s that name the ledger; the password never stands in them."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "locked" in reason or "lock timeout" in reason:
            raise LedgerBusy(f"ledger {shown}: held by another process for more than {_BUSY_SECONDS} s") from error
        raise LedgerError(f"ledger {shown}: {reason}") from error


def _sqlite(address: URL, shown: str) -> Engine:
    if address.database and address.database != ":memory:":
        folder = Path(address.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"ledger {shown}: the folder {folder} cannot be made: {error.strerror}") from error
        engine = sa.create_engine(address, connect_args={"timeout": _BUSY_SECONDS})
    else:
        engine = sa.create_engine(address, poolclass=StaticPool, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        # Readers do not wait for the writer; a power cut may cost the last run, never the file.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def _sqlite_copy(address: URL) -> Engine:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    if address.database and Path(address.database).exists():
        original = sqlite3.connect(f"file:{Path(address.database).absolute()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        with contextlib.closing(original), engine.connect() as connection:
            target = connection.connection.driver_connection
            assert isinstance(target, sqlite3.Connection)
            original.backup(target)
    return engine


def _engine(address: URL, shown: str) -> Engine:
    if address.get_backend_name() == "postgresql" and "+" not in address.drivername:
        address = address.set(drivername="postgresql+psycopg")
    try:
        return sa.create_engine(address, pool_pre_ping=True)
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"[ledger] url {shown}: no driver for it is installed ({error})") from error


def _migrate(engine: Engine, shown: str) -> None:
    with engine.connect() as connection:
        current = None
        if sa.inspect(connection).has_table("alembic_version"):
            current = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if current == REVISION:
        return
    # Imported late: a run on a current ledger does not pay for it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise LedgerTooNew(
            f"ledger {shown}: written by a newer finews (schema {current}, this one knows up to {REVISION}): update finews"
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
