"""What a run does day by day: publish what is new, and leave everything else alone."""

import shutil
from dataclasses import replace

from flows.publication import MARKER
from tasks.model import Result
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, stories


def test_the_first_run_publishes_everything(site: SiteFolder, upstream: Upstream) -> None:
    one, two, three = listed = stories(3)
    upstream.serve("rolling", *listed)
    ended = site.run()
    assert ended.ending == "Completed"
    report = ended.report
    assert (report.listed, report.steps) == (3, {"new": 3})
    assert {line.result for line in report.articles} == {Result.DONE}
    assert set(report.written) == set(site.files()) - {MARKER}
    assert ended.line(one.code).address == f"https://finews.withounder.com/emnews/2026/11/20/{one.number}.html"
    for story in (one, two, three):
        page = site.objects()[f"emnews/2026/11/20/{story.number}.html"].decode()
        assert story.title in page
        assert "正文，写给测试来读" in page
        assert f"_posts/2026-11-20-{story.number}.md" in site.objects()
    assert {"index.html", "feed.xml", "sitemap.xml", "404.html", "category/emnews.html", "emnews/index.html"} <= set(
        site.objects()
    )
    assert all(story.title in site.objects()["index.html"].decode() for story in listed)
    assert site.dead_links() == []


def test_nothing_new_writes_and_asks_nothing(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    before = site.prints()
    upstream.forget()
    ended = site.run()
    assert ended.ending == "Completed"
    assert all(line.step == "same" and line.address.endswith(".html") for line in ended.report.articles)
    assert upstream.texts_asked == []
    assert site.prints() == before
    report = ended.report
    assert (report.written, report.unchanged, report.deleted, report.plan) == ((), (), (), ())
    assert report.steps == {"same": 3}
    assert report.task_runs == 1  # the list was asked, nothing else


def test_one_new_article_changes_only_the_page_that_links_to_it(site: SiteFolder, upstream: Upstream) -> None:
    newest, *older = stories(3)
    upstream.serve("rolling", *older)
    site.run()
    before = site.prints()
    upstream.forget()
    upstream.serve("rolling", newest, *older)
    ended = site.run()
    assert upstream.texts_asked == [newest.code]
    assert f"emnews/2026/11/20/{newest.number}.html" in ended.report.written
    changed = {key for story in older for key in before if story.number in key and site.prints()[key] != before[key]}
    assert len(changed) == 1  # the page of the article that arrived before it has a link to the next one now
    assert newest.number in site.objects()[changed.pop().removeprefix("public/")].decode()


def test_a_changed_record_is_read_again(site: SiteFolder, upstream: Upstream) -> None:
    changed, neighbour = stories(2)
    upstream.serve("rolling", changed, neighbour)
    site.run()
    feed = site.objects()["feed.xml"]
    upstream.forget()
    upstream.serve("rolling", replace(changed, title="标题改过了", body="<p>正文也改过了，请再读一遍。</p>"), neighbour)
    ended = site.run()
    assert upstream.texts_asked == [changed.code]
    assert ended.line(changed.code).step == "changed"
    page, post = f"emnews/2026/11/20/{changed.number}.html", f"_posts/2026-11-20-{changed.number}.md"
    assert {page, post, "index.html", "feed.xml"} <= set(ended.report.written)
    assert {key for key in ended.report.written if neighbour.number in key} <= {
        page.replace(changed.number, neighbour.number)
    }
    assert "标题改过了" in site.objects()[page].decode()
    assert "正文也改过了" in site.objects()[post].decode()
    assert site.objects()["feed.xml"] != feed
    assert "revision 2" in site.story_of(changed.number)
    assert "revision 2" not in site.story_of(neighbour.number)


def test_a_changed_record_with_the_same_content_publishes_nothing(site: SiteFolder, upstream: Upstream) -> None:
    # The digest of the list comes with another bracket; what is published of it stays.
    [story] = stories(1)
    upstream.serve("rolling", story)
    site.run()
    before = site.prints()
    upstream.serve("rolling", story.record("rolling", unknown="a key that nobody has seen before"))
    assert site.run().report.written == ()
    assert site.prints() == before


def test_a_half_empty_record_after_a_good_one_changes_nothing(site: SiteFolder, upstream: Upstream) -> None:
    story, neighbour = stories(2)
    upstream.serve("rolling", story, neighbour)
    site.run()
    before = site.prints()
    upstream.serve("rolling", story.record("rolling", title="", showtime="", url_w=""), neighbour)
    upstream.forget()
    ended = site.run()
    assert ended.ending == "Completed with problems"
    assert ended.line(story.code).reason == "the title is empty"
    assert upstream.texts_asked == []
    assert site.prints() == before


def test_an_unusable_record_is_published_once_it_is_whole(site: SiteFolder, upstream: Upstream) -> None:
    story, neighbour = stories(2)
    upstream.serve("rolling", story.record("rolling", title=""), neighbour)
    ended = site.run()
    assert ended.line(story.code).result is Result.UNUSABLE
    assert not any(story.number in key for key in site.objects())
    upstream.serve("rolling", story, neighbour)
    ended = site.run()
    assert ended.ending == "Completed"
    assert ended.line(story.code).result is Result.DONE
    assert f"emnews/2026/11/20/{story.number}.html" in site.objects()
    assert "unusable: the title is empty" in site.story_of(story.number)


def test_a_store_that_was_deleted_is_written_again_without_asking_for_texts(
    site: SiteFolder, upstream: Upstream
) -> None:
    upstream.serve("rolling", *stories(3))
    site.run()
    before = site.objects()
    shutil.rmtree(site.public)
    upstream.forget()
    ended = site.run()
    assert ended.ending == "Completed"
    assert upstream.texts_asked == []
    assert site.objects() == before


def test_another_site_title_is_written_into_every_page(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(2))
    site.run()
    before = site.prints()
    posts = {key for key in site.objects() if key.startswith("_posts/")}
    upstream.forget()
    site.write(upstream.source("rolling"), site={"title": "另一个名字"})
    ended = site.run()
    assert ended.ending == "Completed"
    assert upstream.texts_asked == []
    pages = {key for key in site.objects() if key.endswith(".html")}
    assert pages <= set(ended.report.written)
    assert all("另一个名字" in site.objects()[key].decode() for key in pages)
    assert {key: site.prints()[f"public/{key}"] for key in posts} == {key: before[f"public/{key}"] for key in posts}
    assert site.run().report.written == ()


def test_a_source_says_how_its_texts_are_cleaned(site: SiteFolder, upstream: Upstream) -> None:
    body = (
        '<p><a class="keytip" href="http://q.example/">茅台</a>涨两成。</p><img src="http://cdn.known.example/p.png">'
    )
    site.write(dict(upstream.source("rolling")) | {"keyword_links": "keep", "https_hosts": ["known.example"]})
    [story] = stories(1, body=body)
    upstream.serve("rolling", story)
    site.run()
    page = site.objects()[f"emnews/2026/11/20/{story.number}.html"].decode()
    assert '<a href="http://q.example/"' in page
    assert 'src="https://cdn.known.example/p.png"' in page
