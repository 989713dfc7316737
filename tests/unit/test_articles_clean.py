"""Upstream HTML -> safe HTML: what goes, what stays, and that no text is lost."""

import html as entities
import re
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.clean import clean, excerpt, text_of
from tests.support.samples import FINAL_FORMAT, SAMPLES, sample

BASE = "http://host.example/news/1.html"
TAGS = set(
    "p br hr strong b em i u s sub sup blockquote pre code h2 h3 h4 h5 h6 ul ol li figure figcaption img a "
    "table caption thead tbody tr th td".split()
)
ATTRIBUTES = {
    ("a", "href"), ("a", "title"), ("a", "rel"), ("img", "src"), ("img", "alt"), ("img", "width"), ("img", "height"),
    ("img", "loading"), ("img", "decoding"), ("img", "referrerpolicy"), ("td", "colspan"), ("td", "rowspan"), ("th", "colspan"),
    ("th", "rowspan"), ("th", "scope"), ("figure", "class"),
}  # fmt: skip


def cleaned(html: str) -> str:
    """The safe form."""
    return clean(html, base_url=BASE)


def squeezed(text: str) -> str:
    """A text without its blanks."""
    return re.sub(r"[\s\u3000]+", "", text)


def assert_safe(html: str) -> None:
    """Nothing in it but the tags and attributes that a page may carry, and addresses of the web."""
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        assert tag.name in TAGS
        for name, value in tag.attrs.items():
            assert (tag.name, name) in ATTRIBUTES
            if name in {"href", "src"}:
                assert re.match(r"https?://", str(value))
    assert "<!--" not in html


def test_a_size_of_zero_hides_only_text_without_a_size_of_its_own() -> None:
    made = cleaned('<div style="font-size:0"><img src="/a.png"><span style="font-size:16px">甲</span></div>')
    assert ("/a.png" in made, "甲" in made) == (True, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<p>\u3000\u3000一</p>\r\n <p>\u3000\u3000二</p>", "<p>一</p>\n<p>二</p>"),
        ('<p style="display:none;height:1px;overflow:hidden;"><br /></p><p>一</p>', "<p>一</p>"),
        ('<p style="DISPLAY : None">藏</p><p style="visibility:hidden">藏</p>一', "<p>一</p>"),
        ('<div style="display:none"><p style="display:none">藏</p>藏</div>一', "<p>一</p>"),
        ("<!-- EM_StockImg_Start -->一<!-- EM_StockImg_End -->", "<p>一</p>"),
        ("<p> </p><p>\u3000</p><p><br></p><p>一</p>", "<p>一</p>"),
        ('C<span id="I.338"><a href="http://x/" class="infokey">PPI</a></span>B', "<p>CPPIB</p>"),
        (
            '<span id="stock_1.6"><a class="keytip x" href="http://q/">贵州</a></span><span id="quote_1.6"></span>茅台',
            "<p>贵州茅台</p>",
        ),
        ('<span web="1" href="http://q/" class="em_stock_key_common">蔚来</span>', "<p>蔚来</p>"),
        ("<p>《&lt;公约&gt;修正案》 &amp; &nbsp;x</p>", "<p>《&lt;公约&gt;修正案》 &amp; &nbsp;x</p>"),
        ("<h1>大</h1>", "<h2>大</h2>"),
        ("<p><strong>有多大？ </strong></p>", "<p><strong>有多大？ </strong></p>"),
        ('<p class="em_media" onclick="x()" style="color:red" id="i">源</p>', "<p>源</p>"),
        ("<font color=red>红</font><center>中</center><section>段</section>", "<p>红</p>\n<p>中</p>\n<p>段</p>"),
        ("一<script>x</script>二<style>p{}</style>三<iframe src=x>y</iframe>四", "<p>一二三四</p>"),
        ("a\x00\x0b\ud800b", "<p>ab</p>"),
    ],
)
def test_what_becomes_of_it(given: str, expected: str) -> None:
    assert cleaned(given) == expected


