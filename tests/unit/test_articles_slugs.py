"""Media names -> slugs: read rightly, safe in a file name and an address, never shared."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.articles.slugs import new_slug, romanise

SAFE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def slug(name: str, *, pinned: dict[str, str] | None = None, taken: tuple[str, ...] = ()) -> str:
    """A slug for a name met first."""
    return new_slug(name, pinned=pinned or {}, taken=taken)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("信阳日报", "xinyangribao"),
        ("21世纪经济报道", "21shijijingjibaodao"),
        ("21世纪经济报道 21财经APP", "21shijijingjibaodao-21caijingapp"),
        ("第一财经", "diyicaijing"),
        ("每日经济新闻", "meirijingjixinwen"),
        ("36氪", "36ke"),
        ("IT之家", "itzhijia"),
        ("e公司", "egongsi"),
        ("TechWeb", "techweb"),
        ("吕梁日报", "lvliangribao"),
        ("重庆商报", "chongqingshangbao"),
        ("厦门日报", "xiamenribao"),
        ("央行网站", "yanghangwangzhan"),
        ("中国银行", "zhongguoyinhang"),
        ("Career In 投行PEVC", "career-in-touxingpevc"),
        ("安信国际证券(香港)", "anxinguojizhengquan-xianggang"),
        ("安信国际证券（香港）", "anxinguojizhengquan-xianggang"),
        ("新浪财经/综合", "xinlangcaijing-zonghe"),
        ("证券时报·e公司", "zhengquanshibao-egongsi"),
        ("a.b...c", "a-b-c"),
        ("Ｆｕｌｌ１", "full1"),
        ("Ünïcödé", "unicode"),
        ("360", "360"),
        ("  两  端  ", "liang-duan"),
    ],
)
def test_names_are_read_as_people_say_them(name: str, expected: str) -> None:
    assert romanise(name) == expected
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["", " ", "...", "/", "../..", "😀", "Москва", "\x00", "\ud800"])
def test_names_without_letters_get_one_of_their_own(name: str) -> None:
    assert re.fullmatch(r"media-[0-9a-f]{8}", slug(name))
    assert slug(name) == slug(name)


@pytest.mark.parametrize("name", ["长" * 300, "a" * 61, "a " * 300])
def test_long_names_are_cut_and_stay_apart(name: str) -> None:
    assert len(slug(name)) <= 69
    assert slug(name) != slug(name + "a")
    assert SAFE.fullmatch(slug(name))


@pytest.mark.parametrize("name", ["category", "Feed", "404", "static", "index"])
def test_the_sites_own_folders_are_not_given_away(name: str) -> None:
    assert slug(name).startswith(f"{name.lower()}-")


def test_a_taken_slug_is_marked_by_the_name_not_by_the_order() -> None:
    assert slug("TechWeb", taken=("techweb",)) != slug("Techweb", taken=("techweb",))
    assert slug("TechWeb", taken=("techweb",)) == slug("TechWeb", taken=("techweb", "other"))


def test_a_marked_slug_may_be_taken_too() -> None:
    marked = slug("TechWeb", taken=("techweb",))
    other = slug("TechWeb", taken=("techweb", marked))
    assert other not in {"techweb", marked}
    assert SAFE.fullmatch(other)


def test_a_pinned_slug_stands_unless_it_is_taken() -> None:
    assert slug("央行网站", pinned={"央行网站": "pboc"}) == "pboc"
    assert slug("央行", pinned={"央行网站": "pboc"}) == "yanghang"
    assert slug("央行网站", pinned={"央行网站": "pboc"}, taken=("pboc",)) == "yanghangwangzhan"
    assert slug("央行网站", pinned={"央行网站": "pboc"}, taken=("pboc", "yanghangwangzhan")).startswith(
        "yanghangwangzhan-"
    )


@given(st.text())
@example("İ")
@example("ﬁ")
@example("\u0345")
def test_no_slug_is_ever_unsafe(name: str) -> None:
    first = slug(name)
    assert SAFE.fullmatch(first)
    assert len(first) <= 80
    second = slug(name, taken=(first,))
    assert second != first
    assert SAFE.fullmatch(second)
