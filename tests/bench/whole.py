"""A whole archive at once: `python -m tests.bench.whole 2000 [--processes 1 2 4] [--search]`.

Every page, by so many processes; and a ledger made again from the store.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.archives import prepare
from tests.bench.measuring import machine
from tests.bench.run import measure
from tests.bench.servers import orchestra
from tests.bench.upstream import write_site


def rebuilds(folder: Path, archived: int, server: int, processes: Sequence[int], *, search: bool) -> dict[str, Any]:
    """Every page into an empty store, by so many processes; then the ledger from the store, by as many as there are cores."""
    kept = folder / "kept.db"
    prepare(str(write_site(folder, search=search)), archived, on_record=False)
    shutil.copy(folder / "ledger.db", kept)
    found: dict[str, Any] = {"archived": archived, "search": search}
    for count in processes:
        shutil.rmtree(folder / "public", ignore_errors=True)
        for left in folder.glob("ledger.db*"):
            left.unlink()
        shutil.copy(kept, folder / "ledger.db")
        site = write_site(folder, search=search, workflow={"processes": count, "processes_above": 1_000})
        found[f"rebuild by {count}"] = measure("rebuild", site, server)
    for left in folder.glob("ledger.db*"):
        left.unlink()
    found["restore"] = measure("restore", write_site(folder, search=search), server)
    return found


def main() -> None:
    """Measure and print JSON, an archive a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archived", type=int, nargs="*", default=[2_000])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--search", action="store_true")
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as name, orchestra(Path(name, "prefect")) as server:
        for archived in options.archived:
            found = rebuilds(Path(name, str(archived)), archived, server, options.processes, search=options.search)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
