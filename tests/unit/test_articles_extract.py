"""A page -> the text of its article and what the page tells of it, by selectors and without."""

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.articles.clean import clean, text_of
from tasks.articles.extract import Selectors, extract_page
from tasks.errors import ParseError
from tasks.model import Text

URL = "https://news.example/2026/08/19/story.html"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 8, 20, 12, 0, tzinfo=SHANGHAI)
PARAGRAPHS = [
    "证券时报记者获悉，多家银行近日下调了存款利率，其中三年期定期存款利率下调十五个基点，市场人士认为这将有助于降低实体经济融资成本。",
    "分析人士表示，此次调整符合预期，银行净息差仍面临压力；从全年来看，利率水平还有进一步下行的空间，但节奏会更加平稳，不会一蹴而就。",
    "多位受访的储户告诉记者，他们已经开始考虑把一部分到期的存款转为理财产品，不过也有人担心净值波动，因此更愿意选择国债等低风险品种。",
]
PROSE = "".join(f"<p>　　{paragraph}</p>" for paragraph in PARAGRAPHS)
LINKS = "".join(f'<li><a href="/{n}.html">另一条并不相干的新闻标题，第{n}条</a></li>' for n in range(12))


def page(
    body: str = PROSE, *, head: str = "<title>多家银行下调存款利率_某某网</title>", line: str = "", around: str = ""
) -> bytes:
    return (
        f'<html><head><meta charset="utf-8">{head}</head><body><div class="nav"><ul>{LINKS}</ul></div>'
        f'<div class="wrap"><div class="left"><h1>多家银行下调存款利率</h1>{line}<div class="txt">{body}</div>{around}</div>'
        f'<div class="right"><h3>热门排行</h3><ul>{LINKS}</ul></div></div>'
        f'<div class="foot"><p>某某网版权所有，未经书面授权，不得转载或镜像，违者必究。</p></div></body></html>'
    ).encode()


def read(body: bytes, *layouts: Selectors, url: str = URL, content_type: str = "text/html") -> Text:
    return extract_page(body, url=url, content_type=content_type, layouts=layouts, zone=SHANGHAI, now=NOW)


def seen(text: Text) -> str:
    return text_of(clean(text.html, base_url=URL))


# --- without selectors ------------------------------------------------------------------------


def test_an_unknown_layout_gives_the_article_and_nothing_else() -> None:
    text = read(page())
    assert seen(text) == " ".join(PARAGRAPHS)
    assert text.title == "多家银行下调存款利率"
    assert text.method == "trafilatura"
    assert 0.5 < text.confidence <= 1


def test_confidence_falls_with_the_evidence() -> None:
    whole = read(page(line="<div>2026年08月19日 17:46 来源：某报</div>")).confidence
    undated = read(page()).confidence
    short = read(page(f"<p>{PARAGRAPHS[0][:30]}。</p>")).confidence
    assert whole > undated > short


def test_pictures_with_captions_tables_lists_and_links_survive() -> None:
    body = (
        f'<p><img src="/first.jpg" alt="大厅"></p><p>　　{PARAGRAPHS[0]}</p><h2>利率下调</h2>'
        '<figure><img src="/second.jpg"><figcaption>某银行营业大厅</figcaption></figure>'
        f'<p>　　{PARAGRAPHS[1]}<a href="/report.html">完整报告</a></p>'
        "<table><tr><th>银行</th><th>利率</th></tr><tr><td>甲行</td><td>1.10%</td></tr><tr><td>乙行</td><td>1.15%</td></tr></table>"
        f"<ul><li>活期不变</li><li>三年期下调</li></ul><p>　　{PARAGRAPHS[2]}</p>"
    )
    html = clean(read(page(body)).html, base_url=URL)
    assert re.findall(r'<img src="([^"]+)"', html) == [
        "https://news.example/first.jpg",
        "https://news.example/second.jpg",
    ]
    assert "<figcaption>某银行营业大厅</figcaption>" in html
    assert "<h2>利率下调</h2>" in html
    assert '<a href="https://news.example/report.html"' in html
    assert "<td>1.15%</td>" in html
    assert "<li>三年期下调</li>" in html
    assert [html.index(paragraph) for paragraph in PARAGRAPHS] == sorted(
        html.index(paragraph) for paragraph in PARAGRAPHS
    )


