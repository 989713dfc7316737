"""The choice kind: three shapes of list, what is unusable in them, and the text of an article."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tasks.config import SourceSpec
from tasks.errors import ParseError
from tasks.model import Entry, Listing, Response, Unusable
from tasks.sources.choice import SOURCE, ChoiceOptions

NUMBER = "202603040000000001"
CODE = f"NW{NUMBER}"
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
OPTIONS = ChoiceOptions(
    list_url="http://127.0.0.1:1/list?type=1",
    article_url="http://127.0.0.1:1/text?id={code}",
    share_url="http://127.0.0.1:1/share/{code}.html",
)
MEDIA = SourceSpec(name="media", kind="choice", category=None, tag=None, timezone="Asia/Shanghai", options=OPTIONS)
ROLLING = replace(MEDIA, name="rolling", category="emnews", tag="滚动")
RECORDS: dict[str, dict[str, Any]] = {
    "records": {
        "infoCode": CODE, "id": NUMBER, "title": "标题 “引”", "digest": "【港】摘要", "url_w": "http://h/news/1,1.html",
        "showtime": "2026-03-04 05:06:07",
    },
    "nodeList": {"infocode": CODE, "from": "河滨日报", "title": "标题 “引”", "showtime": "2026-03-04 05:06:07"},
    "record": {"infoCode": CODE, "medianame": "河滨日报", "title": "标题 “引”", "datetime": "2026-03-04 05:06:07"},
}  # fmt: skip
TIME = {"records": "showtime", "nodeList": "showtime", "record": "datetime"}
shapes = pytest.mark.parametrize("shape", RECORDS)


def response(value: object, *, content_type: str = "text/plain") -> Response:
    """An answer; bytes go as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Response(
        url="http://127.0.0.1:1/x", status=200, body=body, content_type=content_type, seconds=0.1, received_at=NOW
    )


def read(shape: str, *records: object, spec: SourceSpec | None = None) -> Listing:
    """The list with these records."""
    return SOURCE.read(spec or (ROLLING if shape == "records" else MEDIA), response({shape: list(records)}))


def one(shape: str, **changes: Any) -> Entry:
    """The entry of the one record, which is usable."""
    listing = read(shape, RECORDS[shape] | changes)
    assert listing.unusable == ()
    [entry] = listing.entries
    return entry


def refused(shape: str, **changes: Any) -> Unusable:
    """Why the one record is not usable."""
    listing = read(shape, RECORDS[shape] | changes)
    assert listing.entries == ()
    [unusable] = listing.unusable
    return unusable


# --- the three shapes -------------------------------------------------------------------------


def test_a_rolling_record() -> None:
    assert one("records") == Entry(
        key=NUMBER, code=CODE, file_id=NUMBER, source="rolling", title="标题 “引”", media=None, digest="【港】摘要",
        link="http://h/news/1,1.html", published_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=ZoneInfo("Asia/Shanghai")),
    )  # fmt: skip


@pytest.mark.parametrize("shape", ["nodeList", "record"])
def test_a_record_with_a_media_name(shape: str) -> None:
    assert one(shape) == Entry(
        key=NUMBER, code=CODE, file_id=CODE, source="media", title="标题 “引”", media="河滨日报",
        published_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=ZoneInfo("Asia/Shanghai")),
    )  # fmt: skip


@shapes
def test_the_same_story_has_one_key(shape: str) -> None:
    assert one(shape).key == NUMBER


@shapes
def test_extra_keys_are_no_matter(shape: str) -> None:
    assert one(shape, more={"a": [1]}, simtitle=None, **{"": 0}) == one(shape)


def test_what_a_rolling_record_can_do_without() -> None:
    record = {key: value for key, value in RECORDS["records"].items() if key not in {"id", "digest", "url_w"}}
    [entry] = read("records", record).entries
    assert (entry.file_id, entry.digest, entry.link) == (NUMBER, "", "")


def test_a_media_record_without_a_media_name() -> None:
    record = {key: value for key, value in RECORDS["nodeList"].items() if key != "from"}
    [entry] = read("nodeList", record).entries
    assert entry.media == ""
    assert one("nodeList", **{"from": None}).media == ""
    assert one("nodeList", **{"from": " 河滨\t日报 "}).media == "河滨 日报"


def test_a_media_list_names_its_media_also_when_the_source_has_a_category() -> None:
    listing = read("nodeList", RECORDS["nodeList"], spec=ROLLING)
    assert [entry.media for entry in listing.entries] == ["河滨日报"]


def test_either_spelling_of_the_code() -> None:
    [entry] = read("nodeList", RECORDS["nodeList"] | {"infocode": "", "infoCode": CODE}).entries
    assert entry.code == CODE


