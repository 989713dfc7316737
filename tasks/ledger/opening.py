"""Opening the ledger: engine, migrations, and errors that say what to do."""

import contextlib
import sqlite3
import threading
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import StaticPool

from tasks.errors import ConfigError, LeaseLost, LedgerBusy, LedgerError, LedgerMissing, LedgerTooNew
from tasks.ledger.schema import REVISION, lease
from tasks.masking import masked

BUSY_SECONDS = 15.0


K = TypeVar("K", bound=Hashable)
_CHUNK = 500  # keys in one IN (...), below every database's limit


def batches(keys: Iterable[K]) -> Iterator[Sequence[K]]:
    """The keys, each once, as many at a time as one statement takes."""
    unique = list(dict.fromkeys(keys))
    return (unique[start : start + _CHUNK] for start in range(0, len(unique), _CHUNK))


class Database:
    """Transactions on one database, with its errors as ours."""

    def __init__(self, engine: Engine, shown: str, *, busy: float, rehearsal: Connection | None = None) -> None:
        self._engine = engine
        self._shown = shown
        self._busy = busy
        self._rehearsal = rehearsal
        shared = rehearsal is not None or isinstance(engine.pool, StaticPool)
        self._alone: contextlib.AbstractContextManager[object] = (
            threading.RLock() if shared else contextlib.nullcontext()
        )
        self.fence: int | None = None

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on an error, and when `fence` is not the lease's any more.

        Where there is one connection only, threads take it in turns.
        """
        with self._alone, explained(self._shown, busy=self._busy):
            if self._rehearsal is not None:
                with self._rehearsal.begin_nested():
                    yield self._rehearsal
            else:
                with self._engine.begin() as connection:
                    yield connection
                    self._check_fence(connection)

    def _check_fence(self, connection: Connection) -> None:
        """Before the commit, and with the row locked: no other run can take the lease in between.

        SQLite needs no lock of the row: who has written anything in a transaction is the only writer until its end.
        """
        if self.fence is None:
            return
        query = sa.select(lease.c.fence, lease.c.holder).where(lease.c.name == "site").with_for_update(read=True)
        row = connection.execute(query).one()
        if row.fence != self.fence:
            raise LeaseLost(f"this run was silent for too long, and another one has taken over: {row.holder}")

    def close(self) -> None:
        """Close all connections; what a rehearsal did is forgotten."""
        if self._rehearsal is not None:
            self._rehearsal.close()
        self._engine.dispose()


def open_database(url: str, *, rehearsal: bool = False, makes: bool = True, busy: float = BUSY_SECONDS) -> Database:
    """The database at a SQLAlchemy URL, brought to this version's schema.

    A rehearsal sees what the real one holds and keeps nothing: SQLite works on a copy in memory, any other
    database inside one transaction that is never committed. `makes`: whether a file that is not there is made; else
    `LedgerMissing`. `busy`: seconds to wait for another process.
    """
    try:
        address = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Neither the URL nor the error is shown: what cannot be parsed may hold a password anywhere.
        expected = "an SQLAlchemy URL such as sqlite:///.finews/ledger.db"
        raise ConfigError(f"[ledger] url: it cannot be read; expected {expected}") from None
    shown = masked(address.render_as_string(hide_password=True))
    if not makes and address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        where = "" if Path(address.database or "").is_absolute() else f" below {Path.cwd()}"
        raise LedgerMissing(
            f"ledger {shown}: there is none{where}; expected the one that a first run has made (finews run), and to be "
            "started where runs are started"
        )
    with explained(shown, busy=busy):
        engine = _engine(address, shown, rehearsal=rehearsal, busy=busy)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(engine.dispose)
            connection = on_failure.enter_context(engine.connect())
            _migrate(connection, shown)
            stays_open = rehearsal and address.get_backend_name() != "sqlite"
            if not stays_open:
                connection.commit()
                connection.close()
            on_failure.pop_all()
        return Database(engine, shown, busy=busy, rehearsal=connection if stays_open else None)


@contextlib.contextmanager
def explained(shown: str, *, busy: float) -> Iterator[None]:
    """Database errors as `LedgerError`s that name the ledger; the password never stands in them."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "locked" in reason or "lock timeout" in reason:
            raise LedgerBusy(f"ledger {shown}: held by another process for more than {busy:g} s") from error
        raise LedgerError(f"ledger {shown}: {reason}") from error


def _engine(address: URL, shown: str, *, rehearsal: bool, busy: float) -> Engine:
    try:
        match address.get_backend_name():
            case "sqlite" if rehearsal:
                return _sqlite_copy(address, busy)
            case "sqlite":
                return _sqlite(address, shown, busy)
            case "postgresql":
                return _postgresql(address, busy)
            case _:
                return sa.create_engine(address, pool_pre_ping=True)
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"[ledger] url {shown}: no driver for it is installed ({error})") from error


def _sqlite(address: URL, shown: str, busy: float) -> Engine:
    if address.database and address.database != ":memory:":
        folder = Path(address.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"ledger {shown}: the folder {folder} cannot be made: {error.strerror}") from error
        engine = sa.create_engine(address, connect_args={"timeout": busy})
    else:
        engine = _in_memory()

    @sa.event.listens_for(engine, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        # Readers do not wait for the writer; a power cut may cost the last run, never the file.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def _sqlite_copy(address: URL, busy: float) -> Engine:
    engine = _in_memory()
    if address.database and Path(address.database).exists():
        # "rw" makes no file; "ro" would leave those of the write-ahead log behind.
        uri = f"{Path(address.database).absolute().as_uri()}?mode=rw"
        original = sqlite3.connect(uri, uri=True, timeout=busy)
        with contextlib.closing(original), engine.connect() as connection:
            target = connection.connection.driver_connection
            assert isinstance(target, sqlite3.Connection)
            original.backup(target)
    return engine


def _in_memory() -> Engine:
    return sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def _postgresql(address: URL, busy: float) -> Engine:
    if "+" not in address.drivername:
        address = address.set(drivername="postgresql+psycopg")
    if "connect_timeout" not in address.query:
        address = address.update_query_dict({"connect_timeout": str(max(2, round(busy)))})
    engine = sa.create_engine(address, pool_pre_ping=True)

    @sa.event.listens_for(engine, "connect")
    def _tune(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(busy * 1000)}")
        connection.commit()

    return engine


def _migrate(connection: Connection, shown: str) -> None:
    """Bring the schema up to date in the connection's transaction, whose end is the caller's."""
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
    if connection.dialect.name == "sqlite" and not connection.connection.in_transaction:
        # Python begins no transaction before DDL: killed half way, there would be some of the tables.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
