"""Jekyll posts read back: today's form byte for byte, earlier forms, and what is refused."""

from dataclasses import replace
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.articles.compose import compose, shelf_of
from tasks.articles.decide import merge
from tasks.articles.identity import story_key
from tasks.articles.jekyll_folder import find_posts, join_posts
from tasks.articles.jekyll_post import ImportedPost, read_post
from tasks.articles.plain import legal, without_controls
from tasks.errors import ParseError
from tasks.model import Article, Category, Entry, Text
from tasks.outputs.jekyll import post
from tests.support.output_records import HOSTILE_TEXTS, SITE
from tests.support.samples import FINAL_FORMAT, SAMPLES, sample

CHINA = ZoneInfo("Asia/Shanghai")
KEY = "202603040000000001"
ORIGINAL_SITE = replace(SITE, base_url="https://finews.withounder.com")

ROLLING = f"""---
layout: post
title: "河滨港“两成” 开通"
date: 2026-03-04 00:05:06 +0800
categories: emnews
tags: 东财滚动新闻
---
> 河滨港增长&#42;两成&#42;。《&lt;条约&gt;》（河滨日报）

<p>河滨港增长两成。</p>\r
 <p>新航线开通。 </p><p class="em_media">（文章来源：河滨日报）</p>

<http://news.example.com/1353,{KEY}.html>

[返回东财滚动新闻](//finews.example.com/emnews/)｜[返回首页](//finews.example.com/)"""

MEDIA = f"""---
layout: post
title: "他说\\"不\\\\可\\""
date: 2026-03-04 00:05:06 +0800
categories: hebinribao
tags: 河滨日报新闻
---
<p>河滨港增长两成。</p>

<http://share.example.com/?infoCode=NW{KEY}>

[返回河滨日报新闻](//finews.example.com/category/hebinribao.html)｜[返回首页](//finews.example.com/)"""


def read(text: str | bytes, name: str = f"_posts/2026-03-04-NW{KEY}.md", *, zone: ZoneInfo = CHINA) -> ImportedPost:
    """The post of that text."""
    return read_post(name, text.encode() if isinstance(text, str) else text, zone=zone)


def read_rolling(text: str = ROLLING) -> ImportedPost:
    """A post of the rolling list."""
    return read(text, f"_posts/2026-03-04-{KEY}.md")


# --- today's form -------------------------------------------------------------------------------


def test_a_rolling_post() -> None:
    found = read_rolling()
    article = found.article
    assert (article.key, article.code, article.file_id, article.source) == (KEY, f"NW{KEY}", KEY, "")
    assert article.title == "河滨港“两成” 开通"
    assert article.published_at == article.updated_at == datetime(2026, 3, 4, 0, 5, 6, tzinfo=CHINA)
    assert article.category == Category(slug="emnews", title="东财滚动新闻", tag="东财滚动新闻", fixed=True)
    assert article.origin_url == f"http://news.example.com/1353,{KEY}.html"
    assert article.quote == article.summary == "河滨港增长*两成*。《&lt;条约&gt;》（河滨日报）"
    assert article.post_body.startswith("<p>河滨港增长两成。</p>\r\n <p>")
    assert article.html.startswith("<p>河滨港增长两成。</p>")
    assert found.remarks == found.former_keys == ()
    assert article.page_key == f"emnews/2026/03/04/{KEY}.html"


def test_a_media_post() -> None:
    found = read(MEDIA)
    article = found.article
    assert (article.key, article.code, article.file_id) == (KEY, f"NW{KEY}", f"NW{KEY}")
    assert article.title == '他说"不\\可"'
    assert article.category == Category(slug="hebinribao", title="河滨日报", tag="河滨日报新闻")
    assert (article.quote, article.summary) == (None, "河滨港增长两成。")
    assert article.origin_url == f"http://share.example.com/?infoCode=NW{KEY}"
    assert found.remarks == found.former_keys == ()


def test_the_entries_are_those_of_the_lists() -> None:
    at = datetime(2026, 3, 4, 0, 5, 6, tzinfo=CHINA)
    rolling, media = read_rolling(), read(MEDIA)
    assert rolling.entry == Entry(
        key=KEY,
        code=f"NW{KEY}",
        file_id=KEY,
        source="",
        title=rolling.article.title,
        published_at=at,
        digest=rolling.article.quote or "",
        link=rolling.article.origin_url,
    )
    assert media.entry == Entry(
        key=KEY,
        code=f"NW{KEY}",
        file_id=f"NW{KEY}",
        source="",
        title=media.article.title,
        published_at=at,
        media="河滨日报",
    )


