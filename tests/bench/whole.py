"""A whole archive at once: `python -m tests.bench.whole 2000 [--search]`: every page; and a ledger made again from the store."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.archives import prepare
from tests.bench.measuring import machine
from tests.bench.run import measure
from tests.bench.servers import orchestra
from tests.bench.upstream import write_site


def rebuilds(folder: Path, archived: int, server: int, *, search: bool) -> dict[str, Any]:
    """Every page into an empty store; then the ledger from the store that came of it."""
    site = write_site(folder, search=search)
    prepare(str(site), archived, on_record=False)
    found: dict[str, Any] = {"archived": archived, "search": search, "rebuild": measure("rebuild", site, server)}
    for left in folder.glob("ledger.db*"):
        left.unlink()
    return found | {"restore": measure("restore", site, server)}


def main() -> None:
    """Measure and print JSON, an archive a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archived", type=int, nargs="*", default=[2_000])
    parser.add_argument("--search", action="store_true")
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as name, orchestra(Path(name, "prefect")) as server:
        for archived in options.archived:
            found = rebuilds(Path(name, str(archived)), archived, server, search=options.search)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
