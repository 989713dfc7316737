"""Whatever happens to articles, templates, runs, ledger and objects: the store ends as that of a clean rebuild."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from flows import mirroring, publication, waves
from flows.auditing import audit_store
from flows.publication import MARKER
from flows.publishing import render_and_publish
from flows.restoring import restore_ledger
from flows.rollback import bring_back
from flows.run import Run, open_run, read_site
from tasks.articles.images import Rendition, Renditions
from tasks.articles.mirroring import unmirrored
from tasks.errors import ConfigError, FetchError, FinewsError
from tasks.ledger import generations
from tasks.model import Action, ActionKind, Category, Page, Receipt, Status, Stored, WithdrawalReason
from tasks.stores import Guard, unguarded
from tasks.stores.memory import MemoryStore
from tests.support.crawling import dangling
from tests.support.ledgers import CHINA, DAILY, ROLLING, article, entry, listing, offer

# To find the smallest example takes a while.
pytestmark = [pytest.mark.timeout(3600), pytest.mark.usefixtures("no_prefect_server")]
BASE = "https://example.com"
START = datetime(2026, 3, 4, 5, tzinfo=UTC)
SITE = """
[site]
title = "{title}"
base_url = "https://example.com"
search = false
[publish]
url = "mem:"
[ledger]
url = "sqlite:///{folder}/ledger.db"
[captures]
folder = ""

