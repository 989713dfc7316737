"""The rules for published sites find what is wrong: a small site that breaks each of them."""

from pathlib import Path

import pytest

from tests.support import site_rules
from tests.support.site_rules import PublishedPages

BASE = "https://news.example"
GOOD = """<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'">
<title>首页</title><link rel="canonical" href="https://news.example/"><link rel="stylesheet" href="style.css">
<link rel="alternate" type="application/atom+xml" href="feed.xml">
<link rel="alternate" type="application/rss+xml" href="rss.xml">
<link rel="alternate" type="application/feed+json" href="feed.json">
<script type="application/ld+json">{"@type": "NewsArticle"}</script></head>
<body><header><nav></nav></header><main id="main"><h1>首页</h1><a href="#main"></a><a href="day/">日</a>
<article><time datetime="2026-11-23T09:00:00+08:00"></time><img src="https://pictures.example/1.png" alt=""></article>
</main><footer></footer></body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site of two good pages."""
    (tmp_path / "day").mkdir()
    for name in ("style.css", "feed.xml", "rss.xml", "feed.json"):
        (tmp_path / name).touch()
    (tmp_path / "index.html").write_text(GOOD, encoding="utf-8")
    (tmp_path / "day/index.html").write_text(GOOD.replace('"day/"', '"../"').replace('"style', '"../style'), "utf-8")
    for name in ("feed.xml", "rss.xml", "feed.json"):
        page = tmp_path / "day/index.html"
        page.write_text(page.read_text("utf-8").replace(f'"{name}"', f'"../{name}"'), "utf-8")
    return tmp_path


def everything(folder: Path) -> list[str]:
    """What all rules together say."""
    pages = PublishedPages(folder, BASE)
    rules = (
        site_rules.dead_links, site_rules.foreign_files, site_rules.head_troubles, site_rules.body_troubles,
        site_rules.script_troubles,
    )  # fmt: skip
    return [line for rule in rules for line in rule(pages)]


def test_a_good_site_has_no_troubles(folder: Path) -> None:
    assert everything(folder) == []
    assert PublishedPages(folder, BASE).reached() == {"index.html", "day/index.html"}


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('href="day/"', 'href="night/"', "night/ leads to no object"),
        ('href="day/"', 'href="day/?x#nowhere"', "names a place"),
        ('href="day/"', 'href="https://news.example/gone.html"', "gone.html leads to no object"),
        ('href="style.css"', 'href="https://cdn.example/style.css"', "<link> loads https://cdn.example/style.css"),
        ("<header>", '<header><img alt="" src="//logo.example/a.png">', "<img> loads //logo.example/a.png"),
        (' lang="zh-Hans"', "", "no lang"),
        ("<title>首页</title>", "<title> </title>", "one title"),
        ('rel="canonical"', 'rel="me"', "one canonical"),
        ("default-src 'none'; ", "", "does not begin with nothing"),
        ("Content-Security-Policy", "Refresh-Not", "no policy"),
        ('type="application/feed+json"', 'type="application/json"', "no link to a feed of type application/feed+json"),
        ("<h1>首页</h1>", "", "0 h1"),
        ("<h1>首页</h1>", "<h1>1</h1><h1>2</h1>", "2 h1"),
        ("<footer></footer>", "", "no <footer>"),
        ("T09:00:00+08:00", "T09:00:00", "a time without"),
        (' alt=""', "", "a picture without alt"),
        ("<main", '<main style="color:red"', "a style of its own"),
        ("<main", '<main onclick="x()"', "an event handler"),
        ("</main>", "<script>1</script></main>", "a script"),
        ('{"@type": "NewsArticle"}', '{"@type": }', "JSON-LD that is no JSON"),
    ],
)
def test_each_trouble_is_found(folder: Path, good: str, bad: str, says: str) -> None:
    assert good in GOOD
    (folder / "index.html").write_text(GOOD.replace(good, bad), encoding="utf-8")
    said = everything(folder)
    assert any(says in line and line.startswith("index.html: ") for line in said), said


def test_a_page_that_no_click_leads_to_is_not_reached(folder: Path) -> None:
    (folder / "orphan.html").write_text(GOOD, encoding="utf-8")
    assert "orphan.html" not in PublishedPages(folder, BASE).reached()


def test_links_out_of_a_folder_and_to_other_hosts(folder: Path) -> None:
    pages = PublishedPages(folder, BASE)
    assert pages.target("day/index.html", "../feed.xml") == "feed.xml"
    assert pages.target("day/index.html", "/a%20b.html?x#y") == "a b.html"
    assert pages.target("index.html", "https://news.example") == "index.html"
    assert pages.target("index.html", "https://news.example.org/") is None
    assert pages.target("index.html", "mailto:a@news.example") is None
