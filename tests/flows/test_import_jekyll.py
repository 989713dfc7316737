"""Taking over a folder of posts: with their addresses, and with a named outcome for each that cannot be read."""

import shutil
from pathlib import Path

import pytest

from flows import maintain
from tests.support.crawling import dangling
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "finews"
BASE = "https://finews.withounder.com"
POST = """---
layout: post
title: "{title}"
date: 2022-05-30 22:00:29 +0800
categories: {category}
tags: {tag}
---
{digest}<p>{title}的正文，写给测试来读。</p>

<http://finance.example.com/{id}>

[返回{tag}](//finews.withounder.com/{shelf})｜[返回首页](//finews.withounder.com/)"""


def put(folder: Path, name: str, *, id: str, title: str = "旧消息", media: bool = False) -> str:  # noqa: A002
    """Write a post; its text."""
    values = {"category": "xinyangribao", "tag": "信阳日报新闻", "shelf": "category/xinyangribao.html", "digest": ""}
    if not media:
        digest = f"> {title}的摘要。\n\n"
        values = {"category": "emnews", "tag": "东财滚动新闻", "shelf": "emnews/", "digest": digest}
    text = POST.format(title=title, id=id, **values)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return text


def test_posts_come_in_with_their_addresses_and_bytes(two_lists: SiteFolder, upstream: Upstream) -> None:
    old = two_lists.folder / "old"
    rolling = put(old, "_posts/2022-05-30-202205302396671645.md", id="1")
    media = put(old, "old_post/2022-05-30-NW202205302396671646.md", id="2", title="日报消息", media=True)
    put(old, "_posts/2022-05-30-202205302396671647.md", id="3", title="")
    (old / "_posts/2021-12-01-init.md").write_text("---\ntitle: hello\n---\nno article")
    ended = two_lists.do(maintain.import_jekyll, folder=str(old))
    problems = {line.code: line.reason for line in ended.report.articles if line.result.value == "unusable"}
    assert ended.ending == "Completed with problems"
    assert [line.code for line in ended.report.articles if line.step == "imported"] == [
        "NW202205302396671645",
        "NW202205302396671646",
    ]
    assert sorted(problems) == ["_posts/2021-12-01-init.md", "_posts/2022-05-30-202205302396671647.md"]
    assert "the title is empty" in problems["_posts/2022-05-30-202205302396671647.md"]
    found = two_lists.objects()
    assert found["_posts/2022-05-30-202205302396671645.md"].decode() == rolling
    assert found["_posts/2022-05-30-NW202205302396671646.md"].decode() == media
    assert "旧消息" in found["emnews/2022/05/30/202205302396671645.html"].decode()
    assert "日报消息" in found["xinyangribao/2022/05/30/NW202205302396671646.html"].decode()
    assert "日报消息" in found["category/xinyangribao.html"].decode()
    assert dangling(found.get, BASE) == []
    before = two_lists.prints()
    two_lists.do(maintain.import_jekyll, folder=str(old))
    assert two_lists.prints() == before


def test_a_story_told_twice_keeps_both_addresses(two_lists: SiteFolder, upstream: Upstream) -> None:
    old = two_lists.folder / "old"
    put(old, "_posts/2022-05-30-202205302396671645.md", id="1")
    put(old, "_posts/2022-05-30-NW202205302396671645.md", id="1", media=True)
    two_lists.do(maintain.import_jekyll, folder=str(old))
    found = two_lists.objects()
    assert "旧消息" in found["xinyangribao/2022/05/30/NW202205302396671645.html"].decode()
    assert 'content="0; url=' in found["emnews/2022/05/30/202205302396671645.html"].decode()


def test_what_the_site_publishes_itself_is_not_taken_over(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    old = put(site.folder, "_posts/2022-05-30-202205302396671645.md", id="1")
    ended = site.do(maintain.import_jekyll, folder=str(site.folder))
    assert old
    assert [o.reason for o in ended.report.outcomes if o.subject == "the import"] == [
        f"1 stories taken over from 1 posts of {site.folder.name}"
    ]


def test_what_the_ledger_knows_is_not_replaced(site: SiteFolder, upstream: Upstream) -> None:
    known = stories(1)[0]
    upstream.serve("rolling", known)
    site.run()
    old = site.folder / "old"
    put(old, f"_posts/2022-05-30-{known.number}.md", id="1", title="别的标题")
    before = site.prints()
    ended = site.do(maintain.import_jekyll, folder=str(old))
    assert "the ledger has this story already" in next(o.reason for o in ended.report.outcomes if o.subject == "a post")
    assert site.prints() == before


def test_a_story_whose_text_never_came_is_taken_over(site: SiteFolder, upstream: Upstream) -> None:
    [story] = stories(1)
    upstream.serve("rolling", story)
    upstream.answer_text(story.code, Answer(body=b"no JSON"))
    site.run()
    put(site.folder / "old", f"_posts/2022-05-30-{story.number}.md", id="1")
    assert site.do(maintain.import_jekyll, folder=str(site.folder / "old")).ending == "Completed"
    assert "旧消息" in site.objects()[f"emnews/2022/05/30/{story.number}.html"].decode()
    with site.ledger() as ledger:
        assert ledger.quarantine.listed() == ()


def test_an_imported_story_that_a_list_names_is_read(site: SiteFolder, upstream: Upstream) -> None:
    old = site.folder / "old"
    story = Story(number="202205302396671645", title="新标题", time="2022-05-30 22:00:29")
    put(old, f"_posts/2022-05-30-{story.number}.md", id="1")
    site.do(maintain.import_jekyll, folder=str(old))
    upstream.serve("rolling", story)
    ended = site.run()
    assert ended.line(story.code).step == "changed"
    assert "新标题" in site.objects()[f"emnews/2022/05/30/{story.number}.html"].decode()


def test_a_folder_without_posts_is_an_error(site: SiteFolder) -> None:
    (site.folder / "empty").mkdir()
    ended = site.do(maintain.import_jekyll, folder=str(site.folder / "empty"))
    assert ended.ending == "Failed"
    assert "no posts below; expected a folder with _posts/ or old_post/" in str(ended.state.message)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the original's posts are not beside this checkout")
def test_the_originals_posts(two_lists: SiteFolder, upstream: Upstream) -> None:
    old = two_lists.folder / "old"
    shutil.copytree(SAMPLES, old / "_posts", ignore=shutil.ignore_patterns("README.md"))
    posts = {path.name for path in (old / "_posts").glob("*.md")}
    ended = two_lists.do(maintain.import_jekyll, folder=str(old))
    refused = {Path(line.code).name for line in ended.report.articles if line.result.value == "unusable"}
    assert refused == {"2021-12-01-init.md", "202205262391921712-missing-fields.md"}
    published = {key.rpartition("-")[2] for key in two_lists.objects() if key.startswith("_posts/")}
    told_twice = {"202205302396671645.md"}  # the media post is kept, and the other's address leads to it
    assert published == posts - refused - told_twice
    assert b'content="0; url=' in two_lists.objects()["emnews/2022/05/30/202205302396671645.html"]
    assert dangling(two_lists.objects().get, BASE) == []
