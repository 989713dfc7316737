"""The same content in other bytes is the same; another word or figure never is."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.fingerprint import difference, fingerprint, settled, text_digest
from tests.support.ledgers import article

TEXT = "<p>河滨港去年吞吐量增长 20%，新航线开通。</p><p>第二段讲述航线。</p>"
SAME = {
    "blanks": "<p>河滨港去年吞吐量增长20%，新航线开通。 </p>\n\n<p>\u3000\u3000第二段讲述航线。</p>",
    "invisible characters": "<p>河滨港\u200b去年吞吐量增长 20%，新航线开通。</p><p>第二段讲述航线。\ufeff</p>",
    "emphasis": "<p><strong>河滨港</strong>去年吞吐量增长 20%，新航线开通。</p><p>第二段讲述航线。</p>",
    "a counter": TEXT + "<p>阅读(123)</p>",
    "several counters": "<p>阅读：1,023 | 评论 (4) | 点赞 7</p>" + TEXT,
    "counters of people": TEXT + "<p>356人参与</p>",
    "a time ago": "<p>5分钟前</p>" + TEXT,
    "an advert": TEXT + "<p>下载新闻客户端</p>",
    "an English advert": "<p>Advertisement</p>" + TEXT,
}
OTHER = {
    "a figure": TEXT.replace("20", "21"),
    "a word": TEXT.replace("增长", "下降"),
    "a point": TEXT.replace("20%", "2.0%"),
    "a full-width exponent": TEXT.replace("20%", "2²%"),
    "a sentence about readers": TEXT + "<p>视频播放量为 300 万次，评论 4 条，超过去年。</p>",
    "a counter in a table": TEXT + "<table><tbody><tr><td>评论 4</td></tr></tbody></table>",
    "a paragraph that goes": TEXT.replace("<p>第二段讲述航线。</p>", ""),
    "a picture": TEXT + '<figure class="picture"><img src="https://h.example/a.png" alt=""></figure>',
    "an advert with a figure": TEXT + "<p>下载客户端可得 300 元</p>",
}


@pytest.mark.parametrize("name", SAME)
def test_other_bytes(name: str) -> None:
    assert fingerprint(article(html=SAME[name])) == fingerprint(article(html=TEXT))
    assert text_digest(SAME[name]) == text_digest(TEXT)


@pytest.mark.parametrize("name", OTHER)
def test_another_content(name: str) -> None:
    assert fingerprint(article(html=OTHER[name])) != fingerprint(article(html=TEXT))


def test_a_counter_that_moves_and_one_in_the_middle_of_a_text() -> None:
    edge, middle = "<p>阅读({})</p>" + TEXT, TEXT * 2 + "<p>阅读({})</p>" + TEXT * 2
    assert fingerprint(article(html=edge.format(1))) == fingerprint(article(html=edge.format(2)))
    assert fingerprint(article(html=middle.format(1))) != fingerprint(article(html=middle.format(2)))


def test_a_counter_beside_time_and_outlet() -> None:
    line = "<p>2026-03-04 10:00 来源：河滨日报 阅读({})</p>" + TEXT
    assert fingerprint(article(html=line.format(1))) == fingerprint(article(html=line.format(99)))
    other = line.format(1).replace("10:00", "11:00")
    assert fingerprint(article(html=other)) != fingerprint(article(html=line.format(1)))


def test_tables_keep_their_figures() -> None:
    table = "<table><tbody><tr><th>阅读</th><td>{}</td></tr></tbody></table>"
    assert fingerprint(article(html=table.format(1))) != fingerprint(article(html=table.format(2)))


@pytest.mark.parametrize("field", ["title", "origin_url", "summary"])
def test_fields_count(field: str) -> None:
    changed = replace(article(html=TEXT), **{field: "https://h.example/other"})  # type: ignore[arg-type]
    assert fingerprint(changed) != fingerprint(article(html=TEXT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://img1.h.example/a.png?t=1700000000", "https://img3.h.example/a.png?t=1800000000"),
        ("https://h.example/a?utm_source=x&id=3", "https://h.example/a?id=3&spm=1.2"),
        ("https://h.example/a?x=0123456789abcdef0123", "https://h.example/a?x=fedcba98765432100123"),
    ],
)
def test_tokens_in_addresses(one: str, other: str) -> None:
    assert settled(one) == settled(other)


def test_another_picture_is_another_address() -> None:
    assert settled("https://h.example/a.png?id=3") != settled("https://h.example/a.png?id=4")
    assert settled("https://h.example/a1.png") != settled("https://h.example/a2.png")


def test_what_changed_is_named_with_its_size() -> None:
    found = difference(article(html=TEXT), article(html=TEXT.replace("20%", "35%"), title="改正"))
    assert found.changed == ("title", "text")
    assert found.size == 4
    assert difference(article(html=TEXT), article(html=TEXT)).changed == ()


PIECES = st.sampled_from(
    ["赞", "阅读", "点击", "人气", "人", "次", "1", "1,", "23 ", ",", "，", " | ", "(", ")", "：", "5天前", "完", "w"]
)


@given(
    pieces=st.lists(PIECES, min_size=1, max_size=6), times=st.integers(1, 2_000), last=st.sampled_from(["", "完", ","])
)
def test_no_line_takes_long(pieces: list[str], times: int, last: str) -> None:
    begun = time.process_time()
    fingerprint(replace(article(), html=f"<p>{''.join(pieces) * times}{last}</p>"))
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("line", ["赞1," * 40 + "完", "赞 1 " * 40 + "完", "1," * 5_000 + "完"])
def test_a_line_that_is_nearly_of_counters_counts_as_text_at_once(line: str) -> None:
    begun = time.process_time()
    assert text_digest(f"<p>{line}</p>") != text_digest("<p></p>")
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "line", ["赞 3 人气 5", "赞1,赞2，评论3", "阅读 1,023 5分钟前", "3人参与 2条评论", "赞 5 12 views"]
)
def test_counters_beside_each_other(line: str) -> None:
    assert text_digest(f"<p>{line}</p>") == ""
