"""A real Chromium over the published demo site."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import Reader
from tests.support.browsing import browser as browser
from tests.support.demo_site import DemoSite
from tests.support.demo_site import demo_site as demo_site
from tests.support.static_server import serving
from tests.support.web_tools import find_chromium, or_leave_out


def pytest_runtest_setup() -> None:
    """Leaves out this whole folder, with one line, where there is no browser."""
    or_leave_out(find_chromium)


@pytest.fixture(scope="module")
def reader(browser: Browser, demo_site: DemoSite) -> Iterator[Reader]:
    """A reader of the demo site."""
    with serving(demo_site.folder) as origin:
        yield Reader(browser=browser, origin=origin)
