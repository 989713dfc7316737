"""The json kind: lists of any shape, by expressions."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.config import SourceSpec
from tasks.errors import ConfigError, ParseError
from tasks.model import Listing
from tasks.sources.json import SOURCE
from tests.support.answers import LIST_URL, answer, source

FIELDS = 'items = "data.list"\nlink = "url"\nid = "id"\ntitle = "title"\ntime = "ctime"\nmedia = "from.name"\nsummary = "intro"'
SPEC = source("json", f"[sources.list]\n{FIELDS}")
ITEM = {
    "id": 7,
    "url": "/a/1.html",
    "title": "题 <em>一</em>",
    "ctime": 1772571967,
    "from": {"name": "山城晚报"},
    "intro": "摘要",
}
AT = datetime(2026, 3, 3, 21, 6, 7, tzinfo=UTC)


def body(*items: object, **outer: object) -> str:
    """An answer with these items."""
    return json.dumps({"code": 0, "data": {"list": list(items)}, **outer})


def read(text: str, spec: SourceSpec = SPEC, *, url: str = LIST_URL) -> Listing:
    """What a list says."""
    return SOURCE.read(spec, answer(text, url=url))


def test_a_record() -> None:
    [entry] = read(body(ITEM)).entries
    assert (entry.link, entry.title, entry.media) == ("https://news.example/a/1.html", "题 一", "山城晚报")
    assert (entry.published_at, entry.dated, entry.digest) == (AT, True, "摘要")
    assert entry.aliases == ("https://news.example/a/1.html", "id https://news.example/list#7")
    assert SOURCE.ask_text(SPEC, entry).url == entry.link  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "ctime", [1772571967, 1772571967000, "1772571967", 1772571967.0, "2026-03-04 05:06:07", "2026-03-03T21:06:07Z"]
)
def test_times_in_every_writing(ctime: object) -> None:
    [entry] = read(body(ITEM | {"ctime": ctime})).entries
    assert entry.published_at == AT


@pytest.mark.parametrize("ctime", [None, True, [], {}, "soon", 1e300, -5, 5])
def test_a_time_that_is_none_leaves_the_record_undated(ctime: object) -> None:
    [entry] = read(body(ITEM | {"ctime": ctime})).entries
    assert not entry.dated


def test_shapes_that_only_expressions_reach() -> None:
    table = (
        "[sources.list]\nitems = '''values(articles)[?kind == 'news']'''\ntitle = 'names | [0]'\n"
        "link = '''join('', ['https://h/a/', to_string(id), '.html'])'''\n"
    )
    answer = {"articles": {"x": {"kind": "news", "id": 5, "names": ["题"]}, "y": {"kind": "advert"}}}
    [entry] = read(json.dumps(answer), source("json", table)).entries
    assert (entry.link, entry.title) == ("https://h/a/5.html", "题")


def test_jsonp_and_a_bare_list() -> None:
    spec = source("json", '[sources.list]\nitems = "@"\nlink = "url"\ntitle = "title"')
    assert len(read(json.dumps([ITEM]), spec).entries) == 1
    for around in ("/**/ cb_1({});", "a.b$ ( {} ) ;", "var list = {};", "list={}\n;\n", "let x = {}"):
        assert len(read(around.replace("{}", body(ITEM))).entries) == 1


def test_a_list_that_carries_the_texts() -> None:
    spec = source("json", f'[sources.list]\n{FIELDS}\ncontent = "html"')
    bare = {key: value for key, value in ITEM.items() if key != "url"}
    listing = read(
        body(
            ITEM | {"html": "<p>文</p>"}, bare | {"html": "<p>文</p>"}, ITEM | {"html": "<p>文</p>", "title": ""}, bare
        ),
        spec,
    )
    first, second = listing.entries
    assert (SOURCE.ask_text(spec, first), SOURCE.extract(spec, first, None).html) == (None, "<p>文</p>")
    assert (second.link, first.key == second.key) == ("", False)
    assert [item.reason for item in listing.unusable] == [
        "the record has no title",
        "the record has no address of a page: ''",
    ]


@pytest.mark.parametrize(
    "item", [5, None, "x", [], {}, {"url": {"x": 1}}, {"url": "mailto:a@b.c"}, {"title": {"x": 1}}]
)
def test_awkward_records_are_unusable_and_the_others_go_on(item: Any) -> None:
    listing = read(body(item, ITEM))
    assert (len(listing.entries), len(listing.unusable)) == (1, 1)


def test_an_expression_that_does_not_fit_a_record_is_its_reason() -> None:
    spec = source("json", '[sources.list]\nitems = "data.list"\nlink = "url"\ntitle = "join(\', \', title)"')
    assert "does not fit" in read(body(ITEM), spec).unusable[0].reason


def test_the_next_page_by_an_expression_or_a_pattern() -> None:
    by_expression = source("json", f'[sources.list]\n{FIELDS}\nnext = "next"')
    assert [request.url for request in read(body(ITEM, next="?page=2"), by_expression).more] == [f"{LIST_URL}?page=2"]
    nothing: Any
    for nothing in (None, "", LIST_URL, {"x": 1}, "javascript:next()"):
        assert read(body(ITEM, next=nothing), by_expression).more == ()
    pattern = source("json", f'pages_url = "{LIST_URL}?page={{page}}"\n[sources.list]\n{FIELDS}')
    assert [request.url for request in read(body(ITEM), pattern, url=f"{LIST_URL}?page=2").more] == [
        f"{LIST_URL}?page=3"
    ]
    assert read(body(), pattern).more == ()
    assert read(body(), pattern) == Listing(source="one", entries=())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the answer is empty"),
        ("<html>busy</html>", "the answer is HTML"),
        ('{"data": ', "cut off or not JSON"),
        ('{"data": {"list": {}}}', "items = 'data.list' gives dict"),
        ('{"code": 500}', "items = 'data.list' gives NoneType"),
        ("[" * 500 + "]" * 500, "nested 500 deep"),
        ('{"a":' * 50_000, "nested 50000 deep"),
        ("a=" + " " * 100_000 + "x", "cut off or not JSON"),
        ("var " + " " * 100_000 + "=", "cut off or not JSON"),
        ("a(" + ")" * 100_000 + "x", "cut off or not JSON"),
        ('{"' + '\\"' * 100_000, "cut off or not JSON"),
    ],
)
def test_what_is_no_list_is_refused(text: str, reason: str) -> None:
    begun = time.process_time()
    with pytest.raises(ParseError) as refusal:
        read(text)
    assert time.process_time() - begun < 5
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "'list' is missing"),
        ('[sources.list]\ntitle = "a"', "'items' is missing"),
        ('[sources.list]\nitems = "a["', "expected a JMESPath expression"),
        ('[sources.list]\nitems = "a"\nlinc = "b"', "unknown key 'linc', did you mean 'link'"),
    ],
)
def test_mistakes_in_the_site_file_are_named(table: str, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        source("json", table)
    assert message in str(refusal.value)
