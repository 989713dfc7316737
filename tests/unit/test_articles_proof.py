"""What passes as an article, and what outlets show in its place."""

import pytest

from tasks.articles.proof import fault_of, wall_in
from tasks.config import SourceSpec
from tasks.model import Text
from tests.support.ledgers import article

SPEC = SourceSpec(name="s", kind="k", category=None, tag=None, timezone="Asia/Shanghai", options=None, title="河滨网")
LONG = "港口吞吐量去年增长两成，新航线在秋天开通，沿河的仓库因此要扩建，工程分三期，预计两年完成。" * 8


def fault(text: str, *, title: str = "港口吞吐量增长", page: bool = True, answer: bytes = b"", told: str = "") -> str:
    """What is wrong with a page that says this."""
    made = article(html=f"<p>{text}</p>", title=title)
    url = "https://www.news.example.com/a/1.html"
    return fault_of(made, Text(html="", title=told), SPEC, answer=answer, url=url, page=page)


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "【快讯】河滨港今日吞吐量创新高，达到 320 万吨，同比增长两成，港务局称全年目标可期，新航线十月开通。",
        "多家银行提示：客户在登录手机银行时请完成人脸验证，谨防仿冒网站。" + LONG,
        "监管部门要求各平台在用户登录后才能查看敏感信息，并对系统繁忙时的提示作出规定，征求意见至月底，违者将被处罚。",
        "The regulator said sites that track readers must explain in plain words why they do so, from next month.",
        "法院裁定该网站的验证码服务商须赔偿，案件起于三年前，双方均表示将上诉，二审预计明年开庭审理，法院未透露更多。",
    ],
)
def test_articles_pass(text: str) -> None:
    assert fault(text) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请完成安全验证后继续访问，拖动滑块完成验证。", "a challenge"),
        ("为了您的账号安全，请验证", "a challenge"),
        ("Checking your browser before accessing the site. This process is automatic.", "a challenge"),
        ("Please verify you are a human to continue. Press and hold the button.", "a challenge"),
        ("您还没有登录，请先登录后查看全文内容，新用户可以注册。", "a login page"),
        ("Subscribe to continue reading. Already a subscriber? Log in to read.", "a login page"),
        ("You need to enable JavaScript to run this app.", "a page that needs scripts"),
        ("您的浏览器不支持或已禁用脚本，请启用 JavaScript 后刷新页面。", "a page that needs scripts"),
        ("We use cookies to improve your experience. Accept all cookies or manage your choices.", "a cookie wall"),
        ("抱歉，您访问的页面不存在或已被删除，5 秒后返回首页。", "an error page"),
        ("系统繁忙，请稍后再试。", "an error page"),
        ("The page you requested could not be found on this server.", "an error page"),
    ],
)
@pytest.mark.parametrize("page", [True, False])
def test_walls_do_not(text: str, kind: str, page: bool) -> None:
    assert fault(text, page=page).startswith(kind)


@pytest.mark.parametrize(
    "title",
    ["404 Not Found", "Just a moment...", "Access Denied", "安全验证", "用户登录", "页面不存在 - 河滨网", "首页"],
)
def test_titles_of_walls(title: str) -> None:
    assert "not of an article" in fault(LONG, title=title)
    assert "not of an article" in fault(LONG, told=title)


@pytest.mark.parametrize("title", ["河滨网", "河滨日报", "news.example.com", " www.NEWS.example.com "])
def test_the_sites_name_is_no_title(title: str) -> None:
    assert "the name of the site" in fault(LONG, title=title)


@pytest.mark.parametrize("title", ["登录新三板首日大涨", "标普500指数收涨", "河滨网宣布改版", "404 名员工获得期权"])
def test_titles_that_only_look_like_it(title: str) -> None:
    assert fault(LONG, title=title) == ""


def test_too_little_text() -> None:
    assert "expected 40 or more" in fault("增长两成。")
    assert fault("增长两成。", page=False) == ""
    assert fault('增长两成。<img src="https://h/p.png">') == ""


def test_characters_that_could_not_be_read() -> None:
    assert "could not be read" in fault(LONG[:200] + "\ufffd" * 5)
    assert fault(LONG + "\ufffd") == ""


def test_the_mark_of_a_firewall_counts_only_without_a_text() -> None:
    mark = b'<script src="/cdn-cgi/challenge-platform/h/b.js">'
    assert fault("一段不知所云的文字，" * 6, answer=mark).startswith("a challenge")
    assert fault(LONG, answer=mark) == ""


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<title>Just a moment...</title><body><script src=x></script></body>", "a challenge"),
        (
            "<title>403</title><h1>河滨网</h1><p>为了您的账号安全，请验证</p><footer>京ICP备1号 版权所有</footer>",
            "a challenge",
        ),
        ('<title>x.example</title><script src="//c.example/px-captcha.js"></script>', "a challenge"),
        ('{"code": 401, "message": "您还没有登录，请先登录后查看"}', "a login page"),
        ("<p>Please enable JS and disable any ad blocker</p>", "a page that needs scripts"),
        ("<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><p>nginx</p>", ""),
        ("<title>403</title><p>Forbidden</p><footer>We use cookies. Cookie policy.</footer>", ""),
        ("<script>document.write('请验证')</script><p>系统繁忙，请稍后再试。</p>", ""),
        ("", ""),
    ],
)
def test_walls_with_the_status_of_an_error(markup: str, kind: str) -> None:
    found = wall_in(markup.encode(), content_type="text/html; charset=utf-8")
    assert found.partition(":")[0] == kind


def test_a_wall_in_the_charset_of_its_page() -> None:
    page = "<meta charset=gbk><p>请完成安全验证后继续访问，拖动滑块完成验证。</p>".encode("gbk")
    assert wall_in(page, content_type="text/html").startswith("a challenge")
