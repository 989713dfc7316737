"""The same story from two outlets stands twice and says so; two days of one market do not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.bench.same_stories import PATTERNS, RETOLD
from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream

NOW = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)  # old stories are not compared any more


def _story(number: int, media: str, text: str, title: str) -> Story:
    at = NOW + timedelta(hours=number)
    return Story(
        number=f"{at:%Y%m%d}{number:010d}",
        title=title,
        media=media,
        time=f"{at:%Y-%m-%d %H:%M:%S}",
        body=f"<p>{text}</p>",
    )


FIRST = _story(1, "河滨日报", RETOLD[0][0], "河滨港提前完成全年目标")
SECOND = _story(2, "北岭时报", RETOLD[0][1], "前十个月吞吐量增长逾一成")
OTHER = Story(number="202611200000000009", title="另一件事", body="<p>另一件事的正文。</p>")


def _key(site: SiteFolder, story: Story) -> str:
    return next(key for key in site.objects() if key.endswith(f"/{story.code}.html"))


def _also(site: SiteFolder, key: str) -> bool:
    return "同题报道" in site.objects()[key].decode()


def test_each_names_the_other_also_when_it_comes_later(two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", OTHER)
    upstream.serve("media", FIRST)
    two_lists.run()
    pages = [_key(two_lists, FIRST)]
    assert not _also(two_lists, pages[0])
    upstream.serve("media", FIRST, SECOND)
    ended = two_lists.run()
    pages.append(_key(two_lists, SECOND))
    first, second = (two_lists.objects()[key].decode() for key in pages)
    assert "北岭时报" in first
    assert "河滨日报" in second
    assert set(pages) <= set(ended.report.written)
    assert f"tells the same story as {FIRST.number}" in two_lists.story_of(SECOND.number)
    assert f"its story is told by {SECOND.number} too" in two_lists.story_of(FIRST.number)
    assert two_lists.run().report.written == ()


def test_days_of_one_market_are_not_joined(two_lists: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", OTHER)
    first, second = (
        _story(place, media, text, "收评")
        for place, media, text in ((1, "河滨日报", PATTERNS[0][0]), (2, "北岭时报", PATTERNS[0][1]))
    )
    upstream.serve("media", first, second)
    two_lists.run()
    assert not _also(two_lists, _key(two_lists, first))
    assert not _also(two_lists, _key(two_lists, second))
