"""Pictures of the Prefect UI for the runbook, with what a night may bring: `make pictures`."""

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.support.browsing import chromium
from tests.support.on_call import Desk, on_call
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, serving, stories
from tests.support.web_tools import LeftOut
from tests.web.pictures import FOLDER, together

_DESKTOP, _TALL, _PHONE = (1280, 900), (1280, 1030), (390, 844)
_TITLES = (
    "河滨港吞吐量增长两成",
    "山城地铁五号线开工",
    "湖州造纸厂停产检修",
    "东海渔汛提前",
    "北原小麦长势良好",
    "南岭水库蓄水过半",
)
_COLOURS = 96


def main() -> int:
    """Let the runs of a night happen, look at them, and save what is seen."""
    try:
        with tempfile.TemporaryDirectory() as folder, serving() as upstream, chromium() as browser:
            home = Path(folder)
            with on_call(home, _site(home, upstream)) as desk:
                run = _night(desk, upstream)
                for name, picture in _seen(browser, desk, run):
                    picture.quantize(_COLOURS).save(FOLDER / f"ui-{name}.png", optimize=True)
    except LeftOut as missing:
        print(missing, file=sys.stderr)
        return 2
    return 0


def _site(home: Path, upstream: Upstream) -> Path:
    """The site file, named from where the command is started: paths of this machine are in no picture."""
    made = SiteFolder(folder=home)
    made.write(upstream.source("rolling"), upstream.source("media"), verdict={"max_problem_share": 0.8})
    return made.file.rename(home / "finews.toml").relative_to(home)


def _night(desk: Desk, upstream: Upstream) -> str:
    """A good run, one whose list did not come, and one with problems: the id of the last."""
    made = [replace(story, title=title) for story, title in zip(stories(6), _TITLES, strict=True)]
    listed = [replace(story, body=f"<p>\u3000\u3000{story.title}，本报记者报道。</p>") for story in made]
    _listed(upstream, *listed[3:])
    desk.ended(desk.start("syndicate/manual"))
    upstream.answer_list("media", Answer(status=503))
    desk.ended(desk.start("syndicate/manual"))
    _listed(upstream, *listed)
    upstream.answer_text(listed[0].code, Answer(status=404))
    upstream.answer_text(listed[1].code, Answer.json({"content": "", "text": ""}))
    run = desk.start("syndicate/manual")
    desk.ended(run)
    return run


def _listed(upstream: Upstream, *listed: Story) -> None:
    upstream.serve("rolling", *listed)
    upstream.serve("media", *listed[1::2])


def _seen(browser: Browser, desk: Desk, run: str) -> Iterator[tuple[str, Image.Image]]:
    """Names of pictures, and the pictures."""

    def artifact(page: Page, key: str) -> None:
        page.goto(f"{desk.ui}/runs/flow-run/{run}")
        page.locator("li#artifacts").click()
        page.get_by_role("link", name=key).first.click()

    def errors(page: Page) -> None:
        page.locator(".log-level-select .p-select-button__icon").click()
        page.get_by_role("option", name="Error and above").click()

    with _page(browser, _TALL) as page:
        page.goto(f"{desk.ui}/runs")
        yield "runs", _shot(page)
    with _page(browser, _DESKTOP) as page:
        page.goto(f"{desk.ui}/runs/flow-run/{run}")
        errors(page)
        yield "run", _shot(page)
        artifact(page, "summary")
        page.get_by_text("Articles with problems").scroll_into_view_if_needed()
        yield "summary", _shot(page)
        address = page.url
        log, form = (_opened(page, name) for name in ("its log", "Open the form"))
        yield "task", _shot(log)
        yield "form", _shot(form)
        artifact(page, "articles")
        yield "articles", _shot(page)
    with _page(browser, _PHONE) as page:
        page.goto(address)
        page.get_by_text("Articles with problems").scroll_into_view_if_needed()
        shown = [_shot(page)]
        page.evaluate("document.querySelector('a[href*=parameters]').scrollIntoView({block: 'center'})")
        shown.append(_shot(page))
        form = _opened(page, "Open the form")
        form.get_by_text("Parameters", exact=True).first.scroll_into_view_if_needed()
        shown.append(_shot(form))
        yield "phone", together(shown, columns=3).convert("RGB")


def _opened(page: Page, name: str) -> Page:
    """The page behind the first link of this name."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=name).first.click()
    opened.value.wait_for_load_state("networkidle")
    return opened.value


@contextmanager
def _page(browser: Browser, size: tuple[int, int]) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="en-US", timezone_id="Asia/Shanghai"
    )
    yield context.new_page()
    context.close()


def _shot(page: Page) -> Image.Image:
    page.wait_for_timeout(2000)  # charts are drawn with an animation, and nothing says when it has ended
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
