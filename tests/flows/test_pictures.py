"""What becomes of pictures by the setting of their source: left at the publisher, kept by the site, or left out."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from prefect import flow

from flows.maintain import audit, pause, rebuild, reinstate, restore, rollback, withdraw
from flows.mirroring import mirror_pictures
from flows.publication import MARKER, Publication
from flows.report import PICTURES
from flows.run import open_run, read_site
from tasks.model import Result, RunReport, Stage, WithdrawalReason
from tests.flows.test_interrupted import killed
from tests.support.drawing import drawn, opened
from tests.support.later import Later, later
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Story, Upstream, stories

__all__ = ["later"]

PHOTO = drawn(1280, 800)
SIZES = [480, 960, 1280]


def picture(body: bytes = PHOTO, **changes: object) -> Answer:
    """The answer of a publisher that has this picture."""
    return Answer(body=body, content_type="application/octet-stream", **changes)  # type: ignore[arg-type]


def told(*addresses: str) -> str:
    """A text with these pictures, each with a caption."""
    figures = (
        f'<center><img src="{url}" alt="港口"></center><p class="caption">图为{url[-5:]}</p>' for url in addresses
    )
    return "<p>港口增长两成，新航线开通。</p>" + "".join(figures)


def page_of(site: SiteFolder, story: Story) -> BeautifulSoup:
    """The article's page."""
    return BeautifulSoup(site.objects()[key_of(story)], "lxml")


def key_of(story: Story) -> str:
    """Key of the article's page."""
    return f"emnews/2026/11/20/{story.number}.html"


def images(site: SiteFolder, story: Story) -> list[Tag]:
    """The pictures of the article's page."""
    return page_of(site, story).select(".text img")


def kept(site: SiteFolder) -> list[str]:
    """Keys of all pictures in the store."""
    return sorted(key for key in site.objects() if key.startswith("pictures/"))


@pytest.fixture
def mirror(site: SiteFolder, upstream: Upstream) -> SiteFolder:
    """A site that keeps the pictures itself."""
    site.write(dict(upstream.source("rolling")) | {"pictures": "mirror"})
    return site


def test_pictures_are_kept_and_shown_in_sizes(mirror: SiteFolder, upstream: Upstream) -> None:
    url = upstream.serve_file("a.jpg", picture())
    [story] = stories(1, body=told(url))
    upstream.serve("rolling", story)
    ended = mirror.run()
    assert ended.ending == "Completed"
    keys = kept(mirror)
    assert [opened(mirror.objects()[key]).size for key in keys] == [(1280, 800), (480, 300), (960, 600)]
    assert len({key.rpartition("-")[0] for key in keys}) == 1
    assert all(re.fullmatch(r"pictures/([0-9a-f]{2})/\1[0-9a-f]{62}-\d+\.jpg", key) for key in keys)
    [shown] = images(mirror, story)
    assert (shown["width"], shown["height"], shown["alt"], shown["loading"]) == ("1280", "800", "港口", "lazy")
    candidates = [candidate.split() for candidate in str(shown["srcset"]).split(", ")]
    assert [width for _, width in candidates] == [f"{width}w" for width in SIZES]
    assert candidates[-1][0] == shown["src"]
    for address, _ in candidates:
        assert (mirror.public / key_of(story)).parent.joinpath(address).resolve().is_file()
    assert upstream.origin not in str(page_of(mirror, story).select_one(".text"))
    assert f"picture {url}: 1280 x 800, 3 sizes" in mirror.story_of(story.number)


def test_machines_are_told_the_address_at_the_site(mirror: SiteFolder, upstream: Upstream) -> None:
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture())))
    upstream.serve("rolling", story)
    mirror.run()
    widest = next(key for key in kept(mirror) if "-1280." in key)
    address = f"https://finews.withounder.com/{widest}"
    page = page_of(mirror, story)
    assert page.select_one('meta[property="og:image"]')["content"] == address  # type: ignore[index]
    facts = json.loads(page.select_one('script[type="application/ld+json"]').text)  # type: ignore[union-attr]
    assert facts["image"] == [address]
    [item] = json.loads(mirror.objects()["feed.json"])["items"]
    assert item["image"] == address
    for feed in ("feed.xml", "rss.xml", "feed.json"):
        text = mirror.objects()[feed].decode()
        assert address in text
        assert address.replace("-1280.", "-480.") + " 480w" in text
        assert "../" not in text
        assert upstream.origin not in text


