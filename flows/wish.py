"""What a run was asked for by a person, or by the schedule."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tasks.errors import ConfigError
from tasks.model import Known, Offer

StageName = Literal["fetch", "parse", "render", "publish"]
"""Where a run begins: publishers are asked; kept answers are read again; pages are made again; objects are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The defaults mean everything that is due. `since` is in the window, `until` is not."""

    sources: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    force: bool = False

    def __post_init__(self) -> None:
        """What would never read anything is a slip of the hand."""
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit = {self.limit}: expected 1 or more, or nothing")
        if self.since and self.until and self.since >= self.until:
            raise ConfigError(f"since = {self.since}, until = {self.until}: expected a time before that of `until`")

    @property
    def is_manual(self) -> bool:
        """Whether a person wants something of certain sources or articles: those are asked, due or not."""
        return bool(self.sources or self.articles or self.force)

    def takes(self, known: Known, offer: Offer) -> bool:
        """Whether a story that is known is of these sources and of that time."""
        at = known.published_at or offer.entry.published_at
        early, late = self.since and at < self.since, self.until and at >= self.until
        return not early and not late and (not self.sources or known.source in self.sources)
