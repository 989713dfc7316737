"""What holds for every page that people read: links, head, words, hostile text, weight."""

import gzip
import posixpath
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from jinja2 import DictLoader, Environment, meta, nodes

from tasks.catalogue import (
    ArchiveList,
    CategoryList,
    CategoryPage,
    DayPage,
    Fixed,
    Front,
    Index,
    MonthPage,
    Moved,
    Surroundings,
)
from tasks.model import Article, Category, Headline, Page
from tasks.outputs import SiteFacts, SourceFacts, caching, contexts, find_outputs, pages_of_article
from tasks.outputs.website import OUTPUT
from tests.support.output_records import DAILY, HOSTILE_TEXTS, SITE, article, rendered, small_site
from tests.support.reading import ENGLISH, headline, headlines, pages_of, shelf, soup, value, values

CONTEXTS = [found for name, found in vars(contexts).items() if name.endswith("Context")]
STORIES = Path(__file__).parents[2] / "infra" / "sample" / "articles"
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff01-\uff5e]")


def lists_of(of: Article) -> tuple[Index, ...]:
    """Every kind of list, with one article wherever there can be one."""
    one, day = headline(of), of.published_at.date()
    filled = shelf(of.category, (one,))
    return (
        Fixed(),
        Front(newest=(one, one), sections=(filled,), categories=1),
        CategoryList(shelves=(filled,)),
        CategoryPage(category=of.category, number=0, closed=3, count=70, headlines=(one,)),
        CategoryPage(category=of.category, number=3, closed=3, count=70, headlines=(one,)),
        DayPage(
            day=day, number=0, closed=1, count=101, headlines=(one,), previous=date(2026, 1, 1), next=date(2026, 5, 1)
        ),
        DayPage(day=day, number=1, closed=1, count=101, headlines=(one,)),
        MonthPage(month=day.replace(day=1), days=((day, 101),)),
        ArchiveList(months=((day.replace(day=1), 101),)),
        Moved(old_key="old/x.html", headline=one),
    )


def every_page(of: Article, site: SiteFacts = SITE) -> Iterator[Page]:
    """An HTML page of each kind."""
    around = Surroundings(previous=headline(of), next=headline(of))
    for page in (*pages_of_article(of, around, site, (OUTPUT,)), *pages_of(*lists_of(of), site=site).values()):
        if page.content_type.startswith("text/html"):
            yield page


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_nothing_breaks_out_of_its_place(hostile: str) -> None:
    category = Category(slug="x", title=hostile, tag=hostile, fixed=True)
    site = replace(
        SITE,
        title=hostile,
        description=hostile,
        contact=f"https://a.example/{hostile}",
        sources={"rolling": SourceFacts(name="rolling", title=hostile)},
    )
    for page in every_page(article(title=hostile, summary=hostile, category=category), site):
        found = soup(page)
        assert not found.select(
            "script:not([type='application/ld+json']), img, main b:not([aria-hidden]), [onerror]"
        ), page.key
        assert len(found.select("html > head, html > body, main, h1, title")) == 5, page.key
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", page.body), page.key
        assert all(link.get_text(strip=True) for link in found.select("main li a, main nav a")), page.key


def test_the_policy_comes_before_all_that_it_governs_and_allows_no_script() -> None:
    for page in every_page(article()):
        policy = soup(page).select_one('meta[http-equiv="Content-Security-Policy"]')
        assert policy is not None
        assert policy.find_previous(["link", "script", "img"]) is None
        assert str(policy["content"]).startswith("default-src 'none'; ")
        assert "script-src" not in str(policy["content"])
        assert not soup(page).select("[style], style, script:not([type='application/ld+json'])"), page.key


def test_every_page_has_its_landmarks_and_feeds_and_says_what_it_is() -> None:
    for page in every_page(article()):
        found = soup(page)
        assert len(found.select("body > header, body > main#main, body > footer, header > nav[aria-label]")) == 4, (
            page.key
        )
        assert found.select_one("body > a.skip[href='#main']"), page.key
        types = {"application/atom+xml", "application/rss+xml", "application/feed+json"}
        assert set(values(found, "link[rel=alternate]", "type")) == types, page.key
        assert value(found, "html", "lang") == "zh-Hans"
        if page.key not in ("404.html", "old/x.html"):
            assert value(found, "meta[name=description]", "content"), page.key
            assert value(found, "link[rel=canonical]", "href").startswith("https://finews.example.com/"), page.key


def test_no_page_reloads_itself() -> None:
    for page in every_page(article()):
        assert len(soup(page).select("meta[http-equiv=refresh]")) == (page.key == "old/x.html"), page.key


def test_the_page_that_is_open_is_marked_in_the_navigation() -> None:
    marked = {page.key: values(soup(page), ".top [aria-current=page]", "href") for page in every_page(article())}
    assert {key: found for key, found in marked.items() if found} == {
        "index.html": ["index.html"],
        "category/index.html": ["index.html"],
        "archive/index.html": ["index.html"],
        "about.html": ["about.html"],
    }


# --- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["https://finews.example.com", "https://h.example:8443/some/pre fix"])
def test_every_link_of_the_site_leads_to_an_object_of_it(base: str) -> None:
    site = replace(SITE, base_url=base)
    odd = article(
        category=Category(slug="a%b c：(d)#e?f", title="怪", tag="怪", fixed=True), file_id="x#y?z%41", key="9"
    )
    outputs = [output for output in find_outputs() if output.name in ("website", "feeds")]
    every = {page.key: page for output in outputs for page in rendered(output, (*small_site(), odd), site)}
    prefix = urlsplit(base).path
    seen = 0
    for page in every.values():
        if not page.content_type.startswith("text/html"):
            continue
        key = "/deep/er" if page.key == "404.html" else re.sub("[%#?]", lambda found: f"%{ord(found[0]):x}", page.key)
        for node in soup(page).select("[href], [src], [action]"):
            link = str(node.get("href") or node.get("src") or node.get("action"))
            target = urlsplit(urljoin(f"http://host{prefix}/{key}", link))
            if target.hostname != "host" or link.startswith("#"):
                continue
            path = unquote(target.path).removeprefix(f"{prefix}/")
            assert target.query == ""
            path += "index.html" if path == "" or path.endswith("/") else ""
            assert path in {*every, "search.html"}, (page.key, link)
            seen += 1
    assert seen > 300


