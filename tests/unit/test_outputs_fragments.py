"""Bodies: harmless ones pass as received, active ones are sanitised, Markdown and Liquid find nothing to do."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.outputs.fragments import post_fragment, with_absolute_links

AS_RECEIVED = (
    '<p style="display:none;height:1px;overflow:hidden;"> </p>',
    '<span id="stock_0.002045"></span>'.join(("<p>甲", "乙</p>")),
    '<p>培<span web="1" href="http://q.example/1.6" class="em_stock_key_common" data-code="1,601">智慧</span></p>',
    '<!-- EM_StockImg_Start --><p><img src="//c.example/G?nid=0.1&imageType=k&at=1" /></p><!-- EM_StockImg_End -->',
    '<center><img src="//p.example/a.jpg" alt="图" orginial_src="https://p.example/b.jpg"></center>\r\n <p>一</p>',
    "<p>《&lt;书&gt;》 a > b &nbsp; *星* _线_ ●（一）1) 50%</p>",
    '<table border="0"><tbody><tr><th colspan="2">甲</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>',
    '<P>大写<BR></P><blockquote><ul><li><font color="#ff0000">红</font></li></ul></blockquote><hr/>',
    '<p style="color: rgb(51, 51, 51); font-size:16px;text-indent:2em">一</p>',
    '<p><a href="/a/1.html" target="_blank">一</a><a href="#n">二</a><a href="b.html?x=a:b c">三</a></p>',
    "",
)
ACTIVE = (
    "<script>alert(1)</script>",
    "<p onclick=\"alert(1)\">文</p>",
    '<p ONMOUSEOVER="x">文</p>',
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">文</a>',
    '<a href="JaVaScRiPt&colon;alert(1)">文</a>',
    '<a href="java&#10;script:alert(1)">文</a>',
    '<a href=" &#1;javascript:alert(1)">文</a>',
    '<img src="data:text/html,x" />',
    '<iframe src="https://e.example"></iframe>',
    '<svg><script>alert(1)</script></svg>',
    '<math><mi xlink:href="javascript:1">x</mi></math>',
    '<p style="background:url(javascript:1)">文</p>',
    '<p style="width: expression(alert(1))">文</p>',
    '<p style="po\\sition:fixed">文</p>',
    '<p style="position:fixed;top:0">文</p>',
    '<form action="https://e.example"><input name="q"><button>文</button></form>',
    '<object data="x"></object><embed src="x">',
    '<meta http-equiv="refresh" content="0;url=x"><base href="//e.example"><link rel="stylesheet" href="x">',
    "<style>p{}</style>",
    "<!-- <img src=x onerror=alert(1)> -->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<p title='\"><img src=x onerror=alert(1)>'>文</p>",
    "</p></div><p>文",
    "<p>文",
    "a <5% b",
    "<p>\x00文\x08</p>",
)  # fmt: skip


class Findings(HTMLParser):
    """Collects what a fragment holds: tags, attributes, text and comments."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def assert_nothing_active(html: str) -> None:
    found = Findings(html)
    banned = "script iframe svg math form input button object embed meta base link style template".split()
    assert not found.tags.intersection(banned)
    assert all(comment in (" EM_StockImg_Start ", " EM_StockImg_End ") for comment in found.comments)
    for name, value in found.attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "orginial_src"):
            scheme, colon, _ = value.strip().lower().partition(":")
            assert not colon or "/" in scheme or "?" in scheme or "#" in scheme or scheme in ("http", "https"), value
        if name == "style":
            assert not any(bad in value.lower() for bad in ("url", "expression", "position", "\\", "@"))


@pytest.mark.parametrize("body", AS_RECEIVED)
def test_harmless_bodies_pass_as_received(body: str) -> None:
    assert post_fragment(body) == body
    assert_nothing_active(body)


@pytest.mark.parametrize("body", ACTIVE)
def test_nothing_active_is_left(body: str) -> None:
    result = post_fragment(f"<p>前</p>{body}<p>后</p>")
    assert_nothing_active(result)
    text = Findings(result).text
    assert "前" in text
    assert "后" in text
    assert ("文" in text) == ("文" in body)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("<p>文", "<p>文</p>"),
        ("</div><p>文</p>", "<p>文</p>"),
        ("<p><b>文</p></b>", "<p><b>文</b></p>"),
        ("<p>\x00文\x08\x9f</p>\r\n", "<p>文</p>\r\n"),
        ("<p>1 <5%</p>", "<p>1 &lt;5%</p>"),
        ("<p onclick='x' class='y'>文</p>", '<p class="y">文</p>'),
        ("<p>一<video src='x'>二</video></p>", "<p>一二</p>"),
    ],
)
def test_broken_markup_is_mended(body: str, written: str) -> None:
    assert post_fragment(body) == written


