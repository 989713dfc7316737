"""Bad input, item by item: a clear error or a named outcome, the others are published, and nothing escapes."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import feedparser
import pytest
import yaml
from typer.testing import CliRunner

import flows.run
from flows.cli import app
from tasks.errors import LedgerBusy, LedgerMissing, LedgerTooNew
from tasks.ledger import Ledger
from tasks.model import Result, Stage
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

GOOD = stories(3)
WHOLE = json.dumps({"records": [story.record("rolling") for story in GOOD]}, ensure_ascii=False).encode()
BAD = Story(number="202611200000000077", title="坏消息")


def _numbered(count: int) -> list[Story]:
    """As many bad stories, each with a code of its own."""
    return [replace(BAD, number=f"202611200000000{place}") for place in range(101, count + 101)]


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


def test_lists_that_cannot_be_read(two_lists: SiteFolder, upstream: Upstream) -> None:
    """One after the other, on a site whose other source is published all the same; the next good answer heals each."""
    limits = {"max_bytes": 50_000, "read_timeout": 0.5, "retries": 1}
    two_lists.write(
        upstream.source("rolling"), upstream.source("media"), fetch=limits, verdict={"max_failed_sources": 1.0}
    )
    upstream.serve("media", BAD)
    for place, (case, (answer, reason)) in enumerate(LISTS.items()):
        upstream.answer_list("rolling", answer)
        ended = two_lists.run(
            sources=["rolling"] if place else None
        )  # by itself it would be let alone after some failures
        assert ended.ending == "Failed", case
        assert "source rolling failed" in str(ended.state.message), case
        assert reason in str(ended.state.message), case
        assert f"hebinribao/2026/11/20/{BAD.code}.html" in two_lists.objects()
    upstream.serve("rolling", *GOOD)
    assert two_lists.run(sources=["rolling"]).ending == "Completed"
    assert all(_is_published(two_lists, story) for story in GOOD)


# --- records ----------------------------------------------------------------------------------

# What is wrong with the record, whether its code can be told, and the reason.
RECORDS: Mapping[str, tuple[object, bool, str]] = {
    "no code": ({"infoCode": None}, False, "the record has no code"),
    "empty code": ({"infoCode": " "}, False, "the record has no code"),
    "code is a list": ({"infoCode": ["x"]}, False, "the record has no code"),
    "path in the code": ({"infoCode": "../../x"}, False, "'../../x' is not a code"),
    "absolute path": ({"infoCode": "/etc/x"}, False, "'/etc/x' is not a code"),
    "path in the id": ({"id": "../../x"}, True, "'../../x' does not belong to this code"),
    "another id": ({"id": "202611200000000078"}, True, "does not belong to this code"),
    "no title": ({"title": None}, True, "the title is empty"),
    "blank title": ({"title": " \u3000"}, True, "the title is empty"),
    "title is an object": ({"title": {"a": 1}}, True, "the title is empty"),
    "no time": ({"showtime": None}, True, "the time is empty"),
    "bad time": ({"showtime": "今天 16:25"}, True, "is not of the form YYYY-MM-DD HH:MM:SS"),
    "no such day": ({"showtime": "2026-02-30 10:00:00"}, True, "does not exist"),
    "no such hour": ({"showtime": "2026-02-03 25:00:00"}, True, "does not exist"),
    "not an object": ("a text", False, "the record is str, not an object"),
    "null": (None, False, "the record is NoneType, not an object"),
}


def test_records_that_cannot_be_used(site: SiteFolder, upstream: Upstream) -> None:
    """Each is named with its reason, and the good ones beside them are published."""
    bad = _numbered(len(RECORDS))
    records = [
        story.record("rolling", **wrong) if isinstance(wrong, dict) else wrong
        for story, (wrong, _, _) in zip(bad, RECORDS.values(), strict=True)
    ]
    site.write(upstream.source("rolling"), verdict={"max_problem_share": 1.0})
    upstream.serve("rolling", *records, *GOOD)
    ended = site.run()
    assert ended.ending == "Completed with problems"
    for place, (story, (case, (_, told, reason))) in enumerate(zip(bad, RECORDS.items(), strict=True), start=1):
        line = ended.line(story.code if told else f"rolling#{place}")
        assert (line.result, line.step) == (Result.UNUSABLE, "unusable"), case
        assert reason in line.reason, case
    assert all(_is_published(site, story) for story in GOOD)
    assert len([key for key in site.objects() if key.startswith("_posts/")]) == len(GOOD)
    assert _nothing_escaped(site)


def test_times_at_the_edge_of_the_calendar_end_no_run(site: SiteFolder, upstream: Upstream) -> None:
    times = ("0001-01-01 00:00:00", "9999-12-31 23:59:59", "1969-12-31 23:00:00")
    odd = [replace(story, time=time) for story, time in zip(_numbered(3), times, strict=True)]
    upstream.serve("rolling", *odd, *GOOD)
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


def test_texts_that_cannot_be_used(site: SiteFolder, upstream: Upstream) -> None:
    """Each fails alone, and is published when its text has come."""
    limits = {"max_bytes": 50_000, "read_timeout": 0.5, "retries": 1}
    site.write(upstream.source("rolling"), fetch=limits, verdict={"max_problem_share": 1.0})
    bad = dict(zip(TEXTS, _numbered(len(TEXTS)), strict=True))
    upstream.serve("rolling", *bad.values(), *GOOD)
    for case, story in bad.items():
        upstream.answer_text(story.code, TEXTS[case][0])
    ended = site.run()
    assert ended.ending == "Completed with problems"
    for case, story in bad.items():
        _, stage, reason = TEXTS[case]
        line = ended.line(story.code)
        assert (line.result, line.stage) == (Result.FAILED, stage), case
        assert reason in line.reason, case
        assert reason in site.story_of(story.number), case
        assert not _is_published(site, story), case
    assert all(_is_published(site, story) for story in GOOD)
    assert site.dead_links() == []
    for case, story in bad.items():
        upstream.answer_text(story.code, replace(story, body=f"<p>{case}: {story.number} 的正文来了.</p>").text())
    site.run()
    assert [case for case, story in bad.items() if not _is_published(site, story)] == []


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


def test_texts_nested_without_end_end_no_run(site: SiteFolder, upstream: Upstream) -> None:
    tags = ("div", "b", "span", "p", "table", "blockquote")
    deep = [replace(story, title=f"坏消息{tag}") for story, tag in zip(_numbered(len(tags)), tags, strict=True)]
    upstream.serve("rolling", *deep, *GOOD)
    for tag, story in zip(tags, deep, strict=True):
        upstream.answer_text(story.code, _text(f"<{tag}>" * 5000 + f"{tag}深处的正文" + f"</{tag}>" * 5000))
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


def test_titles_that_break_things(site: SiteFolder, upstream: Upstream) -> None:
    bad = [replace(story, title=title) for story, title in zip(_numbered(len(TITLES)), TITLES, strict=True)]
    body = json.dumps({"records": [story.record("rolling") for story in (*GOOD, *bad)]})
    upstream.serve("rolling", *GOOD)
    upstream.answer_list("rolling", Answer(body=body.encode()))
    for story in bad:
        upstream.answer_text(story.code, replace(story, body=f"<p>{story.number} 的正文。</p>").text())
    ended = site.run()
    assert ended.ending in ("Completed", "Completed with problems")
    assert all(_is_published(site, story) for story in GOOD)
    objects = site.objects()
    for key, content in objects.items():
        if not key.startswith("_posts/"):
            assert b"<script>alert" not in content, key
            assert b"<img src=x" not in content, key
    posts = {story: objects.get(f"_posts/2026-11-20-{story.number}.md") for story in bad}
    assert sum(post is not None for post in posts.values()) >= len(TITLES) - 1  # half of a surrogate pair is no title
    for story, post in posts.items():
        if post is None:
            continue
        opening, front, text = post.decode().split("---\n", 2)
        one_line = " ".join(story.title.replace("\r\n", "\n").split("\n")).replace("\u0000\u0007", "")
        assert opening == ""
        assert yaml.safe_load(front)["title"] == one_line
        assert not [mark for mark in ("<script", "{%", "{{") if mark in text], story.title
    assert not feedparser.parse(objects["feed.xml"]).bozo
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


def test_media_names_that_break_things(two_lists: SiteFolder, upstream: Upstream) -> None:
    bad = {case: replace(one, media=MEDIA[case]) for case, one in zip(MEDIA, _numbered(len(MEDIA)), strict=True)}
    upstream.serve("rolling", *GOOD)
    upstream.serve("media", *(replace(story, body=f"<p>{story.number} 的正文。</p>") for story in bad.values()))
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert all(_is_published(two_lists, story) for story in GOOD)
    objects = two_lists.objects()
    for case, story in bad.items():
        slug = ended.line(story.code).category
        assert slug != "emnews", case
        assert slug.isascii(), case
        assert slug.replace("-", "").isalnum(), case
        assert slug == slug.lower(), case
        assert 0 < len(slug) <= 80, case
        assert f"{slug}/2026/11/20/{story.code}.html" in objects, case
        assert f"category/{slug}.html" in objects, case
    assert b"<b>" not in objects["index.html"]
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


def test_a_ledger_that_another_process_holds(
    site: SiteFolder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.serve("rolling", *GOOD)
    site.run()
    new, *_ = stories(9)
    upstream.serve("rolling", new, *GOOD)
    before = site.prints()
    monkeypatch.setattr(flows.run, "Ledger", partial(Ledger, busy=1))  # a run would wait for fifteen seconds
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


@pytest.mark.parametrize(
    "words", [("status",), ("log", "NW202611200000000001"), ("quarantine",)], ids=lambda words: words[0]
)
def test_who_only_looks_makes_no_ledger(words: tuple[str, ...], site: SiteFolder) -> None:
    ended = CliRunner().invoke(app, [*words, "--site", str(site.file)])
    assert isinstance(ended.exception, LedgerMissing)
    assert f"{site.ledger_file}: there is none; expected the one that a first run has made" in str(ended.exception)
    assert not site.ledger_file.exists()
