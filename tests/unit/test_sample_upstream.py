"""The bundled sample upstream: list and text shapes, failures on purpose, and the variety that it promises."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.sample.markup import Annotator, MarkupError, plain, to_html
from infra.sample.server import CONTENT, Upstream, serving
from infra.sample.stories import ContentError, load

ROLLING = "/web/webapi?type=102&newsid=1"
MEDIA = "/web/webapi?type=45&newsid=1"
MARKETS = tuple(f"/information/newmarket/web/webapi?marketType={number}" for number in (37, 38, 39))
KEYS = {ROLLING: ("records", "infoCode"), MEDIA: ("nodeList", "infocode")} | dict.fromkeys(
    MARKETS, ("record", "infoCode")
)
DEMO = CONTENT.parents[1] / "deployments/sites/demo.toml"
MISSING_TEXT, FLAKY_TEXT = "awkward/text-missing", "awkward/text-fails-twice"


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """A running sample upstream with its bundled articles."""
    with serving() as address:
        yield address


def get(origin: str, target: str, host: str | None = None) -> tuple[int, str, bytes]:
    """Status, content type and body of one GET."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)
    try:
        connection.request("GET", target, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def records(origin: str, target: str, count: int = 100) -> list[dict[str, Any]]:
    """The records of one list."""
    _, _, body = get(origin, f"{target}&count={count}")
    found: list[dict[str, Any]] = json.loads(body)[KEYS[target][0]]
    return found


def listed_codes(origin: str) -> set[str]:
    """Every code that any list names."""
    return {row[key] for target, (_, key) in KEYS.items() for row in records(origin, target) if row.get(key)}


def code_of(name: str) -> str:
    """The code of a bundled article, by its file name."""
    match = re.search(r'^code = "(NW\d{18})"$', (CONTENT / f"articles/{name}.toml").read_text("utf-8"), re.MULTILINE)
    assert match
    return match[1]


def article(origin: str, code: str) -> dict[str, str]:
    """The answer of the text service, asked until it works."""
    for _ in range(3):
        status, _, body = get(origin, f"/NewsData/GetNewsText.do?id={code}")
        if status == 200:
            answer: dict[str, str] = json.loads(body)
            return answer
    raise AssertionError(f"{code}: {status}")


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        (ROLLING, {"infoCode", "id", "title", "digest", "url_w", "showtime"}),
        (MEDIA, {"infocode", "from", "title", "showtime", "simtitle", "simdigest"}),
        *((target, {"infoCode", "medianame", "title", "datetime"}) for target in MARKETS),
    ],
)
def test_each_list_has_the_shape_of_its_service(origin: str, target: str, fields: set[str]) -> None:
    status, content_type, body = get(origin, f"{target}&count=100")
    assert (status, content_type) == (200, "text/plain;charset=UTF-8")
    key, code = KEYS[target]
    assert list(json.loads(body)) == [key]
    complete = [row for row in json.loads(body)[key] if fields <= set(row)]
    assert len(complete) >= len(json.loads(body)[key]) - 2
    for row in complete:
        assert re.fullmatch(r"NW20261120\d{10}|NW2026112[123]\d{10}", row[code])
        assert all(isinstance(row[field], str) for field in fields)
        time = row.get("showtime", row.get("datetime"))
        assert time == "" or re.fullmatch(r"2026-11-2[0-3] \d\d:\d\d:\d\d", time)


def test_lists_are_newest_first_and_keep_to_count(origin: str) -> None:
    whole = records(origin, MEDIA)
    assert records(origin, MEDIA, count=7) == whole[:7]
    assert records(origin, MEDIA, count=0) == []
    times = [row["showtime"] for row in whole]
    assert times == sorted(times, reverse=True)


def test_rolling_ids_and_links_belong_to_the_article(origin: str) -> None:
    for row in records(origin, ROLLING):
        assert row["infoCode"] == f"NW{row['id']}"
        if row["url_w"]:
            assert re.fullmatch(rf"{origin}/news/\d+,{row['id']}\.html", row["url_w"])
            status, content_type, body = get(origin, row["url_w"].removeprefix(origin))
            assert (status, content_type) == (200, "text/html;charset=UTF-8")
            assert row["title"].partition('"')[0] in body.decode()


