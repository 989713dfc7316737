"""Kept answers are read again by a better parser: what it can read is mended, and no publisher hears of it."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from flows import maintain
from tasks.errors import ConfigError
from tasks.model import Result, WithdrawalReason
from tasks.web.captures import files_in
from tests.support.later import Later, later
from tests.support.sites import Ended, SiteFolder
from tests.support.upstream import Answer, Upstream

__all__ = ["later"]

LEAD = (
    "<div class='lead'><p>第{n}号码头的短讯，今天早上开工，预计两年完成，港务局还没有说明工程如何分期，"
    "编辑部会在下午补充全文。</p></div>"
)
BODY = "<div class='body'><p>河滨港第{n}号码头今天开工，工程分三期，预计两年完成，港务局说全年吞吐量会因此增长{how}。</p></div>"
BOTH = "<div class='lead body'><p>河滨港第{n}号仓库今天完工，工程只用了一年，港务局说明年还会再建两座同样大小的仓库。</p></div>"
_OF_RUNS = ("generation", "last run", "last good run", "status told", "alerted")
_OF_ASKING = {
    "askings": "",
    "answers": "",
    "paces": "",
    "holds": "",
    "facts": "where name not in ('generation', 'last run', 'last good run', 'status told', 'alerted')",
}


def page(n: int, *parts: str, how: str = "两成") -> Answer:
    """The page of an article."""
    told = "".join(part.format(n=n, how=how) for part in parts)
    html = f"<html><head><title>第{n}号码头开工</title></head><body><h1>第{n}号码头开工</h1>{told}</body></html>"
    return Answer(body=html.encode(), content_type="text/html; charset=utf-8")


class Outlet:
    """A feed and its pages on the programmable upstream; every request is in its log."""

    def __init__(self, site: SiteFolder, upstream: Upstream) -> None:
        self.site = site
        self.upstream = upstream
        self.titles: dict[int, str] = {}

    def tell(self, n: int, answer: Answer, *, title: str = "", content: str = "") -> None:
        """One record of the feed, and the page behind it."""
        self.upstream.serve_file(f"{n}.html", answer)
        text = f"<content:encoded>{escape(content)}</content:encoded>" if content else ""
        self.titles[n] = (
            f"<item><title>{title or f'第{n}号码头开工'}</title><link>{self.upstream.origin}/files/{n}.html</link>"
            f"<pubDate>Fri, 20 Nov 2026 0{n}:00:00 +0800</pubDate>{text}</item>"
        )
        feed = (
            "<?xml version='1.0'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
            f"<channel><title>河滨网</title>{''.join(self.titles.values())}</channel></rss>"
        )
        self.upstream.serve_file("feed.xml", Answer(body=feed.encode(), content_type="application/rss+xml"))

    def written(self, body: str, **changes: object) -> None:
        """The site file, in which the text of a page is what `body` selects."""
        table = {
            "name": "outlet", "kind": "feed", "rights": "full", "robots": "ignore",
            "list_url": f"{self.upstream.origin}/files/feed.xml", **changes,
        }  # fmt: skip
        self.site.write(table, verdict={"max_problem_share": 1.0})
        with self.site.file.open("a", encoding="utf-8") as file:
            file.write(f'[sources.page]\nbody = "{body}"\n')

    def replay(self, **wish: object) -> Ended:
        """A replay, which must not ask for anything."""
        self.upstream.forget()
        ended = self.site.do(maintain.replay, **wish)
        assert self.upstream.files_asked == []
        return ended

    def page_of(self, n: int) -> str:
        """What readers get."""
        row = self.row(n)
        return self.site.objects()[str(row["page_key"])].decode()

    def row(self, n: int) -> Mapping[str, object]:
        """What the ledger knows of a story."""
        with self.site.ledger() as ledger:
            key = ledger.articles.find(f"{self.upstream.origin}/files/{n}.html") or ""
            return self.rows("articles", f"where key = '{key or self.key(n)}'")[0]

    def key(self, n: int) -> str:
        """The key of a story that was not read yet."""
        [row] = self.rows("sightings", f"where entry like '%/files/{n}.html%'")
        return str(row["key"])

    def rows(self, table: str, where: str = "") -> Sequence[Mapping[str, object]]:
        """A table of the ledger."""
        with closing(sqlite3.connect(self.site.ledger_file)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(f"select * from {table} {where} order by 1, 2")]

    def of_asking(self) -> Mapping[str, object]:
        """Everything that the ledger knows of asking sources and of what they answered."""
        return {name: self.rows(name, where) for name, where in _OF_ASKING.items()}

    def results(self, ended: Ended) -> Mapping[int, tuple[Result, str]]:
        """What became of each article in a replay."""
        numbers = {self.key(n): n for n in self.titles}
        return {numbers[line.key]: (line.result, line.reason) for line in ended.report.articles}


@pytest.fixture
def outlet(site: SiteFolder, upstream: Upstream) -> Outlet:
    """An outlet that lists nothing yet."""
    return Outlet(site, upstream)


def test_a_better_parser_mends_what_was_read_and_what_was_not(outlet: Outlet) -> None:
    site = outlet.site
    outlet.written(".lead")
    outlet.tell(1, page(1, LEAD, BODY))
    outlet.tell(2, page(2, BODY))  # .lead selects nothing
    outlet.tell(3, page(3, LEAD))  # .body will select nothing
    outlet.tell(4, page(4, BOTH))
    assert site.run().ending == "Completed with problems"
    assert "短讯" in outlet.page_of(1)
    with site.ledger() as ledger:
        assert [one.key for one in ledger.quarantine.listed()] == [outlet.key(2)]
    third, of_asking = outlet.page_of(3), outlet.of_asking()
    outlet.written(".body")

    prints, everything = site.prints(), outlet.rows("articles")
    rehearsed = outlet.replay(dry_run=True)
    assert site.prints() == prints
    assert outlet.rows("articles") == everything
    assert any(action.key.endswith(".html") for action in rehearsed.report.plan)

    ended = outlet.replay()
    assert ended.ending == "Completed with problems"
    results = outlet.results(ended)
    assert [results[n][0] for n in (1, 2, 3, 4)] == [Result.DONE, Result.DONE, Result.FAILED, Result.SKIPPED]
    assert results[4][1] == "nothing changes by it"
    assert "河滨港第1号码头" in outlet.page_of(1)
    assert "短讯" not in outlet.page_of(1)
    assert "河滨港第2号码头" in outlet.page_of(2)
    assert outlet.page_of(3) == third
    assert (outlet.row(3)["status"], outlet.row(3)["attempts"], outlet.row(3)["revision"]) == ("ready", 0, 1)
    assert (outlet.row(2)["status"], outlet.row(2)["attempts"], outlet.row(4)["revision"]) == ("ready", 0, 1)
    assert "is read again" in site.story_of(outlet.key(1))
    assert site.dead_links() == []
    assert outlet.rows("quarantine") == []
    assert outlet.of_asking() == of_asking

    again = outlet.replay()
    assert again.report.written == ()
    assert outlet.row(1)["revision"] == 2
    assert site.do(maintain.rebuild).report.written == ()


def test_what_a_publisher_still_owes_stays_owed(outlet: Outlet, later: Later) -> None:
    outlet.written(".lead", pictures="mirror")
    outlet.tell(1, page(1, LEAD, BODY))
    outlet.tell(2, page(2, LEAD, BODY.replace("</p>", "<img src='pier.png' alt='码头'></p>")))
    outlet.site.run()
    outlet.tell(1, Answer(status=404), title="第1号码头开工仪式")
    later.ahead = timedelta(minutes=1)
    outlet.site.run()
    names = ("status", "attempts", "next_try_at", "error", "offer_digest")
    owed = [outlet.row(1)[name] for name in names]
    assert owed[:2] == ["failed", 1]
    outlet.written(".body", pictures="mirror")
    outlet.replay()
    assert "河滨港第2号码头" in outlet.page_of(2)  # without its picture, for which nobody was asked
    assert [outlet.row(1)[name] for name in names] == owed
    assert "河滨港第1号码头" in outlet.page_of(1)
    assert outlet.replay().report.written == ()
    outlet.tell(1, page(1, BODY, how="三成"), title="第1号码头开工仪式")
    later.ahead = timedelta(hours=1)
    outlet.site.run()
    assert "三成" in outlet.page_of(1)
    assert "pier.png" in outlet.upstream.files_asked


def test_an_older_answer_never_takes_the_place_of_a_newer_text(outlet: Outlet) -> None:
    outlet.written(".body")
    outlet.tell(1, page(1, BODY))
    outlet.site.run()
    (first,) = files_in(outlet.site.folder / "captures")
    outlet.tell(1, page(1, BODY, how="三成"))
    outlet.site.run(force=True)
    for path in files_in(first.parent):
        if path != first:  # another machine has it
            path.unlink()
    ended = outlet.replay()
    assert outlet.results(ended)[1][1].startswith("no kept answer but that of ")
    assert ended.report.written == ()
    assert "三成" in outlet.page_of(1)


def test_a_damaged_file_is_named_and_read_as_far_as_it_is_whole(outlet: Outlet) -> None:
    outlet.written(".lead")
    outlet.tell(1, page(1, LEAD, BODY))
    outlet.site.run()
    outlet.tell(2, page(2, LEAD, BODY))
    outlet.site.run()
    newest, oldest = files_in(outlet.site.folder / "captures")
    newest.write_bytes(newest.read_bytes()[:-20])
    (oldest.parent / "rest.warc.gz").write_bytes(b"\0" * 99)
    outlet.written(".body")
    ended = outlet.replay()
    said = [outcome.reason for outcome in ended.report.outcomes if outcome.subject == "captures"]
    assert len(said) == 2
    assert any(f"{newest.name}: ends in the middle" in reason for reason in said)
    results = outlet.results(ended)
    assert (results[1][0], results[2]) == (Result.DONE, (Result.SKIPPED, "no kept answer"))
    assert ended.ending == "Completed"
    assert "短讯" in outlet.page_of(2)


def test_a_moved_page_a_text_of_the_list_and_a_withdrawn_article(outlet: Outlet, later: Later) -> None:
    there = outlet.upstream.serve_file("there.html", page(1, LEAD, BODY))
    outlet.written(".lead", text="feed")
    outlet.tell(1, Answer(status=301, headers=(("Location", there),)))
    outlet.tell(2, Answer(status=404), content=BODY.format(n=2, how="两成"))
    outlet.tell(3, page(3, LEAD, BODY))
    outlet.site.run()
    outlet.site.do(maintain.withdraw, articles=[outlet.key(3)], reason=WithdrawalReason.OWN)
    outlet.upstream.serve_file("there.html", page(1, LEAD, BODY, how="三成"))
    later.ahead = timedelta(hours=1, minutes=5)
    outlet.site.run()  # looks again, at once at the new address
    outlet.written(".body", text="feed")
    ended = outlet.replay()
    results = outlet.results(ended)
    assert results[1] == (Result.DONE, "")
    assert "三成" in outlet.page_of(1)
    assert results[2] == (Result.SKIPPED, "nothing changes by it")
    assert results[3] == (Result.SKIPPED, "withdrawn; only a person can bring it back")
    assert "its record is read again" in outlet.site.story_of(outlet.key(2))


def test_which_articles_are_read_again(outlet: Outlet, tmp_path: Path) -> None:
    outlet.written(".lead")
    for n in (1, 2, 3, 4):
        outlet.tell(n, page(n, LEAD, BODY))
    outlet.site.run()
    outlet.written(".body")
    noon = {"since": "2026-11-20T02:00:00", "until": "2026-11-20T04:00:00+08:00"}
    assert set(outlet.results(outlet.replay(**noon, dry_run=True))) == {2, 3}
    assert set(outlet.results(outlet.replay(limit=1, dry_run=True))) == {4}
    named = outlet.replay(articles=[outlet.key(2), "nobody"], sources=["outlet"])
    assert {line.code: line.result for line in named.report.articles} == {
        str(outlet.row(2)["code"]): Result.DONE, "nobody": Result.UNUSABLE,
    }  # fmt: skip
    assert "短讯" in outlet.page_of(1)
    for wrong in ({"sources": ["outlat"]}, {"limit": 0}, {"since": "2026-11-21", "until": "2026-11-20"}):
        assert isinstance(outlet.replay(**wrong).result, ConfigError)
