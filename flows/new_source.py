"""`finews new-source`: from an address to a table for the site file, tried on three articles."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from rich.console import Console

from flows.run import open_client, open_ledger, read_site
from tasks.articles.clean import clean, text_of
from tasks.config import Site, SourceSpec
from tasks.errors import FetchError, FinewsError, ParseError
from tasks.model import Entry, Request, Response, Text
from tasks.sources import find_sources
from tasks.sources._drafts import Draft, drafts_of, sitemaps_of_robots
from tasks.web import Client

_ARTICLES = 3
_ENOUGH = 200  # characters of a text that counts as whole
_TRIED = 4  # drafts
_SITE = '[site]\ntitle = "new source"\nbase_url = "https://finews.example"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of one article. `score`: 0 to 1, the share of title, time and text that is there."""

    title: str
    time: str
    length: int
    pictures: int
    method: str
    score: float
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A draft that was asked: how many records its list has, and a look at some of their articles."""

    draft: Draft
    name: str
    listed: int = 0
    looks: tuple[Look, ...] = ()
    error: str = ""

    @property
    def score(self) -> float:
        """Completeness, 0 to 1."""
        return sum(look.score for look in self.looks) / len(self.looks) if self.looks else 0.0


def draft_source(url: str, *, allow_hosts: Sequence[str], console: Console) -> int:
    """Print the best table and what it gave; the exit status: 0 when its articles were complete on the whole."""
    with tempfile.TemporaryDirectory() as folder:
        site = _site(Path(folder), "", allow_hosts)
        with (
            open_ledger(site, run_id="", clock=_now) as ledger,
            open_client(site, ledger.hosts, clock=_now) as client,
        ):
            response = client.get(Request(url=url))
            drafts = list(_drafts(client, response))
            console.print(f"{response.url}: {len(drafts)} possible sources" if drafts else _nothing(response))
            trials = [_try(client, Path(folder), draft, allow_hosts) for draft in drafts[:_TRIED]]
    for trial in trials:
        console.print(f"  {trial.draft.kind:<8} {trial.draft.list_url}: {trial.draft.why}; {_told(trial)}")
    best = max(trials, key=lambda trial: trial.score, default=None)
    if best is None or not best.looks:
        return 1
    console.print()
    for look in best.looks:
        said = look.error or f"{look.time}, {look.length} characters, {look.pictures} pictures, read as {look.method}"
        console.print(f"  {look.score:.0%}  {look.title or '(no title)'}: {said}")
    console.print(f"\ncompleteness {best.score:.0%}; for the site file:\n\n{best.draft.toml(best.name)}", end="")
    return 0 if best.score >= 0.5 else 1


def _now() -> datetime:
    return datetime.now(UTC)


def _site(folder: Path, table: str, allow_hosts: Sequence[str]) -> Site:
    """A site file of its own, so that a draft is read as it will be read later."""
    table = table or '[[sources]]\nname = "none"\nkind = "feed"\nlist_url = "https://finews.example/feed"\n'
    path = folder / "site.toml"
    hosts = ", ".join(f'"{host}"' for host in allow_hosts)
    parts = [_SITE, f'[ledger]\nurl = "sqlite:///{folder}/ledger.db"\n', f"[fetch]\nallow_hosts = [{hosts}]\n", table]
    path.write_text("\n".join(parts), encoding="utf-8")
    return read_site(str(path))


def _drafts(client: Client, response: Response) -> Iterator[Draft]:
    drafts = drafts_of(response)
    feeds = [draft for draft in drafts if draft.kind != "listing"]
    yield from feeds
    if response.body.lstrip()[:1] == b"<" and not any(draft.list_url == response.url for draft in feeds):
        try:
            robots = client.get(Request(url=urljoin(response.url, "/robots.txt")))
            yield from sitemaps_of_robots(robots.body.decode("utf-8", "replace"), robots.url)[:2]
        except FetchError:  # it has none, or says nothing
            pass
    yield from (draft for draft in drafts if draft.kind == "listing")


def _try(client: Client, folder: Path, draft: Draft, allow_hosts: Sequence[str]) -> Trial:
    host = (urlsplit(draft.list_url).hostname or "").removeprefix("www.")
    name = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in host).strip("-")[:40] or "source"
    try:
        spec = _site(folder, draft.toml(name), allow_hosts).source(name)
        kind = find_sources()[spec.kind]
        listing = kind.read(spec, client.get(kind.ask(spec)))
        if not listing.entries and listing.more:  # a sitemap index: its newest sitemap
            listing = kind.read(spec, client.get(listing.more[0]))
    except FinewsError as error:
        return Trial(draft=draft, name=name, error=str(error))
    looks = tuple(_look(client, spec, entry) for entry in listing.entries[:_ARTICLES])
    return Trial(draft=draft, name=name, listed=len(listing.entries), looks=looks)


def _look(client: Client, spec: SourceSpec, entry: Entry) -> Look:
    kind = find_sources()[spec.kind]
    try:
        request = kind.ask_text(spec, entry)
        response = client.get(request) if request else None
        text = kind.extract(spec, entry, response)
        html = clean(text.html, response.url if response else entry.link)
    except (FetchError, ParseError) as error:
        return Look(title=entry.title, time="", length=0, pictures=0, method="", score=0.0, error=str(error)[:200])
    return _judged(entry, text, html)


def _judged(entry: Entry, text: Text, html: str) -> Look:
    at = entry.published_at if entry.dated else text.published_at
    title, length = entry.title or text.title, len(text_of(html))
    score = (bool(title) + (at is not None) + min(1.0, length / _ENOUGH) * text.confidence) / 3
    return Look(
        title=title,
        time=f"{at:%Y-%m-%d %H:%M %z}" if at else "no time",
        length=length,
        pictures=html.count("<img"),
        method=text.method,
        score=score,
    )


def _told(trial: Trial) -> str:
    return trial.error or f"{trial.listed} articles listed, completeness {trial.score:.0%}"


def _nothing(response: Response) -> str:
    return (
        f"{response.url}: no feed, sitemap, JSON list or list of links was found; expected the address of one, or of a "
        "page that names or holds one"
    )
