"""The feed kind: every dialect, awkward feeds, and what becomes of attacks."""

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from tasks.config import SourceSpec
from tasks.errors import ConfigError, ParseError
from tasks.model import Entry, Listing
from tasks.sources.feed import SOURCE
from tests.support.answers import NOW, answer, source

FILE = "file:" + "/" * 3 + "etc/passwd"
PAGE = source("feed", 'title = "河滨日报"')
FULL = source("feed", 'title = "河滨日报"\ntext = "feed"')
CONTENT = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def rss(items: str, channel: str = "", *, dialect: str = "2.0") -> str:
    """An RSS feed with these items."""
    return f'<rss version="{dialect}" {CONTENT}><channel><title>频道</title>{channel}{items}</channel></rss>'


def atom(inner: str, attributes: str = "") -> str:
    """An Atom feed with one entry."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{inner}</feed>'


def item(inner: str = "", *, link: str = "/a/1.html", title: str = "题") -> str:
    """An item."""
    return f"<item><title>{title}</title><link>{link}</link>{inner}</item>"


def read(body: bytes | str, spec: SourceSpec = PAGE, **told: str) -> Listing:
    """What a feed says."""
    return SOURCE.read(spec, answer(body, **told))  # type: ignore[arg-type]


def one(body: bytes | str, spec: SourceSpec = PAGE, **told: str) -> Entry:
    """The only entry of a feed."""
    [entry] = read(body, spec, **told).entries
    return entry


DIALECTS = {
    "RSS 0.91": rss(item(), dialect="0.91"),
    "RSS 0.91 with its DTD": '<?xml version="1.0"?>\n<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"'
    f' "http://127.0.0.1:1/rss-0.91.dtd">\n{rss(item(), dialect="0.91")}',
    "RSS 2.0": rss(item()),
    "RDF": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    '<channel><title>频道</title></channel><item rdf:about="/a/1.html"><title>题</title><link>/a/1.html</link></item></rdf:RDF>',
    "Atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>频道</title><entry><title>题</title>'
    '<link rel="alternate" href="/a/1.html"/></entry></feed>',
    "JSON Feed": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "频道",
            "items": [{"id": "1", "url": "/a/1.html", "title": "题"}],
        }
    ),
    "not well-formed": rss(item(title="题", inner="<description>a & b < c</description>")),
}


@pytest.mark.parametrize("body", DIALECTS.values(), ids=DIALECTS.keys())
def test_every_dialect(body: str) -> None:
    entry = one(body)
    assert (entry.title, entry.link, entry.media) == ("题", "https://news.example/a/1.html", "河滨日报")
    assert (entry.dated, entry.published_at, entry.content) == (False, NOW, "")
    assert SOURCE.ask_text(PAGE, entry).url == entry.link  # type: ignore[union-attr]


CHARSETS = {
    "declared GB2312 that is GB18030": ('<?xml version="1.0" encoding="GB2312"?>', "gb18030", "text/xml"),
    "GBK by the header": ("", "gbk", "application/rss+xml; charset=gbk"),
    "a header without charset, a declaration": ('<?xml version="1.0" encoding="gb18030"?>', "gb18030", "text/xml"),
    "UTF-8 though the header says otherwise": ("", "utf-8", "text/xml; charset=iso-8859-1"),
    "UTF-16 with a mark": ('<?xml version="1.0" encoding="utf-16"?>', "utf-16", "application/xml"),
    "UTF-8 with a mark": ("", "utf-8-sig", "application/xml"),
    "no label at all": ("", "gb18030", ""),
}
TITLE = "朱镕基谈囍与㐂：中国人民银行今天公布的经济数据是可以看的"


@pytest.mark.parametrize(("declaration", "charset", "content_type"), CHARSETS.values(), ids=CHARSETS.keys())
def test_characters(declaration: str, charset: str, content_type: str) -> None:
    body = f"{declaration}{rss(item(title=TITLE))}".encode(charset.replace("gbk", "gb18030"))
    assert one(body, content_type=content_type).title == TITLE


TITLES = {
    "plain": ("A &amp; B", "A & B"),
    "HTML escaped": ("&lt;b&gt;A&lt;/b&gt; &amp;amp; B", "A & B"),
    "CDATA with HTML": ("<![CDATA[<em>A</em> &amp; B]]>", "A & B"),
    "line breaks": ("A\n  B\t", "A B"),
    "a script is no text of a title": ("<![CDATA[<script>alert(1)</script>A]]>", "A"),
}


@pytest.mark.parametrize(("written", "title"), TITLES.values(), ids=TITLES.keys())
def test_titles_are_plain_text(written: str, title: str) -> None:
    assert one(rss(item(title=written))).title == title


def test_a_title_of_atom_that_is_declared_as_text_keeps_its_signs() -> None:
    title = '<title type="text">2 &lt; 3 &amp;amp; 4</title>'
    assert one(atom(f'<entry>{title}<link href="/a"/></entry>')).title == "2 < 3 &amp; 4"


DATES = {
    "with a zone": ("<pubDate>Wed, 04 Mar 2026 05:06:07 GMT</pubDate>", "2026-03-04T05:06:07+00:00"),
    "without a zone": ("<pubDate>2026-03-04 05:06:07</pubDate>", "2026-03-04T05:06:07+08:00"),
    "Dublin Core": (
        '<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2026-03-04T05:06:07+09:00</dc:date>',
        "2026-03-04T05:06:07+09:00",
    ),
    "年月日": ("<pubDate>2026年3月4日 05:06</pubDate>", "2026-03-04T05:06:00+08:00"),
    "in German": ("<pubDate>4. März 2026 05:06</pubDate>", "2026-03-04T05:06:00+08:00"),
}


@pytest.mark.parametrize(("written", "told"), DATES.values(), ids=DATES.keys())
def test_dates(written: str, told: str) -> None:
    entry = one(rss(item(written)))
    assert (entry.published_at, entry.dated) == (datetime.fromisoformat(told), True)


def test_a_date_that_cannot_be_is_replaced_and_noted() -> None:
    listing = read(
        rss(item("<pubDate>2099-01-01</pubDate>") + item("<pubDate>30 Feb 2026 05:06:07 GMT</pubDate>", link="/a/2"))
    )
    assert [(entry.published_at, entry.dated) for entry in listing.entries] == [(NOW, False)] * 2
    assert [key for key, _ in listing.remarks] == [entry.key for entry in listing.entries]
    assert "days ahead" in listing.remarks[0][1]
    assert "does not exist" in listing.remarks[1][1]


def test_three_times_of_atom() -> None:
    published = "<published>2026-03-01T00:00:00Z</published>"
    feed = atom(f'<entry><title>题</title><link href="/a"/>{published}<updated>{{}}</updated></entry>')
    changed, same = one(feed.format("2026-03-02T00:00:00Z")), one(feed.format("2026-03-01T00:00:00Z"))
    assert changed.modified_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert same.modified_at is None
    assert changed.published_at == same.published_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_identity_is_the_canonical_address_and_ids_are_aliases() -> None:
    first = one(rss(item('<guid isPermaLink="false">77</guid>', link="https://m.news.example/a?utm_source=rss")))
    second = one(rss(item("<guid>tag:news.example,2026:77</guid>", link="https://www.news.example/a")))
    assert first.key == second.key == first.code == first.file_id
    assert first.aliases == ("https://news.example/a", "id https://news.example/list#77")
    assert second.aliases == ("https://www.news.example/a", "tag:news.example,2026:77")


def test_records_that_all_link_to_the_front_door_are_known_by_their_ids() -> None:
    listing = read(rss("".join(item(f"<guid isPermaLink='false'>{number}</guid>", link="/") for number in (1, 2))))
    assert len({entry.key for entry in listing.entries}) == 2


def test_tracking_that_differs_with_every_answer_is_no_change() -> None:
    first, second = (one(rss(item(link=f"/a?id=1&amp;utm_content={number}"))) for number in (1, 2))
    assert first == second
    assert first.link == "https://news.example/a?id=1"


def test_a_source_may_tell_which_parameters_count() -> None:
    spec = source("feed", 'drop_parameters = ["sid"]\nkeep_parameters = ["from"]')
    keys = {one(rss(item(link=f"/a?{query}")), spec).key for query in ("from=1&amp;sid=5", "sid=6&amp;from=1")}
    assert len(keys) == 1
    assert one(rss(item(link="/a?from=2")), spec).key not in keys


def test_a_source_may_tell_which_hosts_and_mobile_pages_are_articles_of_their_own() -> None:
    addresses = (
        "https://news.example/a",
        "https://m.news.example/a",
        "https://news.example/a/amp",
        "https://old.example/a",
    )

    def keys(table: str) -> list[str]:
        found = [one(rss(item(link=address)), source("feed", table)).key for address in addresses]
        return [str(found.index(key)) for key in found]

    assert keys("") == ["0", "0", "0", "3"]
    assert keys("fold_mobile = false") == ["0", "1", "2", "3"]
    assert keys('fold_mobile = false\nsame_hosts = {"old.example" = "m.news.example"}') == ["0", "1", "2", "1"]


def test_the_original_behind_a_counting_link() -> None:
    counted = '<feedburner:origLink xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">https://news.example/a</feedburner:origLink>'
    entry = one(rss(item(counted, link="http://count.example/~r/x")))
    assert entry.link == "https://news.example/a"
    assert "http://count.example/~r/x" in entry.aliases


def test_addresses_are_resolved_against_the_base() -> None:
    based = 'xml:base="https://other.example/x/"'
    assert one(atom('<entry><title>题</title><link href="a"/></entry>', based)).link == "https://other.example/x/a"
    picture = "<description>&lt;p&gt;文&lt;img src='/p.png'&gt;&lt;/p&gt;</description>"
    assert 'src="https://news.example/p.png"' in one(rss(item(picture)), FULL).content


def test_media_names() -> None:
    told = '<source url="http://x/">山城晚报</source>'
    fixed, nameless = source("feed", 'category = "c"\ntag = "t"'), source("feed")
    assert one(rss(item(told))).media == one(rss(item(told)), fixed).media == "山城晚报"
    assert one(rss(item()), fixed).media is None
    assert one(rss(item()), nameless).media == "频道"
    assert one('<rss version="2.0"><channel>' + item() + "</channel></rss>", nameless).media == "one"


FULL_TEXTS = {
    "content:encoded wins over the description": (
        "<description>短</description><content:encoded><![CDATA[<p>全文很长</p>]]></content:encoded>",
        "<p>全文很长</p>",
    ),
    "only a description": ("<description>&lt;p&gt;全文&lt;/p&gt;</description>", "<p>全文</p>"),
    "what the sanitiser will judge is still there": (
        "<description>&lt;img data-src='https://h/p.png'&gt;</description>",
        "data-src",
    ),
}


@pytest.mark.parametrize(("inner", "text"), FULL_TEXTS.values(), ids=FULL_TEXTS.keys())
def test_the_text_from_the_feed(inner: str, text: str) -> None:
    entry = one(rss(item(inner)), FULL)
    assert SOURCE.ask_text(FULL, entry) is None
    assert text in SOURCE.extract(FULL, entry, None).html


def test_plain_text_becomes_paragraphs() -> None:
    feed = {"items": [{"id": "1", "url": "https://h/a", "title": "题", "content_text": "一 < 二\n\n三"}]}
    assert one(json.dumps(feed), FULL).content == "<p>一 &lt; 二</p><p>三</p>"


def test_a_record_without_text_is_asked_by_its_page() -> None:
    entry = one(rss(item()), FULL)
    assert SOURCE.ask_text(FULL, entry).url == entry.link  # type: ignore[union-attr]


def test_the_text_stays_on_the_page_where_that_was_asked_for() -> None:
    entry = one(rss(item("<description>&lt;b&gt;摘要&lt;/b&gt;&amp;amp;</description>")))
    assert (entry.content, entry.digest) == ("", "摘要&")


def test_records_that_name_no_page() -> None:
    text = "<description>文</description>"
    feed = rss(f"<item><title>题</title><guid isPermaLink='false'>5</guid>{text}</item><item><title>空</title></item>")
    listing = read(feed, FULL)
    assert [(entry.link, entry.content) for entry in listing.entries] == [("", "文")]
    assert [item.reason for item in listing.unusable] == ["the record has no address of a page: ''"]
    assert SOURCE.share_url(FULL, listing.entries[0]) == FULL.options.list_url
    assert read(feed).entries == ()


def test_addresses_of_other_schemes_are_no_pages() -> None:
    listing = read(rss(item(link="javascript:alert(1)") + item(link=FILE)))
    assert listing.entries == ()
    assert len(listing.unusable) == 2


FRESH = {
    "ttl": ("<ttl>90</ttl>", timedelta(minutes=90)),
    "ttl of a year": ("<ttl>525600</ttl>", timedelta(days=1)),
    "ttl of nothing": ("<ttl>0</ttl>", None),
    "ttl that is none": ("<ttl>soon</ttl>", None),
    "update period": ("<sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(hours=1)),
    "update frequency": (
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
        timedelta(hours=6),
    ),
    "none": ("", None),
}


@pytest.mark.parametrize(("channel", "fresh_for"), FRESH.values(), ids=FRESH.keys())
def test_how_long_a_feed_says_it_stays_as_it_is(channel: str, fresh_for: timedelta | None) -> None:
    assert read(rss(item(), channel)).fresh_for == fresh_for


def test_hours_without_news() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in (24, 1, 2, 77))
    assert read(rss(item(), f"<skipHours>{hours}</skipHours>")).skip_hours == (0, 1, 2)
    always = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    assert read(rss(item(), f"<skipHours>{always}</skipHours>")).skip_hours == ()


def test_the_next_page_of_a_feed() -> None:
    paged = atom('<link rel="next" href="?page=2"/><entry><title>题</title><link href="/a"/></entry>')
    assert [request.url for request in read(paged).more] == ["https://news.example/list?page=2"]
    feed = {"items": [], "next_url": "https://news.example/2"}
    assert [request.url for request in read(json.dumps(feed)).more] == ["https://news.example/2"]


def test_a_feed_that_was_cut_off_loses_its_last_record_only() -> None:
    body = rss(item(link="/1") + item(link="/2", inner="<description>half of a"))
    listing = read(body[: body.index("half of a") + 6], FULL)
    assert [entry.link for entry in listing.entries] == ["https://news.example/1"]
    assert "cut off" in listing.unusable[0].reason


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
ATTACKS = {
    "a billion laughs": (f"<!DOCTYPE rss [{BOMB}]>{rss(item(title='&l9;'))}", "made of other entities"),
    "a long entity, often": (
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 10_000}">]>{rss(item(title="&a;" * 10_000))}',
        "would add 100000000 characters",
    ),
    "a DTD without an end": ("<!DOCTYPE rss [<!ENTITY a 'x'", "a DTD that does not end"),
    "comments in a DTD without an end": ("<!DOCTYPE a [" + "<!---->" * 100_000, "a DTD that does not end"),
    "open comments in a DTD": ("<!DOCTYPE a [" + "<!--" * 200_000, "a DTD that does not end"),
    "strings in a DTD without an end": ("<!DOCTYPE a [" + '"\'"' * 200_000, "a DTD that does not end"),
    "entities without an end": ("<!DOCTYPE a [" + '<!ENTITY a "x"' * 50_000 + "]>", "the answer is empty"),
    "very many entities": (
        "<!DOCTYPE a [" + "".join(f'<!ENTITY a{n} "x">' for n in range(20_000)) + "]>" + "&b;" * 200_000,
        "no feed|no XML",
    ),
    "a long name": ("<" + "a" * 200_000, "no feed|no XML"),
    "JSON in a string that does not end": ('{"' + '\\"' * 200_000, "expected JSON"),
    "depth": (rss(item("<a>" * 2_000 + "</a>" * 2_000)), "nested 2003 deep"),
    "JSON depth": ('{"items": [' + "[" * 200 + "]" * 200 + "]}", "nested 202 deep"),
}


@pytest.mark.parametrize(("body", "reason"), ATTACKS.values(), ids=ATTACKS.keys())
def test_attacks_are_refused_by_name_and_at_once(body: str, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ParseError, match=reason):
        read(body)
    assert time.perf_counter() - began < 5


def test_hours_that_do_not_end_take_no_time() -> None:
    begun = time.process_time()
    assert read(rss("", "<skipHours></a>" * 30_000)).skip_hours == ()
    assert time.process_time() - begun < 10


def test_nothing_from_outside_is_read() -> None:
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{FILE}"><!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>'
    entry = one(doctype + rss(item(title="题&x;")))
    assert "root" not in entry.title
    assert entry.title.startswith("题")


def test_entities_that_stand_for_a_character_are_read() -> None:
    assert one(f'<!DOCTYPE rss [<!ENTITY dash "&#8212;">]>{rss(item(title="a&dash;b"))}').title == "a—b"
    assert one(rss(item(title="a&mdash;b&nbsp;c"))).title == "a—b c"
    assert one(rss(item(title="a&#150;b&#xD800;&#0;c"))).title == "a–bc"


@pytest.mark.parametrize("body", [b"", b"<html><body><p>502</p></body></html>", b"[1]", b'{"items": 5}', b"plain text"])
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"^https://news\.example/list: "):
        read(body)


def laid_out(table: str) -> tuple[str, str]:
    """The text of a page, and how it was read, with these tables."""
    page = answer(
        f"<body><div class=a>{'甲，一段。' * 20}</div><p>乙</p></body>", content_type="text/html; charset=utf-8"
    )
    text = SOURCE.extract(source("feed", table), one(rss(item())), page)
    return re.sub("<[^>]+>", "", text.html), text.method


def test_one_table_for_each_layout_of_a_page_or_only_one() -> None:
    assert laid_out('[sources.page]\nbody = "p"') == ("乙", "selectors")
    assert laid_out('[[sources.page]]\nbody = "p"') == ("乙", "selectors")
    old = '[[sources.page]]\nevidence = "#old"\nbody = "h1"\n'
    assert laid_out(f'{old}[[sources.page]]\nevidence = ".a"\nbody = "p"') == ("乙", "selectors, layout 2 by '.a'")
    with pytest.raises(ParseError, match=r"^https://news\.example/list: .*looked for '#old'"):
        laid_out(old)


def test_mistakes_in_the_site_file_are_named() -> None:
    with pytest.raises(ConfigError, match=r"site\.toml:9: unknown key 'tilte', did you mean 'title'\?"):
        source("feed", '[sources.page]\ntilte = "h1"')
    with pytest.raises(ConfigError, match=r"site\.toml:9: body = 'div\[': expected a CSS selector"):
        source("feed", '[sources.page]\nbody = "div["')
    with pytest.raises(ConfigError, match=r"site\.toml:12: unknown key 'evidense', did you mean 'evidence'\?"):
        source("feed", '[[sources.page]]\nevidence = "b"\n[[sources.page]]\nbody = "p"\nevidense = "a"')
    with pytest.raises(ConfigError, match=r"site\.toml:11: body = 'div\[': expected a CSS selector"):
        source("feed", '[[sources.page]]\nevidence = "b"\n[[sources.page]]\nbody = "div["')
    with pytest.raises(ConfigError, match=r"site\.toml:8: page = .* expected evidence in table 1: without it"):
        source("feed", '[[sources.page]]\nbody = "b"\n[[sources.page]]\nbody = "p"')
    with pytest.raises(ConfigError, match=r"site\.toml:8: text = 'site'"):
        source("feed", 'text = "site"')
    with pytest.raises(ConfigError, match=r"site\.toml:8: same_hosts = .* expected hosts in lower case .* got 'http:"):
        source("feed", 'same_hosts = {"a.example" = "http://b.example"}')
    with pytest.raises(ConfigError, match=r"site\.toml:8: same_hosts = .* 'b\.example' is another's too"):
        source("feed", 'same_hosts = {"a.example" = "b.example", "b.example" = "c.example"}')
