"""Bytes -> characters: marks, labels that are right, missing or wrong, and bytes that are no text."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.charset import decode_data, decode_page
from tasks.errors import ParseError

SIMPLIFIED = "央行行长在北京说，今年的经济增长将会好于去年，人们的收入也会有所提高。这是一个大家都在关心的问题。"
TRADITIONAL = "中央銀行總裁在臺北說，今年的經濟成長將會好於去年，人們的收入也會有所提高。這是一個大家都在關心的問題。"
JAPANESE = "日本銀行は金融政策決定会合を開き、これまでの政策を続けることを決めた。景気はゆるやかに回復している。"
KOREAN = "한국은행은 기준금리를 현재 수준에서 유지하기로 했다고 밝혔다. 경제는 완만하게 회복하고 있다."
RUSSIAN = (
    "Центральный банк сохранил ключевую ставку и сообщил, что экономика медленно растёт, а цены почти не меняются."
)
CORPORA = Path(__file__).parents[2].parent / "shared/corpora"


def page(text: str, declared: str = "") -> str:
    head = f'<meta charset="{declared}">' if declared else ""
    return f"<html><head>{head}<title>t</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "charset", "declared", "header"),
    [
        (SIMPLIFIED, "utf-8", "utf-8", ""),
        (SIMPLIFIED, "utf-8", "", ""),
        (SIMPLIFIED, "utf-8", "gb2312", "GBK"),  # valid UTF-8 wins over both labels
        (SIMPLIFIED, "gb18030", "", ""),
        (SIMPLIFIED, "gb18030", "utf-8", ""),
        (SIMPLIFIED, "gb18030", "", "ISO-8859-1"),  # what servers say who say the same of every page
        (SIMPLIFIED, "gb18030", "big5", "big5"),
        (TRADITIONAL, "big5", "", ""),
        (TRADITIONAL, "big5", "gb2312", "GB2312"),
        (TRADITIONAL, "big5", "", "utf-8"),
        (TRADITIONAL, "gbk", "big5", ""),
        (JAPANESE, "shift_jis", "shift_jis", ""),
        (JAPANESE, "euc_jp", "x-euc-jp", ""),
        (JAPANESE, "iso2022_jp", "", "ISO-2022-JP"),
        (JAPANESE, "utf-8", "shift_jis", ""),
        (KOREAN, "euc_kr", "ks_c_5601-1987", ""),
        (RUSSIAN, "cp1251", "", "windows-1251"),
        (RUSSIAN, "koi8_r", "koi8-r", ""),
        ("Größe, Straße und “Anführung” – 3 €", "cp1252", "iso-8859-1", ""),
        (SIMPLIFIED, "utf-16", "", ""),
        (SIMPLIFIED, "utf-16-le", "", ""),
        (SIMPLIFIED, "utf-8-sig", "gbk", "gbk"),
        (SIMPLIFIED, "utf-8", "utf-16", ""),  # HTML 13.2.3.3: such a declaration means UTF-8
    ],
)
def test_characters_of_a_page_are_read(text: str, charset: str, declared: str, header: str) -> None:
    body = page(text, declared).encode(charset)
    decoded = decode_page(body, f"text/html; charset={header}" if header else "text/html")
    assert decoded.text == page(text, declared)
    assert decoded.replaced_share == 0


def test_gb2312_is_read_as_gb18030() -> None:
    body = page(SIMPLIFIED + "镕堃㐀", "gb2312").encode("gb18030")
    decoded = decode_page(body, "text/html")
    assert "镕堃㐀" in decoded.text
    assert decoded.charset == "gb18030"


def test_the_header_wins_over_the_declaration_where_both_could_be() -> None:
    body = page(RUSSIAN, "koi8-r").encode("cp1251")
    assert RUSSIAN in decode_page(body, "text/html; charset=windows-1251").text


@pytest.mark.parametrize(
    "declaration", ['<?xml version="1.0" encoding="{}"?>', "<meta http-equiv=x content='a; charset={}'>"]
)
def test_a_document_declares_its_charset(declaration: str) -> None:
    body = (declaration.format("windows-1251") + f"<p>{RUSSIAN}</p>").encode("cp1251")
    assert RUSSIAN in decode_page(body, "").text


def test_four_bytes_that_could_be_utf8_are_not_enough_against_a_label() -> None:
    assert "联通" in decode_page(page("联通", "gbk").encode("gbk"), "text/html").text


def test_a_text_that_was_cut_within_a_character_is_read() -> None:
    decoded = decode_page(page(SIMPLIFIED * 20).encode()[:-15], "text/html; charset=gbk")
    assert SIMPLIFIED in decoded.text
    cut = decode_page((SIMPLIFIED * 20).encode("gb18030")[:-1], "")
    assert SIMPLIFIED in cut.text
    assert 0 < cut.replaced_share < 0.01


def test_the_share_is_of_what_a_reader_sees() -> None:
    """A page of markup around a text that cannot be read is refused, though the markup is most of it."""
    bad = b"\xff\xfe\xfd\xfc\x81\x81" * 10
    body = b"<p>" + b"<i class='a-long-name-of-a-class'></i>" * 500 + SIMPLIFIED.encode() + bad + b"</p>"
    with pytest.raises(ParseError, match=r"characters cannot be read.*expected at most 1 %"):
        decode_page(body, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "body", [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\x01\x02\x03" * 500, b"\0" * 500]
)
def test_bytes_that_are_no_text_are_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="characters cannot be read"):
        decode_page(body, "text/html")


@given(
    body=st.binary(max_size=400), content_type=st.text(max_size=30) | st.sampled_from(["charset=hex", "charset=idna"])
)
def test_any_bytes_give_characters_or_a_refusal(body: bytes, content_type: str) -> None:
    for read in (decode_page, decode_data):
        try:
            assert isinstance(read(body, content_type).text, str)
        except ParseError as refusal:
            assert "characters cannot be read" in str(refusal)


@given(text=st.text(alphabet=SIMPLIFIED, min_size=1, max_size=60))
def test_utf8_is_read_as_utf8_without_any_label(text: str) -> None:
    assert decode_page(text.encode(), "").text == text
    assert decode_data(text.encode(), "application/json; charset=gbk").text in {
        text,
        text.encode().decode("gbk", "replace"),
    }


def wire_pages() -> Iterator[object]:
    source = CORPORA / "zh_wire.jsonl"
    for line in source.read_text(encoding="utf-8").splitlines() if source.exists() else ():
        case = json.loads(line)
        yield pytest.param(case, id=f"{case['kind']}-{case['id'][:30]}")


@pytest.mark.skipif(not CORPORA.exists(), reason="the corpora are not there")
@pytest.mark.parametrize("case", list(wire_pages()))
def test_chinese_pages_from_the_wire(case: dict[str, str]) -> None:
    decoded = decode_page(gzip.decompress((CORPORA / case["html"]).read_bytes()), case["content_type"] or "")
    assert decoded.charset == {"gb18030": "gb18030", "big5": "big5hkscs"}[case["wire_charset"]]
    assert decoded.replaced_share < 0.001


@pytest.mark.skipif(not CORPORA.exists(), reason="the corpora are not there")
def test_feeds_in_many_charsets() -> None:
    """As they declare themselves, and most of them without a declaration."""
    wrong = []
    for line in (CORPORA / "feeds.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["corpus"] != "charset":
            continue
        body = (CORPORA / case["path"]).read_bytes()
        bare = re.sub(rb"encoding\s*=\s*[\"'][^\"']+[\"']", b"", body[:400]) + body[400:]
        said = [want for _, want in case["expect"] if isinstance(want, str) and not want.isascii()][:1]
        wrong += [case["path"] for want in said if want not in decode_page(body, "text/xml").text]
        if case["kind"] not in {"MacCyrillic", "IBM855"}:  # too rare to be worth a guess
            wrong += [f"bare {case['path']}" for want in said if want not in decode_page(bare, "text/xml").text]
    assert wrong == []