def test_links_and_pictures_become_absolute() -> None:
    safe = BeautifulSoup(
        cleaned('<p>x<a href="../a.html">甲</a><a href="//o/b">乙</a><img src="c.png"></p>'), "html.parser"
    )
    assert [link["href"] for link in safe.find_all("a")] == ["http://host.example/a.html", "http://o/b"]
    assert [picture["src"] for picture in safe.find_all("img")] == ["http://host.example/news/c.png"]
    assert "noopener" in safe.find_all("a")[0].get_attribute_list("rel")


@pytest.mark.parametrize(
    "given",
    [
        '<center><img src="http://h/p.jpg" alt="Image" width="552" style="border:1px" /></center>',
        '<p style="text-align:center;"><img src="http://h/p.jpg" alt="图片" width="552"></p>',
        '<p> <a href="http://h/"><span><img src="http://h/p.jpg" width="552" height="auto"></span></a> </p>',
        '<img src="http://h/p.jpg" width="552" onerror="x()" srcset="http://evil/ 2x">',
    ],
)
def test_a_picture_alone_becomes_a_figure(given: str) -> None:
    [figure, picture] = BeautifulSoup(cleaned(given), "html.parser").find_all(True)
    assert (figure.name, figure.attrs) == ("figure", {"class": ["picture"]})
    assert picture.attrs == {
        "src": "http://h/p.jpg", "alt": "", "width": "552", "loading": "lazy", "decoding": "async",
        "referrerpolicy": "no-referrer",
    }  # fmt: skip


def test_a_chart_is_marked_as_one() -> None:
    html = (
        '<!-- EM_StockImg_Start --><p style="text-align:center;"><a href="http://q/0.1" class="EmImageRemark"><img '
        'src="https://w/GetPic.aspx?nid=0.1&imageType=k&token=t" alt="K图 1_0" data-code="K 1|0|2"></a></p><!-- End -->'
    )
    [figure] = BeautifulSoup(cleaned(html), "html.parser").find_all("figure")
    assert figure["class"] == ["kline"]
    assert figure.img is not None
    assert figure.img["src"] == "https://w/GetPic.aspx?nid=0.1&imageType=k&token=t"
    assert figure.img["alt"] == "K图 1_0"
    assert figure.a is None


def test_pictures_beside_text_and_each_other_stay() -> None:
    safe = cleaned(
        '<center><img src="/1.png"></center><center><img src="/2.png"></center><p>前<img src="/3.png">后</p>'
    )
    assert re.findall(r"/(\d)\.png", safe) == ["1", "2", "3"]
    assert squeezed(text_of(safe)) == "前后"


@pytest.mark.parametrize("address", ["", "javascript:x", "data:image/png;base64,x", "http://[::1", Path("/x").as_uri()])
def test_a_picture_from_nowhere_goes(address: str) -> None:
    assert cleaned(f'<p>一</p><img src="{address}" alt="x">') == "<p>一</p>"