def test_text_that_line_breaks_part_is_one_article() -> None:
    text = read(page(f"<span>{'<br><br>'.join(PARAGRAPHS)}<br>（责任编辑：王某）</span>"))
    assert seen(text) == " ".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "extra",
    [
        "<p>（责任编辑：王某某）</p>",
        "<p>编辑：李某</p>",
        "<p>原标题：银行下调利率</p>",
        f'<div class="related"><h3>相关阅读</h3><ul>{LINKS}</ul></div>',
        f'<div class="xgxw"><p>{PARAGRAPHS[1][::-1]}</p></div>',
        f'<div class="comment-list"><p>网友甲：{PARAGRAPHS[2][::-1]}</p></div>',
        '<div class="ad"><p>开户即送好礼，名额有限，先到先得，点击下方按钮，马上领取。</p></div>',
        '<div style="display:none"><p>这里有一段读者看不到的文字，它不应当出现在正文里，也不该被发布出去。</p></div>',
        f'<div><div><p>延伸阅读</p></div><div><a href="/1.html">另一条新闻</a><p>{PARAGRAPHS[1][::-1]}</p></div></div>',
        '<p>Read more: <a href="/1.html">Alibaba poised to launch record-breaking $13.4bn Hong Kong listing</a></p>',
        '<p>Get the best of it every morning in our newsletter, free. <a href="/letter">Sign up here!</a></p>',
        "<p>免责声明：本网站所载文章，只代表作者的观点，与本网无关，请读者仅作参考，并请自行承担全部责任。</p>",
        "<p>（某某网专稿，未经书面授权请勿转载。）</p>",
        "<aside><p>订阅我们的新闻信，每天早上八点，准时送到您的邮箱，随时可以退订。</p></aside>",
    ],
)
def test_what_is_about_the_article_or_beside_it_goes(extra: str) -> None:
    assert seen(read(page(PROSE + extra))) == " ".join(PARAGRAPHS)
    assert seen(read(page(PROSE, around=extra))) == " ".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "sentence",
    [
        "该公司表示，未经授权不得转载其数据，并已对三家网站提起诉讼，要求赔偿。",
        "Read more about the bank's plans and you will see that nobody knows, says the analyst.",
        "The newsletter that he writes every week, and to which thousands subscribe, moved the market.",
    ],
)
def test_what_a_text_says_of_such_things_stays(sentence: str) -> None:
    body = f"<p>{PARAGRAPHS[0]}</p><p>{sentence}</p><p>{PARAGRAPHS[1]}</p>"
    assert seen(read(page(body))) == " ".join([PARAGRAPHS[0], sentence, PARAGRAPHS[1]])


def test_a_part_that_begins_with_a_pointer_goes_from_the_middle_too() -> None:
    part = f"<div><div><p>延伸阅读</p></div><p>　　{PARAGRAPHS[1][::-1]}</p></div>"
    body = f"<p>　　{PARAGRAPHS[0]}</p>{part}<p>　　{PARAGRAPHS[1]}</p><p>　　{PARAGRAPHS[2]}</p>"
    assert seen(read(page(body))) == " ".join(PARAGRAPHS)


def test_lists_of_teasers_with_long_summaries_are_no_article() -> None:
    """Each summary is as long as the article, and all of them are more than the rest of the page."""
    teasers = [
        f'<div class="item"><h3><a href="/{n}.html">另一条新闻</a></h3><p>{PARAGRAPHS[n % 3][n:]}{PARAGRAPHS[1]}</p></div>'
        for n in range(3)
    ]
    body = page(f"<p>{PARAGRAPHS[0]}</p>", around=f"<div>{''.join(teasers)}</div>")
    assert seen(read(body)) == PARAGRAPHS[0]


