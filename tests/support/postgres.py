"""A real PostgreSQL of the tests' own, on a Unix socket: started once a session, stopped by its own process id.

It runs as its own user where the tests run as root, which PostgreSQL refuses.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "16MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@pytest.fixture(scope="session")
def new_postgres_database() -> Iterator[Callable[..., str]]:
    """Makes a fresh database and gives its SQLAlchemy URL; skips where PostgreSQL is not installed.

    Called with a language, as in `"sv"`, it makes one that sorts as that language does, and not by bytes.
    """
    programs, user = _programs(), _user()
    # Not below pytest's own folder: another user could not reach it there. The path of a socket must be short.
    home = Path(tempfile.mkdtemp(prefix="finews-pg-", dir="/tmp"))
    shutil.chown(home, user["user"], user["group"]) if user else None
    process: subprocess.Popen[bytes] | None = None
    try:
        _initialise(programs, home, user)
        process = _start(programs, home, user)
        with _connected(process, home) as connection:
            yield lambda language="": _new_database(connection, home, language)
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(home)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip("no PostgreSQL here: neither /usr/lib/postgresql/*/bin nor initdb on the PATH")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _user() -> dict[str, Any]:
    """Whom to run as, in the words of `subprocess`; empty for the user of the tests."""
    if os.geteuid() != 0:
        return {}
    try:
        record = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    return {"user": record.pw_uid, "group": record.pw_gid, "extra_groups": []}


def _initialise(programs: Path, home: Path, user: dict[str, Any]) -> None:
    options = ["-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", "-D", home / "data", *options],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        **user,
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed: {made.stderr[-2000:]}")


def _start(programs: Path, home: Path, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    settings = _SETTINGS | {"unix_socket_directories": str(home)}
    arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", home / "data", *arguments],
            cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **user,
        )  # fmt: skip


def _connected(process: subprocess.Popen[bytes], home: Path) -> psycopg.Connection[Any]:
    deadline = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(f"host={home} user=tests dbname=postgres", autocommit=True)
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (home / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL does not start: {log[-2000:]}") from None
            time.sleep(0.05)


def _new_database(connection: psycopg.Connection[Any], home: Path, language: str) -> str:
    name = f"t{uuid.uuid4().hex}"
    assert re.fullmatch(r"\w+ \w*", f"{name} {language}")
    sorted_so = f" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{language}'" if language else ""
    connection.execute(f"CREATE DATABASE {name}{sorted_so}".encode())
    return f"postgresql://tests@/{name}?host={home}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # "fast": does not wait for clients
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
