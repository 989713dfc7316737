"""One story in the rolling and in a media list is one article: one page, one post, the media list's record."""

from pathlib import Path

import pytest

from tasks.model import Result
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream, stories

STORY = Story(number="202611200000000077", body="<p>\u3000\u3000河滨港去年吞吐量增长两成，新航线开通。</p>")
ROLLING_PAGE = f"emnews/2026/11/20/{STORY.number}.html"
MEDIA_PAGE = f"hebinribao/2026/11/20/{STORY.code}.html"
ROLLING_POST = f"_posts/2026-11-20-{STORY.number}.md"
MEDIA_POST = f"_posts/2026-11-20-{STORY.code}.md"


def _posts(site: SiteFolder) -> list[str]:
    return sorted(key for key in site.objects() if key.startswith("_posts/") and STORY.number in key)


def _both_lists(upstream: Upstream) -> None:
    upstream.serve("rolling", STORY, *stories(1))
    upstream.serve("media", STORY)


def test_in_one_run(two_lists: SiteFolder, upstream: Upstream) -> None:
    _both_lists(upstream)
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert upstream.texts_asked.count(STORY.code) == 1
    assert ended.report.listed == 2
    assert _posts(two_lists) == [MEDIA_POST]
    assert MEDIA_PAGE in two_lists.objects()
    assert ROLLING_PAGE not in two_lists.objects()
    # The rolling digest, without its bracket, is the summary.
    assert "河滨港去年吞吐量增长两成。（河滨日报）" in two_lists.objects()["category/hebinribao.html"].decode()
    assert two_lists.dead_links() == []


def test_rolling_first_then_media_moves_the_article(two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", STORY, *stories(1))
    upstream.serve("media", Story(number="202611200000000099"))
    two_lists.run()
    assert _posts(two_lists) == [ROLLING_POST]
    _both_lists(upstream)
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert ended.line(STORY.code).step == "changed"
    assert _posts(two_lists) == [MEDIA_POST]
    assert ended.report.deleted == (ROLLING_POST,)
    assert STORY.title in two_lists.objects()[MEDIA_PAGE].decode()
    moved = two_lists.objects()[ROLLING_PAGE].decode()
    assert MEDIA_PAGE in moved  # as its canonical address and as the link to follow
    assert "新航线开通" not in moved
    assert STORY.title not in two_lists.objects()["category/emnews.html"].decode()
    assert STORY.title in two_lists.objects()["category/hebinribao.html"].decode()
    assert ROLLING_PAGE not in two_lists.objects()["sitemap.xml"].decode()
    assert two_lists.objects()["feed.xml"].decode().count(STORY.title) <= 2  # its entry, and no second one
    assert two_lists.dead_links() == []
    before = two_lists.prints()
    assert two_lists.run().report.written == ()
    assert two_lists.prints() == before


def test_media_first_then_rolling_changes_the_summary_only(two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("media", STORY)
    upstream.serve("rolling", *stories(1))
    two_lists.run()
    assert _posts(two_lists) == [MEDIA_POST]
    post = two_lists.objects()[MEDIA_POST]
    _both_lists(upstream)
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert ended.report.deleted == ()
    assert _posts(two_lists) == [MEDIA_POST]
    assert two_lists.objects()[MEDIA_POST] == post
    assert ROLLING_PAGE not in two_lists.objects()
    assert "河滨港去年吞吐量增长两成。（河滨日报）" in two_lists.objects()["category/hebinribao.html"].decode()


def test_leaving_the_media_list_moves_nothing_back(two_lists: SiteFolder, upstream: Upstream) -> None:
    _both_lists(upstream)
    two_lists.run()
    before = two_lists.prints()
    upstream.serve("media", Story(number="202611200000000099"))
    ended = two_lists.run()
    assert ended.line(STORY.code).result is Result.SKIPPED
    assert two_lists.prints()[f"public/{MEDIA_POST}"] == before[f"public/{MEDIA_POST}"]
    assert "202611200000000099" in two_lists.objects()[MEDIA_PAGE].decode()  # the next one in its category


def test_all_three_shapes_at_once(prefect_harness: None, upstream: Upstream, tmp_path: Path) -> None:
    site = SiteFolder(folder=tmp_path)
    site.write(*(upstream.source(name) for name in ("rolling", "media", "market")))
    upstream.serve("rolling", STORY, *stories(2))
    upstream.serve("media", STORY, Story(number="202611200000000088", media="海雾晚报", title="灯塔开放"))
    upstream.serve("market", STORY, Story(number="202611200000000089", media="海雾晚报", title="码头扩建"))
    ended = site.run()
    assert ended.ending == "Completed"
    assert ended.report.listed == 5
    assert _posts(site) == [MEDIA_POST]
    shelf = site.objects()["category/haiwuwanbao.html"].decode()
    assert "灯塔开放" in shelf
    assert "码头扩建" in shelf
    assert site.dead_links() == []


def test_one_source_fails_alone(two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    ended = two_lists.run()  # the media list is 404
    assert ended.ending == "Failed"
    assert ended.state.is_failed()
    assert "media" in str(ended.state.message)
    assert "404" in str(ended.state.message)
    assert [line.result for line in ended.report.articles] == [Result.DONE, Result.DONE]
    assert "index.html" in two_lists.objects()


@pytest.mark.parametrize("empty", ["", "   "])
def test_media_without_a_name_share_a_shelf(empty: str, two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    upstream.serve("media", Story(number="202611200000000088", media=empty))
    ended = two_lists.run()
    assert ended.ending == "Completed"
    assert "其他" in two_lists.objects()["index.html"].decode()
    assert two_lists.dead_links() == []
