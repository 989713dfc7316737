"""Articles are read from pages that nobody here made as well as they were; `tests/bench/extraction.py` measures all of them.

The floors lie a little below what is reached, and above what any library alone reaches on these pages.
"""

import gzip
import importlib.util
import json
from pathlib import Path
from statistics import fmean
from types import ModuleType

import pytest

from tests.bench import zh_news
from tests.bench.readers import ours

SHARED = Path(__file__).parents[2].parent / "shared"
needs_corpora = pytest.mark.skipif(
    not (SHARED / "corpora/shub.jsonl").exists() or not (SHARED / "bench/scoring.py").exists(),
    reason="the pages of the public benchmarks are not beside this project",
)


@needs_corpora
@pytest.mark.parametrize(("corpus", "floor"), [("shub", 0.965), ("zh_wire", 0.95)])
def test_body_of_every_second_page(corpus: str, floor: float) -> None:
    scoring = _scoring()
    lines = (SHARED / f"corpora/{corpus}.jsonl").read_text(encoding="utf-8").strip().split("\n")
    pairs = []
    for case in map(json.loads, lines[::2]):
        body = gzip.decompress((SHARED / "corpora" / case["html"]).read_bytes())
        text = zh_news.text_of(ours(body, case["url"], case["content_type"]))
        pairs.append(scoring.precision_recall(*scoring.body_overlap(case["expect"]["body"], text)))
    precision, recall = (fmean(pair[side] for pair in pairs) for side in (0, 1))
    assert scoring.f1(precision, recall) >= floor, (precision, recall)


@needs_corpora
def test_title_time_beginning_and_end_of_chinese_news() -> None:
    found = zh_news.score(ours)
    assert found.title >= 0.96
    assert found.day >= 0.98
    assert found.minute >= 0.96
    assert found.begins >= 0.95
    assert found.ends >= 0.94


def _scoring() -> ModuleType:
    """The scorer's own measures."""
    spec = importlib.util.spec_from_file_location("scoring", SHARED / "bench/scoring.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