@shapes
def test_numbers_serve_as_text(shape: str) -> None:
    assert one(shape, title=360).title == "360"
    assert one("records", id=int(NUMBER)).file_id == NUMBER


@shapes
def test_the_zone_of_the_source_counts(shape: str) -> None:
    spec = replace(ROLLING if shape == "records" else MEDIA, timezone="UTC")
    [entry] = read(shape, RECORDS[shape], spec=spec).entries
    assert entry.published_at.isoformat() == "2026-03-04T05:06:07+00:00"


@shapes
def test_order_and_duplicates_stay(shape: str) -> None:
    other = RECORDS[shape] | {"title": "二"}
    assert [entry.title for entry in read(shape, other, RECORDS[shape], other).entries] == ["二", "标题 “引”", "二"]


@shapes
@pytest.mark.parametrize("title", ['"', "\\d", "{{ x }}", "{% raw %}", "---", "<script>", "😀", "x" * 5000])
def test_titles_stay_as_they_are(shape: str, title: str) -> None:
    assert one(shape, title=title).title == title


@shapes
def test_a_title_is_one_line_of_legal_characters(shape: str) -> None:
    assert one(shape, title="a\r\nb\x00\ud800\u2028c").title == "a b c"


def test_a_link_is_legal_too() -> None:
    assert one("records", url_w=" http://h/\x00\ud800x\n").link == "http://h/x"


# --- unusable records -------------------------------------------------------------------------


@shapes
@pytest.mark.parametrize("record", [None, 5, "text", [], True])
def test_a_record_that_is_none(shape: str, record: object) -> None:
    listing = read(shape, RECORDS[shape], record)
    assert len(listing.entries) == 1
    [unusable] = listing.unusable
    assert unusable.subject == f"{listing.source}#2"
    assert unusable.reason.endswith("not an object")


@shapes
@pytest.mark.parametrize("code", ["", "  ", None, [], {}, True, 1.5])
def test_a_record_without_a_code(shape: str, code: object) -> None:
    key = "infocode" if shape == "nodeList" else "infoCode"
    unusable = refused(shape, **{key: code})
    assert unusable.subject.endswith("#1")
    assert unusable.reason == "the record has no code"


@shapes
@pytest.mark.parametrize(
    "code",
    ["../../x", "a/b", "..", ".", "a b", "a\\b", "a\x00b", "x" * 65, "é", "a?b", "-a", "a%2fb", f"{CODE}\n/", "٣"],
)
def test_a_code_that_could_not_be_a_file(shape: str, code: str) -> None:
    key = "infocode" if shape == "nodeList" else "infoCode"
    unusable = refused(shape, **{key: code})
    assert unusable.subject.endswith("#1")
    assert "is not a code: letters, digits, - and _" in unusable.reason


@pytest.mark.parametrize("file_id", ["../../x", "202603040000000002", "x", "1", "a\x00", "x" * 1000, 5])
def test_an_id_that_does_not_belong_to_the_code(file_id: object) -> None:
    unusable = refused("records", id=file_id)
    assert unusable.subject == CODE
    assert "does not belong to this code" in unusable.reason
    assert len(unusable.reason) < 200


@shapes
@pytest.mark.parametrize("title", ["", " \u3000\n", None, [], "\x00\x01"])
def test_a_record_without_a_title(shape: str, title: object) -> None:
    assert refused(shape, title=title) == Unusable(
        subject=CODE, source=refused(shape, title="").source, reason="the title is empty"
    )


@shapes
@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("", "the time is empty"),
        (None, "the time is empty"),
        ("soon", "is not of the form"),
        ("今天 16:25", "is not of the form"),
        ("2026-03-04T05:06:07Z", "is not of the form"),
        ("2026-02-30 00:00:00", "does not exist"),
        ("2026-03-04 24:00:00", "does not exist"),
        ("0000-01-01 00:00:00", "is not of our age"),
        ("0001-01-01 00:00:00", "is not of our age"),
        ("9999-12-31 23:59:59", "is not of our age"),
        ("x" * 10_000, "is not of the form"),
    ],
)
def test_a_record_without_a_time(shape: str, time: object, reason: str) -> None:
    unusable = refused(shape, **{TIME[shape]: time})
    assert reason in unusable.reason
    assert len(unusable.reason) < 200


def test_a_media_name_of_300_characters_is_taken_and_one_of_thousands_is_not() -> None:
    assert one("nodeList", **{"from": "名" * 300}).media == "名" * 300
    assert "a media name of 5000 characters" in refused("nodeList", **{"from": "名" * 5000}).reason