[[sources]]
name = "media"
kind = "choice"
rights = "full"
list_url = "http://127.0.0.1:1/list"
article_url = "http://127.0.0.1:1/text?id={{code}}"
share_url = "http://127.0.0.1:1/page?id={{code}}"
"""


GONE = "http://h.example/gone.png"
PICTURES = st.lists(st.sampled_from([GONE, *(f"http://h.example/{n}.png" for n in range(4))]), max_size=3, unique=True)


class Killed(BaseException):
    """The process is gone."""


class Mortal(MemoryStore):
    """A store whose writer dies before one of its objects."""

    def __init__(self) -> None:
        super().__init__()
        self.lives: int | None = None

    def write(self, actions: Any, *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """One object at a time, until the end."""
        return tuple(receipt for action in actions for receipt in self._write_one(action, guard))

    def delete(self, keys: Iterable[str], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """As `write`."""
        return tuple(receipt for key in keys for receipt in self._delete_one(key, guard))

    def _write_one(self, action: Action, guard: Guard) -> tuple[Receipt, ...]:
        self._live()
        return super().write([action], guard=guard)

    def _delete_one(self, key: str, guard: Guard) -> tuple[Receipt, ...]:
        self._live()
        return super().delete([key], guard=guard)

    def _live(self) -> None:
        if self.lives is not None:
            if self.lives == 0:
                raise Killed
            self.lives -= 1


def _plainly(task: Any, stage: Any, items: Any, subject: Any, arguments: Callable[[Any], Any], run: Run) -> list[Any]:
    """`stages.each` as plain calls: what is published does not depend on who calls."""
    results = []
    for item in items:
        try:
            results.append((item, task.fn(**arguments(item))))
        except FinewsError as error:
            results.append((item, error))
    return results


def _in_one(task: Any, run: Run, **arguments: Any) -> Any:
    """`stages.in_one` without a task run."""
    return task.fn(**arguments)


def _drawn(task: Any, stage: Any, items: Any, subject: Any, arguments: Any, run: Run) -> list[Any]:
    """`stages.each` for pictures: every address has one of its own, but for one that is gone."""
    sizes = (480, 960)
    return [
        (url, FetchError(f"GET {url}: status 404", retryable=False, status=404))
        if url == GONE
        else (
            url,
            Renditions(
                extension="png", sizes=tuple(Rendition(width=n, height=n, body=b"%d" % n + url.encode()) for n in sizes)
            ),
        )
        for url in items
    ]


def shown(urls: Iterable[str]) -> str:
    """A text with these pictures."""
    return "<p>字</p>" + "".join(f'<figure class="picture"><img src="mirror:{url}" alt=""></figure>' for url in urls)


class Publishing(RuleBasedStateMachine):
    """One site over many runs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Mortal()
        self.title = "站"
        self.hours = 0
        self.known: list[str] = []
        self.published = False
        self.patches = [
            mock.patch.dict(vars(waves), {"each": _plainly, "in_one": _in_one}),
            mock.patch.dict(vars(publication), {"each": _plainly}),
            mock.patch.dict(vars(mirroring), {"each": _drawn}),
        ]
        for patch in self.patches:
            patch.start()

    # --- what happens -------------------------------------------------------------------------

    @rule(count=st.integers(1, 12), category=st.sampled_from([DAILY, ROLLING]), days=st.integers(0, 40), urls=PICTURES)
    def news(self, count: int, category: Category, days: int, urls: Sequence[str] = ()) -> None:
        def read(run: Run) -> None:
            run.ledger.shelves.assign([DAILY, ROLLING], pinned={})
            for _ in range(count):
                key = f"k{len(self.known):05}"
                at = datetime(2026, 3, 4, 8, tzinfo=CHINA) - timedelta(days=days, minutes=len(self.known))
                record = entry(key=key, code=key, file_id=key, published_at=at, title=f"第{len(self.known)}条")
                run.ledger.articles.record(listing(record), now=run.now)
                read = article(record, category=category, html=shown(urls))
                run.ledger.articles.save(read, offer(record), now=run.now)
                self.known.append(key)

        self.during(read)

    @precondition(lambda self: self.known)
    @rule(
        data=st.data(),
        category=st.sampled_from([DAILY, ROLLING]),
        title=st.sampled_from(["改", "再改", "又改"]),
        urls=PICTURES,
    )
    def correction(self, data: st.DataObject, category: Category, title: str, urls: Sequence[str]) -> None:
        self.correct(data.draw(st.sampled_from(self.known)), category, title, urls)

    def correct(self, key: str, category: Category, title: str, urls: Sequence[str]) -> None:
        """Read this article again, if it is there."""

        def read(run: Run) -> None:
            if run.ledger.articles.known([key])[key].status is Status.READY:
                record = entry(key=key, code=key, file_id=key, title=title)
                again = article(record, category=category, html=shown(urls))
                run.ledger.articles.save(again, offer(record), now=run.now)

        self.during(read)

    @rule()
    def pictures_are_forbidden_for_a_while(self) -> None:
        def settle(run: Run) -> None:
            permissions = run.ledger.permissions
            permissions.settle_pictures(
                "media", told="drop", cut=lambda whole: replace(whole, html=unmirrored(whole.html, drop=True))
            )
            permissions.settle_pictures("media", told="mirror", cut=None)

        self.during(settle)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), reason=st.sampled_from(list(WithdrawalReason)))
    def withdrawal(self, data: st.DataObject, reason: WithdrawalReason) -> None:
        keys = data.draw(st.lists(st.sampled_from(self.known), min_size=1, max_size=3))
        self.during(lambda run: run.ledger.withdrawals.withdraw(keys, reason, now=run.now))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def reinstatement(self, data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.sampled_from(self.known), min_size=1, max_size=3))
        self.during(lambda run: run.ledger.withdrawals.reinstate(keys))

    @rule(title=st.sampled_from(["站", "另一个站"]))
    def another_look(self, title: str) -> None:
        self.title = title

    # --- runs ---------------------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        self.during(render_and_publish)
        self.published = True

    @rule(lives=st.integers(0, 60))
    def killed_run(self, lives: int) -> None:
        self.store.lives = lives
        try:
            self.during(render_and_publish)
            self.published = True
        except Killed:
            pass
        finally:
            self.store.lives = None

    @rule()
    def rebuild(self) -> None:
        self.during(lambda run: run.ledger.objects.render_again(), render_and_publish)

    @precondition(lambda self: self.published)
    @rule()
    def lost_ledger(self) -> None:
        self.run()
        for file in self.folder.glob("ledger.db*"):
            file.unlink()
        before = self.objects()
        self.during(restore_ledger, render_and_publish)
        assert self.objects() == before
        # Withdrawn texts are not in the store: whoever is reinstated now has to be read again.

    @precondition(lambda self: self.published)
    @rule(data=st.data())
    def lost_objects(self, data: st.DataObject) -> None:
        self.run()
        before = self.needed()
        for key in data.draw(st.lists(st.sampled_from(sorted(before)), min_size=1, max_size=5, unique=True)):
            if data.draw(st.booleans()):
                self.store.delete([key])
            else:
                self.mislabel(key)
        self.during(lambda run: audit_store(run, repair=True), render_and_publish)
        assert self.needed() == before

    @precondition(lambda self: self.published)
    @rule()
    def rollback_and_release(self) -> None:
        self.run()

        def there_and_back(run: Run) -> None:
            generations = run.ledger.generations
            try:
                pages = generations.pages_of(generations.number() - 1)
            except ConfigError:
                return  # nothing to go back to
            if pages:
                bring_back(run, None)

        self.during(there_and_back)
        self.no_link_dangles()
        self.no_picture_is_missing()
        self.during(lambda run: run.ledger.generations.release(), render_and_publish)

    # --- what holds ---------------------------------------------------------------------------

    @invariant()
    def no_link_dangles(self) -> None:
        def read(key: str) -> bytes | None:
            found = self.store.read(key)
            return found.body if found else None

        assert dangling(read, BASE) == []

    @invariant()
    def no_picture_is_missing(self) -> None:
        assert self.pictures_named() <= {listed.key for listed in self.store.listed()}

    def pictures_named(self) -> set[str]:
        """Keys of pictures that pages and feeds show."""
        bodies = (found.body for key, found in self.objects().items() if key.endswith((".html", ".xml", ".json")))
        return {
            key.decode() for body in bodies for key in re.findall(rb"pictures/[0-9a-f]{2}/[0-9a-f]{64}-\d+\.png", body)
        }

    def teardown(self) -> None:
        """One more run, and the store is that of the same ledger published into an empty one.

        Pictures that only lists of before show go when nobody can go back to them any more, an hour after that.
        """
        try:
            self.run()
            self.during(lambda run: run.ledger.generations.settle(run.ledger.generations.number()))
            self.run()
            self.run()
            ended = self.objects()
            self.store = Mortal()
            self.run()
            assert ended == self.objects()
        finally:
            for patch in self.patches:
                patch.stop()
            shutil.rmtree(self.folder)

    def mislabel(self, key: str) -> None:
        """Somebody gives an object other headers."""
        found = self.store.read(key)
        assert found is not None
        page = Page(key=key, body=found.body, content_type="text/plain", cache_control="no-store")
        self.store.write([Action(kind=ActionKind.UPDATE, key=key, reason="by hand", page=page, tag=found.tag)])

    def objects(self) -> Mapping[str, Stored]:
        """Everything with its headers but the state, and the news sitemap: that one follows the clock."""
        keys = [listed.key for listed in self.store.listed() if listed.key not in (MARKER, "sitemap-news.xml")]
        return {key: replace(found, tag="") for key in keys if (found := self.store.read(key)) is not None}

    def needed(self) -> Mapping[str, Stored]:
        """Everything but pictures that wait to leave: those may go at any time, and are asked for by nobody."""
        named = self.pictures_named()
        return {key: found for key, found in self.objects().items() if key in named or not key.startswith("pictures/")}

    def during(self, *works: Callable[[Run], object]) -> None:
        """One run, an hour after the last."""
        self.hours += 1
        path = self.folder / "site.toml"
        path.write_text(SITE.format(title=self.title, folder=self.folder), encoding="utf-8")
        clock = START + timedelta(hours=self.hours)
        with open_run(read_site(str(path)), run_id=str(self.hours), clock=lambda: clock) as run:
            for work in works:
                work(replace(run, store=self.store))


