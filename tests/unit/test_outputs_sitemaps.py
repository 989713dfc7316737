"""`sitemap.xml` and `robots.txt`."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from tasks.model import Catalogue, Page
from tasks.outputs.sitemaps import OUTPUT
from tests.support.output_records import SITE, catalogue, small_site

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def found(of: Catalogue) -> dict[str, Page]:
    return {page.key: page for page in OUTPUT.of_catalogue(of, SITE)}


def addresses(of: Catalogue) -> list[tuple[str | None, str | None]]:
    root = ElementTree.fromstring(found(of)["sitemap.xml"].body)
    assert root.tag == f"{NAMESPACE}urlset"
    return [(url.findtext(f"{NAMESPACE}loc"), url.findtext(f"{NAMESPACE}lastmod")) for url in root]


def with_addresses(*pairs: tuple[str, datetime]) -> Catalogue:
    return Catalogue(shelves=(), touched=(), newest=(), addresses=pairs)


def test_home_and_every_article_with_the_time_of_its_last_change() -> None:
    assert addresses(catalogue(*small_site())) == [
        ("https://finews.example.com/", "2026-03-04T00:05:06+08:00"),
        ("https://finews.example.com/emnews/2026/03/04/202603040000000001.html", "2026-03-04T00:05:06+08:00"),
        ("https://finews.example.com/hebinribao/2026/03/03/NW202603030000000002.html", "2026-03-03T20:05:06+08:00"),
        ("https://finews.example.com/emnews/2026/02/28/202602280000000003.html", "2026-02-28T00:05:06+08:00"),
    ]


def test_without_articles_only_home_is_named() -> None:
    assert addresses(with_addresses()) == [("https://finews.example.com/", None)]


def test_keys_are_percent_encoded() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert addresses(with_addresses(("a b/&<é>#?.html", at)))[1][0] == (
        "https://finews.example.com/a%20b/%26%3C%C3%A9%3E%23%3F.html"
    )


def test_no_more_than_fifty_thousand_and_then_the_newest() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    many = [(f"a/{n}.html", start + timedelta(minutes=n)) for n in range(50_001)]
    listed = [address for address, _ in addresses(with_addresses(*many))]
    assert len(listed) == 50_000
    assert listed[1] == "https://finews.example.com/a/50000.html"
    assert "https://finews.example.com/a/1.html" not in listed
    assert "https://finews.example.com/a/2.html" in listed


def test_robots_name_the_sitemap() -> None:
    lines = found(with_addresses())["robots.txt"].body.decode().splitlines()
    assert "Sitemap: https://finews.example.com/sitemap.xml" in lines
    assert not [line for line in lines if line.startswith("Disallow")]
