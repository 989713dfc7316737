"""The site file: what it means, and what is said about each mistake in it."""

import dataclasses
import re
import traceback
from pathlib import Path

import pytest

from tasks.config import HttpUrl, Site, load_site
from tasks.errors import ConfigError
from tasks.sources import find_sources


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Keys of the kind `gazette`, which only these tests know."""

    list_url: HttpUrl
    page_size: int = 20


KINDS = {"gazette": Options}
SITES = Path(__file__).parents[2] / "deployments" / "sites"
SITE = '[site]\ntitle = "Title"\nbase_url = "https://example.com/"\n'
SOURCE = '[[sources]]\nname = "one"\nkind = "gazette"\nlist_url = "http://127.0.0.1:1/list"\n'


def load(folder: Path, text: str) -> Site:
    """The site that a file with this text describes."""
    path = folder / "my.toml"
    path.write_text(text, encoding="utf-8")
    return load_site(path, KINDS)


def complaint(folder: Path, text: str) -> str:
    """What is said about a file with this text."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


# --- good files -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["demo", "finews"])
def test_the_shipped_site_files_load(name: str) -> None:
    site = load_site(SITES / f"{name}.toml", {kind.name: kind.options for kind in find_sources().values()})
    assert site.name == name
    assert [spec.name for spec in site.sources][:5] == ["rolling", "media", "market-37", "market-38", "market-39"]
    assert (site.source("rolling").category, site.source("rolling").tag) == ("emnews", "东财滚动新闻")
    assert (site.sample is not None) == (name == "demo")


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    site = load(tmp_path, SITE + SOURCE)
    assert site.site.base_url == "https://example.com"
    assert (site.site.language, site.site.timezone) == ("zh-CN", "Asia/Shanghai")
    assert (site.publish.url, site.publish.endpoint_url) == ("file:public", "")
    assert site.ledger.url == "sqlite:///.finews/ledger.db"
    assert (site.fetch.retries, site.fetch.connect_timeout, site.fetch.max_bytes) == (3, 5.0, 8_000_000)
    assert site.verdict.max_problem_share == 0.5
    assert site.slugs == {}
    assert site.sample is None


def test_a_source_carries_the_options_of_its_kind(tmp_path: Path) -> None:
    [spec] = load(tmp_path, SITE + SOURCE + "page_size = 7\n").sources
    assert spec.options == Options(list_url="http://127.0.0.1:1/list", page_size=7)
    assert (spec.name, spec.kind, spec.category, spec.tag, spec.timezone) == (
        "one",
        "gazette",
        None,
        None,
        "Asia/Shanghai",
    )


def test_whole_numbers_serve_as_seconds(tmp_path: Path) -> None:
    assert load(tmp_path, SITE + "[fetch]\nread_timeout = 9\n" + SOURCE).fetch.read_timeout == 9.0


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + SITE + SOURCE).site.title == "Title"


def test_slugs_may_have_any_name(tmp_path: Path) -> None:
    site = load(tmp_path, SITE + '[slugs]\n"央行网站" = "yanghang"\n"A/B [C]" = "abc"\n' + SOURCE)
    assert site.slugs == {"央行网站": "yanghang", "A/B [C]": "abc"}


def test_an_unknown_source_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no source 'onee', did you mean 'one'\\?; known: one"):
        load(tmp_path, SITE + SOURCE).source("onee")


# --- files that cannot be read ----------------------------------------------------------------


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: no such site file"):
        load_site(tmp_path / "none.toml", KINDS)


@pytest.mark.parametrize("name", [".", "a\0b"])
def test_what_cannot_be_read_as_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: "):
        load_site(tmp_path / name, KINDS)


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_bytes('[site]\ntitle = "金融"'.encode("gb18030"))
    with pytest.raises(ConfigError, match=r"my\.toml: not UTF-8 \(byte 16\)"):
        load_site(path, KINDS)


def test_not_toml(tmp_path: Path) -> None:
    said = complaint(tmp_path, "[site]\ntitle = unquoted\n")
    assert said.startswith("my.toml: not valid TOML: ")
    assert "line 2" in said


def test_endless_nesting(tmp_path: Path) -> None:
    assert "nested too deeply" in complaint(tmp_path, "a = " + "[" * 100_000)