@pytest.fixture
def site() -> Iterator[Publishing]:
    """One that goes a way of its own, and is compared with a clean rebuild like all others."""
    made = Publishing()
    try:
        yield made
    finally:
        made.teardown()


def test_an_audit_mends_lost_tombstones_and_wrong_headers(site: Publishing) -> None:
    site.news(3, DAILY, 0)
    site.run()
    site.during(lambda run: run.ledger.withdrawals.withdraw(["k00001"], WithdrawalReason.LEGAL, now=run.now))
    site.run()
    before = site.objects()
    [tombstone] = [key for key in before if key.endswith("k00001.html")]
    site.store.delete([tombstone])
    [record] = [key for key in before if key.startswith("_finews/") and "k00002" in key]
    for key in ("index.html", "feed.xml", record):
        site.mislabel(key)
    site.during(lambda run: audit_store(run, repair=True), render_and_publish)
    assert site.objects() == before


def test_a_rollback_shows_a_picture_that_a_correction_dropped_hours_ago(site: Publishing) -> None:
    site.news(1, DAILY, 0, ["http://h.example/1.png"])
    site.run()
    for title in ("改", "再改", "又改"):
        site.correct("k00000", DAILY, title, [])
        site.run()
    assert site.pictures_named() == set()
    site.during(lambda run: bring_back(run, 1))
    assert len(site.pictures_named()) == 2
    site.no_picture_is_missing()
    site.during(lambda run: run.ledger.generations.release(), render_and_publish)


def test_a_rollback_to_what_a_rollback_published_shows_its_pictures_too(site: Publishing) -> None:
    with mock.patch.object(generations, "KEPT", 2):
        site.news(1, DAILY, 0, ["http://h.example/1.png"])
        site.run()
        for title in ("改", "再改"):
            site.correct("k00000", DAILY, title, [])
            site.run()
        site.during(lambda run: bring_back(run, 1))
        site.during(lambda run: run.ledger.generations.release(), render_and_publish)
        site.correct("k00000", DAILY, "又改", [])
        site.run()
        site.during(lambda run: bring_back(run, 4))
        assert len(site.pictures_named()) == 2
        site.no_picture_is_missing()
        site.during(lambda run: run.ledger.generations.release(), render_and_publish)


TestPublishing = Publishing.TestCase
TestPublishing.settings = settings(
    max_examples=200 if os.environ.get("FINEWS_FAULTS") == "all" else 6,
    derandomize=os.environ.get("FINEWS_FAULTS")
    != "all",  # `make test` says the same of the same code; `make faults` explores
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
