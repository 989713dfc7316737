"""`finews new-source`: every kind that it drafts, what it refuses, and the way from an address to a published article."""

import io
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from flows.new_source import addresses_of, draft_source
from flows.run import read_site
from tasks.errors import ConfigError, FetchError
from tests.support.outlet import Outlet, serving
from tests.support.prefect_server import clean_environment
from tests.support.sites import SiteFolder

COMMAND = Path(sys.executable).with_name("finews")
ROBOTS = "User-agent: *\nAllow: /\n"
WALL = (
    "<html><head><title>安全验证</title></head><body><p>请完成安全验证后继续访问，拖动滑块完成验证。</p></body></html>"
)
TEXTS = (
    "河滨港第{n}号码头今天开工，工程分三期，预计两年完成。港务局说，全年吞吐量会因此增长两成，沿河仓库也要跟着扩建。",
    "工地上先到的是两台打桩机。项目经理把潮汐表贴在门口，每天只有{n}个小时能下水，其余时间都在岸上做预制件。",
    "周边三个镇的运输户已经在打听泊位价格。镇里的说法是，第{n}号码头建成以后，沙石和粮食分开装卸，不再互相等。",
)


def article(n: int, *, title: str = "", texts: tuple[str, ...] = TEXTS) -> str:
    """A page as outlets have it."""
    title = title or headline(n)
    picture = f"<p><img src='/pictures/{n}.png' alt=''></p>"
    body = picture.join(f"<p>{text.format(n=n)}</p>" for text in texts)
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}_河滨网</title></head><body>"
        f"<nav><a href='/'>首页</a><a href='/finance/'>财经</a></nav><h1>{title}</h1>"
        f"<p class='info'>2026-03-0{n} 08:30 来源：河滨日报</p><div class='text'>{body}</div>"
        "<footer>河滨网 版权所有</footer></body></html>"
    )


