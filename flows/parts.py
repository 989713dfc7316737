"""How much reading is cut into parts for several processes: by source, and within one by time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from tasks.model import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Stories of one source and one window of time; both its ends are in it."""

    number: int
    source: str
    since: datetime
    until: datetime
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the UI shows it."""
        return f"{self.source} {self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M}"


def parts_of(due: Sequence[Offer], size: int) -> tuple[Part, ...]:
    """The parts, at most `size` stories each; those first whose stories the run wants first."""
    place = {offer.entry.key: number for number, offer in enumerate(due)}
    entries = sorted((offer.entry for offer in due), key=lambda e: (e.source, -e.published_at.timestamp(), e.key))
    cut = []
    for _, group in groupby(entries, key=lambda entry: entry.source):
        of_source = list(group)
        cut += [of_source[start : start + size] for start in range(0, len(of_source), size)]
    cut.sort(key=lambda some: min(place[entry.key] for entry in some))
    return tuple(
        Part(
            number=number,
            source=some[0].source,
            since=some[-1].published_at,
            until=some[0].published_at,
            keys=tuple(entry.key for entry in some),
        )
        for number, some in enumerate(cut, start=1)
    )
