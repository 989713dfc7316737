"""A reader with a real browser, who notices everything that goes wrong behind the page."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, Route, sync_playwright

from infra.sample.server import CONTENT
from tests.support.web_tools import CHROMIUM_FLAGS, find_chromium, or_leave_out

PICTURES = CONTENT / "pictures"
PHONE, DESKTOP, HEIGHT = 360, 1280, 800


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, running; LeftOut where there is none."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_FLAGS))
        yield running
        running.close()


# For each file anew: while Playwright runs, its event loop is the thread's, and Prefect would take itself for asynchronous
# in the other tests of this process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; the test is skipped where there is none."""
    or_leave_out(find_chromium)
    with chromium() as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A browser in front of the site at `origin`."""

    browser: Browser
    origin: str

    @contextmanager
    def reading(self, key: str, *, width: int = DESKTOP, unknown: bool = False, **settings: Any) -> Iterator[Page]:
        """The page `key`, open. Raises AssertionError at the end of the block when anything went wrong behind it.

        Pictures of articles come from the sample's folder: the upstream that had them is gone. `unknown` expects that
        nothing stands at this address; `settings` are those of a Playwright context, such as `color_scheme`.
        """
        address = f"{self.origin}/{key}"
        troubles: list[str] = []
        context = self.browser.new_context(viewport={"width": width, "height": HEIGHT}, locale="zh-CN", **settings)
        try:
            context.route(lambda url: not url.startswith(self.origin + "/"), self._foreign(troubles))
            page = context.new_page()
            page.set_default_timeout(15_000)
            self._listen(page, troubles)
            answer = page.goto(address)
            assert answer is not None, f"{address}: no answer"
            assert answer.status == (404 if unknown else 200), f"{address}: status {answer.status}"
            yield page
            page.wait_for_load_state()
        finally:
            context.close()
        if unknown:
            troubles = [trouble for trouble in troubles if address not in trouble]
        assert not troubles, "\n".join(troubles)

    def _foreign(self, troubles: list[str]) -> Callable[[Route, Request], None]:
        def answer(route: Route, request: Request) -> None:
            picture = PICTURES / Path(urlsplit(request.url).path).name
            if request.resource_type == "image" and picture.is_file():
                route.fulfill(path=picture)
                return
            troubles.append(f"a request to another host: {request.resource_type} {request.url}")
            route.abort()

        return answer

    def _listen(self, page: Page, troubles: list[str]) -> None:
        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                troubles.append(f"console {message.type}: {message.text} ({message.location['url']})")

        def on_response(response: Response) -> None:
            if response.status >= 400:
                troubles.append(f"status {response.status}: {response.url}")

        def on_failure(request: Request) -> None:
            if request.failure != "net::ERR_ABORTED":  # the reader left before it had come
                troubles.append(f"{request.failure}: {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
        page.on("response", on_response)
        page.on("requestfailed", on_failure)


def resize(page: Page, width: int) -> None:
    """Give the window another width."""
    page.set_viewport_size({"width": width, "height": HEIGHT})


def path_of(page: Page) -> str:
    """The path of the page that is open, without its first slash."""
    return urlsplit(page.url).path.lstrip("/")


def links(page: Page, pattern: str, *, within: str = "main") -> list[str]:
    """Addresses of the links whose path, without its first slash, is wholly matched by `pattern`."""
    found: list[str] = page.eval_on_selector_all(f"{within} a[href]", "links => links.map(link => link.href)")
    return [url for url in dict.fromkeys(found) if re.fullmatch(pattern, urlsplit(url).path.lstrip("/"))]


def follow(page: Page, pattern: str, *, within: str = "main") -> str:
    """Click the first link of `links` and wait for the page; its path."""
    found = links(page, pattern, within=within)
    assert found, f"{path_of(page)}: no link to {pattern} within {within}"
    place = page.eval_on_selector_all(
        f"{within} a[href]", "(links, url) => links.findIndex(link => link.href === url)", found[0]
    )
    with page.expect_navigation():
        page.locator(f"{within} a[href]").nth(place).click()
    return path_of(page)