def test_there_are_enough_stories_over_enough_media(origin: str) -> None:
    usable = {
        row[key]: row.get("from", row.get("medianame", ""))
        for target, (_, key) in KEYS.items()
        for row in records(origin, target)
        if row.get(key) and row["title"] and row.get("showtime", row.get("datetime"))
    }
    publishable = set(usable) - {code_of(MISSING_TEXT)}
    assert len(publishable) == 64
    assert len({usable[code] for code in publishable} - {""}) >= 14
    assert len({re.sub(r"\s|（文章来源.*", "", article(origin, code)["text"]) for code in publishable}) == 64


def test_every_listed_article_has_a_text_but_one(origin: str) -> None:
    missing = {code for code in listed_codes(origin) if get(origin, f"/NewsData/GetNewsText.do?id={code}")[0] == 404}
    assert missing == {code_of(MISSING_TEXT)}


def test_text_is_content_without_keyword_annotation(origin: str) -> None:
    annotated = 0
    for row in records(origin, ROLLING):
        answer = article(origin, row["infoCode"])
        bare = re.sub(
            r'<span [^>]*>|</span>|<a [^>]*class="(?:keytip|infokey)"[^>]*>(.*?)</a>', r"\1", answer["content"]
        )
        assert bare == answer["text"]
        annotated += answer["content"] != answer["text"]
        assert answer["text"].rpartition("<p ")[2].startswith('class="em_media">（文章来源：')
    assert annotated >= 12


def test_text_that_fails_twice_then_works_for_each_server_anew() -> None:
    target = f"/NewsData/GetNewsText.do?id={code_of(FLAKY_TEXT)}"
    for _ in range(2):
        with serving() as origin:
            assert [get(origin, target)[0] for _ in range(4)] == [503, 503, 200, 200]


def test_failures_are_counted_for_each_upstream_alone() -> None:
    library, target = load(CONTENT), f"/NewsData/GetNewsText.do?id={code_of(FLAKY_TEXT)}"
    first, second = Upstream(library), Upstream(library)
    assert [first.answer(target, "").status for _ in range(3)] == [503, 503, 200]
    assert second.answer(target, "").status == 503


