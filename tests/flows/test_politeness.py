"""How polite runs are, as the log of a server has it that two sources are of."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.support.later import Later, later
from tests.support.sites import SiteFolder
from tests.support.versions import LAST_MODIFIED, Hit, versions

__all__ = ["later"]

GAP = 0.3
TEXT = "河滨港第{n}号码头今天开工，工程分三期，预计两年完成，港务局说全年吞吐量会因此增长{n}成，沿河仓库也要扩建。"
PAGE = "<title>第{n}号码头开工</title><body><article><h1>第{n}号码头开工</h1><p>{text}</p></article></body>"


def test_two_sources_of_one_host_run_after_run(prefect_harness: None, tmp_path: Path, later: Later) -> None:
    site = SiteFolder(folder=tmp_path)
    with versions() as server:
        server.put("/robots.txt", "text/plain", "User-agent: *\nDisallow: /private/\n")
        for n in range(1, 6):
            server.put(f"/a/{n}.html", "text/html; charset=utf-8", PAGE.format(n=n, text=TEXT.format(n=n) * 2))
        items = "".join(f"<item><title>第{n}号码头</title><link>ORIGIN/a/{n}.html</link></item>" for n in (1, 2, 3))
        server.put("/feed.xml", "text/xml", f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>")
        index = "<sitemapindex><sitemap><loc>ORIGIN/pages.xml</loc></sitemap></sitemapindex>"
        server.put("/index.xml", "text/xml", index)
        urls = "".join(f"<url><loc>ORIGIN/a/{n}.html</loc></url>" for n in (4, 5))
        server.put("/pages.xml", "text/xml", f"<urlset>{urls}</urlset>")
        server.takes = dict.fromkeys(server.files, 0.5)
        site.write(
            {"name": "feed", "kind": "feed", "rights": "full", "list_url": f"{server.origin}/feed.xml"},
            {"name": "pages", "kind": "sitemap", "rights": "full", "list_url": f"{server.origin}/index.xml"},
            fetch={"min_gap": GAP, "per_host": 2},
        )
        assert site.run().ending == "Completed"
        first = list(server.hits)
        assert Counter(hit.status for hit in first) == {200: 9}  # robots.txt, three lists, five texts
        assert {hit.versions for hit in first} == {("", "")}
        later.ahead = timedelta(hours=25)
        again = site.run()
        second = server.hits[len(first) :]
        assert again.report.written == ()
        assert Counter(hit.path for hit in second) == Counter(hit.path for hit in first)
        assert Counter(hit.status for hit in second) == {304: 9}
        assert all(hit.versions == (server.tag(hit.path), LAST_MODIFIED) for hit in second)
        for run in (first, second):
            _is_polite(run)


def _is_polite(run: Sequence[Hit]) -> None:
    """A gap between all requests, so many at once, and no more connections than that."""
    times = [hit.at for hit in run]
    # The first one may come late to its turn.
    assert max(times) - min(times) > 0.8 * GAP * (len(run) - 1)
    assert max(hit.together for hit in run) == 2
    assert len({hit.connection for hit in run}) <= 2
