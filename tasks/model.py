"""The records that flow: entry, listing, capture, article, page, plan, receipt, outcome, report.

All are frozen; all times are aware; collections are tuples. Nothing here does I/O.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from functools import cached_property

# --- asking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GET that a source wants made."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What an answer of `url` said of its version, byte for byte (RFC 9110 section 8.8); empty where it said nothing."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A complete answer. `body` is decoded from its content encoding, `seconds` is wall time.

    `headers`: names in lower case. `received_at` is the only clock that a source sees. `moved_to` is the address at the
    end of redirects that were all permanent (RFC 9110 sections 15.4.2 and 15.4.9); empty otherwise. With status 304 the
    body is empty and what was got before still holds. `permitted_by`: what robots.txt said, when it was asked.
    """

    url: str
    status: int
    body: bytes
    content_type: str
    seconds: float
    received_at: datetime
    headers: tuple[tuple[str, str], ...] = ()
    moved_to: str = ""
    permitted_by: str = ""

    def header(self, name: str) -> str:
        """The value of a header, several joined by commas (RFC 9110 section 5.3); empty when there is none."""
        return ", ".join(value for key, value in self.headers if key == name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """What asking for the robots.txt of an origin (scheme, host, port) gave.

    `status` 0: no answer at all. `body` and `validators` are those of the last good answer. `failing_since`: from when on
    every answer was a server error or none.
    """

    origin: str
    status: int
    asked_at: datetime
    body: bytes = b""
    validators: Validators = Validators()
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Leave to ask a host: when, and the number to give it back with."""

    host: str
    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One usable record of a list.

    `key` identifies the story over all lists (for `choice`: the 18 digits), `code` is the upstream's
    own name for it, `file_id` names its post and page. `media` is None for lists without a media name.
    `link` is the page of the article. `dated` is false when the list tells no time: `published_at` is then the time of
    the answer, and gives way to what the article's page says. `content` is the text, as HTML that is not safe yet, when
    the list carries it whole. `aliases` are other names of the same story: addresses, and ids of the publisher.
    """

    key: str
    code: str
    file_id: str
    source: str
    title: str
    published_at: datetime
    media: str | None = None
    digest: str = ""
    link: str = ""
    dated: bool = True
    modified_at: datetime | None = None
    author: str = ""
    content: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A record that cannot become an article now. `subject` is its code, or its place in the list."""

    subject: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one list said, in its order.

    `more`: further pages of the list, the most promising first; how many are asked is the source's `max_pages`.
    `fresh_for` and `skip_hours` (of the day, in UTC): when the list itself says that asking again is of no use.
    `partial`: some of its further pages were not modified since they were read, or not asked for, and are not in here.
    `remarks`: keys of entries with what was odd about their records, such as a time that cannot be right.
    """

    source: str
    entries: tuple[Entry, ...]
    unusable: tuple[Unusable, ...] = ()
    more: tuple[Request, ...] = ()
    fresh_for: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    partial: bool = False
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmodified:
    """A list that has not changed since it was read at `since`: status 304 (RFC 9110 section 15.4.5)."""

    source: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What was not asked for in this run and waits for the next one, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """An entry together with the answer that holds its text; None when the list carried the text.

    `asked_url`: the address that the source wanted asked; the answer may come from another.
    """

    entry: Entry
    response: Response | None
    attempts: int = 1
    asked_url: str = ""
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The text of one article as the upstream gave it: HTML, not yet safe; and what else its answer tells.

    What is empty or None is not told. `canonical` is the address that the page calls its own, `links` other addresses of
    it (mobile, AMP). `method` names how the text was found, `confidence` (0 to 1) how sure that is.
    `replaced_share` (0 to 1): how many characters of the answer could not be read. `summary`: a lead that stands apart.
    """

    html: str
    title: str = ""
    summary: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    author: str = ""
    media: str = ""
    canonical: str = ""
    links: tuple[str, ...] = ()
    method: str = ""
    confidence: float = 1.0
    replaced_share: float = 0.0


# --- deciding ---------------------------------------------------------------------------------


class Status(StrEnum):
    """Where an article stands in the ledger."""

    PENDING = "pending"  # listed, text not yet read
    READY = "ready"  # parsed; may or may not be published
    FAILED = "failed"  # the last attempt failed; tried again when due
    GIVEN_UP = "given up"  # its text is gone; asked for again only when its record changes, or a person wants it
    WITHDRAWN = "withdrawn"  # taken down; never comes back by itself


class WithdrawalReason(StrEnum):
    """Why an article was taken down."""

    SOURCE = "source"  # the source removed it
    LEGAL = "legal"
    OWN = "own"  # our own decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows of an article, as far as a decision and the report need it.

    `page_key` and `category` (its slug) are empty, `revision` 0 and `published_at` None, until its text has been read once.
    `missing`: in how many runs in a row its text answered 404. `owed`: a list changed its record, and no run has read it since.
    """

    key: str
    status: Status
    page_key: str = ""
    category: str = ""
    offer_digest: str = ""
    source: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    first_seen_at: datetime | None = None
    revision: int = 0
    missing: int = 0
    owed: bool = False
    published_at: datetime | None = None


class Step(StrEnum):
    """What to do with an entry in this run."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    RETRY = "retry due"
    RECHECK = "re-check due"
    REPLAY = "replayed"  # its kept answer is read again, nobody is asked
    NOT_DUE = "not due"
    GIVEN_UP = "given up"
    UNKEPT = "no kept answer"
    UNUSABLE = "unusable"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One story as all lists together offer it: the record that wins, and the summary of the others.

    `seen_in` names every source that listed it.
    """

    entry: Entry
    summary: str
    seen_in: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Changes when any field that is published changes."""
        e = self.entry
        fields = (e.code, e.file_id, e.source, e.title, e.published_at.isoformat(), e.media or "", e.digest, e.link)
        told = (e.modified_at.isoformat() if e.modified_at else "", e.author, e.content)
        known = (*fields, self.summary, *(told if any(told) else ()))  # digests from before there were such fields stay
        return hashlib.sha256("\x1f".join(known).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A step with the reason that an on-call person reads."""

    step: Step
    reason: str

    @property
    def fetches(self) -> bool:
        """Whether the text has to be asked for."""
        return self.step in (Step.NEW, Step.CHANGED, Step.RETRY, Step.RECHECK)

    @property
    def reads(self) -> bool:
        """Whether the text is read: asked for, or taken from what is kept."""
        return self.fetches or self.step is Step.REPLAY


# --- articles ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A shelf of the site: one per media, or a fixed one for a list without media names.

    `title` is shown on pages; `tag` is the Jekyll tag. `fixed` shelves also live at `/<slug>/`.
    """

    slug: str
    title: str
    tag: str
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One story, parsed and safe to publish.

    `post_body` is the upstream's HTML as the Jekyll post carries it; `html` is the sanitised form for
    pages and feeds; `quote` the digest line of a rolling post (None: the post has none); `summary` the
    text shown in lists. `updated_at` moves only with the content; `modified_at` is when the publisher says that it
    changed the text. `aliases` are other addresses that its page calls its own; the ledger keeps them beside it.
    """

    key: str
    code: str
    file_id: str
    source: str
    title: str
    published_at: datetime
    updated_at: datetime
    category: Category
    origin_url: str
    summary: str
    quote: str | None
    post_body: str
    html: str
    revision: int = 1
    modified_at: datetime | None = None
    aliases: tuple[str, ...] = ()

    @property
    def page_key(self) -> str:
        """Key of its page: `<category>/<YYYY>/<MM>/<DD>/<id>.html`, day in the zone of `published_at`."""
        at = self.published_at  # strftime(3) takes five times as long, and this is asked for a dozen times a page
        return f"{self.category.slug.lower()}/{at.year:04}/{at.month:02}/{at.day:02}/{self.file_id}.html"

    @property
    def post_key(self) -> str:
        """Key of its Jekyll post: `_posts/<date>-<id>.md`."""
        return f"_posts/{self.published_at:%Y-%m-%d}-{self.file_id}.md"

    @property
    def content_digest(self) -> str:
        """Changes when the published content changes, not when only times of observation do."""
        fields = (
            self.code, self.file_id, self.title, self.published_at.isoformat(), self.category.slug,
            self.category.title, self.origin_url, self.summary, self.quote or "", self.post_body, self.html,
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(fields).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """An article as a list shows it."""

    title: str
    page_key: str
    published_at: datetime
    category: Category
    summary: str = ""


# --- publishing -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)  # no slots: digests are taken once
class Page:
    """One object to be: bytes and headers under a key.

    `body` is always plain; with `encoding` "gzip" the store keeps it compressed and says so in Content-Encoding.
    """

    key: str
    body: bytes
    content_type: str
    cache_control: str
    encoding: str = ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over headers and plain body, so that a header-only change is a change."""
        encoding = f"stored as {self.encoding}\n" if self.encoding else ""
        return hashlib.sha256(f"{self.content_type}\n{self.cache_control}\n{encoding}".encode() + self.body).hexdigest()

    @cached_property
    def body_digest(self) -> str:
        """Changes when the stored bytes do: with the plain body, and with the encoding in which it is stored."""
        return _digest_of_stored(self.body, self.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the ledger knows of one object in the store: its `Page` digests, and the tag that the store gave it.

    A tag changes with every write (an S3 ETag with every change of bytes). It is empty when the store told none. `digest`
    is empty while it is not known what stands there.
    """

    digest: str
    body_digest: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One object as the store has it. Headers are None where the store keeps none.

    `body` is plain, but where it cannot be read as its Content-Encoding says: then it is as stored, and `encoding` is
    `UNREADABLE`, which no page has.
    """

    body: bytes
    tag: str
    content_type: str | None = None
    cache_control: str | None = None
    encoding: str | None = None

    @property
    def body_digest(self) -> str:
        """That of the page which is stored as these bytes."""
        return _digest_of_stored(self.body, self.encoding or "")

    def holds(self, page: Page) -> bool:
        """Whether this is the page: its bytes, and every header that the store keeps."""
        return self.body == page.body and has_headers(page, self.content_type, self.cache_control, self.encoding)


def has_headers(page: Page, content_type: str | None, cache_control: str | None, encoding: str | None) -> bool:
    """Whether these are the page's headers; None is one that the store does not keep.

    Some services drop the charset of types that have their own way to tell it (XML, JSON: RFC 7303, RFC 8259).
    """
    kept = (content_type and _essence(content_type), cache_control, encoding)
    wanted = (_essence(page.content_type), page.cache_control, page.encoding)
    return all(a is None or a == b for a, b in zip(kept, wanted, strict=True))


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0] if content_type.startswith("application/") else content_type


UNREADABLE = "unreadable"
"""The encoding of an object that is not what its Content-Encoding says."""


def _digest_of_stored(body: bytes, encoding: str) -> str:
    return hashlib.sha256(encoding.encode() + b"\n" + body if encoding else body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object in a listing of a store. `size` is in bytes as stored."""

    key: str
    size: int
    tag: str


class ActionKind(StrEnum):
    """What the plan wants done with a key. `HEADERS`: the bytes stay, only headers change."""

    CREATE = "create"
    UPDATE = "update"
    HEADERS = "headers"
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a plan, with its reason. `page` is None for a deletion.

    A creation is refused when the key exists; an update when the object's tag is not `tag`, unless that is empty.
    """

    kind: ActionKind
    key: str
    reason: str
    page: Page | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """What to do with some keys: creations are carried out before updates, deletions after everything else."""

    creations: tuple[Action, ...] = ()
    updates: tuple[Action, ...] = ()
    kept: tuple[Action, ...] = ()
    deletions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one key. `error` is empty when it worked.

    `conflict`: refused because the object is not as the action expected it. `verified`: the store has confirmed the
    bytes that it holds. `size` is in bytes, uncompressed.
    """

    key: str
    kind: ActionKind
    digest: str = ""
    size: int = 0
    error: str = ""
    body_digest: str = ""
    tag: str = ""
    conflict: bool = False
    verified: bool = False


# --- reporting --------------------------------------------------------------------------------


class Stage(StrEnum):
    """The verbs, and the decision before them."""

    ASK = "ask"
    DECIDE = "decide"
    FETCH = "fetch"
    PARSE = "parse"
    MIRROR = "mirror"
    RENDER = "render"
    PUBLISH = "publish"
    VERIFY = "verify"
    ANNOUNCE = "announce"


class Result(Enum):
    """How a stage ended for a subject."""

    DONE = "done"
    SKIPPED = "skipped"
    UNUSABLE = "unusable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one stage ended for one subject: an article's key, a source's name, or a wave.

    `seconds` is wall time of the last attempt. `task_run`: id of the Prefect task run that has its log, if one had it to do.
    """

    subject: str
    stage: Stage
    result: Result
    reason: str = ""
    attempts: int = 1
    seconds: float = 0.0
    task_run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line of an article's journal."""

    at: datetime
    run_id: str
    subject: str
    stage: Stage
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLine:
    """One article of a run, as the report's table shows it.

    `revision`: of the text that this run kept; 0 when it kept none. `task_run`: the last that had to do with it.
    """

    key: str
    code: str
    title: str
    category: str
    step: str
    result: Result
    stage: Stage
    reason: str
    attempts: int
    address: str
    revision: int = 0
    task_run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything that a run did. `written`, `unchanged`, `deleted` are object keys.

    `verified`: how many of the written objects the store has confirmed, byte for byte.
    """

    site: str
    run_id: str
    started_at: datetime
    seconds: float
    dry_run: bool
    listed: int
    articles: tuple[ArticleLine, ...]
    outcomes: tuple[Outcome, ...]
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    deleted: tuple[str, ...]
    task_runs: int
    verified: int = 0
    plan: tuple[Action, ...] = ()
    steps: Mapping[str, int] = field(default_factory=dict)
