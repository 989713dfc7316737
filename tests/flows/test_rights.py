"""What publishers allow: whole texts or excerpts, their credit line, and how long they keep a story for themselves."""

from datetime import UTC, datetime, timedelta

from tests.support.sites import SiteFolder
from tests.support.upstream import Story, Upstream

SECRET = "只在正文里的第二段"
STORY = Story(
    number="202611200000000001",
    body=f"<p>\u3000\u3000河滨港去年吞吐量增长两成，新航线开通。</p><p>{SECRET}，写给付费的读者。</p>",
)
ARTICLE = f"emnews/2026/11/20/{STORY.number}.html"


def _everything(site: SiteFolder) -> str:
    """All that is in the store, private objects too."""
    return "\n".join(body.decode("utf-8", "replace") for body in site.files().values())


def test_without_a_word_about_rights_only_an_excerpt_leaves_the_house(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", STORY)
    source = {key: value for key, value in upstream.source("rolling").items() if key != "rights"}
    site.write(source)
    ended = site.run()
    assert ended.ending == "Completed"
    assert SECRET not in _everything(site)
    for key in (ARTICLE, "feed.xml", "feed.json", f"_posts/2026-11-20-{STORY.number}.md"):
        text = site.objects()[key].decode()
        assert STORY.title in text
        assert STORY.link in text
        assert "河滨港去年吞吐量增长两成" in text
    with site.ledger() as ledger:
        assert SECRET not in str(ledger.articles.row(STORY.number))


def test_the_whole_text_and_the_credit_line(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", STORY)
    site.write({**upstream.source("rolling"), "credit": "稿件由 <河滨日报> 授权"})
    site.run()
    for key in (ARTICLE, "feed.xml", "rss.xml", "feed.json", f"_posts/2026-11-20-{STORY.number}.md"):
        text = site.objects()[key].decode()
        assert SECRET in text
        assert "授权" in text
    assert '<p class="credit">稿件由 &lt;河滨日报&gt; 授权</p>' in site.objects()[ARTICLE].decode()


def test_a_permission_taken_back_cuts_what_is_published(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", STORY)
    site.run()
    assert SECRET in _everything(site)
    site.write({**upstream.source("rolling"), "rights": "excerpt"})
    ended = site.run()
    assert SECRET not in _everything(site)
    assert any("1 articles were cut" in outcome.reason for outcome in ended.report.outcomes)
    with site.ledger() as ledger:
        assert SECRET not in str(ledger.articles.row(STORY.number))
    before = site.prints()
    assert site.run().report.written == ()
    assert site.prints() == before


def test_a_delayed_story_stands_nowhere_before_its_time(site: SiteFolder, upstream: Upstream) -> None:
    now = datetime.now(UTC) + timedelta(hours=8)
    fresh = Story(number="202611200000000002", title="刚刚发生的事", time=f"{now:%Y-%m-%d %H:%M:%S}", link="")
    upstream.serve("rolling", STORY, fresh)
    site.write({**upstream.source("rolling"), "delay_minutes": 90})
    ended = site.run()
    assert ended.ending == "Completed"
    assert ARTICLE in site.objects()
    assert fresh.title not in _everything(site)
    assert "not shown before" in site.story_of(fresh.number)
