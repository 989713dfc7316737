"""What an hourly run costs on archives of different size: `python -m tests.bench.hourly 1000 100000 [--new 300]`.

Each archive is made in the ledger (`archives.py`), gets one run that is not counted, then the one that is, then one with nothing
new. Everything is orchestrated, by a real Prefect server, whose CPU counts.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from flows.localhost import free_port, sample_upstream
from tests.bench.archives import prepare
from tests.bench.measuring import machine
from tests.bench.run import measure
from tests.bench.servers import orchestra
from tests.bench.upstream import write_site, write_stories


def hours(folder: Path, archived: int, new: int, rounds: int, server: int) -> list[dict[str, Any]]:
    """The cost of each counted run, and as the last one that of a run with nothing new."""
    listen = f"127.0.0.1:{free_port('127.0.0.1')}"
    site = write_site(folder, upstream=listen, articles=new)
    prepare(str(site), archived, on_record=True)
    costs: list[dict[str, Any]] = []
    for number in range(rounds + 1):
        content = folder / f"content{number}"
        write_stories(content, archived + number * new, new)
        with sample_upstream(listen, content=content):
            costs.append(measure("flow", site, server))
            if number == rounds:
                costs.append(measure("flow", site, server))
    return costs[1:]


def main() -> None:
    """Measure and print JSON, an archive a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archived", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--new", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as name, orchestra(Path(name, "prefect")) as server:
        empty = measure("empty", Path("-"), server)
        print(json.dumps({"empty flow": empty}), flush=True)
        for archived in options.archived:
            folder = Path(name, str(archived))
            *runs, nothing = hours(folder, archived, options.new, options.rounds, server)
            print(json.dumps({"archived": archived, "runs": runs, "nothing new": nothing}), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
