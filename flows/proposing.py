"""What a drafted source's table should say besides where its list is: name, rights, pictures, category, time zone."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flows.trying import Bench, Look
from tasks.articles.slugs import RESERVED, new_slug
from tasks.config import Site, SourceSpec
from tasks.errors import FetchError
from tasks.model import Entry, Request

_LONGEST = 40  # characters of a source's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Keys of the table, what to note behind them, and lines for the report as label and text."""

    settings: Mapping[str, str]
    notes: Mapping[str, str]
    lines: tuple[tuple[str, str], ...]


def free_name(url: str, taken: Collection[str]) -> str:
    """A source's name from its host, with a number where another source has it."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    name = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:_LONGEST].strip("-") or "source"
    numbered = (f"{name[: _LONGEST - 1 - len(str(n))]}-{n}" for n in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def settings_of(
    bench: Bench, spec: SourceSpec, entries: Sequence[Entry], looks: Sequence[Look], *, licence: str
) -> Proposal:
    """What to propose for a source whose list has these entries, and some of whose articles were looked at.

    `licence`: the address of one that its page names.
    """
    shelf, of_shelf = _category(bench.site, spec, entries)
    pictures, of_pictures = _pictures(bench, spec, looks)
    named = f"it names a licence, {licence}: " if licence else "nothing was found that allows more; "
    rights = f"excerpt: title, excerpt and link; {named}full only where the publisher allows whole texts"
    zone = spec.timezone
    return Proposal(
        settings={**shelf, "timezone": zone, "rights": "excerpt", "pictures": pictures},
        notes={
            "timezone": "counts where a time names no zone",
            "rights": '"full" only where the publisher allows whole texts',
            "pictures": '"hotlink", "mirror" or "drop"',
        },
        lines=(
            ("rights", rights),
            ("pictures", f"{pictures}: {of_pictures}"),
            ("category", of_shelf),
            ("timezone", f"{zone}: change it where the times above are hours away"),
        ),
    )


def _category(site: Site, spec: SourceSpec, entries: Sequence[Entry]) -> tuple[Mapping[str, str], str]:
    """A fixed one, unless every record names its medium: then each has its own."""
    own = spec.title or spec.name
    media = list(dict.fromkeys(entry.media for entry in entries if entry.media and entry.media != own))
    if media and all(entry.media in media for entry in entries):
        return {}, f"one for each medium that its list names: {', '.join(media[:5])}{' …' if len(media) > 5 else ''}"
    used = {one.tag: one.category for one in site.sources if one.tag and one.category}
    taken = {*used.values(), *site.slugs.values(), *RESERVED} - {None}
    slug = used.get(own) or new_slug(own, pinned=site.slugs, taken={name for name in taken if name})
    return {"category": slug, "tag": own}, f"{own}, at /{slug}/; the address stays for ever once it was used"


def _pictures(bench: Bench, spec: SourceSpec, looks: Sequence[Look]) -> tuple[str, str]:
    """As one picture fares that is asked for as a reader's browser does, without a Referer."""
    found = [picture for look in looks if not look.fault for picture in look.pictures]
    if not found:
        return "hotlink", "none was seen"
    insecure = sum(picture.startswith("http://") for picture in found)
    try:
        answer = bench.client.get(Request(url=found[0]))
    except FetchError as error:
        if error.status is None:
            return "hotlink", f"whether they load elsewhere is not known: {error}"
        return "drop", f"they do not load without a Referer: {error}"
    kind = answer.content_type.partition(";")[0].strip()
    if kind.startswith(("text/", "application/xhtml")):
        return "drop", f"{found[0]}: without a Referer it answers {kind}, no picture"
    if insecure and bench.site.site.base_url.startswith("https:"):
        return (
            "hotlink",
            f"{insecure} of {len(found)} by plain http, which browsers may not load: https_hosts or mirror",
        )
    return "hotlink", "one of them loads without a Referer"
