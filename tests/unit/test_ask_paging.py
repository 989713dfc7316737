"""How many pages of a list are asked for, by the server's log: none behind one on which everything is known."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tasks.fetch import ask
from tasks.ledger import Ledger
from tasks.model import Listing
from tasks.web import Client, Limits
from tests.support.answers import source
from tests.support.ledgers import NOW, opened
from tests.support.misbehaving import Misbehaving, answer, misbehaving

LIMITS = Limits(user_agent="finews-test/1", allow_hosts=("127.0.0.1",))
TABLE = 'robots = "ignore"\nmax_pages = 4\n{keys}\n[sources.list]\nitem = "li"\nnext = "a.more"\n'


class Outlet:
    """A list of pages, each with a link to the next one, and a ledger that has what was read of it."""

    def __init__(self, server: Misbehaving, ledger: Ledger) -> None:
        self._server = server
        self._ledger = ledger

    def serve(self, *pages: str) -> None:
        """Let the list have these pages, each with an article for every letter."""
        for number, names in enumerate(pages, start=1):
            items = "".join(f'<li><a href="/a/{name}.html">{name} 的消息标题</a></li>' for name in names)
            following = f'<a class="more" href="/{number + 1}">more</a>' if number < len(pages) else ""
            body = f"<ul>{items}</ul>{following}".encode()
            self._server.answer({f"/{number}": [answer(body, headers="Content-Type: text/html\r\n")]})

    def asked(self, *, keys: str = "", force: bool = False) -> tuple[list[str], str, bool]:
        """A run's asking: the pages that were asked for, the articles on them, and whether the list is only a part."""
        before = len(self._server.log)
        spec = source("listing", TABLE.format(keys=keys), list_url=f"{self._server.origin}/1")
        articles, knows = self._ledger.articles, partial(self._ledger.articles.knows, now=NOW)
        with Client(LIMITS) as client:
            said = ask.fn(spec, client, self._ledger.journal, self._ledger.answers, not force, knows)
        assert isinstance(said, Listing)
        articles.record(self._ledger.aliases.resolve(said).listing, now=NOW)
        found = "".join(entry.link[-6] for entry in said.entries)
        return [one.target.strip("/") for one in self._server.log[before:]], found, said.partial


@pytest.fixture
def outlet(tmp_path: Path) -> Iterator[Outlet]:
    """An outlet whose list was never read."""
    with misbehaving() as server, opened(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield Outlet(server, ledger)


def test_no_page_is_asked_for_behind_one_on_which_all_is_known(outlet: Outlet) -> None:
    outlet.serve("fe", "dc", "ba")
    assert outlet.asked() == (["1", "2", "3"], "fedcba", False)
    assert outlet.asked() == (["1"], "fe", True)
    outlet.serve("gf", "ed", "cb", "a")
    assert outlet.asked() == (["1", "2"], "gfed", True)
    outlet.serve("kj", "ih", "gf", "ed", "cb", "a")  # more than a page has come since
    assert outlet.asked() == (["1", "2", "3"], "kjihgf", True)


def test_a_record_that_changed_is_news(outlet: Outlet) -> None:
    outlet.serve("dc", "ba")
    outlet.asked()
    outlet.serve("dc")
    outlet.serve("Dc", "ba")
    assert outlet.asked()[0] == ["1", "2"]


@pytest.mark.parametrize("wish", [{"keys": 'paging = "all"'}, {"force": True}], ids=["by its table", "by force"])
def test_all_pages_are_asked_for_where_that_is_wanted(wish: dict[str, object], outlet: Outlet) -> None:
    outlet.serve("fe", "dc", "ba")
    outlet.asked()
    assert outlet.asked(**wish) == (["1", "2", "3"], "fedcba", False)  # type: ignore[arg-type]