@pytest.mark.parametrize(("text", "name"), [(ROLLING, KEY), (MEDIA, f"NW{KEY}")])
def test_written_again_it_is_the_same(text: str, name: str) -> None:
    article = read(text, f"_posts/2026-03-04-{name}.md").article
    assert post(article, SITE).encode() == text.encode()
    assert article.post_key == f"_posts/2026-03-04-{name}.md"


@pytest.mark.parametrize(
    "body", ["<p>一</p>\n", "\n<p>一</p> \n ", "<p>一</p>\r\n <center>二</center>", "<p>一</p>\u3000"]
)
def test_blanks_around_a_body_are_part_of_it(body: str) -> None:
    text = MEDIA.replace("<p>河滨港增长两成。</p>", body)
    article = read(text).article
    assert article.post_body == body
    assert post(article, SITE) == text


def test_a_media_id_may_be_without_letters() -> None:
    assert read(MEDIA, f"_posts/2026-03-04-{KEY}.md").article.code == KEY


def test_characters_that_no_page_may_hold_are_left_out() -> None:
    article = read(MEDIA.replace("河滨港", "河\x00滨\x1b港").replace("他说", "他\x08说")).article
    assert (article.title, article.post_body) == ('他说"不\\可"', "<p>河滨港增长两成。</p>")


# --- whatever compose makes ---------------------------------------------------------------------

TEXTS = st.one_of(
    st.sampled_from(HOSTILE_TEXTS), st.text(max_size=40), st.text("&#;0123456789*{%:$->+=.^\t x】", max_size=20)
)
TITLES = TEXTS.map(without_controls).filter(lambda text: text.strip())
TIMES = st.integers(0, 7_200_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, CHINA))
# A post leaves out the control character U+0085 and pairs of U+3000, so these cannot come back.
PARAGRAPHS = TEXTS.map(lambda text: f"<p>\u3000\u3000字{escape(legal(text).translate({0x85: ' ', 0x3000: ' '}))}</p>")
BODIES = st.lists(PARAGRAPHS, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from(["", "\n ", "\r\n "]).map(lambda gap: gap.join(parts))
)
CODES = st.one_of(
    st.from_regex(r"NW[0-9]{18}", fullmatch=True), st.from_regex(r"[0-9][A-Za-z0-9]{0,8}", fullmatch=True)
)
LINKS = st.one_of(st.just(""), TEXTS.map(lambda text: f"https://news.example.com/{without_controls(text)}".strip()))


@st.composite
def articles(draw: st.DrawFn, *, bodies: st.SearchStrategy[str] = BODIES) -> Article:
    """An article of either kind of list."""
    media = draw(st.one_of(st.none(), TITLES.map(str.strip)))
    code = draw(CODES)
    rolling = media is None
    entry = Entry(
        key=story_key(code),
        code=code,
        file_id=story_key(code) if rolling else code,
        source="any",
        title=draw(TITLES),
        published_at=draw(TIMES),
        media=media,
        digest=without_controls(draw(TEXTS)) if rolling else "",
        link=draw(LINKS) if rolling else "",
    )
    shelf = shelf_of(media, category="emnews", tag="东财滚动新闻")
    return compose(
        merge([entry]),
        Text(html=draw(bodies)),
        base_url="https://text.example.com/",
        share_url=f"https://share.example.com/?code={code}",
        category=shelf if rolling else replace(shelf, slug="hebinribao"),
        zone=CHINA,
    )


def read_again(article: Article) -> Article:
    """The article as its post tells it."""
    return read(post(article, SITE).encode(), article.post_key).article


@settings(deadline=None)
@given(articles())
def test_posts_of_any_article_come_back(article: Article) -> None:
    back = read_again(article)
    assert (back.key, back.file_id, back.title) == (article.key, article.file_id, article.title)
    assert (back.published_at, back.page_key) == (article.published_at, article.page_key)
    assert (back.category, back.html) == (article.category, article.html)
    assert (back.quote is None) == (article.quote is None)
    assert post(back, SITE) == post(article, SITE)