def test_a_table_keeps_its_cells() -> None:
    html = '<table border="0"><tbody><tr><th colspan="2" onclick="x">甲</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>'
    assert (
        cleaned(html) == '<table><tbody><tr><th colspan="2">甲</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>'
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0c>alert(1)</script>",
    "<script/x>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="x" onerror  =  "alert(1)">',
    "<img/src=x/onerror=alert(1)>",
    "<img src='x'onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    '<img alt="K图\'><script>alert(1)</script>" src=x>',
    "<a href=javascript:alert(1)>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a><a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a class=keytip href=javascript:alert(1) onclick=alert(1)>x</a>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<style><img src='</style><img src=x onerror=alert(1)//'></style>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php <script>alert(1)</script> ?>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=javascript:alert(1)></object><embed src=x>",
    "<form action=javascript:alert(1)><input autofocus onfocus=alert(1)><button formaction=javascript:x>x</button></form>",
    "<base href=javascript:alert(1)//><a href=x>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'><link rel=stylesheet href=//evil>",
    "<p style='background:url(javascript:alert(1))' class='x' id=x>x</p>",
    "<template><script>alert(1)</script></template><textarea><script>alert(1)</script></textarea>",
    "<title><img src=x onerror=alert(1)></title><xmp><script>alert(1)</script></xmp>",
    "<video src=x onerror=alert(1)><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<details ontoggle=alert(1) open>x</details><marquee onstart=alert(1)>x</marquee>",
    "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    "<table background=javascript:alert(1)><td background=javascript:alert(1) onclick=alert(1)>x</table>",
    "<figure class='picture' onclick=alert(1)><img src=x><figcaption onclick=alert(1)>x</figcaption></figure>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_hostile_survives(payload: str) -> None:
    for html in (payload, f"<p>前{payload}后</p>", f"<div><center>{payload}", payload * 3):
        assert_safe(cleaned(html))


@given(
    st.text()
    | st.lists(st.sampled_from([*HOSTILE, "<p>", "</p>", "<center>", "<!--", "<a ", "'", '"', ">"])).map("".join)
)
def test_whatever_comes_the_result_is_safe(html: str) -> None:
    assert_safe(cleaned(html))


words = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\x85\ufdd0"), min_size=1, max_size=30)
inline = words.map(entities.escape) | words.map(lambda w: f"<strong>{entities.escape(w)}</strong>") | words.map(
    lambda w: f'<span id="x"><a class="keytip" href="http://q/">{entities.escape(w)}</a></span>'
)  # fmt: skip


@given(st.lists(st.lists(inline, min_size=1, max_size=5), max_size=6))
def test_no_text_is_lost(paragraphs: list[list[str]]) -> None:
    html = "\r\n ".join(f"<p>\u3000\u3000{''.join(parts)}</p>" for parts in paragraphs)
    shown = entities.unescape(re.sub(r"<[^>]*>", "", html))
    assert squeezed(BeautifulSoup(cleaned(html), "html.parser").get_text()) == squeezed(shown)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the original site's posts are not beside the repository")
@pytest.mark.parametrize("name", FINAL_FORMAT)
def test_the_original_texts_keep_every_word(name: str) -> None:
    body = sample(name).received_body
    safe = cleaned(body)
    assert_safe(safe)
    assert squeezed(text_of(safe)) == squeezed(BeautifulSoup(body, "html.parser").get_text())
    assert safe.count("<img") == body.count("<img")


@pytest.mark.parametrize(
    "tag", ["div", "p", "b", "center", "a", "span", "blockquote", "table><tr><td", "ul><li", "font"]
)
def test_deep_nesting_neither_crashes_nor_loses_text(tag: str) -> None:
    started = time.monotonic()
    safe = cleaned(f"<{tag}>" * 10_000 + '<img src="/p.png">底' + "<p>尾</p>")
    assert time.monotonic() - started < 20
    assert squeezed(text_of(safe)) == "底尾"
    assert_safe(safe)


def test_a_picture_deep_inside_empty_tags_takes_no_time() -> None:
    started = time.monotonic()
    assert cleaned("<center>" * 10_000 + '<img src="/p.png">' + "</center>" * 10_000).count("<img") == 1
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("甲<br><br>乙<br>丙", "<p>甲</p>\n<p>乙<br>丙</p>"),
        ("甲<br>\u3000\u3000乙", "<p>甲</p>\n<p>乙</p>"),
        ("<strong>甲<p>乙</p></strong>", "<p><strong>甲</strong></p>\n<p><strong>乙</strong></p>"),
        ("<ul>甲<li>乙</li></ul>", "<ul><li>甲</li><li>乙</li></ul>"),
        ("<p hidden>藏</p><p>甲</p>", "<p>甲</p>"),
        ("<table><tr><td><p>甲</p><p>乙</p></td></tr></table>", "<p>甲</p>\n<p>乙</p>"),
        ('<img src="/t.gif" width="1" height="1">甲', "<p>甲</p>"),
        ("<?xml version='1.0'?><p>甲</p>", "<p>甲</p>"),
        ("<frameset>甲</frameset>", "<p>甲</p>"),
        ("<script>x</script><figure><figcaption>▲图</a></figure>甲", "<p>▲图</p>\n<p>甲</p>"),
        (".HTM", "<p>.HTM</p>"),
        ("http://host.example/a", "<p>http://host.example/a</p>"),
    ],
)
def test_paragraphs_are_made_of_what_was_meant_as_some(given: str, expected: str) -> None:
    assert cleaned(given) == expected