def test_links_of_pages_are_relative_so_that_they_work_from_disk() -> None:
    for page in every_page(article()):
        if page.key == "404.html":
            continue
        for link in values(soup(page), "a[href], link:not([rel=canonical])", "href"):
            if not link.startswith(("http://news.example.com/", "#")):
                assert posixpath.basename(link), f"{page.key}: a folder cannot be opened from disk: {link}"
                assert not link.startswith(("/", "http")), (page.key, link)


# --- templates, words, style ------------------------------------------------------------------


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.template)
def test_a_context_has_exactly_what_its_template_uses(context: type[contexts.HomeContext]) -> None:
    templates = SITE.theme.templates
    environment = Environment(loader=DictLoader(templates), autoescape=True)
    environment.filters["fill"] = str
    used: set[str] = set()
    waiting = [context.template]
    while waiting:
        tree = environment.parse(templates[waiting.pop()])
        macros = {str(name) for node in tree.find_all(nodes.FromImport) for name in node.names}
        used |= meta.find_undeclared_variables(tree) - macros
        waiting += [found for found in meta.find_referenced_templates(tree) if found]
    assert used - {"words", "style"} == {field.name for field in fields(context)}


def test_a_page_in_english_has_no_chinese_words() -> None:
    plain = article(
        title="Rates fall",
        summary="The rate fell.",
        html='<p>Text.</p><figure class="kline"></figure><figure class="table"></figure>',
        category=Category(slug="wire", title="The Wire", tag="x", fixed=True),
        revision=2,
        updated_at=article().updated_at + timedelta(hours=1),
    )
    site = replace(
        ENGLISH, contact="https://h.example/", sources={"rolling": SourceFacts(name="rolling", title="List")}
    )
    for page in every_page(plain, site):
        assert not CHINESE.search(page.body.decode()), page.key
        assert value(soup(page), "html", "lang") == "en"


def test_the_style_sheet_is_kept_for_ever_under_a_name_that_changes_with_it() -> None:
    found = pages_of(Fixed())
    (key,) = [key for key in found if re.fullmatch(r"static/style\.[0-9a-f]{8}\.css", key)]
    assert found[key].cache_control == caching.IMMUTABLE
    assert found[key].content_type == "text/css; charset=utf-8"
    assert value(soup(found["about.html"]), "link[rel=stylesheet]", "href") == key
    theme = replace(SITE.theme, static={**SITE.theme.static, "style.css": b"p { color: red }"})
    assert key not in pages_of(Fixed(), site=replace(SITE, theme=theme))


def test_other_static_files_are_published_under_their_names() -> None:
    static = {**SITE.theme.static, "logo.png": b"\x89PNG", "notes.txt": b"x", "search.js": b"x", "odd": b"x"}
    found = pages_of(Fixed(), site=replace(SITE, theme=replace(SITE.theme, static=static)))
    types = {key: page.content_type for key, page in found.items() if key.startswith("static/") and "style." not in key}
    assert types == {
        "static/icon.svg": "image/svg+xml; charset=utf-8",
        "static/logo.png": "image/png",
        "static/notes.txt": "text/plain; charset=utf-8",
        "static/odd": "application/octet-stream",
    }


# --- weight -----------------------------------------------------------------------------------


def news() -> Iterator[tuple[str, str]]:
    """Real titles with a paragraph of text each; after those of the sample, titles made of its sentences."""
    told = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(STORIES.glob("*.toml"))]
    lines = [line for one in told for line in one["body"].splitlines() if len(line) > 30 and not line.startswith("!")]
    yield from ((one["title"], line) for one, line in zip(told, lines, strict=False))
    yield from ((line[2:28], line) for line in lines[1:])


def test_home_and_style_sheet_are_light() -> None:
    """30 newest and 24 sections of five, all of them different, in less than 14 KB as they travel."""
    source, minutes = news(), count(0, 17)

    def headline_of(category: Category) -> Headline:
        title, summary = next(source)
        before = next(minutes)
        at = article().published_at - timedelta(minutes=before)
        file_id = f"NW{at:%Y%m%d}{2_396_671_645 - before * 763}"  # about a million numbers a day
        return headline(article(title=title, summary=summary, file_id=file_id, published_at=at, category=category))

    categories = [Category(slug=f"{'meiti' * (n % 3 + 1)}{n}ribao", title=f"第{n}日报", tag="") for n in range(24)]
    front = Front(
        newest=tuple(headline_of(categories[n % 24]) for n in range(30)),
        sections=tuple(shelf(one, [headline_of(one) for _ in range(5)]) for one in categories),
        categories=300,
    )
    found = pages_of(front, Fixed())
    weights = {
        key: len(gzip.compress(found[key].body, 9)) for key in found if key == "index.html" or key.endswith(".css")
    }
    assert len(soup(found["index.html"]).select(".stream li, .shelves li")) == 29 + 120
    assert sum(weights.values()) < 14 * 1024, weights


def test_a_category_without_articles_of_its_own_has_no_section() -> None:
    (page,) = pages_of(Front(newest=headlines(1), sections=(shelf(DAILY),), categories=1)).values()
    assert not soup(page).select(".shelves section")
