"""A small site that can be searched: ten shards of its index, the search page, and a page for every article."""

from datetime import timedelta
from pathlib import Path

from tasks.catalogue import Fixed, Index, SearchList, SearchShard
from tasks.model import Article
from tasks.outputs import OutputKind, SiteFacts, pages_of_index
from tasks.outputs.search import OUTPUT
from tasks.outputs.theme import load_theme
from tasks.outputs.website import OUTPUT as WEBSITE
from tests.support.machine_records import article

SHARDS = 10
HOSTILE_TITLE = '<img src=x onerror=alert(1)> "奇怪" & &lt;b&gt; {{ 7 * 7 }}'
PLAIN_PAGE = "<!doctype html><html lang=zh><meta charset=utf-8><link rel=icon href=data:,><title>{key}</title><h1>{key}"


def searched_site(language: str = "zh-CN", *, search: bool = True) -> SiteFacts:
    """The facts of the site; it lives under a path."""
    return SiteFacts(
        title="金融消息",
        base_url="https://finews.example.com/news",
        language=language,
        timezone="Asia/Shanghai",
        theme=load_theme(language),
        search=search,
    )


def story(number: int, title: str, text: str, *, month: int = 10) -> Article:
    """An article of the given month of 2026; later numbers are newer."""
    at = article().published_at.replace(month=month, day=5) + timedelta(minutes=number)
    name = f"2026{month:02}{number:010}"
    return article(key=name, file_id=name, title=title, published_at=at, updated_at=at, html=text, summary="")


def shards() -> tuple[SearchShard, ...]:
    """The newest first: one of 2026-10 with the telling articles, and one for each month before."""
    newest = (
        story(1, "央行宣布降准", "<p>中国人民银行决定，下调存款准备金率0.5个百分点。</p>"),
        story(2, "Chips lead the market", "<p>The PMI was 50.6 and NVIDIA’s orders rose. 沪深300指数收涨。</p>"),
        story(3, HOSTILE_TITLE, "<p>正文 &lt;script&gt;alert(2)&lt;/script&gt; 完</p>"),
        story(4, "Ａ股收盘", "<p>两市“新质生产力”板块<b>走</b>强，</p><p>降温之后准备反弹。</p>"),
        *(story(number, f"早间快讯第{number}期", f"<p>快讯内容之{number}，市场平稳。</p>") for number in range(30, 75)),
    )
    older = (
        SearchShard(
            label=f"2026-{month:02}-1",
            articles=(
                story(1, f"{month}月旧闻", "<p>港口吞吐量增长。</p>", month=month),
                story(2, "银行年报", f"<p>{month}月的存款。</p>", month=month),
            ),
        )
        for month in range(9, 10 - SHARDS, -1)
    )
    return SearchShard(label="2026-10-1", articles=newest), *older


def write_site(folder: Path, site: SiteFacts) -> None:
    """All of it as files. The articles' pages show just their keys: they are others' work."""
    outputs: tuple[OutputKind, ...] = (OUTPUT, WEBSITE)
    found = shards()
    indexes: tuple[Index, ...] = (Fixed(), *found, SearchList(labels=tuple(shard.label for shard in found)))
    pages = [page for index in indexes for page in pages_of_index(index, site, outputs)]
    files = {page.key: page.body for page in pages}
    keys = [told.page_key for shard in found for told in shard.articles]
    files |= {key: PLAIN_PAGE.format(key=key).encode() for key in (*keys, "archive/index.html")}
    for key, body in files.items():
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
