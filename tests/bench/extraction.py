"""How well articles are read from pages, ours beside other libraries, on the corpora beside the project, if they are there.

`python -m tests.bench.extraction` prints the tables of `tasks/articles/README.md`; `--only NAME` measures rows with that
word in their name. The libraries are installed at the versions of `peers.lock` into `.peers/`, an environment of their own
(`readers.py` says how the lock is made); those that cannot be installed are left out by name. The scorer's own command
takes our reader, too: `python ../shared/bench/extraction.py --callable tests.bench.readers:ours --corpus shub --worst 10`.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from subprocess import run
from typing import Any

from tests.bench.readers import PEERS

ROOT = Path(__file__).resolve().parents[2]
SCORER = ROOT.parent / "shared/bench/extraction.py"
LOCK = Path(__file__).with_name("peers.lock")
CORPORA = {
    "shub": "scrapinghub's benchmark",
    "zh_wire": "Chinese portals as sent",
    "magichtml": "magic-html",
    "fundus": "fundus",
}
FIELDS = ("title_exact", "title_close", "date_day", "authors")
OURS = "extract_page"


def environment() -> Path | None:
    """The Python of the libraries, installed when the lock has changed; None without them."""
    home = ROOT / ".peers"
    python, stamp = home / "bin/python", home / "lock"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return python
    uv = Path(sys.executable).with_name("uv")
    for command in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
        ["pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(LOCK)],
    ):
        if run([str(uv), *command], check=False).returncode:
            return python if python.exists() else None
    stamp.write_bytes(LOCK.read_bytes())
    return python


def measure(python: Path, reader: str) -> dict[str, dict[str, Any]]:
    """The figures of one function of `readers`, by corpus, and those of `zh_news`."""
    spec = f"tests.bench.readers:{reader}"
    corpora = [word for name in CORPORA for word in ("--corpus", name)]
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as figures:
        command = [str(python), str(SCORER), "--callable", spec, "--json", figures.name, *corpora]
        run(command, cwd=ROOT, check=True, capture_output=True, env=quiet)
        found = {row["corpus"]: row for row in map(json.loads, Path(figures.name).read_text("utf-8").splitlines())}
    command = [str(python), "-m", "tests.bench.zh_news", reader]
    shares = run(command, cwd=ROOT, check=True, capture_output=True, env=quiet, text=True).stdout
    return found | {"zh_news": json.loads(shares)}


def report(rows: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Tables of body F1 (precision, recall), of other fields, and of Chinese news; and where ours stands in each."""
    body = [[name, *(_overlap(by[corpus]) for corpus in CORPORA)] for name, by in rows.items()]
    heads = [f"{title} ({next(iter(rows.values()))[name]['pages']} pages)" for name, title in CORPORA.items()]
    yield from _table(["body", *heads], body)
    yield from ("", *_fields("fundus", FIELDS, rows))
    yield from ("", *_fields("zh_news", tuple(next(iter(rows.values()))["zh_news"]), rows))
    yield ""
    columns = [(name, "body_f1") for name in CORPORA]
    columns += [("fundus", field) for field in FIELDS]
    columns += [("zh_news", field) for field in next(iter(rows.values()))["zh_news"]]
    for corpus, field in columns if OURS in rows else []:
        yield _rank(corpus, field, {name: by[corpus][field] for name, by in rows.items()})


def _fields(corpus: str, fields: Iterable[str], rows: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    cells = [[name, *(_figure(by[corpus][field]) for field in fields)] for name, by in rows.items()]
    return list(_table([corpus, *fields], cells))


def _rank(corpus: str, field: str, values: Mapping[str, float]) -> str:
    """Whether ours is at least as good as the best single library, to three digits."""
    others = {name: round(value, 3) for name, value in values.items() if name != OURS}
    ours, best = round(values[OURS], 3), max(others, key=others.__getitem__, default="")
    if not best:
        return f"{corpus} {field}: {ours:.3f}, nothing beside it"
    verdict = "at least as good as" if ours >= others[best] else "WORSE than"
    return f"{corpus} {field}: {ours:.3f}, {verdict} the best library ({best} {others[best]:.3f})"


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


def _overlap(found: Mapping[str, Any]) -> str:
    f1, precision, recall = (_figure(found[f"body_{name}"]) for name in ("f1", "precision", "recall"))
    return f"{f1} ({precision} {recall})"


def _figure(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value else "-"  # most libraries do not look for every field


def main() -> int:
    """Measure and print; 0 also when there is nothing to measure with, 1 when a library is better than ours."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="NAME")
    only = parser.parse_args().only.lower()
    if not SCORER.exists():
        print(f"no scorer at {SCORER}")
        return 0
    python = environment()
    left_out = list(PEERS)
    if python is not None:
        asked = run([str(python), "-m", "tests.bench.readers"], cwd=ROOT, check=True, capture_output=True, text=True)
        left_out = asked.stdout.split("\n")[:-1]
    readers = {OURS: (Path(sys.executable), "ours")}
    if python is not None:
        readers |= {name: (python, reader.__name__) for name, (_, reader) in PEERS.items() if name not in left_out}
    rows = {}
    for name, how in readers.items():
        if only in name.lower():
            print(f"measuring {name}", file=sys.stderr)
            rows[name] = measure(*how)
    lines = list(report(rows)) if rows else [f"no reader's name has {only!r} in it"]
    print("\n".join(lines))
    if left_out:
        print(f"left out, not installed: {', '.join(left_out)}")
    return int(any("WORSE" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
