"""A page that turns out to be a known story under another address."""

from tests.flows.test_quarantine import TEXT, Outlet, outlet, page
from tests.support.page_kind import page_kind
from tests.support.sites import SiteFolder
from tests.support.versions import Versions, versions

__all__ = ["outlet", "page_kind"]

LONG = TEXT.format(n=1) * 3


def _canonical(outlet: Outlet, name: str) -> str:
    return f'<link rel="canonical" href="{outlet.upstream.origin}/text?id={name}">'


def test_the_same_text_under_another_address_is_one_article(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1, page(LONG, head=_canonical(outlet, "p1")))
    site.run()
    outlet.list(2, page(LONG, head=_canonical(outlet, "p1")), title="第1号码头开工")
    ended = site.run()
    assert ended.ending == "Completed"
    assert ended.line("p2").reason == "the same story as p1, which has it under another address"
    assert len([key for key in site.objects() if "/2026/11/20/p" in key]) == 1
    assert "one story" in site.story_of("p1")
    again = site.run()
    assert {line.key for line in again.report.articles} == {"p1"}
    assert again.report.written == ()


def test_another_text_that_calls_itself_so_stays(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1, page(LONG, head=_canonical(outlet, "p1")))
    outlet.list(
        2, page(TEXT.format(n=2).replace("码头", "仓库") * 2 + "<p>另一段。</p>", head=_canonical(outlet, "p1"))
    )
    ended = site.run()
    assert len([key for key in site.objects() if "/2026/11/20/p" in key]) == 2
    assert ended.ending == "Completed"


def test_a_page_without_a_time_does_not_flicker(site: SiteFolder, outlet: Outlet) -> None:
    site.write(outlet.source())
    outlet.list(1, time="")
    first = site.run()
    assert site.run().report.written == ()
    assert first.line("p1").address != ""


def test_what_pages_say_of_their_addresses(site: SiteFolder) -> None:
    """A page's word counts where the texts agree, for another address of the same publisher that is no front page."""
    with versions() as server:
        canonical, amp = '<link rel="canonical" href="{}">', '<link rel="amphtml" href="{}">'
        og = '<meta property="og:url" content="{}">'
        _feed(
            server,
            "/desk.xml",
            {"/a/1": (1, ""), "/a/2": (2, amp.format("/m/2.html")), "/a/3": (3, ""), "/a/4": (4, "")},
        )
        told = {
            "/m/1": (1, canonical.format("ORIGIN/a/1.html")),  # a/1 says nothing of it
            "/m/2": (2, og.format("ORIGIN/m/2.html")),  # it says nothing of a/2, which names it
            "/m/3": (3, canonical.format("ORIGIN/")),
            "/m/4": (4, canonical.format("https://other.example/a/4.html")),
            "/m/5": (5, canonical.format("ORIGIN/a/1.html")),  # another text
        }
        _feed(server, "/mobile.xml", told)
        kinds = {"kind": "feed", "rights": "full", "fold_mobile": False}
        site.write(*({"name": name, **kinds, "list_url": f"{server.origin}/{name}.xml"} for name in ("desk", "mobile")))
        ended = site.run()
    lines = {line.title: line.reason for line in ended.report.articles if "same story as" in line.reason}
    assert sorted(lines) == ["题 /m/1", "题 /m/2"]
    posts = [body.decode() for key, body in site.objects().items() if key.startswith("_posts/")]
    shown = sorted(
        line.removeprefix("title: ") for post in posts for line in post.split("\n") if line.startswith("title:")
    )
    assert shown == [f'"题 {path}"' for path in ("/a/1", "/a/2", "/a/3", "/a/4", "/m/3", "/m/4", "/m/5")]


MORE = {
    1: "<p>渔民说，春汛以后鲈鱼回到了老航道，码头边的早市从四点开到天亮，比去年热闹得多，连邻县的馆子也来进货。</p>",
    2: "<p>设计院介绍，新桥的主塔高九十六米，桥面分上下两层，上层走汽车，下层留给行人和自行车，后年春天通车。</p>",
    3: "<p>图书馆把闭馆时间推迟到夜里十一点，阅览室加装了台灯，大学生志愿者轮流值班，第一个周末来了八百多人。</p>",
    4: "<p>农科所培育的早稻在三个乡镇试种，亩产比老品种高出一成半，收割机手说稻秆更硬，遇到大风也不容易倒伏。</p>",
    5: "<p>消防队在老城区检查电动车充电棚，发现十二处线路老化，社区答应月底之前全部换完，费用由物业维修金支出。</p>",
}


def _feed(server: Versions, path: str, told: dict[str, tuple[int, str]]) -> None:
    """A feed with these pages: path without its ending -> number of the text, what stands in the head."""
    items = ""
    for name, (number, head) in told.items():
        body = f"<h1>题 {name}</h1>{TEXT.format(n=number)}{MORE[number]}"
        page = f"<title>题 {name}</title>{head}<body><article>{body}</article></body>"
        server.put(f"{name}.html", "text/html; charset=utf-8", page)
        items += f"<item><title>题 {name}</title><link>ORIGIN{name}.html</link></item>"
    server.put(path, "text/xml", f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>")
