"""The drill of the person on call, in the real UI: from a list of runs to what failed, and to the run that mends it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import browser as browser
from tests.support.on_call import Desk, on_call
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, serving, stories

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not os.environ.get("FINEWS_PRODUCTION"), reason="takes a minute or two: make production"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A run in which one article failed."""

    desk: Desk
    site: SiteFolder
    upstream: Upstream
    bad: Story
    run: str


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Everything is up, and it has happened."""
    home = tmp_path_factory.mktemp("night")
    site = SiteFolder(folder=home)
    with serving() as upstream:
        site.write(upstream.source("rolling"), upstream.source("media"))
        bad, *_ = listed = stories(3)
        upstream.serve("rolling", *listed)
        upstream.serve("media", *listed[1:])
        upstream.answer_text(bad.code, Answer(status=404))
        with on_call(home, site.file) as desk:
            run = desk.start("syndicate/manual")
            assert desk.ended(run)["state_name"] == "Completed with problems"
            yield Night(desk=desk, site=site, upstream=upstream, bad=bad, run=run)


@dataclass(slots=True)
class Hand:
    """Clicks, and counts."""

    clicks: int = 0

    def __call__(self, what: Locator) -> None:
        what.click()
        self.clicks += 1


@pytest.fixture
def page(browser: Browser, night: Night) -> Iterator[Page]:
    """The list of runs, before anything was clicked."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.goto(f"{night.desk.ui}/runs")
    yield opened
    context.close()


def open_run(page: Page, hand: Hand) -> None:
    """The page of the run in which something failed."""
    hand(page.get_by_role("link", name="1 retry"))


def open_summary(page: Page, hand: Hand) -> None:
    """Its summary."""
    hand(page.locator("li#artifacts"))
    hand(page.get_by_role("link", name="summary"))


def test_the_line_of_what_failed_is_three_clicks_away(page: Page, night: Night) -> None:
    hand = Hand()
    open_run(page, hand)
    hand(page.locator(".log-level-select .p-select-button__icon"))
    hand(page.get_by_role("option", name="Error and above"))
    lines = page.locator(".log-row")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text(f"{night.bad.code}: status 404 Not Found")
    assert hand.clicks <= 4


def test_the_whole_log_of_the_article_that_failed_is_four_clicks_away(page: Page, night: Night) -> None:
    hand = Hand()
    open_run(page, hand)
    open_summary(page, hand)
    with page.context.expect_page() as opened:
        hand(page.get_by_role("link", name="its log"))
    of_article = opened.value
    expect(of_article.get_by_text(f"fetch {night.bad.code}").first).to_be_visible()
    expect(of_article.locator(".log-row").first).to_contain_text(f"id={night.bad.code}")
    expect(of_article.locator(".log-row").last).to_contain_text("status 404 Not Found")
    assert hand.clicks <= 4


def test_the_summary_leads_to_the_form_of_the_run_that_mends_it(page: Page, night: Night) -> None:
    hand = Hand()
    open_run(page, hand)
    open_summary(page, hand)
    with page.context.expect_page() as opened:
        hand(page.get_by_role("link", name="Open the form"))
    form = opened.value
    expect(form.locator("textarea").nth(0)).to_have_value(str(night.site.file))
    expect(form.locator("textarea").nth(1)).to_have_value(night.bad.code)
    night.upstream.answer_text(night.bad.code)
    mended = submit(form, night)
    assert (mended["state_name"], mended["name"].partition(" · ")[2]) == ("Completed", "1 new")
    assert f"emnews/2026/11/20/{night.bad.number}.html" in night.site.objects()


def submit(form: Page, night: Night) -> dict[str, str]:
    """Submit the form; the run that it starts, once it has ended."""
    with form.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as made:
        form.get_by_role("button", name="Submit").click()
    return night.desk.ended(str(made.value.json()["id"]))


def test_a_source_is_paused_and_resumed(page: Page, night: Night) -> None:
    open_form(page, night, "pause")
    page.locator("textarea").nth(1).fill("their wish")
    add_source(page, texts=3)
    paused = submit(page, night)
    assert paused["state_name"] == "Completed"
    assert "media paused: their wish" in summary_of(page, night, paused)
    open_form(page, night, "resume")
    add_source(page, texts=2)
    resumed = submit(page, night)
    assert "media paused" not in summary_of(page, night, resumed)


def add_source(page: Page, *, texts: int) -> None:
    """Name the source. The form draws itself anew when an item is added, and forgets what was typed before it had."""
    page.get_by_role("button", name="Add item").click()
    expect(page.locator("textarea")).to_have_count(texts)
    item = page.locator("textarea").nth(1)
    item.click()
    item.press_sequentially("media")
    expect(item).to_have_value("media")
    item.blur()
    expect(item).to_have_value("media")


def open_form(page: Page, night: Night, deployment: str) -> None:
    """By way of the list of deployments."""
    page.goto(f"{night.desk.ui}/deployments")
    page.get_by_placeholder("Search deployments").fill(deployment)
    page.get_by_role("link", name=deployment, exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    expect(page.locator("textarea").nth(0)).to_have_value(str(night.site.file))


def summary_of(page: Page, night: Night, run: dict[str, str]) -> str:
    """What the summary of a run says."""
    page.goto(f"{night.desk.ui}/runs/flow-run/{run['id']}")
    open_summary(page, Hand())
    shown = page.locator(".p-markdown-renderer, .artifact-data-markdown, main").first
    expect(shown).to_contain_text("articles met")
    return " ".join(shown.inner_text().split())
