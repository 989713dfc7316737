"""The site file: TOML -> `Site`. Pydantic lives here and only here.

Every mistake is a `ConfigError` that names the file, the line and what was expected; an unknown key is a
mistake, and the nearest known key is named.
"""

import dataclasses
import difflib
import hashlib
import re
import tomllib
import zoneinfo
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

import jmespath
import soupsieve
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from tasks.errors import ConfigError
from tasks.masking import masked

_PRODUCT = "finews/0.1"


def _webhook(value: str) -> str:
    """An address that is never shown, so that it may hold a password or a token."""
    try:
        usable = (
            re.fullmatch(r"https?://[^\s/?#]+[^\s]*", value) and urlsplit(value).hostname and urlsplit(value).port != 0
        )
    except ValueError:  # brackets that do not match, a port that is no port
        usable = False
    if not usable:
        raise ValueError("expected an address that begins with http:// or https:// and names a host")
    return value


def _http_url(value: str) -> str:
    if "@" in urlsplit(_webhook(value)).netloc:
        raise ValueError("expected an address without user name and password: it is shown in messages and on pages")
    return value


def _article_url(value: str) -> str:
    if "{code}" not in value:
        raise ValueError("expected {code} in the address, where the article's code goes")
    return _http_url(value)


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("expected a time zone name such as Asia/Shanghai") from error
    return value


def _host_port(value: str) -> str:
    if not re.fullmatch(r"(127\.\d+\.\d+\.\d+|localhost):\d{1,5}", value):
        raise ValueError("expected a loopback address with a port, such as 127.0.0.1:8901")
    return value


def _origin(value: str) -> str:
    if re.search(r"[?#]", _http_url(value)):
        raise ValueError("expected an address without ? and #: keys are put behind it")
    return value.rstrip("/")


def _origin_or_none(value: str) -> str:
    return _origin(value) if value else value


def _webhook_or_none(value: str) -> str:
    return _webhook(value) if value else value


def _scheduler_or_none(value: str) -> str:
    if value and not re.fullmatch(r"(tcp|tls|ws|wss)://[^\s/@]+:\d{1,5}", value):
        raise ValueError("expected the address of a Dask scheduler, such as tcp://10.0.0.5:8786, or nothing")
    return value


def _contact(value: str) -> str:
    if value.startswith("mailto:") and "@" in value:
        return value
    if not value:
        return value
    try:
        return _http_url(value)
    except ValueError as error:
        raise ValueError("expected mailto:name@host, or an address that begins with https://") from error


def _css(value: str) -> str:
    try:
        soupsieve.compile(value)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as error:
        raise ValueError(f"expected a CSS selector: {str(error).splitlines()[0]}") from error
    return value


def _css_or_none(value: str) -> str:
    return _css(value) if value else value


def _expression(value: str) -> str:
    try:
        jmespath.compile(value)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"expected a JMESPath expression: {str(error).splitlines()[0]}") from error
    return value


def _expression_or_none(value: str) -> str:
    return _expression(value) if value else value


def _page_pattern(value: str) -> str:
    if value and "{page}" not in value:
        raise ValueError("expected {page} in the address, where the number of the page goes")
    return _http_url(value) if value else value


def _same_hosts(value: dict[str, str]) -> dict[str, str]:
    for host, other in value.items():
        for name in (host, other):
            if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", name):
                raise ValueError(f"expected hosts in lower case without scheme and port, got {name!r}")
        if other in value:
            raise ValueError(f"expected {host!r} to name a host that stands for itself, {other!r} is another's too")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Css = Annotated[str, AfterValidator(_css)]
CssOrNone = Annotated[str, AfterValidator(_css_or_none)]
Expression = Annotated[str, AfterValidator(_expression)]
ExpressionOrNone = Annotated[str, AfterValidator(_expression_or_none)]
EntryCount = Annotated[int, Field(ge=1, le=50_000)]
SameHosts = Annotated[dict[str, str], AfterValidator(_same_hosts)]
PagePattern = Annotated[str, AfterValidator(_page_pattern)]
ArticleUrl = Annotated[str, AfterValidator(_article_url)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Zone = Annotated[str, AfterValidator(_zone)]


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True)


