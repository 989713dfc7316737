"""What holds for every kind of source in the folder."""

import dataclasses
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tasks.sources
from tasks.articles.identity import is_safe_code
from tasks.config import SourceSpec, load_site
from tasks.errors import ParseError
from tasks.model import Listing, Response, Text
from tasks.sources import SourceKind, find_sources

KINDS = find_sources()
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A table of the site file, an answer that holds a list of two articles, and one that holds a text.

    `shows_cuts`: whether it can be seen in an answer that its end is missing.
    """

    table: str
    listing: bytes
    text: bytes
    shows_cuts: bool = True


def choice_record(number: int) -> dict[str, str]:
    """A record of the rolling list."""
    digits = f"20260304{number:010}"
    return {"infoCode": f"NW{digits}", "id": digits, "title": f"题 {number}", "showtime": "2026-03-04 05:06:07"}


PAGE = """<!DOCTYPE html><html><head><title>题 1</title></head><body><article><h1>题 1</h1>
<p>正文第一段，写得长一些，好让人看得出这是一篇文章：河滨镇的集市今天开门，来了不少人。</p>
<p>正文第二段，也写得长一些：集市上卖的是米、面、油和各样的菜，价钱和上个月差不多。</p>
</article></body></html>""".encode()
LIST_URL = 'list_url = "http://127.0.0.1:1/x"\n'


def sitemap_url(number: int) -> str:
    """An address of a news sitemap."""
    news = f"<publication_date>2026-03-04T05:06:07Z</publication_date><title>题 {number}</title>"
    return f"<url><loc>http://127.0.0.1:1/{number}.html</loc><news>{news}</news></url>"


def feed_item(number: int) -> str:
    """An item of an RSS feed."""
    date = "<pubDate>Wed, 04 Mar 2026 05:06:07 GMT</pubDate>"
    return f"<item><title>题 {number}</title><link>http://127.0.0.1:1/{number}.html</link>{date}</item>"


def eastmoney_record(number: int) -> dict[str, str]:
    """A record of the fast news."""
    return {"code": f"20260304{number:010}", "title": f"题 {number}", "showTime": "2026-03-04 05:06:07"}


EXAMPLES = {
    "eastmoney": Example(
        table=f'{LIST_URL}page_url = "http://127.0.0.1:1/a/{{code}}.html"\n',
        listing=json.dumps({"data": {"fastNewsList": [eastmoney_record(1), eastmoney_record(2)]}}).encode(),
        text='<div id="ContentBody" class="txtinfos"><p>正文</p><p class="em_media">（来源）</p></div>'.encode(),
    ),
    "feed": Example(
        table=LIST_URL,
        listing=f'<rss version="2.0"><channel><title>频道</title>{feed_item(1)}{feed_item(2)}</channel></rss>'.encode(),
        text=PAGE,
    ),
    "json": Example(
        table=f'{LIST_URL}[sources.list]\nitems = "items"\nlink = "url"\ntitle = "title"\ntime = "time"\n',
        listing=json.dumps(
            {"items": [{"url": f"/{n}", "title": f"题 {n}", "time": 1772571967} for n in (1, 2)]}
        ).encode(),
        text=PAGE,
    ),
    "listing": Example(
        table=f'{LIST_URL}[sources.list]\nitem = "li"\ntime = "i"\n',
        listing="".join(f'<li><a href="/{n}.html">题 {n}</a><i>2026-03-04 05:06</i></li>' for n in (1, 2)).encode(),
        text=PAGE,
        shows_cuts=False,
    ),
    "sitemap": Example(
        table=LIST_URL, listing=f"<urlset>{sitemap_url(1)}{sitemap_url(2)}</urlset>".encode(), text=PAGE
    ),
    "choice": Example(
        table='list_url = "http://127.0.0.1:1/l"\narticle_url = "http://127.0.0.1:1/a?id={code}"\n'
        'share_url = "http://127.0.0.1:1/s?id={code}"\n',
        listing=json.dumps({"records": [choice_record(1), choice_record(2)]}).encode(),
        text=json.dumps({"content": "<p>正文</p>", "text": "<p>正文</p>"}).encode(),
    ),
}
HOPELESS = {
    "nothing": b"",
    "blanks": b" \r\n",
    "html": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep markup": b"<a>" * 100_000,
    "number": b"5",
    "null": b"null",
    "list": b"[1, 2]",
    "another object": b'{"error": "busy"}',
    "noise": bytes(range(256)) * 50,
    "utf-16": '{"records": []}'.encode("utf-16"),
}
every_kind = pytest.mark.parametrize("name", KINDS)


def spec_of(name: str, folder: Path) -> SourceSpec:
    """The example's table, read as a site file reads it."""
    path = folder / "site.toml"
    head = '[site]\ntitle = "t"\nbase_url = "http://h"\n[[sources]]\nname = "one"\ncategory = "c"\ntag = "t"\n'
    path.write_text(f'{head}kind = "{name}"\n{EXAMPLES[name].table}', encoding="utf-8")
    return load_site(path, {kind.name: kind.options for kind in KINDS.values()}).source("one")


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SourceSpec]:
    """The examples' tables by kind."""
    return {name: spec_of(name, tmp_path_factory.mktemp(name)) for name in KINDS}


