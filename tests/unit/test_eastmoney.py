"""The eastmoney kind: the shapes of its lists, its pages of several years, and what is cut out of them."""

import json
from datetime import datetime
from typing import Any

import pytest

from tasks.config import SourceSpec
from tasks.errors import ConfigError, ParseError
from tasks.model import Entry, Listing, Text
from tasks.sources import choice
from tasks.sources.eastmoney import SOURCE
from tests.support.answers import NOW, answer, source

CODE = "202603042396671645"
PAGE = f"https://finance.eastmoney.com/a/{CODE}.html"
FAST = "https://np-weblist.example/comm/web/getFastNewsList?client=web&fastColumn=102&sortEnd=&pageSize=50&req_trace=1"
COLUMNS = "https://np-listapi.example/comm/web/getNewsByColumns?column=350&page_index=1&page_size=20&req_trace=1"
SPEC = source("eastmoney", 'title = "东方财富"', list_url=FAST)
AT = "2026-03-04T05:06:07+08:00"

FAST_NEWS = {"code": CODE, "title": "题", "summary": "【题】摘要", "showTime": "2026-03-04 05:06:07", "stockList": []}
COLUMN = {
    "code": CODE,
    "showTime": "2026-03-04 05:06:07",
    "title": "题",
    "mediaName": "河滨日报",
    "summary": "摘要",
    "url": PAGE,
}
LIVE = {"id": CODE, "newsid": CODE, "title": "题", "showtime": "2026-03-04 05:06:07", "url_w": PAGE}
INFO = {"code": "100", "infoCode": f"NW{CODE}", "title": "题", "updateTime": 1772571967000}
FOUND = {"code": CODE, "title": "<em>题</em>", "date": "2026-03-04 05:06:07"}
APP = {"Art_Code": CODE, "Art_Title": "题", "Art_ShowTime": "2026-03-04 05:06:07", "Art_Url": f"/a/{CODE}.html"}
SHAPES = {
    "fast news": json.dumps({"code": "1", "data": {"fastNewsList": [FAST_NEWS], "sortEnd": ""}}),
    "columns": json.dumps({"code": 1, "data": {"list": [COLUMN]}}),
    "columns as JSONP": f"jQuery18_3({json.dumps({'code': 1, 'data': {'list': [COLUMN]}})});",
    "a variable": f"var ajaxResult={json.dumps({'rc': 1, 'LivesList': [LIVE]})}",
    "milliseconds": json.dumps({"items": [INFO]}),
    "search": f"cb({json.dumps({'result': {'cmsArticleWebOld': [FOUND]}})})",
    "app names": json.dumps({"data": {"list": [APP]}}),
}


def read(body: str, spec: SourceSpec = SPEC, url: str = FAST) -> Listing:
    """What a list says."""
    return SOURCE.read(spec, answer(body, url=url))


def one(body: str, spec: SourceSpec = SPEC) -> Entry:
    """The only entry of a list."""
    [entry] = read(body, spec).entries
    return entry


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES.keys())
def test_every_shape_of_list(body: str) -> None:
    entry = one(body)
    assert (entry.key, entry.title, entry.link, entry.dated) == (CODE, "题", PAGE, True)
    assert entry.published_at == datetime.fromisoformat(AT)


def test_a_story_has_one_key_here_and_over_choice() -> None:
    options = choice.ChoiceOptions(list_url="http://h/l", article_url="http://h/{code}", share_url="http://h/{code}")
    spec = SourceSpec(name="two", kind="choice", category="c", tag="t", timezone="Asia/Shanghai", options=options)
    record = {"infoCode": f"NW{CODE}", "title": "题", "showtime": "2026-03-04 05:06:07"}
    [other] = choice.read(spec, answer(json.dumps({"records": [record]}))).entries
    assert other.key == one(SHAPES["fast news"]).key


