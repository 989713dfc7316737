"""Drafts of a source's table tried one after the other, in the order of their promise, until one is good."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from flows.layout import told
from flows.proposing import free_name
from flows.run import read_site
from flows.trying import Bench, Look, without_repeats
from tasks.config import LedgerTable, Site, SourceSpec
from tasks.errors import FetchError, ParseError
from tasks.model import Entry, Listing, Request, Response
from tasks.sources import find_sources
from tasks.sources._drafts import Draft, drafts_of, sitemaps_of_robots, title_of
from tasks.web import Manners
from tasks.web.manners import origin_of

_ARTICLES = 3
_TRIED = 4  # drafts
_PAGES = 2  # of a list: an index and its newest sitemap, or a page and the next
_GOOD = 0.8  # completeness with which no other draft is tried
_SITE = '[site]\ntitle = "new source"\nbase_url = "https://finews.example"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A draft that was asked: its list as far as it was read, and a look at some of its articles."""

    draft: Draft
    spec: SourceSpec | None = None
    entries: tuple[Entry, ...] = ()
    unusable: int = 0
    looks: tuple[Look, ...] = ()
    error: str = ""

    @property
    def completeness(self) -> float:
        """0 to 1, over its articles."""
        return sum(look.completeness for look in self.looks) / len(self.looks) if self.looks else 0.0

    def told(self) -> str:
        """What came of it."""
        if self.error:
            return self.error
        unusable = f", {self.unusable} unusable" if self.unusable else ""
        return f"{len(self.entries)} articles listed{unusable}; {self.completeness:.0%} complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """Drafts as tables of a site file: of the one that they are meant for, or of one that is made up."""

    site_file: Path | None
    allow_hosts: tuple[str, ...]

    @property
    def site(self) -> Site:
        """The site to ask as; with a ledger in memory, and nobody's name in its requests where no site is given."""
        none = Draft(kind="feed", list_url="https://finews.example/feed", why="")
        site = read_site(str(self.site_file)) if self.site_file else self._with(none.toml("none"))
        agent = site.user_agent if self.site_file else site.user_agent.partition(" ")[0]
        hosts = (*site.fetch.allow_hosts, *self.allow_hosts)
        fetch = site.fetch.model_copy(update={"user_agent": agent, "allow_hosts": hosts})
        return replace(site, fetch=fetch, ledger=LedgerTable(url="sqlite://"))

    @property
    def taken(self) -> tuple[str, ...]:
        """Names that sources of the site have."""
        return tuple(spec.name for spec in read_site(str(self.site_file)).sources) if self.site_file else ()

    def spec(self, table: str, name: str) -> SourceSpec:
        """The source that this table makes, put behind the others of its site."""
        return self._with(table).source(name)

    def _with(self, table: str) -> Site:
        before = self.site_file.read_text(encoding="utf-8-sig") if self.site_file else _SITE
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (self.site_file.name if self.site_file else "site.toml")
            path.write_text(f"{before}\n{table}", encoding="utf-8")
            return read_site(str(path))


def trials_of(bench: Bench, drafting: Drafting, response: Response, report: Console) -> list[Trial]:
    """Drafts in the order of their promise, until one is good."""
    trials, answers = list[Trial](), {response.url: response}
    for draft in _drafts(bench, response):
        if len(trials) == _TRIED or any(trial.completeness >= _GOOD for trial in trials):
            told(report, "not tried", draft.told())
            continue
        trials.append(trial := _try(bench, drafting, draft, answers))
        told(report, "tried", f"{trial.draft.told()}: {trial.told()}")
    return trials


def _drafts(bench: Bench, response: Response) -> Iterator[Draft]:
    """What the answer is or leads to, sitemaps before lists of links: those tell times, and outlive a new look."""
    drafts = drafts_of(response)
    yield from (draft for draft in drafts if draft.kind != "listing")
    title = title_of(response)
    robots = bench.ledger.hosts.robots(origin_of(response.url))  # asked for before the page
    if robots is not None and all(draft.list_url != response.url or draft.kind == "listing" for draft in drafts):
        text = robots.body.decode("utf-8", "replace")
        yield from sitemaps_of_robots(text, f"{robots.origin}/robots.txt", title=title)[:2]
    yield from (draft for draft in drafts if draft.kind == "listing")


def _try(bench: Bench, drafting: Drafting, draft: Draft, answers: dict[str, Response]) -> Trial:
    try:
        draft = _looked_into(bench, draft, answers)
        name = free_name(draft.list_url, drafting.taken)
        spec = drafting.spec(draft.toml(name, {"timezone": bench.site.site.timezone}), name)
        pages = _pages(bench, spec, answers)
    except (FetchError, ParseError) as error:
        return Trial(draft=draft, error=str(error))
    entries = tuple({entry.key: entry for page in pages for entry in page.entries}.values())
    unusable = [item.reason for page in pages for item in page.unusable]
    if not entries:
        return Trial(draft=draft, error=f"lists nothing usable: {next(iter(unusable), 'it is empty')}")
    looks = without_repeats(tuple(bench.look(entry, spec) for entry in entries[:_ARTICLES]))
    return Trial(draft=draft, spec=spec, entries=entries, unusable=len(unusable), looks=looks)


def _looked_into(bench: Bench, draft: Draft, answers: dict[str, Response]) -> Draft:
    """A feed that was only named says itself whether it carries whole texts."""
    if draft.kind != "feed" or draft.options:
        return draft
    found = drafts_of(_get(bench, Request(url=draft.list_url), answers))
    feed = next((one for one in found if one.kind == "feed" and one.options), None)
    if feed is None:
        raise ParseError(f"{draft.list_url}: no feed")
    return replace(feed, title=draft.title or feed.title, why=f"{draft.why}, {feed.why}")


def _pages(bench: Bench, spec: SourceSpec, answers: dict[str, Response]) -> list[Listing]:
    """The first pages of a list; an index of sitemaps counts as one."""
    kind = find_sources()[spec.kind]
    waiting, pages = [kind.ask(spec)], list[Listing]()
    while waiting and len(pages) < _PAGES:
        pages.append(kind.read(spec, _get(bench, waiting.pop(0), answers, spec)))
        waiting += pages[-1].more
    return pages


def _get(bench: Bench, request: Request, answers: dict[str, Response], spec: SourceSpec | None = None) -> Response:
    """The answer of an address, asked once."""
    if request.url not in answers:
        manners = Manners(source=spec.name) if spec else None
        answers[request.url] = bench.client.get(request, manners=manners)
    return answers[request.url]