def headline(n: int) -> str:
    """The title of article `n`."""
    return f"河滨港第{n}号码头开工，吞吐量将增长两成"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the command said."""

    status: int
    report: str
    table: str

    @property
    def source(self) -> dict[str, Any]:
        """The drafted table."""
        [source] = tomllib.loads(self.table)["sources"]
        assert isinstance(source, dict)
        return source


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    """An outlet with four articles and a robots.txt that allows them."""
    with serving() as running:
        running.answer("/robots.txt", ROBOTS, "text/plain")
        for n in range(1, 5):
            running.answer(f"/a/{n}.html", article(n))
            running.answer(f"/pictures/{n}.png", b"\x89PNG", "image/png")
        yield running


@pytest.fixture
def site(outlet: Outlet, tmp_path: Path) -> SiteFolder:
    """A site that knows one source, and does not wait between two requests."""
    made = SiteFolder(folder=tmp_path)
    source = {"name": "127-0-0-1", "kind": "feed", "list_url": f"{outlet.origin}/other.xml"}
    made.write(source, fetch={"user_agent": "riverbot/2.0 (+https://river.example)", "retries": 0})
    return made


def draft(url: str, site: SiteFolder) -> Said:
    """What the command says of an address."""
    report, table = io.StringIO(), io.StringIO()
    status = draft_source(
        url,
        report=Console(file=report, width=2_000, highlight=False, markup=False),
        table=Console(file=table, soft_wrap=True, highlight=False, markup=False),
        site_file=site.file,
    )
    return Said(status=status, report=report.getvalue(), table=table.getvalue())


# --- what can be drafted ----------------------------------------------------------------------


def rss(n_of: range = range(1, 5)) -> str:
    """RSS 2.0 with summaries."""
    items = "".join(
        f"<item><title>{headline(n)}</title><link>{{origin}}/a/{n}.html</link><description>摘要</description>"
        f"<pubDate>Sun, 0{n} Mar 2026 08:30:00 +0800</pubDate></item>"
        for n in n_of
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>河滨网 - 财经</title>{items}</channel></rss>'


def atom() -> str:
    """Atom with whole texts."""
    entries = "".join(
        f"<entry><id>urn:x:{n}</id><title>{headline(n)}</title><link href='{{origin}}/a/{n}.html'/>"
        f"<updated>2026-03-0{n}T08:30:00+08:00</updated><published>2026-03-0{n}T08:30:00+08:00</published>"
        f"<content type='html'>{''.join(f'&lt;p&gt;{text.format(n=n)}&lt;/p&gt;' for text in TEXTS)}</content></entry>"
        for n in range(1, 5)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>河滨网</title>{entries}</feed>'


def json_feed() -> str:
    """JSON Feed 1.1 with summaries."""
    items = [
        {"id": str(n), "url": f"{{origin}}/a/{n}.html", "title": headline(n), "date_published": f"2026-03-0{n}T08:30:00+08:00"}
        for n in range(1, 5)
    ]  # fmt: skip
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "河滨网", "items": items})


def sitemap() -> str:
    """A sitemap that tells when pages changed."""
    urls = "".join(
        f"<url><loc>{{origin}}/a/{n}.html</loc><lastmod>2026-03-0{n}T09:00:00+08:00</lastmod></url>"
        for n in range(1, 5)
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def index() -> str:
    """A sitemap index whose newest sitemap is the one above."""
    return (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc>{origin}/map-old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>"
        "<sitemap><loc>{origin}/map-new.xml</loc><lastmod>2026-03-04</lastmod></sitemap></sitemapindex>"
    )


def listing() -> str:
    """A list page."""
    items = "".join(
        f'<li class="row"><a href="/a/{n}.html">{headline(n)}</a><em class="t">2026-03-0{n} 08:30</em></li>'
        for n in range(1, 5)
    )
    return f'<html><head><title>河滨网财经 - 河滨网</title></head><body><ul class="news">{items}</ul></body></html>'


def json_list() -> str:
    """A list for programs."""
    items = [{"title": headline(n), "url": f"/a/{n}.html", "showTime": f"2026-03-0{n} 08:30:00"} for n in range(1, 5)]
    return json.dumps({"code": 0, "data": {"list": items}}, ensure_ascii=False)


LISTS = {
    "rss": ("/rss.xml", rss(), "application/rss+xml", "feed", "page"),
    "atom": ("/atom.xml", atom(), "application/atom+xml", "feed", "feed"),
    "json feed": ("/feed.json", json_feed(), "application/feed+json", "feed", "page"),
    "sitemap": ("/sitemap.xml", sitemap(), "application/xml", "sitemap", None),
    "sitemap index": ("/index.xml", index(), "application/xml", "sitemap", None),
    "list page": ("/finance/", listing(), "text/html; charset=utf-8", "listing", None),
    "json list": ("/list.json", json_list(), "application/json", "json", None),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_kind_of_list(name: str, outlet: Outlet, site: SiteFolder) -> None:
    path, body, content_type, kind, text = LISTS[name]
    outlet.answer("/map-new.xml", sitemap(), "application/xml")
    said = draft(outlet.answer(path, body, content_type), site)
    assert said.status == 0, said.report
    assert (said.source["kind"], said.source["list_url"]) == (kind, f"{outlet.origin}{path}")
    assert said.source.get("text") == text
    assert said.report.count("article ") == 3
    assert "refused" not in said.report
    # The time as the list has it, in the site's zone; a sitemap's is no time of publication: that of the page counts.
    newest = (4, 3, 2) if kind == "sitemap" else (1, 2, 3)
    for n in newest:
        assert f"2026-03-0{n} 08:30 +0800" in said.report
        assert headline(n) in said.report
    assert "list, 100% sure" in said.report if text == "feed" else "read as trafilatura" in said.report
    assert f"{outlet.origin}/map-old.xml" not in outlet.asked
    assert len(outlet.asked) == len(set(outlet.asked)), "nothing is asked twice"


def test_the_table_says_what_has_to_be_decided(outlet: Outlet, site: SiteFolder) -> None:
    said = draft(outlet.answer("/rss.xml", rss()), site)
    source = said.source
    assert source["name"] == "127-0-0-1-2"  # the site has a source of the other name
    assert (source["title"], source["tag"], source["category"]) == ("河滨网", "河滨网", "hebinwang")
    assert (source["rights"], source["pictures"], source["timezone"]) == ("excerpt", "hotlink", "Asia/Shanghai")
    assert said.table.startswith("\n[[sources]]\n")  # behind a file that ends without a line break, too
    assert 'rights = "excerpt"               # "full" only where' in said.table
    assert "robots.txt: Allow: /, for *" in said.report
    assert "at least 0 s between two requests" in said.report
    assert {headers["User-Agent"] for headers in outlet.headers} == {"riverbot/2.0 (+https://river.example)"}
    assert outlet.asked.count("/pictures/1.png") == 1


def test_a_category_of_the_site_is_not_given_twice(outlet: Outlet, site: SiteFolder) -> None:
    site.write(
        {"name": "one", "kind": "feed", "list_url": "https://x.example/f", "category": "hebinwang", "tag": "河滨晚报"}
    )
    said = draft(outlet.answer("/rss.xml", rss()), site)
    assert said.source["category"].startswith("hebinwang-")
    site.file.write_text(site.file.read_text(encoding="utf-8") + said.table, encoding="utf-8")
    assert [spec.name for spec in read_site(str(site.file)).sources] == ["one", "127-0-0-1"]


def test_a_homepage_leads_to_its_feed(outlet: Outlet, site: SiteFolder) -> None:
    outlet.answer("/rss.xml", rss())
    head = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
    address = outlet.answer(
        "/", f"<html><head><title>河滨网 | 首页</title>{head}</head><body><p>欢迎</p></body></html>"
    )
    said = draft(address.removeprefix("http://"), site)  # as people write it
    assert said.status == 0, said.report
    assert (said.source["kind"], said.source["title"]) == ("feed", "河滨网")
    assert said.source["list_url"] == f"{outlet.origin}/rss.xml"


def test_robots_txt_leads_to_a_sitemap_before_the_list_of_a_page(outlet: Outlet, site: SiteFolder) -> None:
    outlet.answer("/robots.txt", f"{ROBOTS}Sitemap: /index.xml\n", "text/plain")
    outlet.answer("/index.xml", index(), "application/xml")
    outlet.answer("/map-new.xml", sitemap(), "application/xml")
    said = draft(outlet.answer("/finance/", listing()), site)
    assert (said.source["kind"], said.source["list_url"]) == ("sitemap", f"{outlet.origin}/index.xml")
    assert "not tried  listing" in said.report
    assert outlet.asked.count("/robots.txt") == 1


def test_a_bad_draft_gives_way_to_a_good_one(outlet: Outlet, site: SiteFolder) -> None:
    outlet.answer("/comments.xml", rss(range(7, 10)))  # whose pages are not there
    head = '<link rel="alternate" type="application/rss+xml" href="/comments.xml">'
    said = draft(outlet.answer("/finance/", listing().replace("<head>", f"<head>{head}")), site)
    assert (said.status, said.source["kind"]) == (0, "listing")
    assert "0% complete" in said.report


def test_pages_in_gbk(outlet: Outlet, site: SiteFolder) -> None:
    for n in range(1, 5):
        page = article(n).replace("charset='utf-8'", "charset='gb2312'")
        outlet.answer(f"/a/{n}.html", page.encode("gb18030"), "text/html")
    address = outlet.answer("/finance/", listing().encode("gb18030"), "text/html")
    said = draft(address, site)
    assert said.status == 0, said.report
    assert said.source["title"] == "河滨网财经"
    assert headline(1) in said.report


# --- what is refused --------------------------------------------------------------------------


def test_walls_other_texts_and_robots_are_told(outlet: Outlet, site: SiteFolder) -> None:
    outlet.answer("/robots.txt", "User-agent: *\nDisallow: /a/3\n", "text/plain")
    outlet.answer("/a/1.html", WALL)
    outlet.answer("/a/4.html", article(2, title="河滨港第4号码头开工，吞吐量将增长两成"))
    said = draft(outlet.answer("/rss.xml", rss()), site)
    assert (said.status, said.table) == (1, "")
    assert said.report.count("refused ") == 2
    assert "no article: " in said.report
    assert "安全验证" in said.report
    assert f"GET {outlet.origin}/a/3.html: not asked: robots.txt: Disallow: /a/3, for *" in said.report
    assert "[[sources]]" in said.report  # for those who want to mend it
    said = draft(outlet.answer("/rss.xml", rss(range(2, 5)).replace("/a/3", "/a/4")), site)
    assert f"its text is that of '{headline(2)}', word for word" in said.report
    assert "/a/3.html" not in outlet.asked


def test_a_title_that_is_the_site_s_name(outlet: Outlet, site: SiteFolder) -> None:
    for n in range(1, 5):
        outlet.answer(f"/a/{n}.html", article(n, title="河滨网"))
    untitled = "".join(f"<url><loc>{{origin}}/a/{n}.html</loc></url>" for n in range(1, 5))
    outlet.answer("/robots.txt", "Sitemap: /sitemap.xml", "text/plain")
    outlet.answer("/sitemap.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{untitled}</urlset>')
    said = draft(outlet.answer("/", "<html><head><title>河滨网</title></head><body><p>欢迎</p></body></html>"), site)
    assert said.status == 1
    assert said.report.count("the title '河滨网' is the name of the site") == 3


def test_pictures_that_do_not_load_elsewhere(outlet: Outlet, site: SiteFolder) -> None:
    outlet.answer("/pictures/1.png", "no", status=403)
    said = draft(outlet.answer("/rss.xml", rss()), site)
    assert said.source["pictures"] == "drop"
    assert "status 403" in said.report


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (WALL, "text/html", "its title is '安全验证'"),
        ("<p>本店营业时间：八点到二十点。</p>", "text/html", "no feed, sitemap, JSON list or list of links was found"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "no feed, sitemap, JSON list or list of links was found"),
        ('{"a": [{"b": 1}]}', "application/json", "no feed, sitemap, JSON list or list of links was found"),
    ],
)
def test_what_leads_to_nothing(
    body: str | bytes, content_type: str, reason: str, outlet: Outlet, site: SiteFolder
) -> None:
    said = draft(outlet.answer("/page", body, content_type), site)
    assert (said.status, said.table) == (1, "")
    assert reason in said.report
    assert "expected the address of a feed" in said.report


def test_a_list_of_no_articles(outlet: Outlet, site: SiteFolder) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/gone.xml">'
    for n in range(1, 5):
        outlet.answer(
            f"/a/{n}.html", f"<html><head><title>{n}</title></head><body><p>第{n}号商品 ￥8</p></body></html>"
        )
    said = draft(outlet.answer("/shop/", listing().replace("<head>", f"<head>{feed}")), site)
    assert (said.status, said.table) == (1, "")
    assert said.report.count("refused ") == 3


def test_what_robots_txt_forbids_is_not_asked(outlet: Outlet, site: SiteFolder) -> None:
    outlet.answer("/robots.txt", "User-agent: riverbot\nDisallow: /\n", "text/plain")
    with pytest.raises(FetchError, match=r"not asked: robots\.txt: Disallow: /, for riverbot"):
        draft(outlet.answer("/rss.xml", rss()), site)
    assert outlet.asked == ["/robots.txt"]


@pytest.mark.parametrize("url", ["", "news", "ftp://news.example/", "http://", "https://a b/", "http://[::1", "x:y:z"])
def test_what_is_no_address(url: str) -> None:
    if url == "news":  # a host may be called so
        assert addresses_of(url) == ("https://news", "http://news")
        return
    with pytest.raises(ConfigError, match="is no address: expected http"):
        addresses_of(url)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ConfigError, match="expected one without") as error:
        addresses_of("https://u:secret@news.example/")
    assert "secret" not in str(error.value)


# --- the whole path ---------------------------------------------------------------------------


def test_from_an_address_to_published_articles(prefect_harness: None, outlet: Outlet, site: SiteFolder) -> None:
    """The command's standard output, put behind the site file as it stands."""
    environment = {name: value for name, value in clean_environment(site.folder).items() if name != "PREFECT_HOME"}
    address = outlet.answer("/finance/", listing()).removeprefix("http://")
    command = [str(COMMAND), "new-source", address, "--site", str(site.file)]
    ended = subprocess.run(
        command, cwd=site.folder, env=environment, capture_output=True, encoding="utf-8", timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Warning" not in ended.stderr
    assert max(len(line.encode("gb18030")) for line in ended.stderr.splitlines()) <= 80
    assert sorted(path.name for path in site.folder.iterdir()) == ["site.toml"]
    with site.file.open("a", encoding="utf-8") as file:
        file.write(ended.stdout)
    run = site.run(sources=["127-0-0-1-2"])
    assert run.ending == "Completed", run.report.outcomes
    assert run.report.listed == 4
    pages = [body.decode() for key, body in site.objects().items() if key.startswith("hebinwangcaijing/2026/03/0")]
    assert sorted(n for n in range(1, 5) if any(headline(n) in page for page in pages)) == [1, 2, 3, 4]


def test_no_network(tmp_path: Path) -> None:
    command = [str(COMMAND), "new-source", "no-such-host.invalid"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(tmp_path), capture_output=True, encoding="utf-8", timeout=120
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "asked      GET https://no-such-host.invalid/robots.txt: " in ended.stderr
    assert "finews: GET http://no-such-host.invalid/robots.txt: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_host_that_is_not_public(outlet: Outlet, site: SiteFolder) -> None:
    site.write({"name": "one", "kind": "feed", "list_url": "https://x.example/f"}, fetch={"allow_hosts": []})
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 is loopback; \[fetch\] allow_hosts lets a host through"):
        draft(outlet.answer("/rss.xml", rss()), site)
    assert outlet.asked == []
