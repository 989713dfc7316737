"""The search index, its list, and the page: what is published, and that it is the same everywhere."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import types
from html import unescape
from pathlib import Path

import pytest

from tasks.catalogue import Fixed, SearchList, SearchShard
from tasks.errors import ConfigError, RenderError
from tasks.model import Page
from tasks.outputs import SiteFacts, caching
from tasks.outputs.search import OUTPUT
from tasks.outputs.theme import Theme
from tests.support.machine_records import HOSTILE_TEXTS, article
from tests.support.search_site import searched_site, shards, story

RUNTIME = "static/pagefind-1.5.2/"
SITE = searched_site()


def made(index: Fixed | SearchShard | SearchList, site: SiteFacts = SITE) -> dict[str, Page]:
    pages = OUTPUT.of_index[type(index)](index, site)
    by_key = {page.key: page for page in pages}
    assert len(by_key) == len(pages)
    return by_key


def fragments(pages: dict[str, Page]) -> list[dict[str, object]]:
    """What the index keeps of each article."""
    packed = (page.body for key, page in pages.items() if key.endswith(".pf_fragment"))
    kept = [json.loads(gzip.decompress(body).removeprefix(b"pagefind_dcd")) for body in packed]
    return sorted((one for one in kept if one["anchors"]), key=lambda one: str(one["url"]))


def card(fragment: dict[str, object]) -> dict[str, str]:
    anchors = fragment["anchors"]
    assert isinstance(anchors, list)
    read = json.loads(anchors[0]["id"])
    assert isinstance(read, dict)
    return read


def text(fragment: dict[str, object]) -> str:
    return str(fragment["content"]).replace(" ", "").replace("␣", " ")


def digest(pages: dict[str, Page]) -> str:
    return hashlib.sha256(repr(sorted((page.key, page.digest) for page in pages.values())).encode()).hexdigest()


class TestShard:
    def test_what_a_shard_publishes_stands_under_its_label(self) -> None:
        pages = made(shards()[0])
        kinds = {re.sub(r"_[0-9a-f]+\.", "_0.", key) for key in pages}
        assert kinds == {
            "search/2026-10-1/pagefind-entry.json",
            "search/2026-10-1/pagefind.und_0.pf_meta",
            "search/2026-10-1/index/und_0.pf_index",
            "search/2026-10-1/fragment/und_0.pf_fragment",
        }

    def test_only_the_entry_has_a_name_that_stays_when_it_changes(self) -> None:
        pages = made(shards()[1])
        short = {key for key, page in pages.items() if page.cache_control == caching.INDEX}
        assert short == {"search/2026-09-1/pagefind-entry.json"}
        assert {page.cache_control for key, page in pages.items() if key not in short} == {caching.IMMUTABLE}

    def test_a_new_article_leaves_what_the_index_keeps_of_the_others(self) -> None:
        shard = shards()[1]
        before = made(shard)
        after = made(SearchShard(label=shard.label, articles=(*shard.articles, story(9, "新的", "<p>文</p>"))))
        kept = {key for key in before if key.endswith(".pf_fragment")}
        assert kept < set(after)
        assert len([key for key in set(after) - kept if key.endswith(".pf_fragment")]) == 1

    def test_a_card_says_what_a_result_shows(self) -> None:
        found = made(SearchShard(label="x", articles=(article(title="  两\t  行\n "),)))
        assert [card(one) for one in fragments(found)] == [
            {
                "title": "两   行",
                "media": "滚动",
                "at": "2026-03-04T00:05:06+08:00",
                "href": "emnews/2026/03/04/202603040000000001.html",
            }
        ]

    def test_text_is_kept_as_words_and_comes_back_whole(self) -> None:
        html = "<p>“A股”涨3.5%，</p><p>it’s the S&amp;P 500。 𠮷野家</p><table><tr><td>甲</td><td>乙</td></tr></table>"
        (kept,) = fragments(made(SearchShard(label="x", articles=(article(title="题", html=html),))))
        assert text(kept) == "题 滚动“A股”涨3.5%， it’s the S&P 500。 𠮷野家 甲 乙"
        words = re.findall(r"[^\W_]+", str(kept["content"]))
        assert words == [*"题滚动A股涨", "3", "5", "it", "s", "the", "S", "P", "500", *"𠮷野家甲乙"]

    def test_wide_letters_are_found_as_narrow_ones(self) -> None:
        (kept,) = fragments(made(SearchShard(label="x", articles=(article(title="Ａ股５Ｇ", html="<p>：</p>"),))))
        assert text(kept).startswith("A股5G 滚动")
        assert card(kept)["title"] == "Ａ股５Ｇ"

    def test_hostile_texts_stay_text(self) -> None:
        told = [
            article(file_id=f"{number:04}", title=hostile or "空", html=f"<p>{escaped(hostile)}</p>")
            for number, hostile in enumerate(HOSTILE_TEXTS)
        ]
        found = fragments(made(SearchShard(label="x", articles=tuple(told))))
        assert len(found) == len(told)
        for one, hostile in zip(found, HOSTILE_TEXTS, strict=True):
            expected = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", hostile).strip()
            expected = re.sub(r"[\ud800-\udfff\ufffe\uffff]", "\ufffd", expected)
            assert re.sub(r" +", " ", card(one)["title"]) == expected
            assert text(one).startswith(expected)

    def test_a_link_cannot_leave_the_site(self) -> None:
        told = [article(file_id=name) for name in ("a b", "?x#y", "javascript:alert(1)", "中文")]
        links = [card(one)["href"] for one in fragments(made(SearchShard(label="x", articles=tuple(told))))]
        folder = "emnews/2026/03/04/"
        assert links == [
            f"{folder}a%20b.html",
            f"{folder}%3Fx%23y.html",
            f"{folder}javascript%3Aalert%281%29.html",
            f"{folder}%E4%B8%AD%E6%96%87.html",
        ]

    @pytest.mark.parametrize("articles", [(), (article(title="——", html="<p>……</p>"),)])
    def test_a_shard_without_a_word_is_an_index_like_others(self, articles: tuple[object, ...]) -> None:
        pages = made(SearchShard(label="x", articles=articles))  # type: ignore[arg-type]
        assert "search/x/pagefind-entry.json" in pages
        assert any(key.endswith(".pf_meta") for key in pages)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


class TestSameBytes:
    def test_twice_in_other_folders(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shard = shards()[0]
        first = made(shard)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        assert digest(made(shard)) == digest(first)
        assert list(tmp_path.iterdir()) == [], "the folder for the index was left behind"

    def test_in_another_process_with_other_settings_around_it(self, tmp_path: Path) -> None:
        tmp_path.joinpath("pagefind.toml").write_text('exclude_selectors = ["body"]', encoding="utf-8")
        program = (
            "from tests.unit.test_outputs_search import digest, made, Fixed, shards\n"
            "print(digest(made(shards()[0]) | made(Fixed())))"
        )
        around = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "PYTHONHASHSEED": "7",
            "TZ": "America/New_York",
            "TMPDIR": str(tmp_path),
            "PAGEFIND_EXCLUDE_SELECTORS": "body",
        }
        ended = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=around, capture_output=True, text=True, timeout=120
        )
        assert ended.stderr == ""
        assert ended.stdout.strip() == digest(made(shards()[0]) | made(Fixed()))

    def test_no_path_of_this_machine_is_in_them(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        for page in (made(shards()[1]) | made(Fixed())).values():
            body = gzip.decompress(page.body) if page.body.startswith(b"\x1f\x8b") else page.body
            assert str(tmp_path).encode() not in body, page.key
            assert b"finews-search-" not in body, page.key


class TestList:
    def test_labels_newest_first(self) -> None:
        (page,) = made(SearchList(labels=("2026-03-2", "2026-03-1"))).values()
        assert (page.key, page.content_type, page.cache_control) == (
            "search/shards.json",
            "application/json",
            caching.INDEX,
        )
        assert json.loads(page.body) == ["2026-03-2", "2026-03-1"]

    def test_two_thousand_shards_are_a_small_list(self) -> None:
        labels = tuple(f"{2000 + n // 48}-{n % 12 + 1:02}-{n % 4 + 1}" for n in range(2_000))
        (page,) = made(SearchList(labels=labels)).values()
        assert len(gzip.compress(page.body)) < 6_000


class TestPage:
    def test_what_there_is_once(self) -> None:
        pages = made(Fixed())
        (script,) = (key for key in pages if re.fullmatch(r"static/search\.[0-9a-f]{8}\.js", key))
        others = {key for key in pages if key.startswith(RUNTIME)}
        assert set(pages) == {"search.html", script} | others
        assert {re.sub(r"_[0-9a-f]+\.", "_0.", key.removeprefix(RUNTIME)) for key in others} == {
            "pagefind.js",
            "pagefind-entry.json",
            "wasm.unknown.pagefind",
            "pagefind.und_0.pf_meta",
            "index/und_0.pf_index",
        }
        assert pages["search.html"].cache_control == caching.INDEX
        assert {page.cache_control for key, page in pages.items() if key != "search.html"} == {caching.IMMUTABLE}
        assert pages[script].content_type == "text/javascript; charset=utf-8"

    def test_the_name_of_the_script_changes_with_it(self) -> None:
        theme = Theme(
            templates=SITE.theme.templates,
            static={**SITE.theme.static, "search.js": b"// mine"},
            words=SITE.theme.words,
        )
        site = SiteFacts(title="x", base_url="https://x.example", language="zh", timezone="UTC", theme=theme)
        (script,) = (key for key in made(Fixed(), site) if key.startswith("static/search."))
        assert made(Fixed(), site)[script].body == b"// mine"
        assert script not in made(Fixed())

    def test_a_theme_without_the_script_is_told(self) -> None:
        theme = Theme(templates=SITE.theme.templates, static={"style.css": b""}, words=SITE.theme.words)
        site = SiteFacts(title="x", base_url="https://x.example", language="zh", timezone="UTC", theme=theme)
        with pytest.raises(ConfigError, match=r"static/search\.js"):
            made(Fixed(), site)

    @pytest.mark.parametrize("language", ["zh-CN", "en"])
    def test_the_page_leads_to_what_it_needs(self, language: str) -> None:
        pages = made(Fixed(), searched_site(language))
        html = pages["search.html"].body.decode()
        needed = re.findall(r'(?:data-runtime|data-shards|<script src)="([^"]+)"', html)
        assert len(needed) == 3
        assert set(needed) <= {*pages, "search/shards.json"}
        assert 'action="search.html"' in html
        assert "archive/index.html" in re.search(r"<noscript>.*?</noscript>", html, re.DOTALL)[0]  # type: ignore[index]
        assert re.search(r'id="broken" role="alert" hidden>.+<a href="archive/index.html">', html)

    def test_its_policy_allows_its_own_script_and_index_and_nothing_else(self) -> None:
        html = made(Fixed())["search.html"].body.decode()
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
        assert dict(rule.split(" ", 1) for rule in unescape(policy).split("; ")) == {
            "default-src": "'none'",
            "script-src": "'self' 'wasm-unsafe-eval'",
            "connect-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' https: http:",
            "form-action": "'self'",
            "base-uri": "'none'",
        }
        assert re.findall(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", html) == []

    def test_no_interface_text_in_the_script(self) -> None:
        script = SITE.theme.static["search.js"].decode()
        code = re.sub(r"/\*\*.*?\*/|//.*", "", script)
        assert re.findall(r"[\u2e80-\uffef]", code) == []

    def test_the_words_are_there_in_each_language(self) -> None:
        names = [
            {name for name in searched_site(language).theme.words if name.startswith("search_")}
            for language in ("zh-CN", "en")
        ]
        assert names[0] == names[1]
        english = made(Fixed(), searched_site("en"))["search.html"].body.decode()
        assert re.findall(r"[\u3400-\u9fff]", english.replace("金融消息", "")) == []


@pytest.mark.parametrize("index", [Fixed(), shards()[1], SearchList(labels=("x",))])
def test_a_site_without_search_has_nothing_of_it(index: Fixed | SearchShard | SearchList) -> None:
    assert made(index, searched_site(search=False)) == {}


class TestNoPagefind:
    def _instead(self, monkeypatch: pytest.MonkeyPatch, program: Path, script: str) -> None:
        program.write_text(script, encoding="utf-8")
        program.chmod(0o755)
        package = types.ModuleType("pagefind_bin")
        package.get_executable = lambda: program  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "pagefind_bin", package)

    def test_not_installed_for_this_platform(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pagefind_bin", None)
        with pytest.raises(RenderError, match=r"no Pagefind for this platform.*search = false in \[site\]"):
            made(Fixed())
        assert made(Fixed(), searched_site(search=False)) == {}

    def test_not_a_program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._instead(monkeypatch, tmp_path / "pagefind", "\x7fnothing")
        with pytest.raises(RenderError, match=r"could not be run.*search = false"):
            made(Fixed())

    def test_a_program_that_fails_is_quoted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._instead(monkeypatch, tmp_path / "pagefind", "#!/bin/sh\necho no memory left >&2\nexit 3\n")
        with pytest.raises(RenderError, match=r"status 3: no memory left.*search = false"):
            made(Fixed())

    def test_another_version_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        script = '#!/bin/sh\n/bin/mkdir "$4"\necho \'{"version":"9.0.0"}\' > "$4/pagefind-entry.json"\n'
        self._instead(monkeypatch, tmp_path / "pagefind", script)
        with pytest.raises(RenderError, match=r"is 9\.0\.0, expected 1\.5\.2"):
            made(Fixed())

    def test_a_program_that_writes_nothing_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._instead(monkeypatch, tmp_path / "pagefind", "#!/bin/sh\n")
        with pytest.raises(RenderError, match=r"wrote no pagefind-entry\.json"):
            made(Fixed())
