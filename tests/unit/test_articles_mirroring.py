"""Pictures that the site keeps itself, in the HTML of an article."""

import pytest
from bs4 import BeautifulSoup

from tasks.articles.clean import clean
from tasks.articles.mirroring import Mirrored, digest_of_key, to_mirror, unmirrored, wanted_by, with_pictures

DIGEST = "ab" + "0" * 62
WIDE = Mirrored(digest=DIGEST, extension="jpg", sizes=((480, 270), (960, 540), (1600, 900)))
SMALL = Mirrored(digest=DIGEST, extension="png", sizes=((300, 150),))
FOLDER = f"../../../../pictures/ab/{DIGEST}"


def cleaned(html: str) -> str:
    """The HTML as the sanitiser leaves it, its pictures to be fetched."""
    return to_mirror(clean(html, "https://h.example/a/1.html"))


def test_until_it_is_here_its_address_is_remembered() -> None:
    html = cleaned(
        '<p>前</p><img src="/p.png?a=1&amp;b=2" alt="港"><img src="http://i.example/q.png"><img src="/p.png?a=1&b=2">'
    )
    assert wanted_by(html) == ("https://h.example/p.png?a=1&b=2", "http://i.example/q.png")
    assert with_pictures(html, {}) == "<p>前</p>"


def test_what_is_here_is_shown_in_its_sizes() -> None:
    html = cleaned('<img src="/p.png" alt="&quot;港&quot;"><p class="caption">图为港口</p>')
    shown = with_pictures(html, {"https://h.example/p.png": WIDE})
    assert shown == (
        f'<figure class="picture"><img src="{FOLDER}-1600.jpg" srcset="{FOLDER}-480.jpg 480w, {FOLDER}-960.jpg 960w, '
        f'{FOLDER}-1600.jpg 1600w" sizes="(max-width: 684px) 100vw, 684px" width="1600" height="900" '
        'alt="&quot;港&quot;" loading="lazy" decoding="async"><figcaption>图为港口</figcaption></figure>'
    )


def test_a_width_that_the_publisher_gave_stays_and_the_height_follows_the_picture() -> None:
    html = cleaned('<img src="/p.png" width="500" height="999">')
    shown = with_pictures(html, {"https://h.example/p.png": WIDE})
    assert 'sizes="(max-width: 500px) 100vw, 500px" width="500" height="281"' in shown
    assert 'width="300" height="150"' in with_pictures(
        cleaned('<img src="/p.png">'), {"https://h.example/p.png": SMALL}
    )


SIGN = '<img src="/p.png" width="20" height="20">'


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<img src="/p.png"><p class="caption">图为港口</p>', "<figcaption>图为港口</figcaption></figure>"),
        (f"<p>字{SIGN}尾</p>", "<p>字尾</p>"),
        (f"<p>{SIGN}</p><p>尾</p>", "<p>尾</p>"),
        (f'<p>字<a href="/x">{SIGN}</a></p>', "<p>字</p>"),
        (f"<table><tr><td>a<td>1<tr><td>b<td>{SIGN}</table>", "<tr><td>b</td><td></td></tr></tbody></table>"),
    ],
)
def test_a_picture_that_is_not_here_leaves_no_hole(html: str, left: str) -> None:
    shown = with_pictures(cleaned(html), {})
    assert shown.endswith(left)
    assert "<img" not in shown


def test_texts_and_values_that_look_like_markers_are_none() -> None:
    html = cleaned(
        '<p title="mirror:">&lt;img src="mirror:http://h/"&gt; mirror:http://h/</p>'
        '<p><a href="/x" title=\'<img src="mirror:http://h/">\'>z</a></p>'
        '<img src="mirror:http://evil.example/" alt="a"><img src="/p.png" alt=\'"><img src="mirror:http://h/">\'>'
    )
    assert wanted_by(html) == ("https://h.example/p.png",)
    shown = BeautifulSoup(with_pictures(html, {"https://h.example/p.png": SMALL, "http://h/": WIDE}), "lxml")
    [picture] = shown.select("img")
    assert (picture["src"], picture["alt"]) == (f"{FOLDER}-300.png", '"><img src="mirror:http://h/">')
    assert shown.select_one("a")["title"] == '<img src="mirror:http://h/">'  # type: ignore[index]
    assert '<img src="mirror:http://h/"> mirror:http://h/' in shown.text


def test_nobody_is_asked_for_more_than_a_hundred_pictures() -> None:
    html = cleaned("".join(f'<img src="/{n}.png"><p class="caption">图{n}</p>' for n in range(103)))
    assert len(wanted_by(html)) == 100
    assert html.count("<figcaption>") == 103


def test_text_without_pictures_is_left_alone() -> None:
    html = clean('<p>字</p><img src="http://h/p.png">', "http://h/")
    assert with_pictures(html, {}) == html
    assert wanted_by(html) == ()


def test_a_key_tells_its_picture() -> None:
    assert WIDE.key(960) == f"pictures/ab/{DIGEST}-960.jpg"
    assert digest_of_key(WIDE.key(960)) == DIGEST
    assert digest_of_key("pictures/ab/x-960.jpg") == digest_of_key("index.html") == ""


TEXT = (
    f'<p>前</p><img src="/p.png?a=1&amp;b=2" alt="港"><p class="caption">图为港口</p><p>字{SIGN}<a href="/x">{SIGN}</a></p>'
    '<p>mirror:http://h/</p><img src="https://img.example/k.png" alt=\' src="mirror:x"\'><p>尾</p>'
)


def test_what_may_not_be_kept_any_more_is_at_the_publisher_again() -> None:
    html = clean(TEXT, "https://h.example/a/1.html")
    assert to_mirror(html) != html
    assert unmirrored(to_mirror(html), drop=False) == html
    assert unmirrored(html, drop=True) == html


def test_what_is_to_be_dropped_goes_as_if_it_had_never_been_read() -> None:
    read_without = clean(TEXT, "https://h.example/a/1.html", keep_pictures=False)
    assert unmirrored(cleaned(TEXT), drop=True) == read_without