@settings(deadline=None)
@given(
    st.lists(st.sampled_from((*ACTIVE, *AS_RECEIVED, "<", ">", '"', "'", "</p>", "<p>", '<a href="', "文")), max_size=6)
)
def test_nothing_active_is_left_of_any_mixture(pieces: list[str]) -> None:
    assert_nothing_active(post_fragment("".join(pieces)))


@settings(deadline=None)
@given(st.lists(st.sampled_from((*ACTIVE, *AS_RECEIVED)), max_size=4))
def test_a_fragment_stays_once_it_is_harmless(pieces: list[str]) -> None:
    once = post_fragment("".join(pieces))
    assert post_fragment(once) == once


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("*a* [x](javascript:alert(1))", "&#42;a&#42; &#91;x&#93;(javascript:alert(1))"),
        ("<span>*a*</span>", "<span>&#42;a&#42;</span>"),
        ("文<p>*a*</p>", "文<p>&#42;a&#42;</p>"),
        ("    文", " 文"),
        ("{::nomarkdown}", "&#123;::nomarkdown}"),
        ("# 一\n- 二\n1. 三", "&#35; 一\n&#45; 二\n1&#46; 三"),
        ("<p>一</p>\n    <p>二</p>\n\t<p>三</p>", "<p>一</p>\n <p>二</p>\n <p>三</p>"),
        ("<p>一\n    二</p>", "<p>一\n    二</p>"),
        ('<p title="{{x}}">{{y}} {%z%} {{{</p>', '<p title="&#123;{x}}">&#123;{y}} &#123;%z%} &#123;&#123;{</p>'),
        ("<p>&#123;{x}}</p>", "<p>&#123;{x}}</p>"),
    ],
)
def test_text_outside_of_blocks_is_not_markdown(body: str, written: str) -> None:
    assert post_fragment(body) == written


@pytest.mark.parametrize(
    "body",
    ["<" * 300_000, "<p " * 100_000, '<p a="' * 50_000, "<p>" * 100_000, "<!--" * 80_000,
     '<p style="' + "a:b;" * 80_000,
     '<p style="color:' + " " * 300_000 + '(">', "{" * 300_000, "<p" + ' class="a"' * 30_000, "&" * 300_000,
     '<a href="' + "a" * 300_000 + ':">x</a>', " \t" * 150_000, "<p>甲</p>" * 40_000],
)  # fmt: skip
def test_the_time_grows_with_the_length_only(body: str) -> None:
    """Each takes well under a second; quadratic work on such sizes takes minutes."""
    started = time.process_time()
    post_fragment(body)
    assert time.process_time() - started < 10


def test_relative_addresses_become_absolute() -> None:
    html = (
        '<p title="src=&quot;x&quot;">href="y"<a href="../b.html?x=1&amp;y=2">b</a>'
        '<img src="//p.example/c.png"><a href="https://e.example/">e</a><a href="#f">f</a></p>'
    )
    assert with_absolute_links(html, "https://h.example/a/2026/1.html") == (
        '<p title="src=&quot;x&quot;">href="y"<a href="https://h.example/a/b.html?x=1&amp;y=2">b</a>'
        '<img src="https://p.example/c.png"><a href="https://e.example/">e</a>'
        '<a href="https://h.example/a/2026/1.html#f">f</a></p>'
    )


def test_every_size_of_a_picture_becomes_absolute() -> None:
    html = '<img src="../p/1.jpg" srcset="../p/1.jpg 480w, ../p/2.jpg 960w" sizes="(max-width: 9px) 100vw, 9px">'
    assert with_absolute_links(html, "https://h.example/a/b.html") == (
        '<img src="https://h.example/p/1.jpg" srcset="https://h.example/p/1.jpg 480w, https://h.example/p/2.jpg 960w" '
        'sizes="(max-width: 9px) 100vw, 9px">'
    )


def test_an_address_that_cannot_be_resolved_stays() -> None:
    assert with_absolute_links('<a href="//[x">t</a>', "https://h.example/") == '<a href="//[x">t</a>'