def test_a_name_of_noise_around_the_whole_page_is_not_believed() -> None:
    body = page().replace(b'class="wrap"', b'class="share sidebar"').replace(b'class="txt"', b'class="info"')
    assert seen(read(body)) == " ".join(PARAGRAPHS)


LEAD = "多家银行近日下调存款利率，三年期下调十五个基点，储户开始把到期的存款转为理财产品或国债。"


@pytest.mark.parametrize(
    "head",
    [
        f'<meta property="og:description" content="{LEAD}">',
        f'<meta name="description" content="{LEAD[:30]}…">',
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"-","description":"{LEAD}"}}</script>',
    ],
)
def test_a_lead_that_stands_apart_is_the_summary(head: str) -> None:
    text = read(page(head=head + "<title>多家银行下调存款利率_某某网</title>", line=f'<div class="dek">{LEAD}</div>'))
    assert text.summary == LEAD
    assert seen(text) == " ".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "line",
    [
        "",
        f'<figure><img src="/1.jpg"><figcaption>{LEAD}</figcaption></figure>',
        f'<div><a href="/other.html">{LEAD}</a></div>',
        "<div>多家银行近日下调存款利率的消息，在社交媒体上引起了广泛的讨论，话题登上热搜。</div>",
    ],
)
def test_what_is_no_lead_is_no_summary(line: str) -> None:
    head = f'<title>多家银行下调存款利率_某某网</title><meta name="description" content="{LEAD}">'
    assert read(page(head=head, line=line)).summary == ""


def test_what_the_text_begins_with_is_no_summary() -> None:
    head = f'<title>多家银行下调存款利率_某某网</title><meta name="description" content="{PARAGRAPHS[0]}">'
    for line in ("", f"<div class=meta>{PARAGRAPHS[0][:40]}</div>"):
        assert read(page(head=head, line=line)).summary == ""


@pytest.mark.parametrize("label", ["摘要：", "【核心提示】：", "导读："])
def test_an_abstract_under_the_title_begins_the_text(label: str) -> None:
    text = read(page(line=f"<div class='zy'>{label}{LEAD}</div>"))
    assert seen(text) == " ".join([label + LEAD, *PARAGRAPHS])


def test_a_heading_with_a_button_is_the_heading() -> None:
    plain = page(head='<meta property="og:title" content="多家银行下调存款利率">')
    text = read(plain.replace("存款利率</h1>".encode(), "存款利率 播报文章</h1>".encode()))
    assert text.title == "多家银行下调存款利率"
    assert text.confidence == read(plain).confidence


def test_the_text_of_json_ld_is_taken_where_the_page_shows_only_its_beginning() -> None:
    said = "\\n".join(PARAGRAPHS)
    described = f'{{"@type":"NewsArticle","headline":"多家银行下调存款利率","articleBody":"{said}"}}'
    script = f'<script type="application/ld+json">{described}</script>'
    text = read(page(f"<p>{PARAGRAPHS[0]}</p>", head=script))
    assert (text.method, seen(text)) == ("json-ld", " ".join(PARAGRAPHS))


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<p>hi</p>", f"<ul>{LINKS}</ul>".encode(), b"{}"])
def test_a_page_without_an_article_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match=rf"^{re.escape(URL)}: .*(?:expected|begins)"):
        read(body)


def test_characters_that_cannot_be_read_are_named() -> None:
    with pytest.raises(ParseError, match=rf"^{re.escape(URL)}: the characters cannot be read"):
        read(bytes(range(256)) * 40)


def test_gbk_is_read_through_a_wrong_label() -> None:
    body = page().decode().replace("utf-8", "iso-8859-1").encode("gbk")
    assert seen(read(body, content_type="text/html; charset=ISO-8859-1")) == " ".join(PARAGRAPHS)


