"""Hostile texts in every field of an upstream, through a whole run, into a real browser: nothing runs, nothing is lost."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from bs4 import BeautifulSoup
from lxml import etree
from playwright.sync_api import Browser, expect, sync_playwright

from tasks.articles.clean import clean
from tasks.articles.plain import without_controls
from tasks.model import Result, RunReport
from tests.support.canary import ORIGIN, canary
from tests.support.feed_rules import faults_of
from tests.support.hostile import READ, Payload, payloads
from tests.support.hostile_lists import TABLES, groups, serve
from tests.support.output_records import article
from tests.support.reading import rendered_article
from tests.support.samples import SAMPLES
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, serving
from tests.support.web_tools import CHROMIUM_FLAGS, find_chromium, or_leave_out

CORPUS = SAMPLES.parents[1] / "corpora/hostile.jsonl"
PAYLOADS = payloads()
GROUPS = groups(PAYLOADS)
# Two of these are written one behind the other; what the others do depends on where a text begins.
_PAIRED = ("script", "handler", "address", "foreign", "namespace", "document", "style", "attribute")
pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A payload, or `parts` of them, in every field of one story.

    Every second one comes from the list of media, and names its shelf.
    """

    number: int
    payload: Payload
    parts: int = 1

    @property
    def of_media(self) -> bool:
        """Whether it is the name of a media, too; the ledger has room for 600 characters of one."""
        return self.number % 2 == 1 and len(self.payload.text) <= 500

    @property
    def story(self) -> Story:
        """The story as the upstream has it."""
        text = self.payload.text
        return Story(
            number=f"20261120{self.number:010d}",
            title=f"{text}一事" if self.of_media else text,  # a title that is the name of its outlet is no article's
            time=f"2026-11-20 {self.number // 60:02d}:{self.number % 60:02d}:00",
            media=text,
            digest=text,
            link=text if self.number % 3 else f"http://h.example/{text}",
            body=(
                f'<p>前文{self.number}</p><img src="http://h.example/p.png"><p class="caption">图注{escape(text)}</p>'
                f'<p>{text}</p><p>后文{self.number}</p><img src="{text}" alt="{text}"><a href="http://h.example/{text}" '
                f"title='{text}'>x</a><table><tr><td {text}>x<td>y</table>"
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """The site after a run over all attacks; `files` are its public objects."""

    report: RunReport
    folder: Path
    files: dict[str, bytes]
    addresses: dict[str, str]

    def key_of(self, attack: Attack) -> str:
        """Key of the page of an attack's story."""
        return self.addresses[attack.story.code].removeprefix("https://finews.withounder.com/")

    def page_of(self, attack: Attack) -> BeautifulSoup:
        """That page."""
        return BeautifulSoup(self.files[self.key_of(attack)], "lxml")


def _attacks() -> Iterator[Attack]:
    number, waiting = 0, list(PAYLOADS)
    while waiting:
        first = waiting.pop(0)
        second = waiting.pop(0) if waiting and first.family in _PAIRED and waiting[0].family == first.family else None
        both = replace(first, text=first.text + second.text) if second else first
        yield Attack(number=number, payload=both, parts=2 if second else 1)
        number += 1


ATTACKS = tuple(_attacks())


@pytest.fixture(scope="module")
def attacked(prefect_harness: None, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    """One run. Each payload is a code, an id and a time as well, in records of their own."""
    folder = tmp_path_factory.mktemp("attacked")
    site = SiteFolder(folder=folder / "site")
    site.folder.mkdir()
    with serving() as upstream:
        many = {"batch_above": 1, "batch": 100}  # a task run for each would take most of the time
        site.write(
            upstream.source("rolling"), upstream.source("media"), verdict={"max_problem_share": 1.0}, workflow=many
        )
        tables = serve(upstream, GROUPS)
        with site.file.open("a", encoding="utf-8") as file:
            file.write(tables)
        upstream.serve("rolling", *(attack.story for attack in ATTACKS if not attack.of_media), *_no_stories())
        upstream.serve("media", *(attack.story for attack in ATTACKS if attack.of_media))
        report = site.run().report
    addresses = {line.code: line.address for line in report.articles}
    return Attacked(report=report, folder=folder, files=site.objects(), addresses=addresses)


def _no_stories() -> Iterator[dict[str, object]]:
    good = Story(number="202611209999999999")
    for attack in ATTACKS:
        text = attack.payload.text
        for number, changes in enumerate(({"infoCode": text}, {"id": text}, {"showtime": text}), start=1):
            code = f"NW2026112{number}{attack.number:010d}"
            yield good.record("rolling", **{"infoCode": code, "id": code.removeprefix("NW")} | changes)


@pytest.fixture(scope="module")
def browser(attacked: Attacked) -> Iterator[Browser]:
    """Chromium, when all flows of this file have ended: while it runs, Prefect would take this thread for asynchronous."""
    path = or_leave_out(find_chromium)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield running
        running.close()


# --- what runs --------------------------------------------------------------------------------


def test_the_payloads_would_run_and_the_browser_would_tell(browser: Browser) -> None:
    raw = {f"{n}.html": f"<main>{payload.text}</main>".encode() for n, payload in enumerate(PAYLOADS)}
    with canary(browser, {"none.html": b"<main><p>text</p><img src=x></main>"}) as watched:
        watched.visit(["none.html"])
    assert watched.signs == []
    live = [f"{n}.html" for n, payload in enumerate(PAYLOADS) if payload.family in ("script", "handler", "namespace")]
    with canary(browser, raw) as watched:
        watched.visit(live, inspect=False)
    assert len({sign for sign in watched.signs if sign.startswith("ran ")}) > 50


def test_nothing_runs_on_any_page_without_the_policy_that_would_forbid_it(attacked: Attacked, browser: Browser) -> None:
    assert len({payload.text for payload in PAYLOADS}) >= 300
    pages = [key for key in attacked.files if key.endswith(".html")]
    assert len(pages) > len(ATTACKS) + len(GROUPS)
    with canary(browser, attacked.files) as watched:
        watched.visit(pages)
    assert watched.signs == []


def test_nothing_runs_in_feeds_read_as_documents_and_in_posts_read_as_pages(
    attacked: Attacked, browser: Browser
) -> None:
    documents = [key for key in attacked.files if key in ("feed.xml", "rss.xml") or key.endswith("-1.xml")]
    posts = [body.decode().split("---\n", 2)[2] for key, body in attacked.files.items() if key.startswith("_posts/")]
    # Markdown makes a link of an address in angle brackets; the rest of a post is HTML, or says it in entities.
    linked = [re.sub(r"(?m)^<(https?://[^\s<>]+)>$", r'<a href="\1">x</a>', text) for text in posts]
    texts = {f"{n}.html": f"<main>{text}</main>".encode() for n, text in enumerate(linked)}
    with canary(browser, {**attacked.files, **texts}) as watched:
        watched.visit(texts)
        watched.visit(documents, inspect=False)
    assert watched.signs == []


def test_nothing_runs_on_the_search_page(attacked: Attacked, browser: Browser) -> None:
    with canary(browser, attacked.files) as watched:
        page = watched.page
        page.goto(f"{ORIGIN}/search.html?q={quote(READ)}")
        expect(page.locator("#status")).to_have_text(re.compile("找到 [1-9]"))
        while page.locator("#more").is_visible():
            shown = page.locator("#results > li").count()
            page.locator("#more").click()
            expect(page.locator(f"#results > li:nth-child({shown + 1})")).to_be_attached()
        assert page.locator("#results > li").count() > 300
        assert page.locator("#results").locator("script, img, svg, iframe, style").count() == 0
    assert watched.signs == []


# --- what stays -------------------------------------------------------------------------------


@pytest.mark.parametrize("family", sorted({payload.family for payload in PAYLOADS}))
def test_the_text_that_should_stay_is_there(attacked: Attacked, family: str) -> None:
    for attack in ATTACKS:
        if attack.payload.family != family:
            continue
        page, told = attacked.page_of(attack), _shown(attack.payload.text)
        text = _shown(page.select_one(".text").get_text("\n"))  # type: ignore[union-attr]
        assert _shown(page.h1.text) == _shown(attack.story.title)  # type: ignore[union-attr]
        assert f"前文{attack.number}" in text, attack
        assert _shown(f"图注{attack.payload.text}") == _shown(page.figcaption.text), attack  # type: ignore[union-attr]
        if not attack.payload.swallows:
            assert text.count(READ) >= 2 * attack.parts, attack
            assert f"后文{attack.number}" in text, attack
        if attack.of_media:
            assert _shown(page.select_one(".kicker").text) == told  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_shows_what_should_stay(attacked: Attacked, kind: str) -> None:
    pages = {line.title: line.address for line in attacked.report.articles}
    for group in (group for group in GROUPS if group.kind == kind):
        [address] = [address for title, address in pages.items() if title.startswith(f"{kind} 第{group.number}组 ")]
        page = BeautifulSoup(attacked.files[address.removeprefix("https://finews.withounder.com/")], "lxml")
        assert _shown(page.h1.text) == _shown(group.title)  # type: ignore[union-attr]
        text = _shown(page.select_one(".text").get_text("\n"))  # type: ignore[union-attr]
        assert text.startswith(_shown(group.marker))
        assert _shown(f"图注{group.text}") in text


def test_machines_read_the_same_text(attacked: Attacked) -> None:
    titles: dict[str, str] = {}
    for key, body in attacked.files.items():
        if key.endswith("/feed.json"):
            titles |= {item["url"].rpartition("/")[2]: item["title"] for item in json.loads(body)["items"]}
    for attack in ATTACKS:
        told = _shown(attack.story.title)
        name = attacked.key_of(attack).rpartition("/")[2]
        facts = json.loads(attacked.page_of(attack).select_one('script[type="application/ld+json"]').text)  # type: ignore[union-attr]
        assert _shown(facts["headline"]) == told
        if attack.of_media:
            assert _shown(titles[name]) == told
        post = attacked.files[f"_posts/2026-11-20-{name.removesuffix('.html')}.md"].decode()
        opening, front, text = post.split("---\n", 2)
        matter = yaml.safe_load(front)
        assert (opening, sorted(matter)) == ("", ["categories", "date", "layout", "tags", "title"])
        assert _shown(matter["title"]) == told
        assert "{%" not in text
        assert "{{" not in text


def test_xml_and_json_keep_their_rules(attacked: Attacked) -> None:
    strict = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    for key, body in attacked.files.items():
        if key.endswith(".xml"):
            etree.fromstring(body, strict)
        if key.endswith(".json"):
            json.loads(body)
        assert not faults_of(key, body), key


# --- codes, ids, times ------------------------------------------------------------------------


def test_no_code_id_or_time_becomes_an_address(attacked: Attacked) -> None:
    lines = attacked.report.articles
    done = [line for line in lines if line.result is Result.DONE]
    refused = [line for line in lines if line.result is Result.UNUSABLE]
    assert len(done) == len(ATTACKS) + len(GROUPS)
    assert len(done) + len(refused) == len(lines)
    assert len(refused) > 2 * len(ATTACKS)
    assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", key) for key in attacked.files)
    assert {path.name for path in attacked.folder.iterdir()} == {"site"}
    assert {path.name for path in (attacked.folder / "site").iterdir()} <= {
        "site.toml", "public", "ledger.db", "ledger.db-wal", "ledger.db-shm", "captures",
    }  # fmt: skip


# --- payloads of others -----------------------------------------------------------------------


def test_nothing_of_the_collected_payloads_runs(browser: Browser) -> None:
    if not CORPUS.is_file():
        pytest.skip(f"left out the collected payloads: there is no {CORPUS.name} beside the project")
    found = [json.loads(line)["payload"] for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    bodies = dict.fromkeys(clean(payload, "https://news.example/a/") for payload in found)
    titles = [without_controls(payload) for payload in found]
    assert len(found) > 1000
    parts = [f"<div>{body}</div>" for body in bodies if "<" in body]
    pages = {
        f"{n}.html": rendered_article(article(html="\n".join(parts[n : n + 50]))) for n in range(0, len(parts), 50)
    }
    for n in range(0, len(titles), 100):
        made = [article(title=title, summary=title, html="") for title in titles[n : n + 100]]
        pages |= {f"t{n}-{place}.html": rendered_article(one) for place, one in enumerate(made[:4])}
    with canary(browser, pages) as watched:
        watched.visit(pages)
    assert watched.signs == []


def _shown(text: str) -> str:
    """The text as it is compared: blanks, and what no XML document may hold, make no difference."""
    return "".join(without_controls(text).split())