def test_a_picture_that_cannot_be_had_is_left_out_and_named(mirror: SiteFolder, upstream: Upstream) -> None:
    good = upstream.serve_file("good.jpg", picture())
    gone = f"{upstream.origin}/files/gone.jpg"
    fake = upstream.serve_file("fake.jpg", picture(b"<svg onload='alert(1)'/>"))
    story, other = stories(2)
    story = Story(number=story.number, body=told(good, gone, fake))
    upstream.serve("rolling", story, other)
    ended = mirror.run()
    assert ended.ending == "Completed"
    assert ended.line(story.code).result is Result.DONE
    assert len(images(mirror, story)) == 1
    captions = [caption.text for caption in page_of(mirror, story).select("figcaption")]
    assert captions == [f"图为{url[-5:]}" for url in (good, gone, fake)]
    named = {o.reason for o in ended.report.outcomes if o.subject == story.number and o.stage is Stage.MIRROR}
    assert any(gone in reason and "status 404" in reason for reason in named)
    assert any(fake in reason and "expected JPEG, PNG, GIF, WebP or BMP" in reason for reason in named)
    assert all(reason in mirror.story_of(story.number) for reason in named)
    assert not [key for key, body in mirror.objects().items() if b"mirror:" in body]


def test_it_is_fetched_once_for_all_articles_and_runs(mirror: SiteFolder, upstream: Upstream) -> None:
    url = upstream.serve_file("a.jpg", picture())
    newest, *older = stories(3, body=told(url))
    upstream.serve("rolling", *older)
    mirror.run()
    assert upstream.files_asked == ["a.jpg"]
    upstream.serve("rolling", newest, *older)
    ended = mirror.run()
    assert upstream.files_asked == ["a.jpg"]
    assert len(images(mirror, newest)) == 1
    assert not [key for key in ended.report.written if key.startswith("pictures/")]
    before = mirror.prints()
    mirror.do(rebuild)
    assert mirror.run().report.written == ()
    assert (mirror.prints(), upstream.files_asked) == (before, ["a.jpg"])


def test_one_that_comes_late_is_shown_everywhere_without_being_a_correction(
    mirror: SiteFolder, upstream: Upstream
) -> None:
    url = upstream.serve_file("a.jpg", Answer(status=404))
    story, *others = stories(3, body=told(url))
    upstream.serve("rolling", story, *others)
    mirror.run()
    assert (kept(mirror), upstream.files_asked) == ([], ["a.jpg"])
    upstream.forget()
    upstream.serve_file("a.jpg", picture())
    mirror.run()
    assert (upstream.files_asked, upstream.texts_asked) == (["a.jpg"], [])
    assert len(images(mirror, story)) == 1
    assert kept(mirror)[0] in mirror.objects()["feed.xml"].decode()
    assert page_of(mirror, story).select_one(".corrected") is None


def left(report: RunReport) -> list[str]:
    """What the report says of pictures that wait for the next run."""
    return [outcome.reason for outcome in report.outcomes if outcome.subject == PICTURES]


def test_a_host_that_is_down_keeps_nobody_waiting_for_long(mirror: SiteFolder, upstream: Upstream) -> None:
    source = dict(upstream.source("rolling")) | {"pictures": "mirror"}
    mirror.write(source, fetch={"retries": 1, "retry_delay": 0, "per_host": 1}, pictures={"max_failures": 3})
    listed = [Story(number=s.number, body=told(f"http://127.0.0.1:1/{s.number}.jpg")) for s in stories(60, body="")]
    good = Story(
        number="202611190000000001", time="2026-11-19 09:00:00", body=told(upstream.serve_file("a.jpg", picture()))
    )
    upstream.serve("rolling", *listed, good)
    ended = mirror.run()
    assert ended.ending == "Completed"
    assert all(line.result is Result.DONE for line in ended.report.articles)
    # The second try of the second picture was the third failure in a row; another may have waited for its own second try.
    assert left(ended.report) in (
        [f"{n} pictures left for the next run: 127.0.0.1:1 failed 3 times in a row"] for n in (58, 59)
    )
    tried = [o for o in ended.report.outcomes if o.stage is Stage.MIRROR and o.result is Result.FAILED]
    assert 1 <= len(tried) <= 2
    [late] = [key for key in mirror.objects() if key.endswith(f"{good.number}.html")]
    assert b"pictures/" in mirror.objects()[late]