@settings(deadline=None)
@given(articles(bodies=TEXTS.map(lambda text: f"字{legal(text)}")))
def test_loose_text_is_a_fixed_point(article: Article) -> None:
    back = read_again(article)
    assert post(read_again(back), SITE) == post(back, SITE)
    assert back.html == read_again(back).html


@settings(deadline=None)
@given(digest=TEXTS.map(without_controls).filter(lambda text: "&#" not in text and "】" not in text))
@example(digest="1. *x* {{{% $$$ -")
@example(digest="- x")
@example(digest="+")
@example(digest="## x")
def test_a_digest_is_read_as_it_was(digest: str) -> None:
    article = replace(read_rolling().article, quote=digest)
    back = read_again(article).quote
    assert back is not None
    assert back.split() == digest.split()  # an indent may become one blank


# --- earlier forms ------------------------------------------------------------------------------

FIRST_FORM = """
---
layout: post
title: "港口"
date: 2021-12-08 10:46:18
categories: emnews
tags: 东财滚动新闻
---

河滨港增长 *两成*，为历年最高。

<http://news.example.com/1.html>"""
FIRST_NAME = "_posts/2021-12-08-202112080000000001.md"


def test_the_first_form() -> None:
    """A blank line before the front matter, no offset, the digest alone as plain text, no return links."""
    found = read(FIRST_FORM, FIRST_NAME)
    article = found.article
    assert (article.quote, article.post_body) == (None, "河滨港增长 *两成*，为历年最高。")
    assert article.html == "<p>河滨港增长 *两成*，为历年最高。</p>"
    assert article.published_at == datetime(2021, 12, 8, 10, 46, 18, tzinfo=CHINA)
    assert (article.category.fixed, article.code) == (True, "NW202112080000000001")
    assert found.remarks == (
        "blank lines stand before the front matter",
        "the date has no offset: taken as +0800",
        "there is no digest",
        "there are no return links",
    )


def test_an_earlier_form_is_written_in_todays() -> None:
    written = post(read(FIRST_FORM, FIRST_NAME).article, SITE)
    assert written.startswith('---\nlayout: post\ntitle: "港口"\ndate: 2021-12-08 10:46:18 +0800\n')
    assert "\n---\n河滨港增长 &#42;两成&#42;，为历年最高。\n\n<http://news.example.com/1.html>\n\n[返回" in written
    again = read(written, FIRST_NAME)
    assert post(again.article, SITE) == written
    assert again.remarks == ("there is no digest",)


@pytest.mark.parametrize(
    "links",
    [
        "[返回东财滚动新闻](../emnews/)\n[返回首页](../)",
        "[返回东财滚动新闻](../emnews/)｜[返回首页](../)\n",
        "[返回[x]](//h/e/)｜[返回首页](//h/)",
    ],
)
def test_return_links_are_no_part_of_the_body(links: str) -> None:
    found = read(f"{FIRST_FORM}\n\n{links}", FIRST_NAME)
    assert found.article.post_body == "河滨港增长 *两成*，为历年最高。"
    assert found.article.origin_url == "http://news.example.com/1.html"
    assert "there are no return links" not in found.remarks


def test_links_and_addresses_within_the_text_stay() -> None:
    inside = "<p>一</p>\n\n<http://inside.example.com/>\n\n[返回x](y)｜[返回首页](z)\n\n<p>二</p>"
    assert read(MEDIA.replace("<p>河滨港增长两成。</p>", inside)).article.post_body == inside


def test_a_media_post_whose_link_led_to_a_shelf() -> None:
    """For some days the return links of media posts led to a page that never was."""
    found = read(MEDIA.replace("/category/hebinribao.html", "/hebinribao/"))
    assert found.article == read(MEDIA).article


def test_files_with_another_line_end_or_a_byte_order_mark() -> None:
    plain = MEDIA.replace("</p>\n\n", "</p>\n <p>二</p>\n\n")
    assert read(plain.replace("\n", "\r\n")).article == read(plain).article
    assert read(b"\xef\xbb\xbf" + plain.encode()) == read(plain)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-03-04 00:05:06 +08:00", "2026-03-04T00:05:06+08:00"),
        ("2026-03-03T16:05:06Z", "2026-03-04T00:05:06+08:00"),
        ("2026-03-03 11:05:06 -0500", "2026-03-04T00:05:06+08:00"),
        ("2026-03-04 00:05", "2026-03-04T00:05:00+08:00"),
        ("2026-03-04", "2026-03-04T00:00:00+08:00"),
        ("'2026-03-04 00:05:06'", "2026-03-04T00:05:06+08:00"),
    ],
)
def test_times(date: str, expected: str) -> None:
    found = read(MEDIA.replace("2026-03-04 00:05:06 +0800", date))
    assert found.article.published_at.isoformat() == expected