@pytest.mark.parametrize(
    ("given", "captioned"),
    [
        ("<center><img src=/p.png><br>说明文字</center><p>正文</p>", "说明文字"),
        ("<img src=/p.png><p>▲图：说明</p><p>正文</p>", "▲图：说明"),
        ("<figure><figcaption>先说</figcaption><img src=/p.png></figure><p>正文</p>", "先说"),
        ('<img src=/p.png><div class="img-desc">说明</div><p>正文</p>', "说明"),
        ("<img src=/p.png><p>普通的一段</p><p>正文</p>", None),
        ("<img src=/p.png><center><b>小标题</b></center><p>正文</p>", None),
        ("<center>不在图片后面</center><p>正文</p>", None),
    ],
)
def test_a_caption_stays_with_its_picture_and_nothing_else_becomes_one(given: str, captioned: str | None) -> None:
    safe = BeautifulSoup(cleaned(given), "html.parser")
    assert (safe.figcaption.get_text() if safe.figcaption else None) == captioned
    assert "正文" not in (safe.figure.get_text() if safe.figure else "")


@pytest.mark.parametrize(
    ("rows", "heads"),
    [
        ([["名称", "涨幅"], ["甲", "1.2%"]], True),
        ([["名称", "涨幅"], ["甲", "未知"]], False),
        ([["2020", "2021"], ["1", "2"]], False),
        ([["名称", "涨幅"]], False),
        ([["<b>名称</b>", "<b>说明</b>"], ["甲", "未知"]], True),
    ],
)
def test_the_first_row_heads_a_table_that_shows_it(rows: list[list[str]], heads: bool) -> None:
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    safe = BeautifulSoup(cleaned(f"<table>{table}</table>"), "html.parser")
    assert [[cell.get_text() for cell in row.find_all(["td", "th"])] for row in safe.find_all("tr")] == [
        [re.sub("<[^>]*>", "", cell) for cell in row] for row in rows
    ]
    assert bool(safe.select("thead th[scope=col]")) is heads


def test_a_head_that_reaches_into_the_figures_stays_where_it_is() -> None:
    # A cell cannot reach out of its row group (HTML 4.9.5): in a thead of its own it would be cut off.
    table = "<table><tr><td rowspan=2>名称</td><td>涨幅</td></tr><tr><td>1.2%</td></tr></table>"
    assert "<thead>" not in cleaned(table)
    assert 'rowspan="2"' in cleaned(table)


def test_no_illegal_character_comes_in_by_a_reference() -> None:
    safe = cleaned('<img src="/p.png" alt="&#5;图示"><pre>&#5;码</pre><a href="/y" title="&#5;题">&#5;甲</a>')
    assert "\x05" not in safe
    assert all(said in safe for said in ("图示", "码", "题", "甲"))


def test_keyword_links_stay_where_the_source_wants_them() -> None:
    html = '<a class="keytip" href="http://q/">茅台</a>'
    assert 'href="http://q/"' in clean(html, base_url=BASE, keep_keyword_links=True)


@pytest.mark.parametrize(
    ("picture", "address"),
    [
        ('<img src="http://np.eastmoney.com/p.png">', "https://np.eastmoney.com/p.png"),
        ('<img src="http://cdn.known.example/p.png">', "https://cdn.known.example/p.png"),
        ('<img src="http://other.example/p.png">', "http://other.example/p.png"),
        ('<img src="http://noteastmoney.com/p.png">', "http://noteastmoney.com/p.png"),
        ('<img data-src="/real.png" src="data:image/gif;base64,x">', "http://host.example/real.png"),
        ('<img orginial_src="/real.png" src="/static/loading.gif">', "http://host.example/real.png"),
        ('<img srcset="/s.png 320w, /l.png 1280w">', "http://host.example/l.png"),
        ('<picture><source srcset="/w.webp 2x"><img></picture>', "http://host.example/w.webp"),
    ],
)
def test_the_address_of_a_picture_is_found(picture: str, address: str) -> None:
    safe = BeautifulSoup(clean(picture, base_url=BASE, https_hosts=("known.example",)), "html.parser")
    assert [str(img["src"]) for img in safe.find_all("img")] == [address]


