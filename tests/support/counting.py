"""What is asked of databases and stores meanwhile, counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(slots=True)
class Work:
    """What was asked of the database. `steps`: hundreds of instructions of SQLite's virtual machine."""

    statements: int = 0
    steps: int = 0


@contextmanager
def counted() -> Iterator[Work]:
    """Count what happens in every database meanwhile."""
    work = Work()

    def statement(*_: object) -> None:
        work.statements += 1

    def step() -> int:
        work.steps += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 100)

    def let_go(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    hooks: list[tuple[Any, str, Callable[..., None]]] = [
        (sa.Engine, "before_cursor_execute", statement),
        (sa.Pool, "checkout", watch),
        (sa.Pool, "checkin", let_go),
    ]
    for target, name, hook in hooks:
        sa.event.listen(target, name, hook)
    try:
        yield work
    finally:
        for target, name, hook in hooks:
            sa.event.remove(target, name, hook)