def test_the_day_is_that_of_the_sites_zone() -> None:
    found = read(MEDIA, zone=ZoneInfo("UTC"))
    assert found.article.page_key == f"hebinribao/2026/03/03/NW{KEY}.html"
    assert found.remarks == ("the file name says 2026-03-04, the date 2026-03-03",)


def test_a_name_without_a_day_is_worth_a_remark() -> None:
    assert read(MEDIA, f"old_post/NW{KEY}.markdown").remarks == ("the file name says no day, the date 2026-03-04",)


def test_what_is_not_kept_is_said() -> None:
    found = read(MEDIA.replace("layout: post", "layout: post\nauthor: x\nimage: [y]"))
    assert found.remarks == ("the field 'author' is not kept", "the field 'image' is not kept")


def test_a_post_without_its_address_is_known_by_its_id() -> None:
    for line in ("<>", ""):
        found = read(MEDIA.replace(f"<http://share.example.com/?infoCode=NW{KEY}>", line))
        assert found.article.origin_url == ""
        assert found.article.post_body.rstrip() == "<p>河滨港增长两成。</p>"
        assert found.remarks == ("there is no source address",)


def test_another_upstreams_ids_are_taken_with_an_address() -> None:
    found = read(MEDIA, "_posts/2026-03-04-story-7.md")
    assert (found.article.key, found.article.code, found.article.file_id) == ("story-7", "story-7", "story-7")


# --- categories and tags ------------------------------------------------------------------------


def with_category(categories: str, tags: str = "河滨日报新闻") -> ImportedPost:
    """A media post with that front matter."""
    return read(MEDIA.replace("categories: hebinribao\ntags: 河滨日报新闻", f"categories: {categories}\ntags: {tags}"))


@pytest.mark.parametrize("slug", ["TechWeb", "anxinguojizhengquan(xianggang)", "zhengquanshibao·egongsi", "36kr.com"])
def test_slugs_of_the_original_stay(slug: str) -> None:
    found = with_category(slug)
    assert found.article.category.slug == slug
    assert found.article.page_key == f"{slug.lower()}/2026/03/04/NW{KEY}.html"
    assert found.remarks == ()


@pytest.mark.parametrize("slug", ["360", "on", "12:30", "1_000", "2026-03-04", "0x1F", "null", '["360"]', "[on]"])
def test_slugs_that_yaml_takes_for_something_else(slug: str) -> None:
    assert with_category(slug).article.category.slug == slug.strip('["]')


@pytest.mark.parametrize(
    ("categories", "former"),
    [
        ("21shiji 21caijingAPP", "21shiji/21caijingapp"),
        ("a  b", "a/b"),
        ("[a, b]", "a/b"),
        ("xinlang/zonghe", "xinlang/zonghe"),
    ],
)
def test_several_folders_become_one_and_leave_a_key(categories: str, former: str) -> None:
    found = with_category(categories)
    assert found.article.category == Category(slug="", title="河滨日报", tag="河滨日报新闻")
    assert found.former_keys == (f"{former}/2026/03/04/NW{KEY}.html",)
    assert [remark for remark in found.remarks if "cannot stand in an address: it gets another" in remark]


@pytest.mark.parametrize(
    "categories",
    [
        "",
        '""',
        "..",
        "../..",
        ".tmp",
        "_posts",
        "/",
        "a/../b",
        '"a\\\\b"',
        "Search",
        "feed",
        "about.html",
        "robots.txt",
        "长" * 81,
    ],
)
def test_slugs_that_would_hurt_are_not_taken(categories: str) -> None:
    found = with_category(categories)
    assert (found.article.category.slug, found.former_keys) == ("", ())


