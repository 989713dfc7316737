"""A Jekyll post -> the article that it shows: what `tasks/outputs/jekyll.py` or the original site wrote, read back.

A post in today's form comes back such that rendering it gives the same bytes. Earlier forms are read as well, and stand
in today's form from then on: a blank line before the front matter, a time without an offset, a plain text in place of
digest and body, return links on two lines or none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from tasks.articles.compose import NAMELESS, compose, shelf_of
from tasks.articles.dates import parse_time
from tasks.articles.decide import merge
from tasks.articles.identity import story_key
from tasks.articles.jekyll_text import PostText, take_apart
from tasks.articles.plain import without_controls
from tasks.articles.slugs import RESERVED
from tasks.errors import ParseError
from tasks.model import Article, Category, Entry, Text

_UPSTREAM_ID = re.compile(r"(?:NW)?\d{18}", re.ASCII)
_OFFSET = re.compile(r"(?:Z|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2}))\Z", re.ASCII)
_FIELDS = frozenset({"layout", "title", "date", "categories", "tags"})
_MEDIA_SUFFIX = "新闻"
_LONGEST_NAME, _LONGEST_SLUG = 600, 80  # the ledger has room for as many characters
_FILE_NAME = re.compile(r".*\.(?:html|xml|json|txt)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPost:
    """One story as the post `name` tells it.

    `entry` is the record as its list would have given it; both records have no source. The category has the slug of the
    post, or an empty one where that cannot stand in an address: then the ledger has to give one. `former_keys` are
    further keys at which readers knew the page. `remarks` say what is not as today's form has it.
    """

    name: str
    article: Article
    entry: Entry
    former_keys: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read_post(name: str, data: bytes, *, zone: ZoneInfo) -> ImportedPost:
    """The story of the post `name`; `ParseError` with that name and the reason when there is none to be read.

    `zone` is that of the site; a time without an offset is taken in it.
    """
    try:
        post = take_apart(name, data)
        if post.origin is None and not _UPSTREAM_ID.fullmatch(post.file_id):
            raise ParseError(f"no article: {post.file_id!r} is no id of the upstream, and there is no source address")
        return _imported(name, post, zone)
    except ParseError as error:
        raise ParseError(f"{without_controls(name)}: {error}") from error


def _imported(name: str, post: PostText, zone: ZoneInfo) -> ImportedPost:
    entry, category, address = _entry(post, zone), _category(post), post.origin or ""
    composed = compose(
        merge([entry]), Text(html=post.body), base_url=address, share_url=address, category=category, zone=zone
    )
    article = replace(composed, quote=post.quote)
    return ImportedPost(
        name=name,
        article=article,
        entry=entry,
        former_keys=() if category.slug else tuple(_former_keys(post, article)),
        remarks=tuple(_remarks(post, article)),
    )


def _entry(post: PostText, zone: ZoneInfo) -> Entry:
    title = without_controls(" ".join(post.front.get("title", ())))  # its blanks are kept
    if not title.strip():
        raise ParseError("the title is empty")
    return Entry(
        key=story_key(post.file_id),
        code=f"NW{story_key(post.file_id)}" if post.rolling and _UPSTREAM_ID.fullmatch(post.file_id) else post.file_id,
        file_id=post.file_id,
        source="",
        title=title,
        published_at=_time(post.line("date"), zone),
        media=None if post.rolling else _media(post),
        digest=post.quote or "",
        link=(post.origin or "") if post.rolling else "",
    )


def _time(text: str, zone: ZoneInfo) -> datetime:
    offset = _OFFSET.search(text)
    time = parse_time(text[: offset.start()].rstrip(), zone=_zone_of(offset)) if offset else parse_time(text, zone=zone)
    if not isinstance(time, datetime):
        raise ParseError(f"date: {time}")
    return time


def _zone_of(offset: re.Match[str]) -> timezone:
    away = timedelta(hours=int(offset["hours"] or 0), minutes=int(offset["minutes"] or 0))
    if away >= timedelta(days=1):
        raise ParseError(f"date: there is no offset {offset[0]}")
    return timezone(-away if offset["sign"] == "-" else away)


# --- where it stands ----------------------------------------------------------------------------


def _category(post: PostText) -> Category:
    slug = _slug(post)
    if post.rolling:
        return shelf_of(None, category=slug, tag=post.line("tags") or slug)
    return replace(shelf_of(_media(post), category=None, tag=None), slug=slug)


def _media(post: PostText) -> str:
    name = post.line("tags").removesuffix(_MEDIA_SUFFIX) or _slug(post) or NAMELESS
    if len(name) > _LONGEST_NAME:
        raise ParseError(
            f"tags: a media name of {len(name)} characters: {name[:40]!r}; expected {_LONGEST_NAME} at most"
        )
    return name


def _slug(post: PostText) -> str:
    """The slug where it can stay: one folder of an address, and none of the site's own. Else empty."""
    slug = post.line("categories")
    return slug if _is_folder(slug) and slug.lower() not in RESERVED else ""


def _former_keys(post: PostText, article: Article) -> Iterator[str]:
    """Where Jekyll has the page: each word of the categories is a folder, and what a slash parts are two."""
    folders = post.line("categories").lower().replace("/", " ").split()
    if folders and folders[0] not in RESERVED and all(map(_is_folder, folders)):
        yield f"{'/'.join(folders)}/{article.published_at:%Y/%m/%d}/{article.file_id}.html"


def _is_folder(text: str) -> bool:
    """Whether pages can stand in a folder of this name, beside the files of the site."""
    plain = text[:1].isalnum() and text.isprintable() and not any(sign in text for sign in " /\\")
    return plain and len(text) <= _LONGEST_SLUG and not _FILE_NAME.fullmatch(text)


def _remarks(post: PostText, article: Article) -> Iterator[str]:
    day = f"{article.published_at:%Y-%m-%d}"
    if post.late:
        yield "blank lines stand before the front matter"
    if post.day != day:
        yield f"the file name says {post.day or 'no day'}, the date {day}"
    if not _OFFSET.search(post.line("date")):
        yield f"the date has no offset: taken as {article.published_at:%z}"
    for field in sorted(post.front.keys() - _FIELDS):
        yield f"the field {field[:40]!r} is not kept"
    if not post.line("tags"):
        yield f"there is no tag: it gets {article.category.tag!r}"
    if not article.category.slug:
        yield f"the category {post.line('categories')!r} cannot stand in an address: it gets another"
    if post.rolling and post.quote is None:
        yield "there is no digest"
    if not post.origin:
        yield "there is no source address"
    if not post.linked:
        yield "there are no return links"
