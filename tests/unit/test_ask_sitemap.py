"""Asking a sitemap index again: each file conditionally, and its sitemaps also when the index itself is what it was."""

from pathlib import Path

from tasks.fetch import ask
from tasks.ledger import Ledger
from tasks.model import Listing, Unmodified
from tasks.web import Client, Limits
from tests.support.answers import source
from tests.support.ledgers import opened
from tests.support.misbehaving import Connection, Misbehaving, Script, answer, misbehaving

LIMITS = Limits(user_agent="finews-test/1", allow_hosts=("127.0.0.1",))


def versioned(server: Misbehaving, tag: str, body: str) -> Script:
    """A server that knows its versions: 304 to who has this one."""

    def serve(connection: Connection) -> None:
        headers = f'ETag: "{tag}"\r\nCache-Control: max-age=9000\r\n'
        has = server.log[-1].header("If-None-Match") == f'"{tag}"'
        connection.send(
            answer(status="304 Not Modified", headers=headers) if has else answer(body.encode(), headers=headers)
        )

    return serve


def asked(server: Misbehaving, ledger: Ledger) -> Listing | Unmodified:
    """What the index lists, with all that was learned kept."""
    spec = source("sitemap", 'robots = "ignore"\nmax_pages = 3', list_url=f"{server.origin}/index.xml")
    with Client(LIMITS) as client:
        listing = ask.fn(spec, client, ledger.journal, ledger.answers)
    assert ledger.answers.told(spec.name)[0] is None  # how long the index holds says nothing of its children
    ledger.answers.commit()
    return listing


def test_a_child_that_changed_is_read_though_the_index_did_not_change(tmp_path: Path) -> None:
    with misbehaving() as server, opened(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        host = server.origin

        def child(*names: str) -> str:
            urls = "".join(f"<url><loc>{host}/a/{name}.html</loc></url>" for name in names)
            return f"<urlset>{urls}</urlset>"

        index = "".join(f"<sitemap><loc>{host}/{name}.xml</loc></sitemap>" for name in ("one", "two"))
        server.answer(
            {
                "/index.xml": [versioned(server, "index", f"<sitemapindex>{index}</sitemapindex>")],
                "/one.xml": [versioned(server, "one", child("1"))],
                "/two.xml": [versioned(server, "two", child("2"))],
            }
        )
        first = asked(server, ledger)
        assert isinstance(first, Listing)
        assert len(first.entries) == 2
        same = asked(server, ledger)
        assert isinstance(same, Unmodified)
        assert same.since is not None
        server.answer({"/two.xml": [versioned(server, "two again", child("2", "3"))]})
        changed = asked(server, ledger)
        assert isinstance(changed, Listing)
        assert changed.partial
        assert sorted(entry.link for entry in changed.entries) == [f"{host}/a/2.html", f"{host}/a/3.html"]
        assert [one.header("If-None-Match") for one in server.asked("/one.xml")] == ["", '"one"', '"one"']
        assert [one.header("If-None-Match") for one in server.asked("/index.xml")] == ["", '"index"', '"index"']
