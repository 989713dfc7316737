"""The sitemap kind: every form of sitemap, which addresses are taken, and what becomes of broken and hostile ones."""

import gzip
import time
from datetime import datetime

import pytest

from tasks.config import SourceSpec
from tasks.errors import ConfigError, ParseError
from tasks.model import Listing
from tasks.sources.sitemap import SOURCE
from tests.support.answers import NOW, answer, source

FILE = "file:" + "/" * 3 + "etc/passwd"
SPEC = source("sitemap", 'title = "河滨日报"')
HOST = "https://news.example"


def urlset(inner: str) -> str:
    """A sitemap with the namespaces of the protocol and of news."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="urn:i">{inner}</urlset>'
    )


def url(path: str, lastmod: str = "", more: str = "") -> str:
    """One address."""
    return f"<url><loc>{HOST}{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}{more}</url>"


def index(*children: tuple[str, str]) -> str:
    """A sitemap index."""
    inner = "".join(f"<sitemap><loc>{HOST}{path}</loc><lastmod>{at}</lastmod></sitemap>" for path, at in children)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</sitemapindex>'


NEWS = (
    "<news:news><news:publication><news:name>山城晚报</news:name><news:language>zh-cn</news:language></news:publication>"
    "<news:publication_date>2026-03-04T05:06:07+08:00</news:publication_date><news:title>题 &amp; 目</news:title></news:news>"
)


def read(body: bytes | str, spec: SourceSpec = SPEC) -> Listing:
    """What a sitemap says."""
    return SOURCE.read(spec, answer(body))


def paths(listing: Listing) -> list[str]:
    """Paths of the entries."""
    return [entry.link.removeprefix(HOST) for entry in listing.entries]


FORMS = {
    "XML": urlset(url("/a/1")).encode(),
    "no namespace": f"<urlset>{url('/a/1')}</urlset>".encode(),
    "gzipped": gzip.compress(urlset(url("/a/1")).encode()),
    "gzipped in two members": b"".join(
        map(gzip.compress, (urlset("").encode()[:-9], f"{url('/a/1')}</urlset>".encode()))
    ),
    "gzipped, with padding": gzip.compress(urlset(url("/a/1")).encode()) + bytes(512),
    "gzipped, with a line break behind it": gzip.compress(urlset(url("/a/1")).encode()) + b"\r\n",
    "text": f"\ufeff{HOST}/a/1\r\n\r\n".encode(),
    "text, gzipped": gzip.compress(f"{HOST}/a/1".encode()),
    "an ampersand that is not escaped": urlset(url("/a/1", more="<image:image>a&b</image:image>")).encode(),
    "with a style sheet and a comment": urlset(f"<!-- {HOST} -->{url('/a/1')}")
    .replace("?>\n", '?><?xml-stylesheet href="x"?>')
    .encode(),
    "UTF-16": urlset(url("/a/1")).replace("UTF-8", "UTF-16").encode("utf-16"),
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_every_form(body: bytes) -> None:
    [entry] = read(body).entries
    assert (entry.link, entry.title, entry.media) == (f"{HOST}/a/1", "", "河滨日报")
    assert (entry.dated, entry.published_at) == (False, NOW)
    assert SOURCE.ask_text(SPEC, entry).url == entry.link  # type: ignore[union-attr]


def test_a_news_sitemap_tells_title_time_and_outlet() -> None:
    [entry] = read(urlset(url("/a/1", "2026-03-04T09:00:00+08:00", NEWS))).entries
    assert (entry.title, entry.media, entry.dated) == ("题 & 目", "山城晚报", True)
    assert entry.published_at == datetime.fromisoformat("2026-03-04T05:06:07+08:00")
    assert entry.modified_at == datetime.fromisoformat("2026-03-04T09:00:00+08:00")


def test_a_title_of_a_picture_is_no_title_of_the_page() -> None:
    [entry] = read(urlset(url("/a/1", more="<image:image><image:title>图</image:title></image:image>"))).entries
    assert entry.title == ""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026", "2026-01-01T00:00+08:00"),
        ("2026-02", "2026-02-01T00:00+08:00"),
        ("2026-03-04", "2026-03-04T00:00+08:00"),
        ("2026-03-04T05:06Z", "2026-03-04T05:06+00:00"),
        ("2026-03-04T05:06:07.45+08:00", "2026-03-04T05:06:07+08:00"),
    ],
)
def test_the_time_of_change_stands_in_until_the_page_tells_better(written: str, told: str) -> None:
    [entry] = read(urlset(url("/a/1", written))).entries
    assert entry.published_at == entry.modified_at == datetime.fromisoformat(told)
    assert not entry.dated


def test_the_newest_are_taken() -> None:
    body = urlset(url("/old", "2026-01-01") + url("/none") + url("/new", "2026-03-01") + url("/mid", "2026-02-01"))
    assert paths(read(body)) == ["/new", "/mid", "/old", "/none"]
    assert paths(read(body, source("sitemap", "newest = 2"))) == ["/new", "/mid"]


@pytest.mark.parametrize(
    ("table", "taken"),
    [
        ('include = ["/news/"]', ["/news/1.html", "/news/tag/a"]),
        ('include = ["https://news.example/news/"]\nexclude = ["/news/tag/"]', ["/news/1.html"]),
        ('include = ["*.html"]', ["/news/1.html", "/about.html"]),
        ('include = ["/news/*.html"]', ["/news/1.html"]),
        ('exclude = ["/about.html", "*tag*"]', ["/news/1.html"]),
        ('include = ["/nothing"]', []),
    ],
)
def test_which_pages_are_articles(table: str, taken: list[str]) -> None:
    assert (
        paths(read(urlset(url("/news/1.html") + url("/news/tag/a") + url("/about.html")), source("sitemap", table)))
        == taken
    )


def test_the_sitemaps_of_an_index_are_further_pages_the_newest_first() -> None:
    listing = read(
        index(("/s-1.xml", "2026-01-01"), ("/s-3.xml.gz", "2026-03-01"), ("/tags.xml", "2026-03-02")),
        source("sitemap", 'exclude = ["/tags"]'),
    )
    assert listing.entries == ()
    assert [request.url for request in listing.more] == [f"{HOST}/s-3.xml.gz", f"{HOST}/s-1.xml"]
    undated = read(index(("/s2.xml", ""), ("/s10.xml", ""), ("/s.xml", "")))
    assert [request.url for request in undated.more] == [f"{HOST}/s10.xml", f"{HOST}/s2.xml", f"{HOST}/s.xml"]


def test_the_largest_that_the_protocol_allows_is_read_soon() -> None:
    picture = f"<image:image><image:loc>{HOST}/{'p' * 880}.jpg</image:loc></image:image>"
    whole = urlset("".join(url(f"/a/{n}", f"2026-03-0{n % 4 + 1}", picture) for n in range(50_000))).encode()
    assert 48_000_000 < len(whole) <= 52_428_800
    began = time.process_time()
    assert paths(read(whole))[0] == "/a/3"  # the first of the newest
    assert time.process_time() - began < 20


def test_a_sitemap_that_was_cut_off_loses_its_last_address_only() -> None:
    body = urlset(url("/a/1") + url("/a/2") + url("/a/3"))
    listing = read(body[: body.index("/a/3") + 2])
    assert paths(listing) == ["/a/1", "/a/2"]
    assert "cut off" in listing.unusable[0].reason


def test_addresses_that_name_no_page_are_unusable() -> None:
    listing = read("<urlset><url><loc>javascript:alert(1)</loc></url><url/></urlset>")
    assert len(listing.unusable) == 2


def test_an_empty_sitemap_is_a_list_without_entries() -> None:
    assert read(urlset("")) == Listing(source="one", entries=())


BOMB = gzip.compress(b"<urlset>" + b" " * 60_000_000 + b"</urlset>")
REFUSED = {
    "a bomb": (BOMB, "more than 52428800 bytes once unpacked"),
    "a bomb of many members": (gzip.compress(b" " * 10_000_000) * 6, "more than 52428800 bytes once unpacked"),
    "a second member that was cut off": ((gzip.compress(urlset("").encode()) * 2)[:-9], "cut off"),
    "something else behind gzip": (gzip.compress(urlset("").encode()) + b"<html>", "broken gzip data"),
    "gzip that was cut off": (gzip.compress(urlset(url("/a/1") * 500).encode())[:-20], "cut off"),
    "broken gzip": (b"\x1f\x8b\x08 and then no data at all", "broken gzip data"),
    "a feed": (b'<rss version="2.0"><channel/></rss>', "kind 'feed' reads it"),
    "HTML": (b"<!DOCTYPE html><html><body>404</body></html>", "no sitemap: expected <urlset>"),
    "entities of entities": (b'<!DOCTYPE u [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><urlset/>', "made of other entities"),
    "depth": (b"<urlset>" + b"<url>" * 2_000 + b"</url>" * 2_000 + b"</urlset>", "nested 2001 deep"),
    "comments in a DTD without an end": (b"<!DOCTYPE a [" + b"<!---->" * 100_000, "a DTD that does not end"),
    "entities without an end": (b"<!DOCTYPE a [" + b'<!ENTITY a "x"' * 50_000 + b"]>", "no sitemap|no XML"),
    "words": (b"there is no sitemap here", "no sitemap|no XML"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(body: bytes, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ParseError, match=rf"^https://news\.example/list: .*({reason})"):
        read(body)
    assert time.perf_counter() - began < 5


def test_nothing_from_outside_is_read() -> None:
    body = f'<!DOCTYPE u [<!ENTITY x SYSTEM "{FILE}">]><urlset><url><loc>{HOST}/&x;</loc></url></urlset>'
    assert "root" not in str(read(body))


def test_mistakes_in_the_site_file_are_named() -> None:
    with pytest.raises(ConfigError, match="newest = 0: input should be greater than or equal to 1"):
        source("sitemap", "newest = 0")