def test_media_names() -> None:
    assert one(SHAPES["columns"]).media == "河滨日报"
    assert one(SHAPES["fast news"]).media == "东方财富"
    fixed = source("eastmoney", 'category = "kuaixun"\ntag = "快讯"', list_url=FAST)
    assert one(SHAPES["fast news"], fixed).media is None
    assert one(SHAPES["columns"], fixed).media == "河滨日报"


UNUSABLE = {
    "no code": ({"code": ""}, "no code of 18 digits"),
    "another code": ({"code": "../../etc"}, "no code of 18 digits"),
    "no title": ({"title": " "}, "the title is empty"),
    "no time": ({"showTime": ""}, None),
}


@pytest.mark.parametrize(("changes", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_awkward_records(changes: dict[str, Any], reason: str | None) -> None:
    listing = read(json.dumps({"data": {"fastNewsList": [FAST_NEWS | changes, 5]}}))
    assert [item.reason for item in listing.unusable][-1] == "the record is int, not an object"
    if reason is None:
        [entry] = listing.entries
        assert (entry.dated, entry.published_at) == (False, NOW)
    else:
        assert reason in listing.unusable[0].reason


def test_further_pages_are_asked_where_the_address_asks_for_pages() -> None:
    fast = json.dumps({"data": {"fastNewsList": [FAST_NEWS], "sortEnd": "1772571967,5"}})
    [request] = read(fast).more
    assert request.url == FAST.replace("sortEnd=", "sortEnd=1772571967%2C5")
    assert read(fast, url=request.url).more == ()
    assert read(fast, url=FAST.replace("sortEnd=&", "")).more == ()
    assert [request.url for request in read(SHAPES["columns"], url=COLUMNS).more] == [
        COLUMNS.replace("index=1", "index=2")
    ]
    assert read('{"data": {"list": []}}', url=COLUMNS).more == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"code": 0, "message": "参数错误", "data": null}', "which says '参数错误'"),
        ('var ajaxResult={"rc":0', "cut off or not JSON"),
        ("<html>403</html>", "the answer is HTML"),
        ("", "the answer is empty"),
    ],
)
def test_what_is_no_list_is_refused(body: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read(body)


# --- pages ------------------------------------------------------------------------------------

TEXT = '<p>\u3000\u3000第一段讲<span id="stock_1.600519"><a class="keytip" href="http://q/">茅台</a></span>。</p>'
NOISE = (
    '<p style="text-align:center"><a class="EmImageRemark" href="http://q/">'
    '<img src="https://webquoteklinepic.x/G" alt="K图 1"></a></p>'
    '<div class="ad_context3"><script>show()</script>广告一</div><p><a class="toplink" href="http://x/">广告二</a></p>'
    '<p><img class="em_handle_adv_close" src="http://x/广告三.png"></p><p>在东方财富看资讯行情，选东方财富证券一站式开户交易&gt;&gt;</p>'
    '<div class="em_xuangu">选股</div><style>p{}</style><iframe src="http://x/"></iframe>'
)
PICTURE = '<center><img src="https://np-newspic.x/a.png" width="500"></center>'
SOURCE_LINE = '<p class="em_media">（文章来源：河滨日报）</p>'
AFTER = (
    '<p class="res-edit">（责任编辑：12）</p><div class="zwothers">原标题：另一个题</div>'
    "<p>打开微信，点击底部的“发现”，使用“扫一扫”</p>尾巴"
)
NEW = (
    "<html><head><title>题目之一_东方财富网</title></head><body><div class='topbox'><div class='title'>题目之一</div></div>"
    "<div class='infos'><div class='item'>2026年03月04日 05:06</div><div class='item'>来源：河滨日报</div></div>"
    "<div id='ContentBody' class='txtinfos'><!--文章主体--><div class='abstract'>摘要</div>{}</div></body></html>"
)
MIDDLE = (
    "<html><head><title>题目之一 _ 东方财富网</title></head><body><div class='newsContent'><h1>题目之一</h1>"
    "<div class='time'>2026年03月04日 05:06</div><div class='source'>来源：河滨日报</div><div class='b-review'>摘要</div>"
    "<div id='ContentBody' class='Body'>{}</div></div></body></html>"
)
OLD = MIDDLE.replace("id='ContentBody' ", "")
LAYOUTS = {"eastmoney 2021": NEW, "eastmoney 2016": MIDDLE, "eastmoney 2012": OLD}
layouts = pytest.mark.parametrize(("name", "page"), LAYOUTS.items(), ids=LAYOUTS.keys())


def extract(page: str | bytes, spec: SourceSpec = SPEC) -> Text:
    """The text of a page."""
    return SOURCE.extract(spec, one(SHAPES["fast news"]), answer(page, url=PAGE))


@layouts
def test_every_layout_is_known_by_its_evidence(name: str, page: str) -> None:
    text = extract(page.format(TEXT + NOISE + PICTURE + SOURCE_LINE + AFTER))
    assert (text.method, text.title, text.media) == (name, "题目之一", "河滨日报")
    assert text.published_at == datetime.fromisoformat("2026-03-04T05:06:00+08:00")


@layouts
def test_the_text_ends_at_the_source_line_and_holds_no_adverts(name: str, page: str) -> None:
    html = extract(page.format(TEXT + NOISE + PICTURE + SOURCE_LINE + AFTER)).html
    assert "第一段讲" in html
    assert 'class="keytip"' in html
    assert "np-newspic.x/a.png" in html
    assert "（文章来源：河滨日报）" in html
    for noise in (
        "广告",
        "K图",
        "webquoteklinepic",
        "开户",
        "选股",
        "script",
        "iframe",
        "责任编辑",
        "原标题",
        "微信",
        "尾巴",
        "摘要",
    ):
        assert noise not in html


@layouts
def test_without_a_source_line_the_text_ends_at_the_editor(name: str, page: str) -> None:
    html = extract(page.format(TEXT + "<p>（责任编辑：12）</p><p>推荐阅读</p>" + AFTER)).html
    assert "第一段讲" in html
    assert "推荐" not in html
    assert "责任编辑" not in html


def test_related_links_go_and_the_source_line_stays() -> None:
    html = extract(
        NEW.format(f'{TEXT}<p><strong>相关报道</strong></p><p><a href="/a">别的事</a></p>{SOURCE_LINE}')
    ).html
    assert "别的事" not in html
    assert "文章来源" in html


def test_a_text_about_wechat_is_a_text() -> None:
    assert "打开微信" in extract(NEW.format("<p>打开微信，他先看了看消息。</p><p>原来如此。</p>" + SOURCE_LINE)).html


def test_a_page_of_gb2312_bytes() -> None:
    head = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
    page = NEW.replace("<head>", f"<head>{head}").format("<p>朱镕基谈经济，中国的发展是可以看到的。</p>" + SOURCE_LINE)
    assert "朱镕基" in extract(page.encode("gb18030")).html


def test_a_page_of_no_known_layout_is_left_to_the_extractor() -> None:
    paragraphs = "<p>另一种版面的一段正文，写得足够长，看得出是文章。</p>" * 5
    text = extract(f"<html><body><article><h1>题</h1>{paragraphs}</article></body></html>")
    assert "另一种版面" in text.html
    assert not text.method.startswith("eastmoney")


def test_an_empty_page_is_refused() -> None:
    with pytest.raises(ParseError, match=rf"^{PAGE}: the page has no text"):
        extract(NEW.format(NOISE))


def test_pages_are_asked_where_the_site_file_says() -> None:
    spec = source("eastmoney", 'page_url = "http://127.0.0.1:1/a/{code}.html"', list_url=FAST)
    entry = one(SHAPES["fast news"], spec)
    assert SOURCE.ask_text(spec, entry).url == f"http://127.0.0.1:1/a/{CODE}.html"  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match=r"expected \{code\} in the address"):
        source("eastmoney", 'page_url = "http://127.0.0.1:1/a.html"')