# --- answers that are no list -----------------------------------------------------------------


def test_a_list_without_media_needs_a_category() -> None:
    with pytest.raises(ParseError, match="this list names no media: give source 'media' a category and a tag"):
        read("records", RECORDS["records"], spec=MEDIA)


@shapes
def test_an_empty_list_is_no_answer(shape: str) -> None:
    with pytest.raises(ParseError, match="the list is empty"):
        read(shape)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the answer is empty"),
        (b" \n", "the answer is empty"),
        (b"\xef\xbb\xbf", "the answer is empty"),
        (b"<!DOCTYPE html><html>", "the answer is HTML"),
        (b'{"records": [{"infoCode": "NW', "cut off or not JSON"),
        (b"var x = 1", "cut off or not JSON"),
        (b"[]", "expected a JSON object, got list"),
        (b"null", "expected a JSON object, got NoneType"),
        (
            b'{"records": {}, "error": 1}',
            "expected one of 'records', 'nodeList', 'record', got \\['error', 'records'\\]",
        ),
        (b"[" * 200_000, "cut off or not JSON"),
        (b'{"a":' * 200_000, "cut off or not JSON"),
        (b'{"id": ' + b"9" * 5000 + b"}", "cut off or not JSON"),
        (b"\xff\xfe\x00" * 100, "the characters cannot be read: neither UTF-8 nor"),
    ],
)
def test_what_is_said_of_other_answers(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said) as caught:
        SOURCE.read(ROLLING, response(body))
    assert str(caught.value).startswith("http://127.0.0.1:1/x: ")
    assert len(str(caught.value)) < 400


def test_long_keys_do_not_make_a_long_message() -> None:
    with pytest.raises(ParseError) as caught:
        SOURCE.read(ROLLING, response({"k" * 10_000: 1}))
    assert len(str(caught.value)) < 400


# --- characters -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "label"),
    [
        ("gb18030", "gb2312"),
        ("gbk", "GBK"),
        ("gb18030", ""),
        ("utf-8-sig", "utf-8"),
        ("utf-8", "gbk"),
        ("utf-8", "undefined"),
        ("gbk", "idna"),
        ("gbk", "base64"),
        ("gbk", "?"),
    ],
)
def test_characters_are_read_whatever_the_label(charset: str, label: str) -> None:
    body = json.dumps({"records": [RECORDS["records"]] * 3}, ensure_ascii=False).encode(charset)
    listing = SOURCE.read(
        ROLLING, response(body, content_type=f"text/plain; charset={label}" if label else "text/plain")
    )
    assert [entry.title for entry in listing.entries] == ["标题 “引”"] * 3


# --- texts ------------------------------------------------------------------------------------


def text(shape: str, answer: object) -> str:
    """The HTML of an article listed in this shape."""
    spec = ROLLING if shape == "records" else MEDIA
    return str(SOURCE.extract(spec, one(shape), response(answer)).html)


@shapes
def test_each_shape_has_its_text(shape: str) -> None:
    both = {"content": "<p>注释</p>", "text": "<p>原文</p>", "more": 1}
    assert text(shape, both) == (both["content"] if shape == "records" else both["text"])


@shapes
@pytest.mark.parametrize("other", ["", " \u3000\r\n ", None, 5, []])
def test_the_other_text_serves_when_one_is_blank(shape: str, other: object) -> None:
    wanted, spare = ("content", "text") if shape == "records" else ("text", "content")
    assert text(shape, {wanted: other, spare: "<p>在</p>"}) == "<p>在</p>"


@shapes
@pytest.mark.parametrize("answer", [{}, {"text": "", "content": " \u3000"}, {"text": 5}, {"Text": "<p>x</p>"}])
def test_no_text(shape: str, answer: object) -> None:
    with pytest.raises(ParseError, match=r"no text: expected '(content|text)' with some HTML, got keys"):
        text(shape, answer)


def test_markup_and_separators_of_a_text_stay_and_illegal_characters_go() -> None:
    assert text("record", {"text": "<p>\u3000\u3000a </p>\r\n <p>b\x00\x0b\ud800&amp;</p>"}) == (
        "<p>\u3000\u3000a </p>\r\n <p>b&amp;</p>"
    )


def test_addresses_carry_the_code() -> None:
    assert SOURCE.ask(MEDIA).url == OPTIONS.list_url
    request = SOURCE.ask_text(MEDIA, one("record"))
    assert request is not None
    assert request.url == f"http://127.0.0.1:1/text?id={CODE}"
    assert SOURCE.share_url(MEDIA, one("record")) == f"http://127.0.0.1:1/share/{CODE}.html"
