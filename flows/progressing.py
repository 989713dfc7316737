"""How far a large run is, as an artifact on the page of the flow run."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.artifacts import for_show
from flows.stages import progress

_LARGE = 200  # articles to read: what is smaller is over before anybody looks
_EVERY = 3.0  # seconds between two calls to the server
_READ = 80.0  # percent of the work, by experience, until all is read


@contextlib.contextmanager
def shown_in_ui() -> Iterator[None]:
    """While this lasts, the progress of this thread's run is an artifact of it."""
    handler = _Artifact()
    before = progress.level
    progress.setLevel(logging.DEBUG)
    progress.addHandler(handler)
    try:
        yield
        handler.finish()
    finally:
        progress.removeHandler(handler)
        progress.setLevel(before)


class _Artifact(logging.Handler):
    """Made when the first batch of a large run is read."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._id: UUID | None = None
        self._told_at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """One step of any stage; those of the whole run are `read`, those of publishing come after it."""
        if record.thread != self._thread:
            return
        stage, done, total = (record.__dict__[name] for name in ("stage", "done", "total"))
        if stage == "read" and (self._id or total >= _LARGE):
            self._tell(_READ * done / total, f"{done} of {total} articles read")
        elif self._id is not None and str(stage).startswith("publish") and done == total:
            self._tell(_READ + 10.0, f"{stage} is done")

    def finish(self) -> None:
        """The run came to its end."""
        if self._id is not None:
            self._told_at = 0.0
            self._tell(100.0, "done")

    def _tell(self, percent: float, text: str) -> None:
        now = time.monotonic()
        if self._id is not None and now - self._told_at < _EVERY:
            return
        self._told_at = now
        with for_show():
            if self._id is None:
                self._id = UUID(str(create_progress_artifact(progress=percent, key="progress", description=text)))
            else:
                update_progress_artifact(artifact_id=self._id, progress=percent, description=text)