def test_pictures_for_which_there_is_no_time_come_with_the_next_run(mirror: SiteFolder, upstream: Upstream) -> None:
    source = dict(upstream.source("rolling")) | {"pictures": "mirror"}
    mirror.write(source, pictures={"max_seconds": 0})
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture()), upstream.serve_file("b.jpg", picture())))
    upstream.serve("rolling", story)
    ended = mirror.run()
    assert (ended.ending, upstream.files_asked, images(mirror, story)) == ("Completed", [], [])
    assert left(ended.report) == ["2 pictures left for the next run: time budget"]
    mirror.write(source)
    ended = mirror.run()
    assert (left(ended.report), upstream.files_asked, len(images(mirror, story))) == ([], ["a.jpg", "b.jpg"], 2)


def test_when_the_time_is_over_half_way_the_rest_is_left(mirror: SiteFolder, upstream: Upstream) -> None:
    source = dict(upstream.source("rolling")) | {"pictures": "mirror"}
    mirror.write(source, pictures={"max_seconds": 0})
    [story] = stories(1, body=told(*(upstream.serve_file(f"{n}.jpg", picture(drawn(seed=n))) for n in range(4))))
    upstream.serve("rolling", story)
    mirror.run()
    mirror.write(source, fetch={"per_host": 1}, pictures={"max_seconds": 60})

    @flow(persist_result=False)
    def by_a_clock_of_our_own() -> list[str]:
        with open_run(read_site(str(mirror.file)), run_id="own", clock=lambda: datetime.now(UTC)) as run:
            publication = Publication(run)
            publication.open()
            mirror_pictures(run, publication, clock=lambda: 40.0 * len(upstream.files_asked))
            return left(run.recorder.report(seconds=0))

    assert by_a_clock_of_our_own() == ["2 pictures left for the next run: time budget"]
    assert len(upstream.files_asked) == 2
    mirror.run()
    assert (len(upstream.files_asked), len(images(mirror, story))) == (4, 4)


def test_a_pause_is_for_pictures_too(mirror: SiteFolder, upstream: Upstream) -> None:
    source = dict(upstream.source("rolling")) | {"pictures": "mirror"}
    mirror.write(source, pictures={"max_seconds": 0})
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture())))
    upstream.serve("rolling", story)
    mirror.run()
    mirror.do(pause, sources=["rolling"], reason="their wish")
    mirror.write(source)
    ended = mirror.run()
    assert (upstream.files_asked, left(ended.report)) == ([], [])
    mirror.run(articles=[story.code], force=True)
    assert upstream.files_asked == ["a.jpg"]


@pytest.mark.parametrize("robots", ["obey", "ignore"])
def test_robots_txt_holds_for_pictures_too(mirror: SiteFolder, upstream: Upstream, robots: str) -> None:
    mirror.write(dict(upstream.source("rolling")) | {"pictures": "mirror", "robots": robots})
    upstream.serve_robots("Disallow: /files/private/", "Allow: /files/")
    urls = [upstream.serve_file(name, picture()) for name in ("a.jpg", "private/b.jpg")]
    [story] = stories(1, body=told(*urls))
    upstream.serve("rolling", story)
    mirror.run()
    log = mirror.story_of(story.number)
    if robots == "ignore":
        assert upstream.files_asked == ["a.jpg", "private/b.jpg"]
        return
    assert upstream.files_asked == ["a.jpg"]
    lines = [line for line in log.splitlines() if line.startswith("mirror: ")]
    assert any(f"GET {urls[0]}: 200" in line and "robots.txt: Allow: /files/, for *" in line for line in lines)
    assert any(urls[1] in line and "not asked: robots.txt: Disallow: /files/private/" in line for line in lines)
    with mirror.ledger() as ledger:
        now = datetime.now(UTC)
        assert ledger.pictures.due(now=now + timedelta(hours=20), limit=9) == ()
        assert ledger.pictures.due(now=now + timedelta(hours=25), limit=9) == (urls[1],)