class Table(_Table):
    """A table within a `[[sources]]` table; a kind of source derives its own from it."""


class PageTable(Table):
    """`[[sources.page]]`: where one layout of an article's page has what, as CSS selectors.

    `evidence`: what only this layout has; without it, the layout is that of every page. `remove`: what is no part of the
    text.
    """

    evidence: CssOrNone = ""
    title: CssOrNone = ""
    time: CssOrNone = ""
    author: CssOrNone = ""
    media: CssOrNone = ""
    body: CssOrNone = ""
    summary: CssOrNone = ""
    remove: Annotated[tuple[Css, ...], Field(strict=False)] = ()


def _several(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _all_of_use(layouts: tuple[PageTable, ...]) -> tuple[PageTable, ...]:
    for number, layout in enumerate(layouts[:-1], start=1):
        if not layout.evidence:
            raise ValueError(f"expected evidence in table {number}: without it, those behind it are never used")
    return layouts


# A single `[sources.page]` is a list of one.
PageTables = Annotated[
    tuple[PageTable, ...], Field(strict=False), BeforeValidator(_several), AfterValidator(_all_of_use)
]


class SiteTable(_Table):
    """`[site]`: what the site is called, where its readers find it, and what it looks like.

    `theme`: a folder whose templates, static files and words replace the shipped ones. `contact`: whom to ask for a removal.
    """

    title: Text
    base_url: Annotated[str, AfterValidator(_origin)]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] = "zh-CN"
    timezone: Zone = "Asia/Shanghai"
    description: str = ""
    theme: str = ""
    contact: Annotated[str, AfterValidator(_contact)] = ""
    update_minutes: Annotated[int, Field(ge=1, le=100_000)] = 60
    search: bool = True


class PublishTable(_Table):
    """`[publish]`: the object store, and how much of it one run may delete.

    `gzip`: objects that are text are stored compressed (not in a folder, which keeps no Content-Encoding). `public_url`:
    where readers get the objects; a sample of what was written is read back from there. `attempts`, `read_timeout`: how
    often a call to a service is tried, and how many seconds it may be silent. `status_key`: where the status goes, with
    `.json` and `.html`: `_finews/status`, which is private, or `status` or something below `status/`, which tells less.
    """

    url: Text = "file:public"
    endpoint_url: Annotated[str, AfterValidator(_origin_or_none)] = ""
    attempts: Annotated[int, Field(ge=1, le=20)] = 6
    read_timeout: Annotated[float, Field(gt=0, le=600, strict=False)] = 20.0
    gzip: bool = False
    public_url: Annotated[str, AfterValidator(_origin_or_none)] = ""
    max_deletions: Annotated[int, Field(ge=0)] = 2_000
    max_deletion_share: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.2
    status_key: Annotated[str, StringConstraints(pattern=r"^(_finews/status|status(/[A-Za-z0-9_-]+)?)$")] = (
        "_finews/status"
    )


class LedgerTable(_Table):
    """`[ledger]`: any SQLAlchemy URL. `lease_seconds`: how long a run that fell silent keeps others away."""

    url: Text = "sqlite:///.finews/ledger.db"
    lease_seconds: Annotated[int, Field(ge=5, le=86_400)] = 120


