"""Every page of the published demo site, by every rule: the checker's, ours, and that of the reader who only clicks."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import site_rules
from tests.support.demo_site import TOMBSTONE, DemoSite, is_article
from tests.support.demo_site import demo_site as demo_site
from tests.support.feed_rules import faults_of, news_article_faults, robots_faults
from tests.support.site_rules import PublishedPages
from tests.support.static_server import serving
from tests.support.web_tools import Remark, check_html, find_html_checker, or_leave_out

BASE_URL = "https://finews.withounder.com"
AWKWARD_BY_DESIGN = ("404.html",)  # shown at unknown addresses, so nothing links to it


@pytest.fixture(scope="module")
def pages(demo_site: DemoSite) -> PublishedPages:
    """The pages, parsed."""
    return PublishedPages(demo_site.folder, BASE_URL)


def test_the_html_checker_finds_nothing(demo_site: DemoSite) -> None:
    html_checker = or_leave_out(find_html_checker)
    keys = [key for key in demo_site.keys if key.endswith((".html", ".css"))]
    with serving(demo_site.folder) as origin:
        said = check_html(html_checker, [f"{origin}/{key}" for key in keys])
    wrong = [remark for remark in said if not _is_allowed(remark)]
    _none([f"{remark.address} {remark.extract!r}: {remark.kind}: {remark.text}" for remark in wrong])


def test_every_link_and_file_is_there(pages: PublishedPages) -> None:
    _none(site_rules.dead_links(pages))


def test_every_article_is_reached_by_clicking(pages: PublishedPages) -> None:
    articles = {key for key in pages.of if is_article(key)} - {TOMBSTONE}
    assert len(articles) > 100
    assert sorted(articles - pages.reached()) == []


def test_every_other_page_is_reached_by_clicking_too(pages: PublishedPages) -> None:
    pointers = {key for key, page in pages.of.items() if site_rules.is_pointer(page)}
    # A fixed category stands at a second address, where the links of its posts lead.
    second = {key for key in pages.of if key.count("/") == 1 and key.endswith("/index.html")} - pages.reached()
    assert all(key.replace("/index.html", ".html") in {k.removeprefix("category/") for k in pages.of} for key in second)
    assert sorted(set(pages.of) - pages.reached() - pointers - second - {TOMBSTONE} - set(AWKWARD_BY_DESIGN)) == []


def test_nothing_comes_from_another_host_but_pictures_of_articles(pages: PublishedPages) -> None:
    _none(site_rules.foreign_files(pages))


def test_heads(pages: PublishedPages) -> None:
    _none(site_rules.head_troubles(pages))


def test_bodies(pages: PublishedPages) -> None:
    _none(site_rules.body_troubles(pages))


def test_scripts(pages: PublishedPages) -> None:
    _none(site_rules.script_troubles(pages))


def test_what_machines_read_keeps_every_rule(demo_site: DemoSite) -> None:
    ruled = {key: faults for key in demo_site.keys if (faults := _faults(demo_site, key)) is not None}
    kinds = {key.rsplit("/", 1)[-1] for key in ruled}
    assert {"feed.xml", "rss.xml", "feed.json", "sitemap.xml", "sitemap-news.xml", "robots.txt"} <= kinds
    _none([f"{key}: {fault}" for key, faults in ruled.items() for fault in faults])


def test_every_article_says_in_json_ld_what_it_is(demo_site: DemoSite, pages: PublishedPages) -> None:
    troubles = []
    for key in demo_site.articles:
        if not site_rules.is_pointer(pages.of[key]):
            scripts = [str(tag) for tag in pages.of[key].find_all("script", type="application/ld+json")]
            assert len(scripts) == 1, key
            troubles += [f"{key}: {fault}" for fault in news_article_faults(_as_written(demo_site, key))]
    _none(troubles)


def test_sitemaps_name_every_page_and_nothing_else(demo_site: DemoSite, pages: PublishedPages) -> None:
    named = set()
    for key in demo_site.keys:
        if re.fullmatch(r"sitemap.*\.xml|sitemaps/.*\.xml", key):
            named |= {str(pages.target("", url)) for url in re.findall(r"<loc>([^<]*)</loc>", demo_site.text(key))}
    assert sorted(key for key in named if not (demo_site.folder / key).is_file()) == []
    assert sorted(set(demo_site.articles) - named) == []


def test_titles_tell_pages_apart(pages: PublishedPages) -> None:
    titles: dict[str, list[str]] = {}
    for key, page in pages.of.items():
        if page.title and page.title.string and not site_rules.is_pointer(page) and key.count("/") != 1:
            titles.setdefault(page.title.string.strip(), []).append(key)
    shared = {title: keys for title, keys in titles.items() if len(keys) > 1}
    assert shared == {}


def _is_allowed(remark: Remark) -> bool:
    """JSON-LD is data: no browser runs it, so no policy for scripts concerns it."""
    return "Inline script violates Content Security Policy" in remark.text and "application/ld+json" in remark.extract


def _none(troubles: list[str]) -> None:
    """What is wrong with a template is wrong with a hundred pages: one line for all of them."""
    where: dict[str, list[str]] = {}
    for key, trouble in (line.split(": ", 1) for line in troubles):
        where.setdefault(trouble, []).append(key)
    lines = [f"{trouble} [{len(keys)} pages, the first: {keys[0]}]" for trouble, keys in where.items()]
    assert not lines, "\n".join(lines)


def test_the_html_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    html_checker = or_leave_out(find_html_checker)
    (tmp_path / "wrong.html").write_text("<!doctype html><title>x</title><p id=a><p id=a>", encoding="utf-8")
    (tmp_path / "wrong.css").write_text("p { colour: red }", encoding="utf-8")
    with serving(tmp_path) as origin:
        said = check_html(html_checker, [f"{origin}/wrong.html", f"{origin}/wrong.css"])
    assert any("Duplicate ID" in remark.text and remark.address.endswith("/wrong.html") for remark in said)
    assert any("colour" in remark.text and remark.address.endswith("/wrong.css") for remark in said)


def _faults(site: DemoSite, key: str) -> list[str] | None:
    body = (site.folder / key).read_bytes()
    if key == "robots.txt":
        addresses = [f"{BASE_URL}/{page}" for page in site.pages]
        return robots_faults(body, sitemap=f"{BASE_URL}/sitemap.xml", addresses=addresses)
    return faults_of(key, body, host=urlsplit(BASE_URL).hostname or "")


def _as_written(site: DemoSite, key: str) -> str:
    """The script element as it stands in the page: a parser would have mended it."""
    found = re.search(r"<script type=\"?application/ld\+json.*?</script>", site.text(key), re.DOTALL)
    return found[0] if found else ""
