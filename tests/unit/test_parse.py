"""What the log of an article says about how its text was read."""

import json
from pathlib import Path

import pytest

from tasks.config import SourceSpec
from tasks.model import Capture, Stage
from tasks.parse import parse
from tests.support.answers import answer, source
from tests.support.ledgers import DAILY, KEY, entry, offer, opened

TEXT = "河滨港今年的吞吐量增长了两成，码头的工人说，这是十年来最好的一年。" * 20
PAGE = f"<html><head><meta charset=utf-8></head><body><h1>题目</h1><div class=a><p>{TEXT}</p></div></body></html>"
SERVICES = 'article_url = "https://news.example/{code}"\nshare_url = "https://news.example/s/{code}"'
KINDS = {
    "a page": (source("feed"), PAGE),
    "a page by selectors": (source("feed", '[sources.page]\nbody = ".a"'), PAGE),
    "a page of eastmoney": (source("eastmoney"), PAGE.replace("class=a", "class=txtinfos id=ContentBody")),
    "a service": (source("choice", SERVICES), json.dumps({"text": f"<p>{TEXT}</p>"}, ensure_ascii=False)),
}
kinds = pytest.mark.parametrize(("spec", "body"), KINDS.values(), ids=KINDS.keys())


def line(folder: Path, spec: SourceSpec, body: bytes) -> str:
    """The line of parse in the log of an article with this answer."""
    one = entry(source=spec.name)
    capture = Capture(entry=one, response=answer(body, url=f"https://news.example/a,{KEY}.html"))
    with opened(f"sqlite:///{folder}/ledger.db") as ledger:
        parse.fn(offer(one), capture, spec, DAILY, "Asia/Shanghai", ledger.journal)
        ledger.journal.flush()
        [note] = ledger.journal.of(KEY)
    assert note.stage == Stage.PARSE
    return note.text


@kinds
def test_the_share_of_unreadable_characters_is_told(tmp_path: Path, spec: SourceSpec, body: str) -> None:
    broken = body.encode().replace("码头".encode(), b"\xff", 1)
    # One of some seven hundred that a reader sees.
    assert line(tmp_path, spec, broken).endswith(", 0.15 % of the answer's characters could not be read")


@kinds
def test_nothing_is_told_when_all_could_be_read(tmp_path: Path, spec: SourceSpec, body: str) -> None:
    assert line(tmp_path, spec, body.encode()).endswith(" pictures")


def test_the_layout_that_was_used_is_told(tmp_path: Path) -> None:
    tables = '[[sources.page]]\nevidence = "#new"\nbody = "#new"\n[[sources.page]]\nevidence = "div.a"\nbody = "div.a"'
    assert " characters read as selectors, layout 2 by 'div.a', " in line(
        tmp_path, source("feed", tables), PAGE.encode()
    )