class FetchTable(_Table):
    """`[fetch]`: limits of one request, how often it is tried, and the manners towards hosts. Seconds and bytes.

    `max_rechecks`: how many pages a run looks at again for corrections.
    `min_gap`: between two requests to a host, over all sources, runs and workers; `per_host`: how many at once.
    `ports`: which ones are asked; `allow_hosts`: hosts and networks that are asked on any port, though they are not public.
    """

    user_agent: str = ""
    min_gap: Annotated[float, Field(ge=0, le=3600, strict=False)] = 1.0
    per_host: Annotated[int, Field(ge=1, le=64)] = 2
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], Field(strict=False)] = (80, 443, 8080, 8443)
    allow_hosts: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    connect_timeout: Annotated[float, Field(gt=0, le=120, strict=False)] = 5.0
    read_timeout: Annotated[float, Field(gt=0, le=600, strict=False)] = 15.0
    total_timeout: Annotated[float, Field(gt=0, le=3600, strict=False)] = 60.0
    max_bytes: Annotated[int, Field(gt=0)] = 8_000_000
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    retry_delay: Annotated[float, Field(ge=0, le=600, strict=False)] = 2.0
    max_retry_after: Annotated[float, Field(ge=0, le=600, strict=False)] = 30.0
    max_rechecks: Annotated[int, Field(ge=0, le=100_000)] = 50


class PicturesTable(_Table):
    """`[pictures]`: how much of a run fetching pictures for the site may take; what is left comes with the next runs.

    `max_seconds`: for all of them. `max_failures`: of a host, one after the other, after which it is let alone.
    """

    max_seconds: Annotated[float, Field(ge=0, le=86_400, strict=False)] = 120.0
    max_failures: Annotated[int, Field(ge=1, le=1_000)] = 5


class VerdictTable(_Table):
    """`[verdict]`: when problems make the whole run fail, and lists stay as they are.

    `max_problem_share`: share of all listed articles that may fail or be unusable. `max_failed_sources`: share of the
    sources that may fail. `min_list_share`: how short a list may become, as a share of its usual length.
    """

    max_problem_share: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.5
    max_failed_sources: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.5
    min_list_share: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.2


class WorkflowTable(_Table):
    """`[workflow]`: how work is cut into task runs. A run that reads more than `batch_above` articles does `batch` in each.

    `fan_out`: who reads the texts of a run that has more than `fan_out_above` to read, in parts of `part` texts: the run
    itself, the workers of a pool, or Dask: the scheduler at `dask`, or `dask_processes` of this machine when that is empty.
    `patience_minutes`: how long nothing may come from any of them before the run reads what is left.
    `processes`: how many of this machine publish when more than `processes_above` articles, or pages of lists, are due at once,
    as in a rebuild; 0: as many as there are cores, at most eight.
    """

    batch_above: Annotated[int, Field(ge=1)] = 300
    batch: Annotated[int, Field(ge=1, le=100)] = 25
    fan_out: Literal["none", "workers", "dask"] = "none"
    fan_out_above: Annotated[int, Field(ge=1)] = 1_000
    part: Annotated[int, Field(ge=1, le=10_000)] = 200
    patience_minutes: Annotated[float, Field(gt=0, le=1_440, strict=False)] = 30.0
    dask: Annotated[str, AfterValidator(_scheduler_or_none)] = ""
    dask_processes: Annotated[int, Field(ge=1, le=1_000)] = 2
    processes: Annotated[int, Field(ge=0, le=8)] = 0
    processes_above: Annotated[int, Field(ge=1)] = 5_000


class AnnounceTable(_Table):
    """`[announce]`: whom to tell what was published. What cannot be told is in the run's summary and fails nothing.

    `cloudfront`: id of a distribution to purge; `purge_webhook`: gets JSON with `base_url` and `paths`; `websub_hubs`;
    `indexnow_key`: published as `<key>.txt`.
    """

    cloudfront: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]*$")] = ""
    purge_webhook: Annotated[str, AfterValidator(_webhook_or_none)] = ""
    websub_hubs: Annotated[tuple[Annotated[str, AfterValidator(_http_url)], ...], Field(strict=False)] = ()
    indexnow_key: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9-]{8,128})?$")] = ""
    indexnow_endpoint: Annotated[str, AfterValidator(_http_url)] = "https://api.indexnow.org/indexnow"

    @property
    def anyone(self) -> bool:
        """Whether there is anyone to tell."""
        return bool(self.cloudfront or self.purge_webhook or self.websub_hubs or self.indexnow_key)