def test_a_correction_lets_a_picture_go_that_no_list_of_before_can_show(mirror: SiteFolder, upstream: Upstream) -> None:
    story, other = stories(2, body=told(upstream.serve_file("a.jpg", picture())))
    other = Story(number=other.number, title="另一条")
    upstream.serve("rolling", story, other)
    mirror.run()
    keys = kept(mirror)
    upstream.serve("rolling", Story(number=story.number, title="改正的标题"), other)
    mirror.run()
    assert images(mirror, story) == []
    assert keys[0] not in mirror.objects()["feed.xml"].decode()
    assert kept(mirror) == keys
    mirror.do(rollback, generation=1)
    assert keys[0] in mirror.objects()["feed.xml"].decode()
    assert kept(mirror) == keys
    mirror.do(withdraw, articles=[other.code], reason=WithdrawalReason.OWN)  # nobody can go back behind that
    assert kept(mirror) == []
    assert mirror.run().report.written == ()


@pytest.mark.parametrize("change", [{"rights": "excerpt"}, {"pictures": "hotlink"}, {"pictures": "drop"}], ids=str)
def test_a_right_taken_back_takes_the_pictures_out_of_articles_lists_and_store(
    mirror: SiteFolder, upstream: Upstream, change: dict[str, str]
) -> None:
    source = dict(upstream.source("rolling")) | {"pictures": "mirror"}
    url = upstream.serve_file("a.jpg", picture())
    [story] = stories(1, body=told(url))
    upstream.serve("rolling", story)
    mirror.run()
    keys = kept(mirror)
    mirror.write(source | change)
    ended = mirror.run()
    assert [shown["src"] for shown in images(mirror, story)] == ([url] if change == {"pictures": "hotlink"} else [])
    assert page_of(mirror, story).select_one(".corrected") is None
    assert not [key for key, body in mirror.files().items() if keys[0].encode() in body]
    assert any("1 articles were cut" in outcome.reason for outcome in ended.report.outcomes)
    assert kept(mirror) == keys  # pages that readers have open may still load them
    with mirror.ledger() as ledger:
        now = datetime.now(UTC)
        assert ledger.objects.to_delete(now=now + timedelta(minutes=50)) == ()
        soon = ledger.objects.to_delete(now=now + timedelta(minutes=61))
        assert [key for key in soon if key.startswith("pictures/")] == keys
        ledger.objects.delete_later(keys, after=now)
    ended = mirror.run(articles=[story.code], force=True)  # to read it again finds just that
    assert (kept(mirror), sorted(ended.report.deleted), ended.report.written) == ([], keys, ())
    assert upstream.files_asked == ["a.jpg"]


def test_an_emptied_store_asks_for_the_pictures_again(mirror: SiteFolder, upstream: Upstream) -> None:
    url = upstream.serve_file("a.jpg", picture())
    lost = upstream.serve_file("lost.jpg", picture(drawn(seed=1)))
    [story] = stories(1, body=told(url, lost))
    upstream.serve("rolling", story)
    mirror.run()
    before = mirror.objects()
    shutil.rmtree(mirror.public)
    upstream.forget()
    mirror.run()
    assert mirror.objects() == before
    assert (upstream.files_asked, upstream.texts_asked) == (["a.jpg", "lost.jpg"], [])
    shutil.rmtree(mirror.public)
    upstream.serve_file("lost.jpg", Answer(status=410))
    mirror.run()
    assert len(images(mirror, story)) == 1
    assert len(page_of(mirror, story).select("figcaption")) == 2


def test_an_audit_finds_and_repairs_a_picture(mirror: SiteFolder, upstream: Upstream) -> None:
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture())))
    upstream.serve("rolling", story)
    mirror.run()
    before = mirror.objects()
    missing, damaged, _ = kept(mirror)
    (mirror.public / missing).unlink()
    (mirror.public / damaged).write_bytes(b"other")
    assert missing in str([o.reason for o in mirror.do(audit).report.outcomes])
    mirror.do(audit, repair=True)
    assert mirror.objects() == before
    assert mirror.do(audit).ending == "Completed"
    (mirror.public / missing).unlink()
    upstream.serve_file("a.jpg", Answer(status=410))
    ended = mirror.do(audit, repair=True)
    assert images(mirror, story) == []
    assert any(o.subject == "pictures that nothing shows" and o.reason.startswith("2: ") for o in ended.report.outcomes)
    with mirror.ledger() as ledger:  # its other sizes are of no use any more
        assert list(ledger.objects.to_delete(now=datetime.now(UTC) + timedelta(hours=1))) == kept(mirror)


