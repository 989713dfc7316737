"""The article of a page: by the source's selectors, or found by what speaks for it.

Without selectors two readers look at the page: trafilatura, which says what text is the article's, and `passages`, which
says where in the tree it stands. `picking` takes what both find, as the page's own elements, so that pictures, tables
and captions are kept. Where the tree has no article and JSON-LD carries its text, that is taken.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from html import escape

from lxml.html import HtmlElement

from tasks.articles.charset import decode_page
from tasks.articles.leads import abstract_of, lead_of
from tasks.articles.metadata import Metadata, best_title, read_metadata, visible_line
from tasks.articles.moments import is_day_only, moment
from tasks.articles.page import line_of, read_page
from tasks.articles.passages import Passages, squeezed
from tasks.articles.picking import Picked, cut_out, pick
from tasks.articles.selecting import Selectors, layout_of, select
from tasks.errors import ParseError
from tasks.model import Text

__all__ = ["Selectors", "extract_page"]

_MOST_ELEMENTS = 30_000  # more than any article has; the library's time grows faster than the page
_SHORTEST = 25  # Latin letters, ten Chinese characters
_LONG_ENOUGH = 600.0
_FULLER = 2.0


def extract_page(
    body: bytes, *, url: str, content_type: str, layouts: Sequence[Selectors], zone: tzinfo, now: datetime
) -> Text:
    """The article of a page that came from `url`; `ParseError` when nothing can be read.

    Of several layouts, the first whose evidence is in the page is read by, and stands in `method` too; that none fits is an
    error. With selectors: what they select, fields that they do not give from the metadata, `method` "selectors". Without:
    `method` "trafilatura", "passages" when that library read something else or nothing, or "json-ld"; with a
    confidence. It is the mean of: how much text there is (1 from 600 Latin letters or 240 Chinese characters on), how
    much of it the library took as well, its share outside of links, whether the title stands above it, whether a
    time of publication was found, and, where JSON-LD carries the text, how much of that is in it.
    `now` bounds the times that are believed; `zone` holds for times that name none.
    """
    try:
        page = decode_page(body, content_type)
        root = read_page(page)
        selectors, layout = layout_of(root, layouts)
        metadata = read_metadata(root, url=url, zone=zone, now=now)
        if selectors is not None and selectors.body:
            text = _selected(root, selectors, metadata, zone=zone, now=now)
        else:
            text = _found(root, metadata, url, zone=zone, now=now)
            text = text if selectors is None else _with_fields(text, root, selectors, zone=zone, now=now)
        method = f"{text.method}, {layout}" if layout else text.method
        return replace(text, method=method, replaced_share=page.replaced_share)
    except ParseError as error:
        raise ParseError(f"{url}: {error}") from error
    except RecursionError as error:
        raise ParseError(f"{url}: the markup is nested too deep to be read") from error


def _selected(root: HtmlElement, selectors: Selectors, metadata: Metadata, *, zone: tzinfo, now: datetime) -> Text:
    found = select(root, selectors)
    line = visible_line(root, next(root.iter("h1"), None), zone=zone, now=now)
    text = _text(metadata, html=found.html, heading="", line=line, method="selectors", confidence=1.0)
    text = _with_fields(text, root, selectors, zone=zone, now=now)
    return replace(text, html=f"<p>{escape(found.summary)}</p>{found.html}") if found.summary else text


def _with_fields(text: Text, root: HtmlElement, selectors: Selectors, *, zone: tzinfo, now: datetime) -> Text:
    """The text with the fields that were selected."""
    found = select(root, replace(selectors, body=""))
    return replace(
        text,
        title=found.title or text.title,
        author=found.author or text.author,
        media=found.media or text.media,
        published_at=(found.time and moment(found.time, zone=zone, now=now)) or text.published_at,
    )


def _found(root: HtmlElement, metadata: Metadata, url: str, *, zone: tzinfo, now: datetime) -> Text:
    passages = Passages(root, titles=metadata.titles, library=_library_text(root, url))
    picked = pick(passages)
    heading = "" if passages.heading is None else line_of(passages.heading)
    line = visible_line(root, passages.heading, zone=zone, now=now)
    said = squeezed(metadata.body)
    if len(said) > _FULLER * len(_core(picked)) and len(said) > _SHORTEST:
        html = "".join(f"<p>{escape(part)}</p>" for part in map(str.strip, metadata.body.splitlines()) if part)
        return _text(metadata, html=html, heading=heading, line=line, method="json-ld", confidence=0.6)
    if picked.size < _SHORTEST:
        raise ParseError("no article in the page: expected some sentences outside of links")
    confidence = _confidence(picked, passages, said, dated=(metadata.published_at or line[0]) is not None)
    method = "trafilatura" if picked.trusted else "passages"
    abstract, lead = abstract_of(picked, passages), lead_of(picked, passages, metadata)
    html = (f"<p>{escape(abstract)}</p>" if abstract else "") + cut_out(picked, passages)
    text = _text(metadata, html=html, heading=heading, line=line, method=method, confidence=confidence)
    return replace(text, summary=lead)


def _library_text(root: HtmlElement, url: str) -> str:
    """What trafilatura takes for the article's text; empty when it finds none or cannot cope with the page."""
    import trafilatura  # takes long to read; a run with no new page does without

    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        return ""
    try:
        document = trafilatura.bare_extraction(
            root, url=url, favor_precision=True, include_comments=False, with_metadata=False
        )
    except (RecursionError, ValueError, AttributeError, TypeError, AssertionError, IndexError, KeyError):
        return ""  # it was written for pages that are well
    return (getattr(document, "text", "") or "") if document is not None else ""


def _confidence(picked: Picked, passages: Passages, said: str, *, dated: bool) -> float:
    size = picked.size
    core = _core(picked)
    evidence = [
        min(1.0, size / _LONG_ENOUGH),
        sum(p.known for p in picked.kept) / size,
        sum(p.free for p in picked.kept) / size,
        float(passages.heading is not None),
        float(dated),
    ]
    if said:
        shingles = {said[place : place + 8] for place in range(0, max(1, len(said) - 7), 8)}
        evidence.append(sum(shingle in core for shingle in shingles) / len(shingles))
    return round(sum(evidence) / len(evidence), 2)


def _core(picked: Picked) -> str:
    return squeezed("".join(line_of(passage.element) for passage in picked.kept))


def _text(
    metadata: Metadata,
    *,
    html: str,
    heading: str,
    line: tuple[datetime | None, str, str],
    method: str,
    confidence: float,
) -> Text:
    shown, media, author = line
    published = metadata.published_at
    if published is None or (is_day_only(published) and shown is not None and shown.date() == published.date()):
        published = shown or published
    return Text(
        html=html,
        title=best_title(heading, metadata),
        published_at=published,
        modified_at=metadata.modified_at,
        author=metadata.author or author,
        media=media or metadata.media,
        canonical=metadata.canonical,
        links=metadata.links,
        method=method,
        confidence=confidence,
    )