class CapturesTable(_Table):
    """`[captures]`: answers kept as they came, for `days`; an empty folder keeps none.

    They are kept unless a site says otherwise: a better parser is of use only for what was kept before it was written.
    """

    folder: str = ".finews/captures"
    days: Annotated[int, Field(ge=1, le=100_000)] = 14


class QuarantineTable(_Table):
    """`[quarantine]`: for how many days an answer that is no article is kept."""

    days: Annotated[int, Field(ge=1, le=100_000)] = 14


class JournalsTable(_Table):
    """`[journals]`: for how many days the stories of articles are kept, in the ledger and in the store; by whole months."""

    days: Annotated[int, Field(ge=1, le=100_000)] = 365


class SampleTable(_Table):
    """`[sample]`: the `finews` command serves the bundled sample upstream here while it runs."""

    listen: Annotated[str, AfterValidator(_host_port)]


class SourceTable(_Table):
    """`[[sources]]`: what every kind has. The other keys belong to the kind.

    `rights`: what the publisher allows; `credit` the line that it wants to see. `min_text`: characters of the shortest
    article, as the kind has them when it is not told; `recheck`: whether pages are looked at again, likewise.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", frozen=True, strict=True)

    name: SourceName
    kind: Text
    category: Slug | None = None
    tag: Text | None = None
    timezone: Zone = "Asia/Shanghai"
    title: Text | None = None
    canonical: Literal["self", "origin"] = "self"
    index: bool = True
    keyword_links: Literal["unwrap", "keep"] = "unwrap"
    https_hosts: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    pictures: Literal["hotlink", "mirror", "drop"] = "hotlink"
    max_pages: Annotated[int, Field(ge=1, le=1_000)] = 5
    paging: Literal["new", "all"] = "new"
    robots: Literal["obey", "ignore"] = "obey"
    retry_after: Literal["url", "host", "source"] = "host"
    rights: Literal["full", "excerpt"] = "excerpt"
    credit: str = ""
    delay_minutes: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    min_text: Annotated[int, Field(ge=0, le=100_000)] | None = None
    recheck: bool | None = None


class _SiteFile(_Table):
    site: SiteTable
    publish: PublishTable = PublishTable()
    ledger: LedgerTable = LedgerTable()
    fetch: FetchTable = FetchTable()
    verdict: VerdictTable = VerdictTable()
    workflow: WorkflowTable = WorkflowTable()
    announce: AnnounceTable = AnnounceTable()
    captures: CapturesTable = CapturesTable()
    quarantine: QuarantineTable = QuarantineTable()
    journals: JournalsTable = JournalsTable()
    pictures: PicturesTable = PicturesTable()
    sample: SampleTable | None = None
    slugs: dict[str, Slug] = {}
    sources: Annotated[list[SourceTable], Field(min_length=1)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """One `[[sources]]` table: the common keys, and the kind's own as an instance of its options class."""

    name: str
    kind: str
    category: str | None
    tag: str | None
    timezone: str
    options: Any
    title: str | None = None
    canonical: str = "self"
    index: bool = True
    keyword_links: str = "unwrap"
    https_hosts: tuple[str, ...] = ()
    pictures: str = "hotlink"
    max_pages: int = 5
    paging: Literal["new", "all"] = "new"
    robots: Literal["obey", "ignore"] = "obey"
    retry_after: Literal["url", "host", "source"] = "host"
    rights: str = "excerpt"
    credit: str = ""
    delay_minutes: int = 0
    min_text: int | None = None
    recheck: bool | None = None

    @property
    def digest(self) -> str:
        """Changes with anything in the site file that decides what is read from an answer."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site file, read and checked. `name` is the file's stem."""

    name: str
    path: Path
    site: SiteTable
    publish: PublishTable
    ledger: LedgerTable
    fetch: FetchTable
    verdict: VerdictTable
    workflow: WorkflowTable
    announce: AnnounceTable
    captures: CapturesTable
    quarantine: QuarantineTable
    journals: JournalsTable
    pictures: PicturesTable
    sample: SampleTable | None
    slugs: Mapping[str, str]
    sources: tuple[SourceSpec, ...]

    @property
    def user_agent(self) -> str:
        """Who asks: product, version and an address that says more (RFC 9110 section 10.1.5)."""
        contact = self.site.contact
        about = contact if contact.startswith("http") else f"{self.site.base_url}/about.html"
        return self.fetch.user_agent or f"{_PRODUCT} (+{about})"

    @property
    def sender(self) -> str:
        """The mail address for the header From (RFC 9110 section 10.1.2); empty when the contact is none."""
        return self.site.contact.removeprefix("mailto:").split("?")[0] if self.site.contact[:7] == "mailto:" else ""

    def source(self, name: str) -> SourceSpec:
        """The source of that name; ConfigError with the nearest known name otherwise."""
        for spec in self.sources:
            if spec.name == name:
                return spec
        known = [spec.name for spec in self.sources]
        raise ConfigError(f"{self.path}: there is no source {name!r}{_nearest(name, known)}; known: {', '.join(known)}")


