"""A site's own templates, static files and words in the place of those shipped."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import tasks.outputs
from tasks.catalogue import Fixed
from tasks.errors import ConfigError, RenderError
from tasks.outputs import SiteFacts
from tasks.outputs.style import content_type_of
from tasks.outputs.theme import load_theme
from tests.support.output_records import SITE
from tests.support.reading import pages_of, soup, text

SHIPPED = Path(tasks.outputs.__file__).parent
PLACE = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def words_of(language: str) -> dict[str, str]:
    return tomllib.loads((SHIPPED / "words" / f"{language}.toml").read_text(encoding="utf-8"))


def put(folder: Path, name: str, body: str) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(body, encoding="utf-8")
    return folder


def themed(folder: Path, language: str = "zh-CN") -> SiteFacts:
    return replace(SITE, language=language, theme=load_theme(language, str(folder)))


def about(site: SiteFacts) -> str:
    return text(soup(pages_of(Fixed(), site=site)["about.html"]), "main")


def test_the_style_sheet_travels_without_what_only_authors_need(tmp_path: Path) -> None:
    put(
        tmp_path,
        "static/style.css",
        '/* "why" */\na::before {\n  content: "/* stays */  x";\n\n  color: red; /* as\n  it is */\n}\n',
    )
    [sheet] = [
        page for key, page in pages_of(Fixed(), site=themed(tmp_path)).items() if key.startswith("static/style.")
    ]
    assert sheet.body.decode().replace("\n", "") == 'a::before {content: "/* stays */  x";color: red; }'


# --- words ------------------------------------------------------------------------------------


def test_both_languages_have_the_same_words_in_the_same_order() -> None:
    assert list(words_of("en")) == list(words_of("zh-CN"))


def test_both_languages_fill_in_the_same() -> None:
    """A date may name the month in one and number it in the other; everything else has the same places."""
    for name, english in words_of("en").items():
        here, there = (set(PLACE.findall(words)) for words in (english, words_of("zh-CN")[name]))
        assert here - {"month_name"} <= there | {"month"}, name
        assert there - {"month"} <= here | {"month_name"}, name
        assert words_of("zh-CN")[name].strip(), name


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    sources = [path.read_text(encoding="utf-8") for path in [*SHIPPED.glob("*.py"), *SHIPPED.glob("templates/*.html")]]
    whole = "\n".join(sources)
    used = set(
        re.findall(r"\bwords\.(\w+)", "\n".join(source for source in sources if "{%" in source or "<html" in source))
    )
    assert used <= set(words_of("en"))
    unused = [name for name in words_of("en") if f'"{name}"' not in whole and name not in used]
    assert unused == []


@pytest.mark.parametrize(
    ("language", "home"), [("zh-CN", "首页"), ("zh", "首页"), ("zh-TW", "首页"), ("en", "Home"), ("en-GB", "Home")]
)
def test_a_language_has_its_own_words_or_those_of_its_first_part(language: str, home: str) -> None:
    assert load_theme(language).words["home"] == home


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"language = 'fr'.*known: en, zh-CN.*words/fr\.toml"):
        load_theme("fr")


def test_a_theme_brings_a_language_and_leaves_out_what_it_likes(tmp_path: Path) -> None:
    theme = load_theme("fr-CA", str(put(tmp_path, "words/fr.toml", 'home = "Accueil"')))
    assert (theme.words["home"], theme.words["archive"]) == ("Accueil", "Archive")


def test_english_words_of_a_theme_do_not_replace_those_of_the_site_s_language(tmp_path: Path) -> None:
    put(tmp_path, "words/en.toml", 'home = "Start"')
    assert load_theme("zh-CN", str(tmp_path)).words["home"] == "首页"
    assert load_theme("en", str(tmp_path)).words["home"] == "Start"


@pytest.mark.parametrize(
    ("body", "complaint"), [("home = 1", r"home = 1: expected a string"), ("home =", r"not a file of words")]
)
def test_a_file_of_words_that_cannot_be_used_is_named(body: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"zh-CN\.toml: {complaint}"):
        load_theme("zh-CN", str(put(tmp_path, "words/zh-CN.toml", body)))


@pytest.mark.parametrize("words", ["{minute}", "{minutes", "{minutes.x}", "{}", "{minutes:zz}"])
def test_words_with_a_place_that_nothing_fills_are_named(words: str, tmp_path: Path) -> None:
    site = themed(put(tmp_path, "words/zh-CN.toml", f'about_updates_text = "{words}"'))
    with pytest.raises(RenderError, match=r"words: .*only \{minutes\} can stand in it"):
        pages_of(Fixed(), site=site)


def test_a_list_of_names_that_is_too_short_is_named(tmp_path: Path) -> None:
    from datetime import date

    from tasks.catalogue import MonthPage

    site = themed(put(tmp_path, "words/zh-CN.toml", 'weekdays_short = "一 二"'))
    with pytest.raises(RenderError, match="weekdays_short: expected 7 names with a blank between them, found 2"):
        pages_of(MonthPage(month=date(2026, 3, 1), days=()), site=site)


def test_words_stay_text(tmp_path: Path) -> None:
    site = themed(put(tmp_path, "words/zh-CN.toml", 'about_text = "<b>粗</b>"\nabout_title = "<i>{site}"'))
    assert "<b>粗</b>" in about(site)
    assert "<i>金融消息" in about(site)


# --- templates and static files ---------------------------------------------------------------


def test_a_template_of_the_theme_replaces_the_shipped_one_alone(tmp_path: Path) -> None:
    own = "{% extends 'layout.html' %}{% block main %}<h1>{{ words.about }}</h1>{{ frame.site_title }}{% endblock %}"
    site = themed(put(tmp_path, "templates/about.html", own))
    assert about(site) == "关于 金融消息"
    assert pages_of(Fixed(), site=site)["404.html"] == pages_of(Fixed())["404.html"]


def test_static_files_of_the_theme_are_published_beside_the_shipped_ones(tmp_path: Path) -> None:
    put(tmp_path, "static/logo.svg", "<svg/>")
    put(tmp_path, "static/.hidden", "x")
    found = pages_of(Fixed(), site=themed(tmp_path))
    assert found["static/logo.svg"].body == b"<svg/>"
    assert "static/icon.svg" in found
    assert "static/.hidden" not in found


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ("{{ nothing }}", r"template about\.html: 'nothing' is undefined"),
        ("\n{% if %}", r"template about\.html, line 2: "),
        ("{{ words.nothing }}", r"template about\.html: .*nothing"),
        ("{% extends 'gone.html' %}", r"template about\.html: gone\.html"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(own: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=complaint):
        pages_of(Fixed(), site=themed(put(tmp_path, "templates/about.html", own)))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    put(tmp_path, "templates/about.html", "")
    (tmp_path / "templates/about.html").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"templates/about\.html: not UTF-8"):
        load_theme("zh-CN", str(tmp_path))


def test_a_theme_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"theme = .*nowhere.*: no such folder"):
        load_theme("zh-CN", str(tmp_path / "nowhere"))


def test_two_themes_in_one_process_do_not_mix(tmp_path: Path) -> None:
    other = themed(put(tmp_path, "words/zh-CN.toml", 'about_text = "别的"'))
    assert "别的" in about(other)
    assert "别的" not in about(SITE)
    assert "别的" in about(other)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("menu.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml; charset=utf-8"),
        ("photo.webp", "image/webp"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_a_file_has_the_same_type_under_every_python(name: str, content_type: str) -> None:
    assert content_type_of(name) == content_type