# --- metadata ---------------------------------------------------------------------------------

AT = datetime(2026, 8, 19, 17, 46, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (
            '<script type="application/ld+json">{"@graph":[{"@type":["NewsArticle"],'
            '"datePublished":"2026-08-19T09:46:00Z"}]}</script>',
            "",
        ),
        ('<meta property="article:published_time" content="2026-08-19T17:46:00+0800">', ""),
        ('<meta name="publishdate" content="2026-08-19 17:46">', ""),
        ('<meta property="og:release_date" content="2026-08-19 17:46">', ""),
        ('<meta name="pubdate" content="Wed, 19 Aug 2026 09:46:00 GMT">', ""),
        ("", '<time datetime="2026-08-19T17:46:00+08:00">heute</time>'),
        ("", '<span itemprop="datePublished" content="2026-08-19T17:46"></span>'),
        ("", "<div>2026年08月19日 17:46 来源：某报</div>"),
        ("", "<div class='t'><span>2026-08-19 17:46:00</span> <a href='/'>某报</a></div>"),
        ("", "<p>发布时间：2026/8/19 下午5:46</p>"),
        (
            '<meta name="publishdate" content="2026-08-19">',
            "<div>2026年08月19日 17:46</div>",
        ),  # a bare day, and its time
    ],
)
def test_the_time_of_publication(head: str, line: str) -> None:
    found = read(page(head=head, line=line)).published_at
    assert found == AT
    assert found is not None
    assert found.tzinfo is not None


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("", ""),
        ('<meta name="pubdate" content="2026-13-45">', ""),
        ('<meta name="pubdate" content="2031-01-01">', ""),  # no article is from the future
        ('<meta name="pubdate" content="1970-01-01T00:00:00Z">', ""),
        ("", "<div>电话：2026-08-1912</div>"),
    ],
)
def test_a_time_is_never_guessed(head: str, line: str) -> None:
    dated_text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    assert read(page(dated_text, head=head, line=line)).published_at is None


def test_every_other_field_of_json_ld_and_meta() -> None:
    head = """<title>多家银行下调存款利率 - 某某网</title><meta property="og:site_name" content="某某网">
    <link rel="canonical" href="/a/1.html"><link rel="amphtml" href="https://amp.news.example/a/1.html">
    <link rel="alternate" media="only screen and (max-width: 640px)" href="https://m.news.example/a/1.html">
    <meta name="mobile-agent" content="format=html5; url=https://3g.news.example/a/1.html">
    <meta property="article:modified_time" content="2026-08-19T18:00:00+08:00"><meta name="author" content="张三">"""
    text = read(page(head=head))
    assert text.canonical == "https://news.example/a/1.html"
    assert text.links == (
        "https://amp.news.example/a/1.html",
        "https://m.news.example/a/1.html",
        "https://3g.news.example/a/1.html",
    )
    assert text.modified_at == AT + timedelta(minutes=14)
    assert (text.author, text.media) == ("张三", "某某网")
    described = read(
        page(
            head="""<script type="application/ld+json">[{"@type":"NewsArticle","headline":"x","author":[{"name":"李四"},
    {"name":"王五"}],"publisher":{"name":"某报社"},"dateModified":"2026-08-19 18:00:00"}]</script>"""
        )
    )
    assert (described.author, described.media) == ("李四; 王五", "某报社")
    assert described.modified_at == AT + timedelta(minutes=14)


def test_the_line_under_the_title_names_media_and_author() -> None:
    text = read(page(line="<div>2026年08月19日 17:46 来源：证券时报 作者：赵六</div>"))
    assert (text.media, text.author) == ("证券时报", "赵六")


@pytest.mark.parametrize("address", ["https://news.example/", "javascript:alert(1)", "http://[", ""])
def test_an_address_that_is_no_articles_is_not_canonical(address: str) -> None:
    assert read(page(head=f'<link rel="canonical" href="{address}">')).canonical == ""


