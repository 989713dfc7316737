"""Mistakes of our own in the work on one subject: they stop nothing else, and nobody takes them for a fault of the article."""

import logging
import traceback
from typing import TypeVar

from prefect.exceptions import PrefectException

from flows.run import Run
from tasks.errors import Defect, FinewsError
from tasks.masking import masked
from tasks.model import Stage

log = logging.getLogger("tasks.defects")  # the name whose lines Prefect keeps; in a helper there is no run to log to

_NONE_OF_OURS = (FinewsError, PrefectException, OSError, MemoryError)
_LONGEST = 900  # characters of a traceback; its end says most

T = TypeVar("T")


def told_apart(run: Run, stage: Stage, subject: str, value: T) -> T | Defect:
    """What came of the work on a subject; a mistake of ours as a `Defect`.

    The first of a kind leaves its traceback in the run's log: the same mistake fails a thousand articles.
    """
    if not isinstance(value, Exception) or (not isinstance(value, Defect) and isinstance(value, _NONE_OF_OURS)):
        return value
    defect = value if isinstance(value, Defect) else Defect.of(value)
    first = defect.__cause__ or defect
    if run.recorder.is_new(f"{type(first).__name__} {traceback.extract_tb(first.__traceback__)[-1:]}"):
        trace = masked("".join(traceback.format_tb(first.__traceback__)).rstrip())
        log.error("%s %s: %s\n%s", stage.value, subject, defect, trace[-_LONGEST:])
    run.ledger.journal.note(subject, stage, str(defect))
    return defect
