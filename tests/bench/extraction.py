"""How well articles are read from pages, measured by the scorer that lies beside the corpora, if they are there.

`python -m tests.bench.extraction` scores our reader; `extract` is the function that the scorer's own command takes:
`python ../shared/bench/extraction.py --callable tests.bench.extraction:extract --corpus shub`.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from zoneinfo import ZoneInfo

from tasks.articles.extract import extract_page

ROOT = Path(__file__).resolve().parents[2]
SCORER = ROOT.parent / "shared/bench/extraction.py"
CORPORA = ("shub", "zh_wire", "magichtml", "fundus")


def extract(body: bytes, url: str, content_type: str | None) -> dict[str, object]:
    """The article in the form that the scorer reads."""
    text = extract_page(
        body,
        url=url,
        content_type=content_type or "",
        layouts=(),
        zone=ZoneInfo("Asia/Shanghai"),
        now=datetime.now(tz=UTC),
    )
    return {"html": text.html, "title": text.title, "date": text.published_at, "authors": text.author}


def main() -> int:
    """Run the scorer over all corpora; 0 also when there is nothing to measure with."""
    if not SCORER.exists():
        print(f"no scorer at {SCORER}")
        return 0
    corpora = [word for name in CORPORA for word in ("--corpus", name)]
    command = [sys.executable, str(SCORER), "--callable", "tests.bench.extraction:extract", *corpora, *sys.argv[1:]]
    return run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
