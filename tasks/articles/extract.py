"""An article's page -> its text and what else it tells."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

import trafilatura

from tasks.errors import ParseError
from tasks.model import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """CSS selectors of a page's parts; empty ones are not given."""

    title: str = ""
    time: str = ""
    author: str = ""
    media: str = ""
    body: str = ""
    summary: str = ""
    remove: tuple[str, ...] = ()


def extract_page(
    body: bytes, *, url: str, content_type: str, selectors: Selectors | None, zone: tzinfo, now: datetime
) -> Text:
    """The text of a page; `ParseError` when there is none."""
    html = trafilatura.extract(body, url=url, output_format="html", include_images=True, favor_precision=True)
    if not html:
        raise ParseError(f"{url}: no text of an article in the page")
    return Text(html=html, method="trafilatura")
