"""Kept answers instead of new ones: a better parser reads history without asking anybody."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tasks.config import Site
from tasks.model import Capture, Offer
from tasks.sources import find_sources
from tasks.web.captures import captured, files_in


def kept_texts(site: Site, offers: Iterable[Offer], folder: Path) -> Iterator[tuple[Offer, Capture]]:
    """The newest kept answer that holds the text of each of these offers; those of which none is kept are left out.

    What comes out is what `fetch` would have given, so `parse` reads it as ever.
    """
    kinds, waiting = find_sources(), dict[str, Offer]()
    for offer in offers:
        spec = site.source(offer.entry.source)
        if (request := kinds[spec.kind].ask_text(spec, offer.entry)) is not None:
            waiting[request.url] = offer
    for path in files_in(folder):
        newest = {one.asked_url: one.response for one in captured(path) if one.asked_url in waiting}
        for url, response in newest.items():
            offer = waiting.pop(url)
            yield offer, Capture(entry=offer.entry, response=response)
        if not waiting:
            return