# --- mistakes in a file: where, what, and what was expected ------------------------------------

MISTAKES = {
    "unknown section": (
        SITE + '[publsh]\nurl = "file:x"\n' + SOURCE,
        "my.toml:4: unknown key 'publsh', did you mean 'publish'?; known here: site, publish, ledger, fetch, verdict,",
    ),
    "unknown key": (
        SITE + 'titel = "x"\n' + SOURCE,
        "my.toml:4: unknown key 'titel', did you mean 'title'?; known here: title, base_url, language, timezone",
    ),
    "unknown key in quotes": (
        SITE + '"titel" = "x"\n' + SOURCE,
        "my.toml:4: unknown key 'titel', did you mean 'title'?",
    ),
    "unknown key in an inline table": (
        'publish = { uri = "file:x" }\n' + SITE + SOURCE,
        "my.toml:1: unknown key 'uri', did you mean 'url'?; known here: url, endpoint_url",
    ),
    "unknown key in a section that may be absent": (
        SITE + '[sample]\nlisten = "127.0.0.1:1"\nlisen = "x"\n' + SOURCE,
        "my.toml:6: unknown key 'lisen', did you mean 'listen'?; known here: listen",
    ),
    "nothing like it": (SITE + "zzz = 1\n" + SOURCE, "my.toml:4: unknown key 'zzz'; known here: title, base_url"),
    "a key of no kind": (
        SITE + SOURCE + "page_sice = 3\n",
        "my.toml:8: unknown key 'page_sice', did you mean 'page_size'?; known here: name, kind, category, tag, timezone, "
        "title, canonical, index, keyword_links, https_hosts, pictures, max_pages, paging, robots, retry_after, "
        "rights, credit, delay_minutes, min_text, recheck, list_url, page_size",
    ),
    "two unknown keys of a source": (
        SITE + SOURCE + "pagesize = 3\nlisturl = 1\n",
        "\nmy.toml:9: unknown key 'listurl'",
    ),
    "unknown kind": (
        SITE + SOURCE.replace("gazette", "gazete"),
        "my.toml:6: there is no kind of source 'gazete', did you mean 'gazette'?; known: gazette",
    ),
    "no [site]": (SOURCE, "my.toml: 'site' is missing"),
    "no sources": (SITE, "my.toml: 'sources' is missing"),
    "empty sources": ("sources = []\n" + SITE, "my.toml:1: sources = []: list should have at least 1 item"),
    "[sources] for [[sources]]": (SITE + SOURCE.replace("[[", "[").replace("]]", "]"), "my.toml:4: sources = {"),
    "missing key": ('[site]\ntitle = "x"\n' + SOURCE, "my.toml:1: 'base_url' is missing"),
    "missing key of a kind": (
        SITE + SOURCE + SOURCE.replace("one", "two").replace("list_url", "#"),
        "my.toml:8: 'list_url' is missing",
    ),
    "wrong type": (SITE.replace('"Title"', "5") + SOURCE, "my.toml:2: title = 5: input should be a valid string"),
    "text for a number": (
        SITE + '[fetch]\nretries = "3"\n' + SOURCE,
        "my.toml:5: retries = '3': input should be a valid int",
    ),
    "truth for a number": (SITE + "[fetch]\nretries = true\n" + SOURCE, "my.toml:5: retries = True: input should be"),
    "wrong type of a kind": (
        SITE + SOURCE + 'page_size = "x"\n',
        "my.toml:8: page_size = 'x': input should be a valid int",
    ),
    "too large": (
        SITE + "[fetch]\nretries = 11\n" + SOURCE,
        "my.toml:5: retries = 11: input should be less than or equal",
    ),
    "share above one": (SITE + "[verdict]\nmax_problem_share = 1.5\n" + SOURCE, "my.toml:5: max_problem_share = 1.5: "),
    "not a number": (SITE + "[verdict]\nmax_problem_share = nan\n" + SOURCE, "my.toml:5: max_problem_share = nan: "),
    "zone": (
        SITE + 'timezone = "Asia/Peking"\n' + SOURCE,
        "my.toml:4: timezone = 'Asia/Peking': expected a time zone name",
    ),
    "zone that is a path": (
        SITE + 'timezone = "../../etc"\n' + SOURCE,
        "expected a time zone name such as Asia/Shanghai",
    ),
    "zone of a source": (SITE + SOURCE + 'timezone = ""\n', "my.toml:8: timezone = '': expected a time zone name"),
    "slug": (
        SITE + '[slugs]\n"银行" = "Yin Hang"\n' + SOURCE,
        "my.toml:5: 银行 = 'Yin Hang': string should match pattern",
    ),
    "name of a source": (
        SITE + SOURCE.replace('"one"', '"a b"'),
        "my.toml:5: name = 'a b': string should match pattern",
    ),
    "address to listen on": (
        SITE + '[sample]\nlisten = "0.0.0.0:80"\n' + SOURCE,
        "expected a loopback address with a port",
    ),
    "same name twice": (SITE + SOURCE + SOURCE, "my.toml:9: a second source is called 'one'"),
    "category without a tag": (
        SITE + SOURCE + 'category = "news"\n',
        "my.toml:8: source 'one': expected both a category and a tag, or neither",
    ),
    "one category, two tags": (
        SITE + "".join(SOURCE.replace("one", n) + f'category = "news"\ntag = "{n}"\n' for n in ("a", "b")),
        "my.toml:14: category 'news' with tag 'b': another source pairs one of them otherwise",
    ),
    "one tag, two categories": (
        SITE + "".join(SOURCE.replace("one", n) + f'category = "{n}"\ntag = "t"\n' for n in ("a", "b")),
        "my.toml:14: category 'b' with tag 't': another source pairs one of them otherwise",
    ),
    "no address of a Dask scheduler": (
        SITE + '[workflow]\nfan_out = "dask"\ndask = "10.0.0.5"\n' + SOURCE,
        "my.toml:6: dask = '10.0.0.5': expected the address of a Dask scheduler, such as tcp://10.0.0.5:8786, or nothing",
    ),
    "one slug for two media": (
        SITE + '[slugs]\n"A" = "same"\n"B" = "same"\n' + SOURCE,
        "my.toml:6: the slug 'same' of 'B' is that of 'A' already",
    ),
    "slug of a fixed category": (
        SITE + '[slugs]\n"A" = "news"\n' + SOURCE + 'category = "news"\ntag = "t"\n',
        "my.toml:5: the slug 'news' of 'A' is that of 't' already",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    assert expected in complaint(tmp_path, text)


@pytest.mark.parametrize("url", ["", "ftp://host/", "//host/", "http://", "http:///path", "http://a b/", "http://[::1/",
                                 "http://host:99999/", "http://host:x/", "http://:80/",
                                 Path("/etc/passwd").as_uri()])  # fmt: skip
def test_addresses_that_cannot_be_asked(tmp_path: Path, url: str) -> None:
    expected = f"my.toml:7: list_url = {url!r}: expected an address that begins with http:// or https://"
    assert expected in complaint(tmp_path, SITE + SOURCE.replace("http://127.0.0.1:1/list", url))
    assert "my.toml:3: base_url = " in complaint(tmp_path, SITE.replace("https://example.com/", url) + SOURCE)


ADDRESSES = (
    "site.base_url",
    "site.contact",
    "publish.public_url",
    "publish.endpoint_url",
    "announce.indexnow_endpoint",
)


@pytest.mark.parametrize("where", [*ADDRESSES, "list_url"])
@pytest.mark.parametrize(
    "url", ["https://u:canary@host/x", "https://canary@host", "https://u:canary/1@host", "u:canary"]
)
def test_an_address_that_is_shown_holds_no_password_and_the_error_neither(tmp_path: Path, where: str, url: str) -> None:
    table, _, key = where.rpartition(".")
    texts = {
        "": SITE + SOURCE.replace("http://127.0.0.1:1/list", url),
        "site": (SITE if key == "contact" else SITE.replace("https://example.com/", url))
        + (f'contact = "{url}"\n' if key == "contact" else "")
        + SOURCE,
    }
    (tmp_path / "my.toml").write_text(texts.get(table, SITE + f'[{table}]\n{key} = "{url}"\n' + SOURCE))
    with pytest.raises(ConfigError, match=f"{key or where} = ") as caught:
        load_site(tmp_path / "my.toml", KINDS)
    told = "".join(traceback.format_exception(caught.value))  # a worker's log has all of it
    assert "canary" not in told if "@" in url else "expected" in told


def test_a_webhook_may_hold_a_password_and_a_query(tmp_path: Path) -> None:
    hook = "https://u:pw@host/purge?token=x"
    (tmp_path / "my.toml").write_text(SITE + f'[announce]\npurge_webhook = "{hook}"\n' + SOURCE)
    assert load_site(tmp_path / "my.toml", KINDS).announce.purge_webhook == hook


@pytest.mark.parametrize("end", ["?token=canary", "#x"])
@pytest.mark.parametrize("key", ["public_url", "endpoint_url"])
def test_an_address_to_which_keys_are_added_ends_with_its_path(tmp_path: Path, key: str, end: str) -> None:
    said = complaint(tmp_path, SITE + f'[publish]\n{key} = "https://host/x{end}"\n' + SOURCE)
    assert f"{key} = " in said
    assert "without ? and #" in said
    assert "canary" not in said


def test_a_choice_source_needs_the_code_in_its_article_address(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        re.sub(r"GetNewsText.do\?id=\{code\}", "GetNewsText.do", (SITES / "finews.toml").read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"my\.toml:\d+: article_url = .*: expected \{code\} in the address"):
        load_site(tmp_path / "my.toml", {name: kind.options for name, kind in find_sources().items()})


def test_every_mistake_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    said = complaint(tmp_path, SITE + "titel = 1\n[fetch]\nretry = 1\n" + SOURCE).splitlines()
    assert [line.split(" ")[0] for line in said] == ["my.toml:4:", "my.toml:6:"]


def test_a_long_value_is_not_repeated_whole(tmp_path: Path) -> None:
    assert len(complaint(tmp_path, SITE + f'timezone = "{"x" * 10_000}"\n' + SOURCE)) < 300


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    text = '[site]\r\ntitle = "a\u2028b"\r\nbase_url = "http://x"\r\ntitel = 1\r\n' + SOURCE
    path = tmp_path / "my.toml"
    path.write_bytes(text.encode())
    with pytest.raises(ConfigError, match=r"my\.toml:4: unknown key 'titel'"):
        load_site(path, KINDS)


def test_a_folder_cannot_hold_compressed_objects(tmp_path: Path) -> None:
    said = complaint(tmp_path, SITE + "[publish]\ngzip = true\n" + SOURCE)
    assert re.search(r"my\.toml:\d+: gzip = true: a folder keeps no Content-Encoding", said)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('indexnow_key = "short"', "indexnow_key = 'short'"),
        ('websub_hubs = ["hub"]', "expected an address that begins with http:// or https://"),
        ('cloudfront = "not an id"', "cloudfront = 'not an id'"),
        ('purge_webhook = "hook?token=s3cret"', "purge_webhook = (not shown): expected an address"),
    ],
)
def test_whom_to_tell_is_checked_and_no_token_is_told(tmp_path: Path, line: str, expected: str) -> None:
    said = complaint(tmp_path, SITE + f"[announce]\n{line}\n" + SOURCE)
    assert expected in said
    assert "s3cret" not in said


# --- who asks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "agent", "sender"),
    [
        ("", "finews/0.1 (+https://example.com/about.html)", ""),
        ('contact = "https://example.org/mail"\n', "finews/0.1 (+https://example.org/mail)", ""),
        ('contact = "mailto:a@example.org"\n', "finews/0.1 (+https://example.com/about.html)", "a@example.org"),
        ('[fetch]\nuser_agent = "x/1 (+https://x.example)"\n', "x/1 (+https://x.example)", ""),
    ],
)
def test_the_robot_says_whose_it_is(tmp_path: Path, keys: str, agent: str, sender: str) -> None:
    site = load(tmp_path, SITE + keys + SOURCE)
    assert (site.user_agent, site.sender) == (agent, sender)


def test_another_table_is_another_reader(tmp_path: Path) -> None:
    one, again = (load(tmp_path, SITE + SOURCE).source("one").digest for _ in range(2))
    other = load(tmp_path, SITE + SOURCE + 'title = "Other"\n').source("one").digest
    assert one == again != other