def response(body: bytes, content_type: str = "") -> Response:
    """An answer with this body."""
    return Response(
        url="http://127.0.0.1:1/x", status=200, body=body, content_type=content_type, seconds=0.1, received_at=NOW
    )


def read_or_refuse(kind: SourceKind, spec: SourceSpec, answer: Response) -> Listing | Text | ParseError:
    """Both readings of one answer: a value or a `ParseError`, and nothing else."""
    [entry, _] = kind.read(spec, response(EXAMPLES[kind.name].listing)).entries
    try:
        kind.extract(spec, entry, answer)
    except ParseError as error:
        assert str(error).startswith("http://127.0.0.1:1/x: ")
    try:
        return kind.read(spec, answer)
    except ParseError as error:
        return error


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == set(KINDS)


def test_the_table_of_the_readme_is_the_folder() -> None:
    folder = Path(tasks.sources.__file__).parent
    readme = (folder / "README.md").read_text(encoding="utf-8")
    table = readme.split("| kind | reads |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \| \S", table, re.MULTILINE) == sorted(KINDS)
    assert {path.stem for path in folder.glob("[!_]*.py")} == set(KINDS)


@every_kind
def test_a_kind_is_known_by_its_name_and_its_options_are_frozen(name: str) -> None:
    options: Any = KINDS[name].options
    assert KINDS[name].name == name
    assert options.__dataclass_params__.frozen


@every_kind
def test_it_asks_over_http(name: str, specs: dict[str, SourceSpec]) -> None:
    kind, spec = KINDS[name], specs[name]
    for entry in kind.read(spec, response(EXAMPLES[name].listing)).entries:
        text = kind.ask_text(spec, entry)
        for url in (kind.ask(spec).url, *([text.url] if text else []), kind.share_url(spec, entry)):
            assert re.fullmatch(r"https?://[^\s/]+(/\S*)?", url)
            assert "{" not in url


@every_kind
def test_a_good_list_gives_usable_entries(name: str, specs: dict[str, SourceSpec]) -> None:
    listing = KINDS[name].read(specs[name], response(EXAMPLES[name].listing))
    assert (listing.source, listing.unusable, len(listing.entries)) == ("one", (), 2)
    assert len({entry.key for entry in listing.entries}) == 2
    for entry in listing.entries:
        assert entry.published_at.tzinfo is not None
        assert is_safe_code(entry.code)
        assert is_safe_code(entry.file_id)
        assert entry.source == "one"
        assert entry.title


@every_kind
def test_reading_is_pure(name: str, specs: dict[str, SourceSpec]) -> None:
    kind, spec, answer = KINDS[name], specs[name], response(EXAMPLES[name].listing)
    assert kind.read(spec, answer) == kind.read(spec, answer)
    entry = kind.read(spec, answer).entries[0]
    text = response(EXAMPLES[name].text)
    assert kind.extract(spec, entry, text) == kind.extract(spec, entry, text)
    assert "正文" in kind.extract(spec, entry, text).html


