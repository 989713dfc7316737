"""Pictures of the demo site for the README: `make pictures`. Home and an article, light and dark, desktop and phone."""

import io
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from infra.sample import server as sample
from tests.support.browsing import DESKTOP, PHONE, Reader
from tests.support.demo_site import ROOT, DemoSite, publish_demo
from tests.support.static_server import serving
from tests.support.web_tools import CHROMIUM_FLAGS, LeftOut, find_chromium

FOLDER = ROOT / "deployments" / "pictures"
PAGES = ("home", "article with a picture")
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_BETWEEN = 16  # pixels between two pictures
_GREY = "#8a8a8a"


def main() -> int:
    """Publish, serve, look, and put the pictures together."""
    try:
        chromium = find_chromium()
    except LeftOut as missing:
        print(missing, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, sample.serving() as upstream:
        site = publish_demo(Path(folder) / "demo", upstream)
        with serving(site.folder) as origin, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
            together(_looks(browser, origin, site, DESKTOP), columns=2).save(FOLDER / "site-desktop.png", optimize=True)
            together(_looks(browser, origin, site, PHONE), columns=4).save(FOLDER / "site-phone.png", optimize=True)
            browser.close()
    return 0


def _looks(browser: Browser, origin: str, site: DemoSite, width: int) -> list[Image.Image]:
    found = []
    for kind in PAGES:
        for look in LOOKS:
            reader = Reader(browser=browser, origin=origin)
            with reader.reading(site.key_of(kind), width=width, color_scheme=look) as page:
                page.wait_for_load_state("networkidle")  # pictures are loaded late
                found.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    return found


def together(pictures: list[Image.Image], *, columns: int) -> Image.Image:
    """Side by side in rows; few colours, as the file lies in the repository."""
    wide, high = pictures[0].size
    rows = -(-len(pictures) // columns)
    size = (columns * (wide + _BETWEEN) - _BETWEEN, rows * (high + _BETWEEN) - _BETWEEN)
    whole = Image.new("RGB", size, _GREY)
    for place, picture in enumerate(pictures):
        whole.paste(picture, (place % columns * (wide + _BETWEEN), place // columns * (high + _BETWEEN)))
    return whole.quantize(128)


if __name__ == "__main__":
    sys.exit(main())