@pytest.mark.parametrize(
    ("tags", "title", "tag"),
    [
        ("每日经济新闻新闻", "每日经济新闻", "每日经济新闻新闻"),
        ("21世纪经济报道 21财经APP新闻", "21世纪经济报道 21财经APP", "21世纪经济报道 21财经APP新闻"),
        ('["[x]: y新闻"]', "[x]: y", "[x]: y新闻"),
        ("360新闻", "360", "360新闻"),
        ("河滨日报", "河滨日报", "河滨日报新闻"),
        ("新闻", "hebinribao", "hebinribao新闻"),
        ("#x新闻", "hebinribao", "hebinribao新闻"),
    ],
)
def test_media_names(tags: str, title: str, tag: str) -> None:
    category = with_category("hebinribao", tags).article.category
    assert (category.title, category.tag) == (title, tag)


def test_a_post_without_any_name() -> None:
    found = with_category("", "新闻")
    assert found.article.category == Category(slug="", title="其他", tag="其他新闻")
    assert with_category("hebinribao", "").remarks == ("there is no tag: it gets 'hebinribao新闻'",)


# --- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("---\nlayout", "layout", "no front matter; expected it at the beginning, between two lines of ---"),
        ("\n---\n<p>", "\n<p>", "no front matter; expected it at the beginning, between two lines of ---"),
        ("\\", "", "line 3: the front matter is not YAML: expected <block end>, but found '<scalar>'"),
        ("\\\\可", "\\可", "line 3: the front matter is not YAML: found unknown escape character '可'"),
        ("tags: ", "tags: a: ", "line 6: the front matter is not YAML: mapping values are not allowed here"),
        ("tags: ", "tags: " + "[" * 9999, "the front matter is not YAML: "),
        ('"他说\\"不\\\\可\\""', '" "', "the title is empty"),
        ("title", "headline", "the title is empty"),
        ("2026-03-04 00:05:06 +0800", " +0800", "date: the time is empty"),
        ("date", "day", "date: the time is empty"),
        ("2026-03-04 00", "2026-02-30 00", "date: the time '2026-02-30 00:05:06' does not exist: day is out of range"),
        ("2026-03-04 00", "昨天 00", "date: the time '昨天 00:05:06' is not of the form YYYY-MM-DD HH:MM:SS"),
        ("+0800", "+9900", "date: there is no offset +9900"),
        ("河滨港增长两成。", "", "the text of NW202603040000000001 is empty: 7 characters came, none to be seen"),
        ("<p>河滨港增长两成。</p>", "", "the text of NW202603040000000001 is empty: 0 characters came"),
        ("河滨日报新闻\n", "长" * 601 + "\n", "tags: a media name of 601 characters: '长长长"),
    ],
)
def test_what_cannot_be_read(old: str, new: str, reason: str) -> None:
    assert old in MEDIA
    with pytest.raises(ParseError) as refusal:
        read(MEDIA.replace(old, new))
    assert str(refusal.value).startswith(f"_posts/2026-03-04-NW{KEY}.md: {reason}")


@pytest.mark.parametrize("front", ["", "title", "- title", "{[a]: b}"])
def test_a_front_matter_without_fields(front: str) -> None:
    with pytest.raises(ParseError, match=r"has no fields; expected title, date|the title is empty"):
        read(f"---\n{front}\n---\n<p>一</p>\n\n<http://a.example/>")


def test_bytes_that_are_not_utf_8() -> None:
    with pytest.raises(ParseError, match=rf"^_posts/2026-03-04-NW{KEY}.md: not UTF-8: byte 0xcb at offset 25$"):
        read(MEDIA.encode("gb18030"))


@pytest.mark.parametrize(
    "name", ["2026-03-04.md", "2026-03-04-.md", ".md", "-.md", "2026-03-04-a b.md", "._2026-03-04-a.md", "a.txt"]
)
def test_names_without_an_id(name: str) -> None:
    with pytest.raises(ParseError, match=r"the file name has no id; expected <date>-<id>\.md"):
        read(MEDIA, f"_posts/{name}")


def test_a_post_of_the_sites_owner_is_no_article() -> None:
    own = '---\nlayout: post\ntitle: "开站"\ndate: 2021-12-01 13:33:50\ncategories: sitenews\ntags: 站长消息\n---\n\n祝贺开站\n'
    with pytest.raises(ParseError, match=r"2021-12-01-init\.md: no article: 'init' is no id of the upstream"):
        read(own, "_posts/2021-12-01-init.md")


def test_a_hostile_file_name_stays_one_line_of_text() -> None:
    with pytest.raises(ParseError) as refusal:
        read(MEDIA, "_posts/a\nb\x1b[31m.md")
    assert str(refusal.value).startswith("_posts/a b[31m.md: the file name has no id")


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text('-\n> :"[]返回首页()｜<https/>', max_size=80).map(lambda text: f"---\n{text}".encode()),
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        read(data)