@pytest.mark.parametrize(
    "script",
    ["{", "[" * 100_000, '{"@graph": 5}', '[null, 1, "x"]', '{"@type":"NewsArticle","headline":{"a":[]},"author":7}'],
)
def test_json_ld_that_is_broken_does_no_harm(script: str) -> None:
    text = read(page(head=f'<title>题</title><script type="application/ld+json">{script}</script>'))
    assert seen(text) == " ".join(PARAGRAPHS)


# --- with selectors ---------------------------------------------------------------------------

LAYOUT = Selectors(
    title=".t", time=".when", media=".from", author=".by", body=".txt", summary=".sum", remove=(".ad", "script")
)
LAID_OUT = page(
    f'<p>短。</p><div class="ad">广告</div><script>x</script>{PROSE}',
    head='<title>别的标题</title><meta name="author" content="元数据"><meta name="pubdate" content="2026-08-01">',
    line='<b class="t">选中的 标题</b><i class="when">2026年08月19日 17:46</i><i class="from">来源：某报</i>'
    '<p class="sum">摘要 &amp; 导语</p>',
)


def test_selectors_give_exactly_what_they_select() -> None:
    text = read(LAID_OUT, LAYOUT)
    assert (text.title, text.published_at, text.media) == ("选中的 标题", AT, "某报")
    assert text.author == "元数据"  # .by selects nothing: the metadata says
    assert seen(text) == " ".join(["摘要 & 导语", "短。", *PARAGRAPHS])
    assert (text.method, text.confidence) == ("selectors", 1.0)


def test_a_body_selector_that_matches_nothing_is_named() -> None:
    with pytest.raises(ParseError, match=r"body selector '#ContentBody' matches nothing"):
        read(LAID_OUT, Selectors(body="#ContentBody"))
    with pytest.raises(ParseError, match=r"selector 'p\[' cannot be used"):
        read(LAID_OUT, Selectors(body="p["))


OLD = Selectors(evidence="table.old", body="table.old td")
NEW = Selectors(evidence="div.wrap .txt", body=".txt")


def test_the_first_layout_with_evidence_in_the_page_is_used() -> None:
    text = read(LAID_OUT, OLD, NEW, Selectors(body="h1"))
    assert (seen(text), text.method) == (
        " ".join(["短。", "广告", *PARAGRAPHS]),
        "selectors, layout 2 by 'div.wrap .txt'",
    )
    old = read(page(f"<table class=old><tr><td>{PROSE}</td></tr></table>"), OLD, NEW)
    assert (seen(old), old.method) == (" ".join(PARAGRAPHS), "selectors, layout 1 by 'table.old'")


def test_a_layout_without_evidence_is_that_of_all_other_pages() -> None:
    assert read(LAID_OUT, OLD, Selectors(body="h1")).method == "selectors, layout 2"
    found = read(page(), OLD, Selectors())
    assert (seen(found), found.method) == (" ".join(PARAGRAPHS), "trafilatura, layout 2")


def test_a_page_of_no_known_layout_is_refused_and_says_what_was_looked_for() -> None:
    with pytest.raises(
        ParseError, match=rf"^{re.escape(URL)}: .*no known layout: looked for 'table.old', '#x', found none"
    ):
        read(LAID_OUT, OLD, Selectors(evidence="#x"))


def test_without_a_body_selector_the_body_is_found() -> None:
    text = read(page(line='<b class="t">选中的标题</b>'), Selectors(title=".t"))
    assert (text.title, text.method) == ("选中的标题", "trafilatura")
    assert PARAGRAPHS[2] in seen(text)


def test_several_parts_of_a_body_follow_each_other_once() -> None:
    html = read(
        page("<div class=p>甲，一。<p class=p>乙，二。</p></div><div class=p>丙，三。</div>"), Selectors(body=".p")
    ).html
    assert re.sub(r"<[^>]+>", "", html) == "甲，一。乙，二。丙，三。"


# --- hostile pages ----------------------------------------------------------------------------

