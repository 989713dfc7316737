"""The hourly flow's clock, set ahead: a test waits for days without waiting."""

from datetime import datetime, timedelta

import pytest

import flows.syndicate


class Later:
    """The flow's clock, set ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self, tz: object = None) -> datetime:
        """The time, so much ahead."""
        return datetime.now(tz) + self.ahead  # type: ignore[arg-type]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Lets a test wait without waiting."""
    clock = Later()

    class Clock(datetime):
        """What the flow takes for the time."""

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            """The time, so much ahead."""
            return clock.now(tz)

    monkeypatch.setattr(flows.syndicate, "datetime", Clock)
    return clock
