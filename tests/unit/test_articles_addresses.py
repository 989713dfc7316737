"""One page, one name, whatever its links look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.addresses import AddressRules, address_key, canonical_address, choice_code, without_tracking
from tasks.articles.identity import is_safe_code, story_key

NEWS = "https://www.example.com/2026/story.html"

SAME = {
    "scheme and host in capitals": ("HTTPS://WWW.Example.COM/2026/story.html", NEWS),
    "default port": ("https://www.example.com:443/2026/story.html", NEWS),
    "another port": ("https://www.example.com:8443/a", "https://www.example.com:8443/a"),
    "http's port on https": ("https://www.example.com:80/a", "https://www.example.com:80/a"),
    "fragment": (f"{NEWS}#comments", NEWS),
    "the route of a script": ("https://e.com/#/news/7", "https://e.com/#/news/7"),
    "another route of a script": ("https://e.com/app#!/news/中", "https://e.com/app#!/news/%E4%B8%AD"),
    "user": ("https://me:secret@www.example.com/2026/story.html", NEWS),
    "dot behind the host": ("https://www.example.com./2026/story.html", NEWS),
    "empty query": (f"{NEWS}?", NEWS),
    "blanks around": (f" \n{NEWS}\t", NEWS),
    "no path": ("https://example.com", "https://example.com/"),
    "dot segments": ("https://www.example.com/x/../2026/./story.html", NEWS),
    "dots above the root": ("https://www.example.com/../../2026/story.html", NEWS),
    "needless escapes": ("https://www.example.com/%32026/st%6Fry.html", NEWS),
    "lower-case escapes": ("https://example.com/%e4%b8%ad?q=%e6%96%87", "https://example.com/%E4%B8%AD?q=%E6%96%87"),
    "characters as they are": ("https://example.com/中?q=文", "https://example.com/%E4%B8%AD?q=%E6%96%87"),
    "an escaped slash is none": ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
    "a per cent sign by itself": ("https://example.com/100%?x=5%", "https://example.com/100%25?x=5%25"),
    "an escaped per cent sign": ("https://example.com/100%25", "https://example.com/100%25"),
    "blank in the path": ("https://example.com/a b", "https://example.com/a%20b"),
    "IDNA": ("https://例子.中国/新闻", "https://xn--fsqu00a.xn--fiqs8s/%E6%96%B0%E9%97%BB"),
    "IDNA, full-width dot and capitals": ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
    "IPv6": ("http://[2001:DB8:0:0::1]:80/a", "http://[2001:db8::1]/a"),
    "loopback": ("http://127.0.0.1:8901/a", "http://127.0.0.1:8901/a"),
    "tracking": (f"{NEWS}?utm_source=rss&UTM_Medium=x&spm=1.2&from=timeline&gclid=1&fbclid=2&isappinstalled=0", NEWS),
    "share tokens": (f"{NEWS}?share_token=abc&sharer=1&wxfrom=5&_ga=1.2&mc_cid=9", NEWS),
    "unknown parameters stay": ("https://e.com/a?id=7&from_id=3&page=2", "https://e.com/a?from_id=3&id=7&page=2"),
    "a parameter without a value": ("https://e.com/a?20260304&utm_source=x", "https://e.com/a?20260304"),
    "an empty value": ("https://e.com/a?id=&utm_source=x", "https://e.com/a?id="),
    "order of one name's values": ("https://e.com/a?b=2&a=1&b=1", "https://e.com/a?a=1&b=2&b=1"),
    "an address as a value": ("https://e.com/a?u=http%3A%2F%2Fx.y%2F", "https://e.com/a?u=http%3A%2F%2Fx.y%2F"),
    "mobile host": ("https://m.example.com/a", "https://example.com/a"),
    "wap host": ("http://wap.news.example.com.cn/a", "http://news.example.com.cn/a"),
    "mobile in the middle": ("https://zh.m.example.org/a", "https://zh.example.org/a"),
    "3g host": ("https://3g.example.com/a", "https://example.com/a"),
    "a domain that is called m": ("https://m.co.uk/a", "https://m.co.uk/a"),
    "another domain that is called m": ("https://m.cn/a", "https://m.cn/a"),
    "AMP at the end": ("https://www.example.com/2026/story.html/amp", NEWS),
    "AMP at the end, with a slash": ("https://example.com/story/amp/", "https://example.com/story/"),
    "AMP at the beginning": ("https://example.com/amp/2026/story", "https://example.com/2026/story"),
    "AMP before the ending": ("https://www.example.com/2026/story.amp.html", NEWS),
    "AMP as the ending": ("https://example.com/story.amp", "https://example.com/story"),
    "AMP as a parameter": (f"{NEWS}?amp=1", NEWS),
    "AMP as a parameter without a value": (f"{NEWS}?amp", NEWS),
    "AMP as an output": (f"{NEWS}?outputType=amp", NEWS),
    "AMP host": ("https://amp.example.com/2026/story", "https://example.com/2026/story"),
    "AMP cache": ("https://www-example-com.cdn.ampproject.org/c/s/www.example.com/2026/story.html", NEWS),
    "AMP viewer": ("https://www.google.com/amp/s/www.example.com/2026/story.html", NEWS),
    "a page about AMP": ("https://example.com/amp", "https://example.com/amp"),
    "amplifier": ("https://example.com/amplifier/champ", "https://example.com/amplifier/champ"),
    "amp=2 is no AMP": ("https://e.com/a?amp=2", "https://e.com/a?amp=2"),
}


@pytest.mark.parametrize(("url", "canonical"), SAME.values(), ids=SAME.keys())
def test_what_varies_between_links_goes(url: str, canonical: str) -> None:
    assert canonical_address(url) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a",
        "a.html",
        "mailto:a@b.c",
        "javascript:alert(1)",
        "ftp://e.com/a",
        "http://",
        "http:///a",
        "http://e.com:x/",
        "http://[::1/",
        "http://-ü.e..com/",
        "http://a b/",
        "http://999.1.1.1/",
        "http://e.com:99999/",
    ],
)
def test_what_is_no_address_of_a_page_gives_nothing(url: str) -> None:
    assert canonical_address(url) == ""


def test_a_source_names_its_own_parameters() -> None:
    rules = AddressRules(drop_parameters=("Session",), keep_parameters=("from",))
    assert (
        canonical_address("https://e.com/a?SESSION=1&from=9&id=2&utm_source=x", rules) == "https://e.com/a?from=9&id=2"
    )


OWN = {
    "a mobile host with pages of its own": ("https://m.example.com/a", "https://m.example.com/a"),
    "a path that is called amp": ("https://example.com/a/amp", "https://example.com/a/amp"),
    "an ending that is called amp": ("https://example.com/a.amp.html", "https://example.com/a.amp.html"),
    "a parameter that is called amp": ("https://e.com/a?mode=amp&amp=1&x=", "https://e.com/a?amp=1&mode=amp&x="),
    "all else stays folded": ("HTTPS://E.com:443/x/../a?utm_source=x#c", "https://e.com/a"),
    "the viewer of another": ("https://www.google.com/amp/s/m.example.com/a", "https://m.example.com/a"),
}


@pytest.mark.parametrize(("url", "canonical"), OWN.values(), ids=OWN.keys())
def test_a_source_whose_mobile_pages_are_articles_of_their_own(url: str, canonical: str) -> None:
    rules = AddressRules(fold_mobile=False)
    assert canonical_address(url, rules) == canonical
    assert canonical_address(canonical, rules) == canonical


HOSTS = {"touch-news.example": "news.example", "old.example": "m.river.example", "paper.example": "www.paper.example"}
PAIRED = {
    "a host of another name": ("https://Touch-News.example./a", "news.example", "news.example"),
    "a mobile host that is the one to keep": ("https://old.example/a", "m.river.example", "m.river.example"),
    "that host itself": ("https://m.river.example/a", "m.river.example", "m.river.example"),
    "the mobile host of a paired one": ("https://wap.paper.example/a", "www.paper.example", "wap.paper.example"),
    "another mobile host": ("https://m.e.example/a", "e.example", "m.e.example"),
    "a host that only ends alike": ("https://my.old.example/a", "my.old.example", "my.old.example"),
}


@pytest.mark.parametrize(("url", "folded", "unfolded"), PAIRED.values(), ids=PAIRED.keys())
def test_a_source_names_hosts_that_have_the_same_pages(url: str, folded: str, unfolded: str) -> None:
    for fold, host in ((True, folded), (False, unfolded)):
        rules = AddressRules(same_hosts=HOSTS, fold_mobile=fold)
        assert canonical_address(url, rules) == f"https://{host}/a"
        assert canonical_address(f"https://{host}/a", rules) == f"https://{host}/a"


def test_an_address_to_ask_loses_nothing_but_tracking() -> None:
    rules = AddressRules(drop_parameters=("sid",))
    asked = without_tracking("https://m.Example.com/a%2f?b=2&utm_source=x&a=%e4&sid=9#x", rules)
    assert asked == "https://m.Example.com/a%2f?b=2&a=%e4#x"


@given(st.text() | st.from_regex(r"https?://[a-zü.:0-9]{1,12}/[a-z%./?&=0-9ü#]{0,30}", fullmatch=True))
def test_any_text_gives_a_fixed_point(text: str) -> None:
    once = canonical_address(text)
    assert canonical_address(once) == once
    assert is_safe_code(address_key(once))


def key_of(url: str) -> str:
    """The key of the page at an address."""
    return address_key(canonical_address(url))


def test_one_page_has_one_key() -> None:
    assert {
        key_of(url)
        for url in (
            "https://www.example.com/story",
            "http://example.com/story/",
            "https://m.example.com/story?utm_source=x",
            "https://example.com/story/amp/#top",
        )
    } == {key_of("https://example.com/story")}
    assert len({key_of(f"https://example.com/{path}") for path in ("", "a", "b", "a?id=1", "a?id=2", "A")}) == 6


@pytest.mark.parametrize(
    "url",
    [
        "https://finance.eastmoney.com/a/202205302396671645.html",
        "http://127.0.0.1:8901/news/1353,202205302396671645.html?from=x",
        "https://h.example/info/detail.html?infocode=NW202205302396671645",
    ],
)
def test_a_choice_code_in_an_address_is_the_key(url: str) -> None:
    assert key_of(url) == story_key("NW202205302396671645") == choice_code(url)


@pytest.mark.parametrize(
    "path",
    ["2022053023966716451", "20220530239667164", "202213302396671645", "123456789012345678", "a202205302396671645"],
)
def test_other_numbers_are_no_choice_code(path: str) -> None:
    assert choice_code(f"https://example.com/{path}.html") == ""