class Images(HTMLParser):
    """Collects the addresses of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.addresses.add(dict(attrs)["src"] or "")


def test_pictures_in_texts_load_with_their_type(origin: str) -> None:
    images = Images()
    for code in listed_codes(origin) - {code_of(MISSING_TEXT)}:
        images.feed(article(origin, code)["content"])
    assert len(images.addresses) >= 8
    beginnings = {"image/png": b"\x89PNG\r\n\x1a\n", "image/svg+xml": b"<svg "}
    seen = set()
    for address in images.addresses:
        status, content_type, body = get(origin, address.removeprefix(origin))
        assert status == 200
        assert body.startswith(beginnings[content_type])
        seen.add(content_type)
    assert seen == set(beginnings)


def test_links_lead_to_the_host_that_was_asked(origin: str) -> None:
    _, _, body = get(origin, f"{ROLLING}&count=100", host="news.example:81")
    links = {row["url_w"].partition("/news/")[0] for row in json.loads(body)["records"] if row["url_w"]}
    assert links == {"http://news.example:81"}
    _, _, body = get(origin, f"{ROLLING}&count=100", host='"><script>')
    assert b"<script>" not in body
    assert origin.encode() in body


@pytest.mark.parametrize(
    ("pattern", "at_least"),
    [
        (r'<!-- EM_StockImg_Start --><p style="text-align:center;"><a href=[^>]*EmImageRemark', 6),
        (r'</p><p style="text-align:center;"><img src="[^"]*\?nid=|^<p style="text-align:center;"><img [^>]*nid=', 1),
        (r"nid=[\w.]+&imageType=k&token=", 8),
        (r'<span id="stock_[\w.]+"><a [^>]*class="keytip"[^>]*>[^<]+</a></span><span id="quote_[\w.]+"></span>', 6),
        (r'<span id="bk_90\.BK\d+"><a [^>]*class="keytip"', 6),
        (r'<span id="Info\.116\.\d+"><a [^>]*>[^<]+</a></span>(?!<span id="quote)', 1),
        (r'<span web="1" href="[^"]+" class="em_stock_key_common"', 5),
        (r'<span id="Info\.\d+"><a [^>]*class="infokey"', 3),
        (r"C<span id=\"Info\.\d+\"><a [^>]*>PPI</a></span>B", 1),
        (r"（文章来源：中国<span id=\"bk_90\.BK0473\">", 2),
        (r'<p style="display:none;height:1px;overflow:hidden;"><br /></p>', 3),
        (r'<center><img src="[^"]+" alt="', 6),
        (r'<center><img src="[^"]+" width="\d+" /></center>', 2),
        (r"</center>\s*<center>", 3),
        (r'<p style="text-align:center;">图片来源', 2),
        (r"</p>\r\n <p>", 8),
        (r"</p>\n <p>", 20),
        (r"</p><p>\u3000\u3000", 8),
        (r"<p>\u3000\u3000", 60),
        (r"。<br /></p>", 2),
        (r"&lt;[^&]+&gt;", 2),
        (r"&nbsp;", 1),
        (r"<table border=\"0\"><tbody><tr><th>", 2),
        (r"<p><strong>[^<]+ </strong></p>", 5),
        (r"<p>\u3000\u3000●", 3),
        (r"\(上接第一版\)", 1),
        (r"<a href=\"https://finance\.eastmoney\.com/", 1),
    ],
)
def test_bodies_have_the_variety_of_the_real_ones(pattern: str, at_least: int) -> None:
    assert sum(bool(re.search(pattern, story.content)) for story in load(CONTENT).stories) >= at_least


def test_the_demo_site_asks_only_what_is_answered(origin: str) -> None:
    site = tomllib.loads(DEMO.read_text("utf-8"))
    base = f"http://{site['sample']['listen']}"
    code = code_of("wheat-winter-drill")
    assert len(site["sources"]) == 10
    for source in site["sources"]:
        for name in {"list_url", "article_url", "share_url"} & source.keys():
            assert source[name].startswith(f"{base}/")
            assert get(origin, source[name].removeprefix(base).format(code=code))[0] == 200


def test_lists_share_articles(origin: str) -> None:
    rolling = {row["infoCode"] for row in records(origin, ROLLING)}
    media = {row.get("infocode") for row in records(origin, MEDIA)}
    markets = {row["infoCode"] for target in MARKETS for row in records(origin, target)}
    assert len(rolling & media) == 4
    assert media & markets
    assert rolling & markets


def test_awkward_records_are_there(origin: str) -> None:
    rolling, media = records(origin, ROLLING), records(origin, MEDIA)
    empty = [row for row in rolling if row["title"] == row["showtime"] == row["url_w"] == ""]
    assert [row["infoCode"] for row in empty] == [code_of("awkward/rolling-empty-fields")]
    assert sum("infocode" not in row for row in media) == 1
    assert sum("simtitle" not in row for row in media) == 1
    assert sum("】" not in row["digest"] for row in rolling if row["title"]) == 1
    assert sum(row["digest"].count("】") == 2 for row in rolling) == 1
    assert sum(row["from"] == "" for row in media) == 1
    assert sum(all(mark in row["title"] for mark in ('"', "\\d", "{{ x }}")) for row in media) == 1
    assert sum(row.get("extra") == {"pinned": False} for row in records(origin, MARKETS[2])) == 1


def test_the_awkward_ones_are_explained() -> None:
    readme = (CONTENT / "README.md").read_text("utf-8")
    for path in (CONTENT / "articles/awkward").glob("*.toml"):
        assert f"| `{path.stem}` |" in readme


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 404),
        ("/web/webapi?type=103&count=1", 404),
        ("/information/newmarket/web/webapi?marketType=40&count=1", 404),
        ("/NewsData/GetNewsText.do?id=NW000000000000000000", 404),
        ("/NewsData/GetNewsText.do", 404),
        ("/html_News/NewsShare.html?infoCode=x", 404),
        ("/pictures/..%2Fserver.py", 404),
        ("/pictures/none.png", 404),
        ("/web/webapi?type=45&count=many", 400),
        ("/a/202611223577729208.html", 404),
        ("/outlets/3577729208.html", 404),
        ("/outlets/list.json?page=0", 404),
    ],
)
def test_unknown_addresses_are_refused(origin: str, target: str, status: int) -> None:
    assert get(origin, target)[0] == status


def test_one_connection_serves_several_requests(origin: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)
    connection.request("HEAD", f"{MEDIA}&count=2")
    head = connection.getresponse()
    head.read()
    opened = connection.sock
    connection.request("GET", f"{MEDIA}&count=2")
    answer = connection.getresponse()
    assert str(len(answer.read())) == answer.headers["Content-Length"] == head.headers["Content-Length"]
    assert connection.sock is opened
    connection.close()


def test_head_has_no_body(origin: str) -> None:
    address = urlsplit(origin)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(f"HEAD {MEDIA} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
        with client.makefile("rb") as stream:
            answer = stream.read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.partition(b"\r\n\r\n")[2] == b""


GOOD = """
code = "NW202611230000000001"
time = "2026-11-23 08:00:00"
title = "题"
media = "报"
lists = ["media"]
body = "段落"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"NW202611230000000001"', '"NW1"', "code: expected NW and 18 digits, found 'NW1'"),
        ('"2026-11-23 08:00:00"', '"yesterday"', "time: expected 2026-11-23 08:00:00, found 'yesterday'"),
        ('title = "题"', "", "title: missing"),
        ('title = "题"', "title = 3", "title: expected str, found 3"),
        ('["media"]', '["paper"]', "lists: expected some of rolling, media"),
        ('media = "报"', 'media = "报"\nmedai = "报"', "medai: unknown field; known are code"),
        ('media = "报"', 'media = "报"\nseparator = "tab"', "separator: expected one of lf, crlf, none"),
        ('media = "报"', 'media = "报"\nwithout = [1]', "without: expected names of fields, found [1]"),
        ('"段落"', '"段落"\n[record]\nday = 2026-11-23', "record: expected values that JSON can hold"),
        ('"段落"', '"!photo x.png"', "body: unknown block !photo"),
        ('"段落"', '"!picture x.png"', "body: picture 'x.png' is not in the folder pictures"),
        ('"段落"', '"[[stock]]"', "body: expected keywords as"),
        ('"段落"', '""', "body: expected at least one paragraph"),
        ('"段落"', '"', "expected TOML in UTF-8"),
    ],
)
def test_a_malformed_article_is_named_with_file_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "articles").mkdir()
    path = tmp_path / "articles" / "one.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert len(load(tmp_path).stories) == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load(tmp_path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_two_files_with_one_code_are_refused(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    for name in ("a.toml", "b.toml"):
        (tmp_path / "articles" / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(ContentError, match=r"b\.toml: code: NW202611230000000001 is taken by .*a\.toml"):
        load(tmp_path)


def test_markup_of_keywords_and_separators() -> None:
    body = "甲[[90.BK0475|银行]]\n\n乙[[90.BK0475|银行]]\n!picture a.png\n丙"
    html = to_html(body, "报", separator="\r\n ", pictures={"a.png"}, keywords=Annotator())
    link = '<a href="http://quote.eastmoney.com/unify/r/90.BK0475" class="keytip" data-code="90,BK0475">银行</a>'
    assert html == (
        f'<p>　　甲<span id="bk_90.BK0475">{link}</span><span id="bkquote_90.BK0475"></span></p>\r\n '
        '<p>　　乙<span web="1" href="http://quote.eastmoney.com/unify/r/90.BK0475" class="em_stock_key_common" '
        'data-code="90,BK0475">银行</span></p>\r\n <center><img src="{origin}/pictures/a.png" /></center>'
        "<p>　　丙</p>"
        '<p class="em_media">（文章来源：报）</p>'
    )
    assert plain("甲[[90.BK0475|银行]]") == "甲银行"
    with pytest.raises(MarkupError, match="rows of a table differ"):
        to_html("| a | b |\n| c |", "报", separator="", pictures=())


def start(*arguments: str) -> subprocess.Popen[str]:
    """The server as a process of its own, started by its path from elsewhere."""
    command = [sys.executable, str(CONTENT / "server.py"), *arguments]
    return subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_when_it_is_ready_and_stops_cleanly(number: signal.Signals) -> None:
    with start("--port", "0", "--verbose") as process:
        try:
            assert process.stdout is not None
            ready = re.fullmatch(r"sample upstream on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
            assert ready
            assert get(ready[1], f"{MEDIA}&count=1")[0] == 200
            process.send_signal(number)
            rest, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, rest) == (0, "")
    assert len(errors.splitlines()) == 1
    assert "GET /web/webapi" in errors


def test_a_taken_port_is_a_clear_error(origin: str) -> None:
    with start("--port", str(urlsplit(origin).port)) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "the port is taken: choose another with --port" in errors
    assert "Traceback" not in errors


def test_a_folder_without_articles_is_a_clear_error(tmp_path: Path) -> None:
    with start("--port", "0", "--content", str(tmp_path)) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors == f"sample upstream: {tmp_path / 'articles'}: expected article files (*.toml), found none\n"