# --- the folder ---------------------------------------------------------------------------------


def test_posts_of_a_folder() -> None:
    names = (
        "README.md",
        "_config.yml",
        "_posts/2026-03-04-2.md",
        "_posts/deep/er/2026-03-04-1.markdown",
        "_layouts/post.md",
        "old_post/2026-03-04-3.MD",
        "_posts/x.html",
        "_posts.md",
        "sub/_posts/2026-03-04-4.md",
    )
    assert find_posts(names) == (
        ("_posts/deep/er/2026-03-04-1.markdown",),
        ("_posts/2026-03-04-2.md",),
        ("old_post/2026-03-04-3.MD",),
        ("sub/_posts/2026-03-04-4.md",),
    )


def test_posts_of_one_story_stand_together_and_the_better_one_first() -> None:
    names = (
        f"old_post/2026-03-04-{KEY}.md",
        f"_posts/-{KEY}.md",
        f"_posts/2026-03-04-NW{KEY}.md",
        f"_posts/2026-03-04-{KEY}.md",
        "_posts/not an id.md",
    )
    assert find_posts(names) == find_posts(reversed(names))
    assert find_posts(names) == (
        (
            f"_posts/2026-03-04-{KEY}.md",
            f"_posts/2026-03-04-NW{KEY}.md",
            f"_posts/-{KEY}.md",
            f"old_post/2026-03-04-{KEY}.md",
        ),
        ("_posts/not an id.md",),
    )


def test_one_story_from_a_rolling_and_a_media_post() -> None:
    rolling, media = read_rolling(), read(MEDIA)
    joined = join_posts([rolling, media])
    assert joined.article == replace(media.article, summary=rolling.article.summary)
    assert joined.entry == media.entry
    assert joined.former_keys == (rolling.article.page_key,)
    assert joined.remarks == (f"_posts/2026-03-04-{KEY}.md tells the same story and is left out",)


def test_one_story_from_copies() -> None:
    kept, archived = (
        read(MEDIA),
        read(MEDIA.replace("hebinribao", "a/b").replace("两成", "一成"), f"old_post/2026-03-04-NW{KEY}.md"),
    )
    joined = join_posts([kept, archived])
    assert joined.article == kept.article
    assert joined.former_keys == (f"a/b/2026/03/04/NW{KEY}.html",)
    assert join_posts([kept, read(MEDIA)]).former_keys == ()
    assert join_posts([kept]) == kept


# --- the original site's ------------------------------------------------------------------------


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the original site's posts are not at {SAMPLES}")
@pytest.mark.parametrize("name", FINAL_FORMAT)
def test_posts_of_the_original_site_in_their_final_form(name: str) -> None:
    of = sample(name)
    found = read(of.post, f"_posts/{of.published_at:%Y-%m-%d}-{name}.md")
    assert post(found.article, ORIGINAL_SITE).encode() == of.post
    assert found.article.page_key == f"{of.slug.lower()}/{of.published_at:%Y/%m/%d}/{name}.html"
    assert (found.remarks, found.former_keys) == ((), ())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the original site's posts are not at {SAMPLES}")
@pytest.mark.parametrize("name", ["202112082206672930", "202112082206891114", "202112082207168450"])
def test_posts_of_the_original_site_in_earlier_forms(name: str) -> None:
    found = read((SAMPLES / f"{name}.md").read_bytes(), f"_posts/2021-12-08-{name}.md")
    assert found.article.page_key == f"emnews/2021/12/08/{name}.html"
    assert found.article.html == f"<p>{found.article.post_body}</p>"
    written = post(found.article, ORIGINAL_SITE)
    assert post(read(written, found.article.post_key).article, ORIGINAL_SITE) == written


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the original site's posts are not at {SAMPLES}")
@pytest.mark.parametrize(
    ("file", "name", "reason"),
    [
        ("2021-12-01-init.md", "2021-12-01-init.md", "no article: 'init' is no id of the upstream"),
        ("202205262391921712-missing-fields.md", "-202205262391921712.md", "the title is empty"),
    ],
)
def test_posts_of_the_original_site_that_are_no_articles(file: str, name: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read((SAMPLES / file).read_bytes(), f"_posts/{name}")
