"""Tables of the ledger. A change here comes with a migration in `migrations/versions/`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)

# The newest migration; a test holds it to the folder.
REVISION = "0011"


class Instant(TypeDecorator[datetime]):
    """An aware time as UTC text `YYYY-MM-DDTHH:MM:SS.ffffff`: sorts as it reads, the same in every database."""

    impl = String(26)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


# A key of an object: it sorts by its bytes, so that what begins alike stands together in any database and language.
_OBJECT_KEY = String(600).with_variant(String(600, collation="C"), "postgresql")

metadata = MetaData()

# Single facts, such as the ledger's own id and the site's time zone.
facts = Table("facts", metadata, Column("name", String(200), primary_key=True), Column("value", Text, nullable=False))

# One row, `site`: the run that is at work. `fence` grows with every claim; what an earlier holder does is refused.
lease = Table(
    "lease",
    metadata,
    Column("name", String(10), primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("holder", String(300), nullable=False),
    Column("expires_at", Instant),
)

# One row a story and list that carried it: the newest usable record.
sightings = Table(
    "sightings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("entry", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# Records that could not be used, as long as they cannot.
unusable = Table(
    "unusable",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("subject", String(100), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)

# One row a story. The content columns are empty until the text has been read once. The places are its numbers in the
# three orders of arrival (tasks/catalogue.py); without a place in a category it stands in no list. `published` says
# that its page is in the store, `stale` that the page has to be made again. `published_at` is what the publisher claims,
# `modified_at` when it says that it changed the text, `read_at` when the text came first; before `released_at` the
# article stands in no list. `rechecks` counts later looks at the page, `recheck_changes` those that found another text.
# `missing` counts the runs in a row in which the text answered 404. `owed`: a list changed the record, and no run has
# read the text since, or seen that nothing of it is published.
articles = Table(
    "articles",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("status", String(10), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try_at", Instant),
    Column("error", Text),
    Column("offer_digest", String(64), nullable=False, default=""),
    Column("source", String(40), nullable=False, default=""),
    Column("published", Boolean, nullable=False, default=False, server_default=false()),
    Column("stale", Boolean, nullable=False, default=False, server_default=false()),
    Column("place", Integer),
    Column("day", String(10)),
    Column("day_place", Integer),
    Column("month", String(7)),
    Column("month_place", Integer),
    Column("code", String(64)),
    Column("file_id", String(64)),
    Column("title", Text),
    Column("published_at", Instant),
    Column("updated_at", Instant),
    Column("category", String(80)),
    Column("origin_url", Text),
    Column("summary", Text),
    Column("quote", Text),
    Column("post_body", Text),
    Column("html", Text),
    Column("revision", Integer),
    Column("content_digest", String(64)),
    Column("page_key", Text),
    Column("post_key", Text),
    Column("withdrawn_at", Instant),
    Column("withdrawal_reason", String(10)),
    Column("modified_at", Instant),
    Column("released_at", Instant),
    Column("read_at", Instant),
    Column("recheck_at", Instant),
    Column("rechecks", Integer, nullable=False, default=0, server_default="0"),
    Column("recheck_changes", Integer, nullable=False, default=0, server_default="0"),
    Column("fingerprint", String(64)),
    Column("text_digest", String(64)),
    Column("missing", Integer, nullable=False, default=0, server_default="0"),
    Column("owed", Boolean, nullable=False, default=False, server_default=false()),
    Index("articles_newest", "published_at", "key"),
    Index("articles_newest_of_category", "category", "published_at", "key"),
    Index("articles_in_category", "category", "place"),
    Index("articles_in_day", "day", "day_place"),
    Index("articles_in_month", "month", "month_place"),
    Index("articles_unread", "status", "next_try_at"),
    Index("articles_page", "page_key"),
    Index("articles_text", "source", "text_digest"),
)

# What is due is found without looking at what is not: these indexes hold only rows that wait.
for _name, _waits in (
    ("articles_new", ~articles.c.published),
    ("articles_stale", articles.c.stale),
    ("articles_owed", articles.c.owed),
):
    Index(_name, articles.c.key, sqlite_where=_waits, postgresql_where=_waits)
_placeless = articles.c.place.is_(None)
Index(
    "articles_placeless", articles.c.published_at, articles.c.key, sqlite_where=_placeless, postgresql_where=_placeless
)

_watched = articles.c.recheck_at.is_not(None)
Index("articles_to_recheck", articles.c.recheck_at, sqlite_where=_watched, postgresql_where=_watched)

# Every name that a story ever had, for ever: ids of publishers, and addresses. Who was named first keeps the name.
aliases = Table(
    "aliases",
    metadata,
    Column("name", String(600), primary_key=True),
    Column("article", String(64), nullable=False, index=True),
)

# What each revision of a text changed. `size` counts the characters that went and came.
revisions = Table(
    "revisions",
    metadata,
    Column("article", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("changed", Text, nullable=False),
    Column("size", Integer, nullable=False),
)

# What is needed to find the same story in other words (tasks/articles/shingles.py), as long as stories can meet: a
# sketch an article, and the bands under which it is found.
sketches = Table(
    "sketches",
    metadata,
    Column("article", String(64), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
bands = Table(
    "bands",
    metadata,
    Column("value", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True),
    Column("article", String(64), primary_key=True, index=True),
)

# Articles that tell the same story, each pair in both directions.
echoes = Table(
    "echoes",
    metadata,
    Column("article", String(64), primary_key=True),
    Column("other", String(64), primary_key=True, index=True),
)

# Answers that are no article, as they came; `body` is compressed, `size` that of the whole answer. They go when the
# article is read after all, taken down or given up, and when they are old.
quarantine = Table(
    "quarantine",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("url", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("size", Integer, nullable=False, default=0, server_default="0"),
)

# How far each order of arrival has come: the last number given, how many articles still stand in it, its newest.
# Orders: `category` by slug, `day` by date, `month` of arrival, and `calendar`: months of publication, only counted.
orders = Table(
    "orders",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("last", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("newest_at", Instant),
)

# Every page of every list that shall be in the store. `changed_at`: newest change of an article that it shows.
indexes = Table(
    "indexes",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("name", String(400), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("published", Boolean, nullable=False, default=False, server_default=false()),
    Column("stale", Boolean, nullable=False),
    Column("changed_at", Instant),
)

for _name, _waits in (("indexes_new", ~indexes.c.published), ("indexes_stale", indexes.c.stale)):
    Index(_name, indexes.c.kind, indexes.c.name, indexes.c.number, sqlite_where=_waits, postgresql_where=_waits)

# Category titles and the slugs given to them, for ever.
categories = Table(
    "categories",
    metadata,
    Column("title", String(600), primary_key=True),
    Column("slug", String(80), nullable=False, unique=True),
    Column("tag", Text, nullable=False),
    Column("fixed", Boolean, nullable=False),
)

# Addresses that an article had before it moved.
moves = Table(
    "moves",
    metadata,
    Column("old_key", String(400), primary_key=True),
    Column("article", String(64), nullable=False, index=True),
)

# Places that articles have left: empty for ever, but given once. `kind` and `name` as in `orders`.
holes = Table(
    "holes",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("article", String(64), nullable=False, index=True),
)

# What the store holds, as far as we wrote it. After `delete_after` an object is to go; without it, it stays.
objects = Table(
    "objects",
    metadata,
    Column("store", String(400), primary_key=True),
    Column("key", _OBJECT_KEY, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body_digest", String(64)),
    Column("tag", String(200)),
    Column("size", Integer, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("delete_after", Instant),
    Index("objects_to_delete", "store", "delete_after"),
)

# What changed in the store and was not told to caches, hubs and search engines yet.
changes = Table(
    "changes",
    metadata,
    Column("key", String(600), primary_key=True),
    Column("cached", Boolean, nullable=False),
    Column("new", Boolean, nullable=False),
)

# Open list pages as they were published, for going back: compressed, the last few generations of each.
versions = Table(
    "versions",
    metadata,
    Column("key", String(600), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("content_type", String(200), nullable=False),
    Column("cache_control", String(200), nullable=False),
    Column("encoding", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# What the answer of an address said of itself: the headers that matter (JSON), where it has moved to for good. `reader`:
# digest of what read it; another reader has seen nothing of it yet.
answers = Table(
    "answers",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("reader", String(64), nullable=False),
    Column("answered_url", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("moved_to", Text, nullable=False),
)

# How each source fares, for the question whether to ask it (JSON of tasks/articles/due.py).
askings = Table(
    "askings", metadata, Column("source", String(40), primary_key=True), Column("asking", Text, nullable=False)
)

# One row an origin: its robots.txt, or how asking for it failed.
robots = Table(
    "robots",
    metadata,
    Column("origin", String(300), primary_key=True),
    Column("status", Integer, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("validators", Text, nullable=False),
    Column("failing_since", Instant),
)

# One row a host: when its next turn is, who has one now (JSON: number to the time when it counts as given back).
# `given`: how many turns there were.
paces = Table(
    "paces",
    metadata,
    Column("host", String(300), primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("turns", Text, nullable=False),
    Column("given", Integer, nullable=False),
)

# What a long Retry-After holds: an address, a host or a source.
holds = Table(
    "holds",
    metadata,
    Column("scope", String(10), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("until", Instant, nullable=False),
)

# Pictures that something uses, by a digest of their addresses at the publisher. `digest`, `extension` and `sizes` (JSON:
# pairs of width and height) are NULL as long as the picture is not in the store; a `digest` of no characters is that of a
# picture that was tried often enough, so that the index of what is missing has no more than what can be due.
pictures = Table(
    "pictures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("wanted_at", Instant, nullable=False),
    Column("digest", String(64)),
    Column("extension", String(4)),
    Column("sizes", Text),
    Column("fetched_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("error", Text),
    Index("pictures_digest", "digest"),
)
_missing = pictures.c.digest.is_(None)
Index("pictures_missing", pictures.c.wanted_at, pictures.c.id, sqlite_where=_missing, postgresql_where=_missing)

# Which article shows which picture. What an article does not show any more is used by a generation (`generation` and its
# number in the place of the article's key, which has no blank), as long as one can go back to lists of before.
picture_uses = Table(
    "picture_uses",
    metadata,
    Column("article", String(64), primary_key=True),
    Column("picture", String(64), primary_key=True, index=True),
)

# Stories that a run has given to other processes to read, in parts. `made`: what came of one, compressed, until the run takes it.
handouts = Table(
    "handouts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("part", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("step", String(20), nullable=False),
    Column("made", LargeBinary),
)

# The story of every article over all runs.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("stage", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Index("journal_of_subject", "subject", "id"),
)

# What the store's copies of it lack: a row a subject and month (`YYYY-MM`, UTC) that has lines which are not there yet.
journals_owed = Table(
    "journals_owed",
    metadata,
    Column("subject", String(100), primary_key=True),
    Column("month", String(7), primary_key=True),
)
