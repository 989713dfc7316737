"""The table of faults in `tasks/stores/README.md`, made from the tests: `python -m tests.faults.table` writes it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import tests.faults

README = Path(__file__).parents[2] / "tasks/stores/README.md"
_BEGIN, _END = "<!-- faults: written by python -m tests.faults.table -->", "<!-- end of faults -->"


def table() -> str:
    """A row for each test that says what a fault means to readers, to the run, and to the next one."""
    rows = "\n".join(f"| {' | '.join(row)} |" for row in _rows())
    return f"| What is held | A reader sees | The run reports | It heals |\n| --- | --- | --- | --- |\n{rows}\n"


def in_readme(text: str) -> str:
    """The README with the table as it is now."""
    return re.sub(
        f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: f"{_BEGIN}\n{table()}{_END}", text, flags=re.DOTALL
    )


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for found in sorted(pkgutil.iter_modules(tests.faults.__path__), key=lambda module: module.name):
        if not found.name.startswith("test_"):
            continue
        module = importlib.import_module(f"{tests.faults.__name__}.{found.name}")
        for name, test in vars(module).items():
            for mark in getattr(test, "pytestmark", ()) if name.startswith("test_") else ():
                if mark.name == "fault":
                    held = name.removeprefix("test_").replace("_", " ")
                    yield held, mark.kwargs["reader"], mark.kwargs["reports"], mark.kwargs["heals"]


if __name__ == "__main__":
    README.write_text(in_readme(README.read_text(encoding="utf-8")), encoding="utf-8")