def test_what_a_killed_run_wrote_and_nobody_shows_goes_by_itself(
    mirror: SiteFolder, upstream: Upstream, later: Later
) -> None:
    """Its publisher has another picture by the time of the next run."""
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture())))
    upstream.serve("rolling", story)
    killed(mirror, nth=4)
    [*orphans] = kept(mirror)
    assert orphans
    upstream.serve_file("a.jpg", picture(drawn(seed=2)))
    mirror.run()
    assert set(orphans) < set(kept(mirror))
    later.ahead = timedelta(hours=2)
    mirror.run()
    assert not set(orphans) & set(kept(mirror))
    assert len(images(mirror, story)) == 1
    assert mirror.do(audit).ending == "Completed"


def test_a_restored_ledger_knows_its_pictures(mirror: SiteFolder, upstream: Upstream) -> None:
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture())))
    upstream.serve("rolling", story)
    mirror.run()
    unused = "pictures/ab/ab" + "0" * 62 + "-480.jpg"
    for key in (unused, "pictures/logo.png"):  # one that was about to leave, and one of somebody else
        (mirror.public / key).parent.mkdir(exist_ok=True)
        (mirror.public / key).write_bytes(b"bytes")
    before = mirror.files()
    mirror.ledger_file.unlink()
    upstream.forget()
    assert mirror.do(restore).ending == "Completed"
    assert mirror.run().ending == "Completed"
    assert upstream.files_asked == []
    assert mirror.files() | {MARKER: b""} == before | {MARKER: b""}
    with mirror.ledger() as ledger:
        assert ledger.objects.to_delete(now=datetime.now(UTC) + timedelta(hours=1)) == (unused,)
        assert "pictures/logo.png" not in ledger.objects.all()


def test_a_withdrawn_article_takes_its_pictures_with_it(mirror: SiteFolder, upstream: Upstream) -> None:
    shared = upstream.serve_file("shared.jpg", picture())
    own = upstream.serve_file("own.jpg", picture(drawn(seed=2)))
    story, other = stories(2)
    upstream.serve(
        "rolling", Story(number=story.number, body=told(shared, own)), Story(number=other.number, body=told(shared))
    )
    mirror.run()
    before = kept(mirror)
    mirror.do(withdraw, articles=[story.code], reason=WithdrawalReason.LEGAL)
    assert kept(mirror) == [key for key in before if key in str(page_of(mirror, other))]
    mirror.do(reinstate, articles=[story.code])
    assert kept(mirror) == before
    assert len(images(mirror, story)) == 2


def test_a_dry_run_keeps_no_picture(mirror: SiteFolder, upstream: Upstream) -> None:
    [story] = stories(1, body=told(upstream.serve_file("a.jpg", picture())))
    upstream.serve("rolling", story)
    ended = mirror.run(dry_run=True)
    assert sum(action.key.startswith("pictures/") for action in ended.report.plan) == 3
    assert mirror.files() == {}
    mirror.run()
    assert len(kept(mirror)) == 3


def test_pictures_that_are_to_be_dropped(site: SiteFolder, upstream: Upstream) -> None:
    site.write(dict(upstream.source("rolling")) | {"pictures": "drop"})
    url = upstream.serve_file("a.jpg", picture())
    story, only_pictures = stories(2)
    story = Story(number=story.number, body=told(url, url))
    upstream.serve("rolling", story, Story(number=only_pictures.number, body=f'<p><img src="{url}"></p>'))
    ended = site.run()
    text = page_of(site, story).select_one(".text")
    assert text is not None
    assert str(text.decode_contents()).strip() == "<p>港口增长两成，新航线开通。</p>"
    failed = ended.line(only_pictures.code)
    assert (failed.result, failed.stage) == (Result.FAILED, Stage.PARSE)
    assert "is empty" in failed.reason
    assert upstream.files_asked == []


def test_pictures_stay_where_they_are_without_a_setting(site: SiteFolder, upstream: Upstream) -> None:
    url = upstream.serve_file("a.jpg", picture())
    [story] = stories(1, body=told(url))
    upstream.serve("rolling", story)
    site.run()
    [shown] = images(site, story)
    assert (shown["src"], shown["referrerpolicy"], shown["loading"]) == (url, "no-referrer", "lazy")
    assert upstream.files_asked == []
