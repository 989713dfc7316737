"""Where the byte rules of the post would break YAML, Jekyll, Liquid or kramdown: what is written instead."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.model import Article, Category
from tasks.outputs import SiteFacts
from tasks.outputs.jekyll import post
from tests.support.output_records import CHINA, HOSTILE_TEXTS, SITE, article

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)  # surrogates too: JSON lets them in
LIQUID = re.compile(r"\{[{%]")
MEDIA_NAMES = (
    "1,000", "12:30", "on", "Off", "y", "No", "360", "0x1F", "1e5", "~", "null", "a: b", "#x", "a #x", "[x]y", ": ",
    "trailing:", "", "2026-03-04", "2026-99-99", "- x", "&a", "*a", "!t", "%d", "@x", "`x`", "'x'", '"x"', "x\\y",
    "{a}", "a,b", "=", "<<", "?", "|", ">", "两个 空格", "安信国际证券(香港)", "证券时报·e公司", "1_000", ".5",
    "-1", "TRUE",
    "新浪财经/综合", "长" * 300, "a\nb",
)  # fmt: skip


def parts(of: Article, site: SiteFacts = SITE) -> tuple[dict[str, Any], str]:
    """Front matter as YAML reads it, and the text below, split as Jekyll does."""
    text = post(of, site).encode("utf-8", "replace").decode()
    found = re.match(r"---\s*\n(.*?\n?)^(?:(?:---|\.\.\.)\s*$\n?)", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return yaml.safe_load(found[1]), text[found.end() :]


def shown(text: str) -> str:
    """The text as one line of it reads: control characters are blanks, half pairs are replaced."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    return re.sub(r"[\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def jekyll_list(value: Any) -> list[Any]:
    """What Jekyll makes of `categories` or `tags`: it splits strings and takes lists as they are."""
    return value.split() if isinstance(value, str) else value


@pytest.mark.parametrize("title", HOSTILE_TEXTS)
def test_hostile_titles_are_read_back(title: str) -> None:
    front, _ = parts(article(title=title))
    assert front["title"] == shown(title)
    assert list(front) == ["layout", "title", "date", "categories", "tags"]


@settings(deadline=None)
@given(title=ANY_TEXT)
@example(title='"\\"')
def test_any_title_is_read_back(title: str) -> None:
    front, _ = parts(article(title=title))
    assert front["title"] == shown(title)


@settings(deadline=None)
@given(name=ANY_TEXT)
@example(name="=")
@example(name="\ufeff")
def test_any_media_name_is_one_tag(name: str) -> None:
    front, below = parts(article(category=Category(slug="slug", title=name, tag=name)))
    assert jekyll_list(front["tags"]) == [shown(name)]
    assert not LIQUID.search(below)


@pytest.mark.parametrize("name", MEDIA_NAMES)
def test_awkward_media_names_are_one_category_and_one_tag(name: str) -> None:
    front, _ = parts(article(category=Category(slug=name, title=name, tag=f"{name}新闻")))
    assert jekyll_list(front["categories"]) == [shown(name)]
    assert jekyll_list(front["tags"]) == [shown(f"{name}新闻")]


@pytest.mark.parametrize(
    "name", ["36ke", "ITzhijia", "TechWeb", "信阳日报新闻", "安信国际证券(香港)新闻", "证券时报·e公司新闻"]
)
def test_usual_names_stay_plain(name: str) -> None:
    text = post(article(category=Category(slug=name, title=name, tag=name)), SITE)
    assert f"\ncategories: {name}\ntags: {name}\n" in text


@pytest.mark.parametrize("name", ["360", "on", "12:30", "1,000", "1_000", "0o17", "a b", ""])
def test_names_that_some_reader_takes_for_another_type_are_quoted(name: str) -> None:
    """PyYAML would read some of these right when plain; SafeYAML or Psych does not."""
    text = post(article(category=Category(slug=name, title=name, tag=name)), SITE)
    assert f'\ncategories: ["{name}"]\ntags: ["{name}"]\n' in text


def test_the_time_carries_the_zone_of_the_source() -> None:
    text = post(article(published_at=datetime(2026, 3, 4, 0, 5, 6, tzinfo=CHINA)), SITE)
    assert "\ndate: 2026-03-04 00:05:06 +0800\n" in text


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_nothing_is_left_for_liquid(text: str) -> None:
    category = Category(slug="x", title=text, tag=text)
    for quote in (text, None):
        _, below = parts(article(category=category, quote=quote, post_body=f"<p>{text}</p>{text}", origin_url=text))
        assert not LIQUID.search(below)


@settings(deadline=None)
@given(text=ANY_TEXT.map(lambda text: "{{" + text + "{%"))
def test_liquid_finds_nothing_in_any_body(text: str) -> None:
    _, below = parts(article(quote=text, post_body=text))
    assert not LIQUID.search(below)


def quoted_line(digest: str) -> str:
    """The line of the post that quotes a digest."""
    _, below = parts(article(quote=digest))
    line, empty, _ = below.split("\n", 2)
    assert line.startswith("> ")
    assert empty == ""
    return line[2:]


@pytest.mark.parametrize(
    ("digest", "line"),
    [
        ("平常的一句。（来源）", "平常的一句。（来源）"),
        ("【甲】【乙】丙", "丙"),
        ("没有括号", "没有括号"),
        ("《&lt;条约&gt;》 A&B $100 \"引\" 'x' -5% 3.5%", "《&lt;条约&gt;》 A&B $100 \"引\" 'x' -5% 3.5%"),
        ("*x* _y_ `z` ~a~ b|c", "&#42;x&#42; &#95;y&#95; &#96;z&#96; &#126;a&#126; b&#124;c"),
        ("[t](u) <b> \\d", "&#91;t](u) &#60;b> &#92;d"),
        ("{{ x }} {% y %} {:.z} {a}", "&#123;{ x }} &#123;% y %} &#123;:.z} {a}"),
        ("$$x$$", "&#36;$x&#36;$"),
        ("# 一", "&#35; 一"),
        ("> 一", "&#62; 一"),
        ("+ 一", "&#43; 一"),
        ("- 一", "&#45; 一"),
        ("---", "&#45;--"),
        ("1. 一", "1&#46; 一"),
        ("1.一", "1.一"),
        ("-5%", "-5%"),
        ("    代码", " 代码"),
        ("一\r\n\n二\u2028三", "一 二 三"),
        ("", ""),
    ],
)
def test_a_digest_is_quoted_as_it_reads(digest: str, line: str) -> None:
    assert quoted_line(digest) == line


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("http://a.example/1353,2.html?x=1&y=_z", "<http://a.example/1353,2.html?x=1&y=_z>"),
        ("https://a.example/a b<c>{{d}}\n|`", "<https://a.example/a%20b%3Cc%3E%7B%7Bd%7D%7D%0A%7C%60>"),
        ("javascript:alert(1)", "<>"),
        ("/relative", "<>"),
        ("", "<>"),
    ],
)
def test_the_source_address_is_a_link_or_nothing(url: str, written: str) -> None:
    _, below = parts(article(origin_url=url))
    assert f"\n\n{written}\n\n[返回" in below


def test_return_links_lead_to_the_shelf_under_the_base_address() -> None:
    site = replace(SITE, base_url="https://h.example:8443/p/q")
    fixed = post(article(), site)
    media = post(article(quote=None, category=Category(slug="a(b) c", title="[x]", tag="[x]|新闻")), site)
    assert fixed.endswith("\n\n[返回东财滚动新闻](//h.example:8443/p/q/emnews/)｜[返回首页](//h.example:8443/p/q/)")
    assert media.endswith(
        "\n\n[返回&#91;x&#93;&#124;新闻](//h.example:8443/p/q/category/a%28b%29%20c.html)｜[返回首页](//h.example:8443/p/q/)"
    )


def test_a_media_post_has_no_quote_and_no_empty_line_before_its_body() -> None:
    _, below = parts(article(quote=None, post_body="<p>一</p>"))
    assert below.startswith("<p>一</p>\n\n<http")