SENTENCES = b"<p>" + b"A sentence that somebody wrote, with a comma in it. " * 20 + b"</p>"
HOSTILE = {
    "nested": b"<div>" * 100_000 + SENTENCES,
    "in-line": b"<b>" * 100_000 + SENTENCES,
    "tables": b"<table><tr><td>" * 30_000 + SENTENCES,
    "attributes": b"<div " + b" ".join(b'a%d=">"' % n for n in range(100_000)) + b">" + SENTENCES,
    "names": b'<div class="' + b"related_" * 200_000 + b'">' + SENTENCES + b"</div>",
    "quotes": b'<a b="' * 100_001 + SENTENCES,
    "brackets": b"<" * 1_000_000 + SENTENCES,
    "elements": b"<i></i>" * 500_000 + SENTENCES,
    "comments": b"<!--" * 200_000 + SENTENCES,
    "pointers": b"<i></i>" * 20_000 + b"<div><p>Read more</p></div>" * 15_000 + SENTENCES,
    "leads": b'<meta name=description content="'
    + b"a lead, of some length, " * 20
    + b'"><title>A title of a page</title><h1>A title of a'
    b" page</h1>" + b"<div>a lead, of some length, that is another lead</div>" * 15_000 + SENTENCES,
    "headings": b"<title>A title of a page</title>" + b"<h1>A title of a page</h1>" * 10_000 + SENTENCES,
}


@pytest.mark.parametrize("layouts", [(), (Selectors(title="h1", body="p"),)], ids=["found", "selected"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_gives_a_text_or_a_refusal_soon(name: str, layouts: tuple[Selectors, ...]) -> None:
    begun = time.process_time()
    try:
        assert "somebody wrote" in read(HOSTILE[name], *layouts).html
    except ParseError as refusal:
        assert str(refusal).startswith(URL)
    assert time.process_time() - begun < 30


PIECES = [
    *(
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<a href=x>",
        "</a>",
        "<table>",
        "<tr><td>",
        "</table>",
        "<br>",
        "<ul><li>",
        "</ul>",
        "<h1>",
    ),
    *(
        "</h1>",
        "<img src=a.jpg>",
        "<figure>",
        "</figure>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<article>",
        "</article>",
        "<",
        ">",
    ),
    *(
        "&#0;",
        "&#xd800;",
        "<svg>",
        "<math>",
        "<template>",
        "<html>",
        "<body>",
        "</body>",
        "<base href='http://['>",
        "<form>",
        "<time datetime=x>",
    ),
    *(
        *PARAGRAPHS,
        "2026年99月99日",
        "来源：",
        "<title>",
        "</title>",
        "\0",
        "\x1b",
        "<p class='comment'>",
        "<meta property=og:title content=题>",
    ),
    *(
        '<script type="application/ld+json">{"@type":"Article","articleBody":"x"}</script>',
        "<select>",
        "<p hidden>",
        "<o:p>",
        "<a:b c:d=e>",
    ),
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60))
def test_any_markup_gives_a_text_or_a_refusal(pieces: list[str]) -> None:
    body = "".join(pieces).encode("utf-8", "replace")
    for layouts in ((), (Selectors(title="h1", body="div", remove=("p", "a")),)):
        try:
            text = read(body, *layouts)
        except ParseError:
            continue
        assert 0 <= text.confidence <= 1
        assert text.published_at is None or text.published_at.tzinfo is not None
        clean(text.html, base_url=URL)


@pytest.mark.parametrize("begin", ["<article>", "<header>某某网</header><main>", "text <section>"])
def test_a_page_without_the_tags_of_head_and_body(begin: str) -> None:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    head = "<!doctype html><meta charset=utf-8><title>多家银行下调存款利率</title>"
    text = read(f"{head}{begin}<h1>多家银行下调存款利率</h1>{paragraphs}".encode())
    assert text.title == "多家银行下调存款利率"
    assert all(paragraph in text.html for paragraph in PARAGRAPHS)
