"""`finews new-source` against the sample upstream."""

import io
import tomllib

from rich.console import Console

from flows.new_source import draft_source
from infra.sample import server


def said(path: str) -> tuple[int, str]:
    out = io.StringIO()
    with server.serving() as upstream:
        console = Console(file=out, soft_wrap=True, highlight=False, markup=False)
        status = draft_source(f"{upstream}{path}", allow_hosts=["127.0.0.1"], console=console)
    return status, out.getvalue()


def test_a_feed_becomes_a_table_that_was_tried() -> None:
    status, told = said("/outlets/feed.xml")
    assert status == 0
    assert told.count(" characters, ") == 3
    [table] = tomllib.loads(told[told.index("[[sources]]") :])["sources"]
    assert (table["kind"], table["rights"]) == ("feed", "excerpt")
    assert table["list_url"].endswith("/outlets/feed.xml")


def test_what_leads_to_nothing_says_what_was_expected() -> None:
    status, told = said("/pictures/bars-1.png")
    assert status == 1
    assert "expected the address of one" in told