def load_site(path: Path | str, kinds: Mapping[str, type[Any]]) -> Site:
    """Read a site file. `kinds` maps each kind of source to the dataclass of its own keys."""
    path = Path(path)
    text = _read(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not a site file: values nested too deeply") from error
    places = _Places(path, text)
    parsed = _validated(TypeAdapter(_SiteFile), raw, places, ())
    specs = tuple(_source_spec(table, index, kinds, places) for index, table in enumerate(parsed.sources))
    taken = [spec.name for spec in specs]
    for index, name in enumerate(taken):
        if name in taken[:index]:
            raise ConfigError(f"{places.at(('sources', index, 'name'))}: a second source is called {name!r}")
    _check_slugs(parsed, places)
    if parsed.publish.gzip and parsed.publish.url.lower().startswith("file:"):
        where = places.at(("publish", "gzip"))
        raise ConfigError(f"{where}: gzip = true: a folder keeps no Content-Encoding; let the web server compress")
    names = _SiteFile.model_fields.keys() - {"slugs", "sources"}
    tables = {name: getattr(parsed, name) for name in names}
    slugs = dict(parsed.slugs)  # a read-only view could not be sent to helpers
    return Site(name=path.stem, path=path, slugs=slugs, sources=specs, **tables)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such site file; expected one such as deployments/sites/demo.toml") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _check_slugs(parsed: _SiteFile, places: "_Places") -> None:
    """One shelf, one slug: two names that were given the same could not both have it."""
    holders: dict[str, str] = {}
    slugs: dict[str, str] = {}
    for index, table in enumerate(parsed.sources):
        where, category, tag = places.at(("sources", index, "category")), table.category, table.tag
        if category is None or tag is None:
            if category != tag:
                raise ConfigError(f"{where}: source {table.name!r}: expected both a category and a tag, or neither")
            continue
        if holders.setdefault(category, tag) != tag or slugs.setdefault(tag, category) != category:
            raise ConfigError(
                f"{where}: category {category!r} with tag {tag!r}: another source pairs one of them otherwise"
            )
    for name, slug in parsed.slugs.items():
        if (holder := holders.setdefault(slug, name)) != name:
            raise ConfigError(
                f"{places.at(('slugs', name))}: the slug {slug!r} of {name!r} is that of {holder!r} already"
            )


def _source_spec(table: SourceTable, index: int, kinds: Mapping[str, type[Any]], places: "_Places") -> SourceSpec:
    place = ("sources", index)
    if table.kind not in kinds:
        hint = f"{_nearest(table.kind, kinds)}; known: {', '.join(sorted(kinds))}"
        raise ConfigError(f"{places.at((*place, 'kind'))}: there is no kind of source {table.kind!r}{hint}")
    common, own = list(SourceTable.model_fields), table.model_extra or {}
    known = [*common, *(field.name for field in dataclasses.fields(kinds[table.kind]))]
    if unknown := [key for key in own if key not in known]:
        raise ConfigError("\n".join(_unknown(places.at((*place, key)), key, known) for key in unknown))
    options = _validated(TypeAdapter(kinds[table.kind]), own, places, place)
    return SourceSpec(**{name: getattr(table, name) for name in common}, options=options)


def _validated(adapter: TypeAdapter[Any], raw: object, places: "_Places", place: tuple[str | int, ...]) -> Any:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        schema = adapter.json_schema()
        lines = [_explain(dict(e), schema, places, place) for e in error.errors(include_url=False)]
        raise ConfigError("\n".join(lines)) from None  # its own text repeats what it was given


def _explain(error: dict[str, Any], schema: dict[str, Any], places: "_Places", place: tuple[str | int, ...]) -> str:
    loc = tuple(error["loc"])
    where, key = places.at((*place, *loc)), str(loc[-1]) if loc else ""
    if error["type"] == "extra_forbidden":
        return _unknown(where, key, _known_keys(schema, loc[:-1]))
    if error["type"] == "missing":
        return f"{where}: {key!r} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    value = masked(repr(error["input"]))
    value = "(not shown)" if key in _SECRET or _MAYBE_PASSWORD.search(value) else value
    shown = value if len(value) <= 100 else f"{value[:99]}…"
    return f"{where}: {key} = {shown}: {message[:1].lower()}{message[1:]}"


def _known_keys(schema: dict[str, Any], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the JSON schema knows at `loc`."""
    node = schema
    for step in (None, *loc):
        if step is not None:
            node = node["items"] if isinstance(step, int) else node.get("properties", {}).get(step, {})
        while "$ref" in node or "anyOf" in node:
            ref = node.get("$ref") or next(option["$ref"] for option in node["anyOf"] if "$ref" in option)
            node = schema["$defs"][ref.rsplit("/", 1)[-1]]
    return list(node.get("properties", {}))


def _unknown(where: str, key: str, known: list[str]) -> str:
    return f"{where}: unknown key {key!r}{_nearest(key, known)}; known here: {', '.join(known)}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""


_SECRET = ("purge_webhook",)  # what stands there may hold a token
_MAYBE_PASSWORD = re.compile("//.*@")  # in an address that is wrong anyhow, it may be anywhere before the last @


class _Places:
    """Where a key stands in the file: `tomllib` keeps no positions, so the headers are walked once."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines: dict[tuple[str | int, ...], int] = {}
        seen: dict[tuple[str | int, ...], int] = {}
        table: tuple[str | int, ...] = ()
        for number, line in enumerate(text.split("\n"), start=1):
            if header := re.match(r"\s*\[\[\s*([\w.-]+)\s*\]\]", line):
                name = self._name(header[1], seen)
                seen[name] = seen.get(name, -1) + 1
                table = (*name, seen[name])
                self._lines[table] = number
                self._lines.setdefault(name, number)
            elif header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
                table = self._name(header[1], seen)
                self._lines[table] = number
            elif key := re.match(r"""\s*("[^"]*"|'[^']*'|[\w-]+)\s*=""", line):
                self._lines.setdefault((*table, key[1].strip("\"'")), number)

    @staticmethod
    def _name(header: str, seen: Mapping[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
        """The table that a header names: within a list of tables, that in the last one."""
        first, *rest = header.split(".")
        return (first, seen[(first,)], *rest) if rest and (first,) in seen else (first, *rest)

    def at(self, loc: tuple[str | int, ...]) -> str:
        """`file:line` of the key, or of the nearest table around it."""
        while loc and loc not in self._lines:
            # A table that stands where a list of them could has no number.
            unnumbered = (*loc[:-2], loc[-1]) if loc[-2:-1] == (0,) else ()
            loc = unnumbered if unnumbered in self._lines else loc[:-1]
        return f"{self._path}:{self._lines[loc]}" if loc else str(self._path)
