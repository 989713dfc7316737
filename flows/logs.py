"""What a run says to the log of its task runs."""

import logging

from tasks.errors import FinewsError


class _WithoutTraceback(logging.Filter):
    """An error of ours says in its message what, where and what was expected; thirty lines of Prefect's code would hide it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes; the traceback of an error of ours does not."""
        if record.exc_info and isinstance(record.exc_info[1], FinewsError):
            record.exc_info = record.exc_text = None
        return True


def prepare_logs() -> None:
    """Let the lines of the verbs through, and no traceback of what is no mistake in the code."""
    logging.getLogger("tasks").setLevel(logging.INFO)
    engine = logging.getLogger("prefect.task_runs")
    if not any(isinstance(one, _WithoutTraceback) for one in engine.filters):
        engine.addFilter(_WithoutTraceback())