@given(
    st.lists(
        st.sampled_from(
            [
                *HOSTILE,
                "<p>",
                "</p>",
                "<br>",
                "甲",
                " ",
                "<b>",
                "</b>",
                "<table>",
                "<tr>",
                "<td>",
                "<img src=/a>",
                "<li>",
            ]
        )
    ).map("".join)
)
def test_cleaned_again_it_stays(html: str) -> None:
    assert cleaned(cleaned(html)) == cleaned(html)


# --- excerpt ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        ("<p>短</p>", "短"),
        ("甲.htm", "甲.htm"),
        ("<p>短</p><p>这一段有十个字以上了。</p>", "这一段有十个字以上了。"),
        ("没有段落的一行文字也能用", "没有段落的一行文字也能用"),
        (f"<p>{'甲' * 120}</p>", "甲" * 120),
        (f"<p>{'甲' * 121}</p>", "甲" * 119 + "…"),
        (f"<p>{'甲' * 80}。{'乙' * 80}</p>", "甲" * 80 + "。"),
        (f"<p>{'甲' * 20}。{'乙' * 200}</p>", "甲" * 20 + "。" + "乙" * 98 + "…"),
        ("<p>一 &lt;b&gt;\n 二三四五六七八</p>", "一 <b> 二三四五六七八"),
    ],
)
def test_an_excerpt_is_the_beginning(html: str, expected: str) -> None:
    assert excerpt(html) == expected


@given(st.text(), st.integers(2, 200))
def test_an_excerpt_is_never_too_long(text: str, length: int) -> None:
    assert len(excerpt(f"<p>{entities.escape(text)}</p>", length=length)) <= length


@pytest.mark.parametrize(
    "html",
    [
        '<p>前</p><img src="/p.png"><p class="caption">图为港口</p><p>后</p>',
        '<p>前</p><figure><figcaption>图为港口</figcaption><img src="/p.png"><img src="/q.png"></figure><p>后</p>',
        '<p>前</p><center><a href="/big.png"><img src="/p.png"></a></center><p align="center">图为港口</p><p>后</p>',
        '<p>前<img src="/sign.gif" width="16" height="16"><a href="/"><img src="/sign.gif" width="16" height="16"></a></p>后',
        '<p>前</p><table><tr><td><img src="/p.png"></table><picture><img src="/p.png"></picture>后',
    ],
)
def test_pictures_go_with_their_captions_where_none_are_wanted(html: str) -> None:
    assert clean(html, BASE, keep_pictures=False) == "<p>前</p>\n<p>后</p>"


def test_a_link_around_a_picture_stays_where_it_has_a_name() -> None:
    html = '<p><a href="/big.png"><img src="/p.png" alt="港口"></a></p><p class="caption">图为<a href="/x">港口</a></p>'
    [figure] = BeautifulSoup(cleaned(html), "lxml").select("figure")
    assert [(link["href"], link.find("img") is not None) for link in figure.select("a")] == [
        ("http://host.example/big.png", True),
        ("http://host.example/x", False),
    ]
    assert "<a " not in cleaned('<a href="/big.png"><img src="/p.png" alt="图片"></a>')
    assert "<a " not in cleaned('<a class="EmImageRemark" href="/q"><img src="/p.png" alt="K图 000001_0"></a>')


def test_addresses_for_mail_stay_and_no_other_scheme_does() -> None:
    assert 'href="mailto:desk@news.example?subject=x"' in cleaned(
        '<p><a href=" mailto:desk@news.example?subject=x">写信</a></p>'
    )
    for href in ("mailto:", "mailto:javascript:alert(1)", "tel:1", "data:text/html,x", "mailto:a@b\n.c"):
        assert cleaned(f'<p><a href="{href}">写信</a></p>') == "<p>写信</p>"
