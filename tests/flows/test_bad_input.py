"""Bad input, item by item: a clear error or a named outcome, the others are published, and nothing escapes."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import feedparser
import pytest
import yaml

from tasks.errors import LedgerBusy, LedgerTooNew
from tasks.model import Result, Stage
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

GOOD = stories(3)
WHOLE = json.dumps({"records": [story.record("rolling") for story in GOOD]}, ensure_ascii=False).encode()
BAD = Story(number="202611200000000077", title="坏消息")


def _is_published(site: SiteFolder, story: Story) -> bool:
    page = site.objects().get(f"emnews/2026/11/20/{story.number}.html", b"")
    return story.title.encode() in page


def _nothing_escaped(site: SiteFolder) -> bool:
    ours = {"site.toml", "ledger.db", "ledger.db-wal", "ledger.db-shm", "public", "captures"}
    return {path.name for path in site.folder.iterdir()} <= ours


# --- lists ------------------------------------------------------------------------------------

LISTS: Mapping[str, tuple[Answer, str]] = {
    "not JSON": (Answer(body=b"records: none"), "cut off or not JSON"),
    "HTML": (Answer(body="<html><body>维护中</body></html>".encode(), content_type="text/html"), "the answer is HTML"),
    "empty body": (Answer(), "the answer is empty"),
    "blank body": (Answer(body=b" \n "), "the answer is empty"),
    "empty list": (Answer.json({"records": []}), "the list is empty"),
    "other keys": (Answer.json({"code": 0, "data": None}), "no list in the answer"),
    "not an object": (Answer.json([1, 2]), "expected a JSON object, got list"),
    "null": (Answer.json(None), "expected a JSON object, got NoneType"),
    "cut off": (Answer(body=WHOLE[:-20]), "cut off or not JSON"),
    "connection lost": (Answer(body=WHOLE, missing_bytes=100), "before the answer was complete"),
    "huge": (Answer(body=WHOLE + b" " * 60_000), "larger than 50000 bytes"),
    "404": (Answer(status=404), "status 404"),
    "500": (Answer(status=500), "status 500"),
    "no answer": (Answer(silent=True), "no answer in time"),
    "deep": (Answer(body=b'{"records": ' + b"[" * 20_000), "cut off or not JSON"),
    "only unusable records": (Answer.json({"records": [{}, 7]}), "nothing usable: 2 records"),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_that_cannot_be_read(case: str, two_lists: SiteFolder, upstream: Upstream) -> None:
    answer, reason = LISTS[case]
    limits = {"max_bytes": 50_000, "read_timeout": 0.5, "retries": 1}
    two_lists.write(upstream.source("rolling"), upstream.source("media"), fetch=limits)
    upstream.serve("media", BAD)
    upstream.answer_list("rolling", answer)
    ended = two_lists.run()
    assert ended.ending == "Failed"
    assert "source rolling failed" in str(ended.state.message)
    assert reason in str(ended.state.message)
    # The other source is published all the same, and the next good answer heals this one.
    assert f"hebinribao/2026/11/20/{BAD.code}.html" in two_lists.objects()
    upstream.serve("rolling", *GOOD)
    assert two_lists.run().ending == "Completed"
    assert all(_is_published(two_lists, story) for story in GOOD)


# --- records ----------------------------------------------------------------------------------

RECORDS: Mapping[str, tuple[object, str, str]] = {
    "no code": (BAD.record("rolling", infoCode=None), "rolling#1", "the record has no code"),
    "empty code": (BAD.record("rolling", infoCode=" "), "rolling#1", "the record has no code"),
    "code is a list": (BAD.record("rolling", infoCode=["x"]), "rolling#1", "the record has no code"),
    "path in the code": (BAD.record("rolling", infoCode="../../x"), "rolling#1", "'../../x' is not a code"),
    "absolute path": (BAD.record("rolling", infoCode="/etc/x"), "rolling#1", "'/etc/x' is not a code"),
    "path in the id": (BAD.record("rolling", id="../../x"), BAD.code, "'../../x' does not belong to this code"),
    "another id": (BAD.record("rolling", id="202611200000000078"), BAD.code, "does not belong to this code"),
    "no title": (BAD.record("rolling", title=None), BAD.code, "the title is empty"),
    "blank title": (BAD.record("rolling", title=" \u3000"), BAD.code, "the title is empty"),
    "title is an object": (BAD.record("rolling", title={"a": 1}), BAD.code, "the title is empty"),
    "no time": (BAD.record("rolling", showtime=None), BAD.code, "the time is empty"),
    "bad time": (BAD.record("rolling", showtime="今天 16:25"), BAD.code, "is not of the form YYYY-MM-DD HH:MM:SS"),
    "no such day": (BAD.record("rolling", showtime="2026-02-30 10:00:00"), BAD.code, "does not exist"),
    "no such hour": (BAD.record("rolling", showtime="2026-02-03 25:00:00"), BAD.code, "does not exist"),
    "not an object": ("a text", "rolling#1", "the record is str, not an object"),
    "null": (None, "rolling#1", "the record is NoneType, not an object"),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_cannot_be_used(case: str, site: SiteFolder, upstream: Upstream) -> None:
    record, subject, reason = RECORDS[case]
    upstream.serve("rolling", record, *GOOD)
    ended = site.run()
    assert ended.ending == "Completed with problems"
    line = ended.line(subject)
    assert (line.result, line.step) == (Result.UNUSABLE, "unusable")
    assert reason in line.reason
    assert reason in str(ended.state.message)
    assert all(_is_published(site, story) for story in GOOD)
    assert len([key for key in site.objects() if key.startswith("_posts/")]) == len(GOOD)
    assert _nothing_escaped(site)


@pytest.mark.parametrize("time", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", "1969-12-31 23:00:00"])
def test_a_time_at_the_edge_of_the_calendar_ends_no_run(time: str, site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", BAD.record("rolling", showtime=time), *GOOD)
    upstream.answer_text(BAD.code, BAD.text())
    ended = site.run()
    assert ended.ending in ("Completed", "Completed with problems")
    assert all(_is_published(site, story) for story in GOOD)
    assert site.dead_links() == []


def test_a_story_that_a_list_names_twice_is_read_once(site: SiteFolder, upstream: Upstream) -> None:
    first, *others = GOOD
    upstream.serve("rolling", first, *others, first.record("rolling", title="第二个标题"))
    ended = site.run()
    assert ended.ending == "Completed"
    assert upstream.texts_asked.count(first.code) == 1
    assert _is_published(site, first)
    before = site.prints()
    site.run()
    assert site.prints() == before


# --- texts ------------------------------------------------------------------------------------


def _text(html: str) -> Answer:
    return Answer.json({"content": html, "text": html})


TEXTS: Mapping[str, tuple[Answer, Stage, str]] = {
    "404": (Answer(status=404), Stage.FETCH, "status 404"),
    "500": (Answer(status=500), Stage.FETCH, "status 500"),
    "no answer": (Answer(silent=True), Stage.FETCH, "no answer in time"),
    "connection lost": (Answer(body=b"{", missing_bytes=100), Stage.FETCH, "before the answer was complete"),
    "huge": (Answer(body=b"x" * 60_000), Stage.FETCH, "larger than 50000 bytes"),
    "empty body": (Answer(), Stage.PARSE, "the answer is empty"),
    "empty text": (_text(""), Stage.PARSE, "no text"),
    "blank text": (_text("<p>\u3000 </p><p><br /></p>"), Stage.PARSE, "is empty"),
    "only hidden": (_text('<p style="display:none">藏起来的</p>'), Stage.PARSE, "is empty"),
    "only a script": (_text("<script>alert(1)</script>"), Stage.PARSE, "is empty"),
    "no such key": (Answer.json({"data": "x"}), Stage.PARSE, "no text: expected 'content'"),
    "null": (Answer.json({"content": None, "text": None}), Stage.PARSE, "no text"),
    "not JSON": (Answer(body="<html>出错了</html>".encode()), Stage.PARSE, "the answer is HTML"),
    "cut off": (Answer(body=BAD.text().body[:16]), Stage.PARSE, "cut off or not JSON"),
    "no encoding": (Answer(body=b"\x81\x00\x02\xff\xfe\x8d" * 90), Stage.PARSE, "the characters cannot be read"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_that_cannot_be_used(case: str, site: SiteFolder, upstream: Upstream) -> None:
    answer, stage, reason = TEXTS[case]
    site.write(upstream.source("rolling"), fetch={"max_bytes": 50_000, "read_timeout": 0.5, "retries": 1})
    upstream.serve("rolling", BAD, *GOOD)
    upstream.answer_text(BAD.code, answer)
    ended = site.run()
    assert ended.ending == "Completed with problems"
    line = ended.line(BAD.code)
    assert (line.result, line.stage) == (Result.FAILED, stage)
    assert reason in line.reason
    assert reason in site.story_of(BAD.number)
    assert all(_is_published(site, story) for story in GOOD)
    assert not _is_published(site, BAD)
    assert site.dead_links() == []
    upstream.answer_text(BAD.code, BAD.text())
    assert site.run().ending == "Completed"
    assert _is_published(site, BAD)


@pytest.mark.parametrize(
    ("charset", "label"), [("gb18030", "utf-8"), ("gbk", "gb2312"), ("utf-8", "gbk"), ("utf-8", "no-such-charset")]
)
def test_a_text_in_another_encoding_than_it_says(
    charset: str, label: str, site: SiteFolder, upstream: Upstream
) -> None:
    body = Answer.json({"content": BAD.body, "text": BAD.body}, charset=charset).body
    upstream.serve("rolling", BAD, *GOOD)
    upstream.answer_text(BAD.code, Answer(body=body, content_type=f"application/json;charset={label}"))
    assert site.run().ending == "Completed"
    assert "河滨港去年吞吐量增长两成" in site.objects()[f"emnews/2026/11/20/{BAD.number}.html"].decode()


@pytest.mark.parametrize("tag", ["div", "b", "span", "p", "table", "blockquote"])
def test_a_text_nested_without_end_ends_no_run(tag: str, site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", BAD, *GOOD)
    upstream.answer_text(BAD.code, _text(f"<{tag}>" * 5000 + "深处的正文" + f"</{tag}>" * 5000))
    ended = site.run()
    assert ended.ending in ("Completed", "Completed with problems")
    assert all(_is_published(site, story) for story in GOOD)
    assert site.dead_links() == []


# --- titles and media names -------------------------------------------------------------------

TITLES = (
    'he said "yes"',
    "back\\slash \\d \\",
    "{{ site.title }} {{",
    "{% raw %} {% include x %}",
    "---",
    "first\nsecond\r\nthird",
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "a: b #c [d] 'e' & f",
    "\u0000\u0007bell",
    "\ud800",
    "题" * 3000,
)


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_titles_that_break_things(title: str, site: SiteFolder, upstream: Upstream) -> None:
    body = json.dumps({"records": [s.record("rolling") for s in (*GOOD, Story(number=BAD.number, title=title))]})
    upstream.serve("rolling", *GOOD)
    upstream.answer_list("rolling", Answer(body=body.encode()))
    upstream.answer_text(BAD.code, BAD.text())
    ended = site.run()
    assert ended.ending in ("Completed", "Completed with problems")
    assert all(_is_published(site, story) for story in GOOD)
    pages = {key: body for key, body in site.objects().items() if not key.startswith("_posts/")}
    for key, content in pages.items():
        assert b"<script>alert" not in content, key
        assert b"<img src=x" not in content, key
    if post := site.objects().get(f"_posts/2026-11-20-{BAD.number}.md"):
        opening, front, text = post.decode().split("---\n", 2)
        assert opening == ""
        assert yaml.safe_load(front)["title"] == " ".join(title.replace("\r\n", "\n").split("\n")).replace(
            "\u0000\u0007", ""
        )
        assert "<script" not in text
        assert "{%" not in text
        assert "{{" not in text
    assert not feedparser.parse(site.objects()["feed.xml"]).bozo
    assert site.dead_links() == []


MEDIA = {
    "slash": "新浪财经/综合",
    "dots": "..",
    "path": "../../x",
    "300 characters": "长" * 300,
    "300 letters": "x" * 300,
    "blanks": "21世纪经济报道 21财经APP",
    "brackets": "安信国际证券（香港）",
    "upper case": "TechWeb",
    "only signs": "！？·",
    "reserved": "category",
    "as the fixed one": "emnews",
    "markup": "<b>报</b>",
    "liquid": "{{ x }}",
    "yaml": "on",
    "number": "360",
    "newline": "上\n下",
}


@pytest.mark.parametrize("case", MEDIA)
def test_media_names_that_break_things(case: str, two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *GOOD)
    upstream.serve("media", Story(number=BAD.number, media=MEDIA[case]))
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert all(_is_published(two_lists, story) for story in GOOD)
    slug = ended.line(BAD.code).category
    assert slug != "emnews"
    assert slug.isascii()
    assert slug.replace("-", "").isalnum()
    assert slug == slug.lower()
    assert 0 < len(slug) <= 80
    assert f"{slug}/2026/11/20/{BAD.code}.html" in two_lists.objects()
    assert f"category/{slug}.html" in two_lists.objects()
    assert b"<b>" not in two_lists.objects()["index.html"]
    assert two_lists.dead_links() == []
    assert _nothing_escaped(two_lists)


def test_names_that_look_alike_get_shelves_of_their_own(two_lists: SiteFolder, upstream: Upstream) -> None:
    names = ["TechWeb", "Techweb", "techweb", "TECH WEB"]
    upstream.serve("rolling", *GOOD)
    upstream.serve("media", *(Story(number=f"20261120000000008{i}", media=name) for i, name in enumerate(names)))
    ended = two_lists.run()
    assert ended.ending == "Completed"
    slugs = {ended.line(f"NW20261120000000008{i}").category for i in range(len(names))}
    assert len(slugs) == len(names)


# --- store and ledger -------------------------------------------------------------------------


def test_a_file_where_the_store_should_be(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *GOOD)
    site.public.write_text("in the way")
    ended = site.run()
    assert ended.ending == "Failed"
    assert str(site.public) in str(ended.state.message)
    assert "move the file away" in str(ended.state.message)
    site.public.unlink()
    upstream.forget()
    assert site.run().ending == "Completed"
    assert upstream.texts_asked == []  # they were read before, and kept
    assert all(_is_published(site, story) for story in GOOD)


def test_a_ledger_from_a_newer_version(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *GOOD)
    site.run()
    with closing(sqlite3.connect(site.ledger_file)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    before = site.prints()
    ended = site.run()
    assert ended.state.is_failed()
    assert isinstance(ended.result, LedgerTooNew)
    assert "update finews" in str(ended.result)
    assert site.prints() == before


@pytest.mark.slow  # the ledger waits for the other process before it gives up
def test_a_ledger_that_another_process_holds(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *GOOD)
    site.run()
    new, *_ = stories(9)
    upstream.serve("rolling", new, *GOOD)
    before = site.prints()
    with closing(sqlite3.connect(site.ledger_file, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        ended = site.run()
    assert ended.state.is_failed()
    assert isinstance(ended.result, LedgerBusy)
    assert "held by another process" in str(ended.result)
    assert site.prints() == before
    assert site.run().ending == "Completed"
    assert _is_published(site, new)


def test_a_ledger_that_is_no_database(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *GOOD)
    site.ledger_file.write_text("not a database " * 100)
    ended: Any = site.run()
    assert ended.state.is_failed()
    assert str(site.ledger_file) in str(ended.result)
    assert "not a database" in str(ended.result)
    assert not site.public.exists()