@every_kind
@pytest.mark.parametrize("body", HOPELESS.values(), ids=HOPELESS.keys())
def test_what_is_no_list_is_refused(name: str, body: bytes, specs: dict[str, SourceSpec]) -> None:
    refusal = read_or_refuse(KINDS[name], specs[name], response(body, "text/html; charset=utf-8"))
    assert isinstance(refusal, ParseError)
    assert not refusal.retryable
    assert len(str(refusal)) < 600


@every_kind
def test_a_list_that_was_cut_off_is_refused_or_gives_only_what_is_whole(
    name: str, specs: dict[str, SourceSpec]
) -> None:
    whole = EXAMPLES[name].listing
    entries = KINDS[name].read(specs[name], response(whole)).entries
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        listing = read_or_refuse(KINDS[name], specs[name], response(whole[:length]))
        if EXAMPLES[name].shows_cuts and not isinstance(listing, ParseError):
            assert isinstance(listing, Listing)
            assert listing.unusable
            assert set(listing.entries) < set(entries)


@every_kind
@settings(deadline=5_000)
@given(body=st.binary(), content_type=st.text(max_size=40) | st.sampled_from(["charset=undefined", "charset=idna"]))
@example(body=b"\x80", content_type="text/html; charset=hex")
def test_noise_gives_a_refusal_and_nothing_else(
    name: str, body: bytes, content_type: str, specs: dict[str, SourceSpec]
) -> None:
    assert isinstance(read_or_refuse(KINDS[name], specs[name], response(body, content_type)), ParseError)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def objects_in(value: object) -> list[dict[str, Any]]:
    """Every object of a value, at any depth."""
    inner = [value] if isinstance(value, dict) else []
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return inner + [found for item in below for found in objects_in(item)]


def check(listing: Listing | Text | ParseError) -> None:
    """What any reading has to be: a refusal, or entries that can be kept, and reasons for the others."""
    if isinstance(listing, Listing):
        assert all(
            is_safe_code(entry.file_id) and (entry.title.strip() or not entry.content) for entry in listing.entries
        )
        assert all(entry.published_at.tzinfo for entry in listing.entries)
        assert all(unusable.reason for unusable in listing.unusable)
        assert all(re.match(r"https?://[^/]", request.url) for request in listing.more)
        json.dumps(dataclasses.asdict(listing), default=str, ensure_ascii=False).encode()


HOSTILE: tuple[bytes, ...] = (
    *rb"< > &#0; &#xD800; ]]> <![CDATA[ <!-- {{ \u0000 \ud800 null http://[ javascript: -1e999".split(),
    b"file:" + b"/" * 3,
    *(b'"', b"&", b"\xff\xfe", b"\x00", "\u202e".encode(), b"9" * 400, b"<a>" * 300, b"[" * 300),
)


@every_kind
@settings(deadline=5_000)  # the first date of its kind loads the words of its languages
@given(data=st.data())
def test_a_good_list_with_wounds_gives_a_list_or_a_refusal(
    name: str, data: st.DataObject, specs: dict[str, SourceSpec]
) -> None:
    """Any piece may be missing, doubled or hostile."""
    body = EXAMPLES[name].listing
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 60)))
        patch = data.draw(st.sampled_from((b"", body[start:end] * 2, *HOSTILE)) | st.binary(max_size=6))
        body = body[:start] + patch + body[end:]
    check(read_or_refuse(KINDS[name], specs[name], response(body)))


@pytest.mark.parametrize("name", [name for name in KINDS if EXAMPLES[name].listing.startswith(b"{")])
@settings(deadline=5_000)  # the first date of its kind loads the words of its languages
@given(data=st.data())
def test_a_good_list_with_wrong_values_gives_a_list_or_a_refusal(
    name: str, data: st.DataObject, specs: dict[str, SourceSpec]
) -> None:
    """Any value of a good answer may be any other value of JSON."""
    answer = json.loads(EXAMPLES[name].listing)
    holders = [(holder, key) for holder in objects_in(answer) for key in holder]
    for holder, key in data.draw(st.lists(st.sampled_from(holders), max_size=3)):
        holder[key] = data.draw(values)
    check(read_or_refuse(KINDS[name], specs[name], response(json.dumps(answer).encode())))
