"""One tree of errors.

    FinewsError                 everything below; carries what, where and what was expected
    ├── ConfigError             the site file or the command line is wrong (exit status 2)
    ├── FetchError              an address gave no usable answer; `retryable` says whether to ask again
    │   ├── NotAsked            an earlier Retry-After still holds, so nothing was asked
    │   └── Walled              a challenge or a login came, with the status of an error
    ├── ParseError              an answer came but is not what its kind promises (never retried)
    │   └── NotAnArticle        what was read is a challenge, a login, an error page, ... in an article's place
    ├── RenderError             a page could not be made from an article (never retried)
    ├── Defect                  a mistake of ours, met in the work on one subject
    ├── StoreError              the object store refused or lost a call; `retryable` likewise
    │   ├── WaveFailed          some objects of a wave were not written; names them
    │   └── TooManyDeletions    more objects are to go than a run may delete; none was
    └── LedgerError             the ledger cannot be opened, read or written
        ├── LedgerBusy          another process holds it
        ├── LedgerMissing       there is none yet, and who only looks makes none
        ├── LeaseHeld           another run is at work on this site
        ├── LeaseLost           this run slept too long, and another one has taken over
        └── LedgerTooNew        it was written by a later version of finews

Failures of one article are caught by the flow and become an `Outcome`; failures of the run end it.
"""

from datetime import datetime
from typing import Any, Self

from tasks.masking import masked
from tasks.model import Receipt, Response


class FinewsError(Exception):
    """Root of the tree. `attempts` is filled in by the verb that gave up. No message shows what an address keeps secret."""

    retryable: bool = False
    attempts: int = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))

    def __reduce__(self) -> tuple[Any, ...]:
        """It comes out of another process as it went in there, whatever it takes to make one."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[FinewsError], args: tuple[Any, ...], told: dict[str, Any]) -> FinewsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(told)
    return error


class ConfigError(FinewsError):
    """A site file or a command line that cannot be used."""


class FetchError(FinewsError):
    """An address gave no usable answer.

    `status` is the HTTP status where one came; `size` the bytes read until then. `not_before`: asking again earlier is
    not wanted (Retry-After), or of no use (robots.txt). `answer`: what came with that status, where it came whole.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        status: int | None = None,
        size: int = 0,
        not_before: datetime | None = None,
        answer: Response | None = None,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.status = status
        self.size = size
        self.not_before = not_before
        self.answer = answer


class NotAsked(FetchError):
    """Nobody was asked: what an earlier answer said of asking again still holds."""


class Walled(FetchError):
    """A wall (a challenge, a login) with the status of an error: asking again at once would not open it.

    Only a Retry-After promises that. `refusal` is the error that the status alone makes.
    """

    def __init__(self, refusal: FetchError, wall: str) -> None:
        super().__init__(
            f"{refusal}: {wall}",
            retryable=refusal.retryable and refusal.not_before is not None,
            status=refusal.status,
            size=refusal.size,
            not_before=refusal.not_before,
            answer=refusal.answer,
        )


class ParseError(FinewsError):
    """An answer that is not what its kind of source promises."""


class NotAnArticle(ParseError):
    """What was read is not an article but what an outlet shows in its place."""


class RenderError(FinewsError):
    """A page could not be made."""


class Defect(FinewsError):
    """A mistake of ours, met in the work on one subject; its cause is what Python said."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """The defect that shows itself in `error`."""
        made = cls(f"defect in finews: {type(error).__name__}: {error}")
        made.__cause__ = error
        return made


class StoreError(FinewsError):
    """A store call that failed."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class WaveFailed(StoreError):
    """Some objects of a wave were not written; all later waves stay away. `receipts` has the others too."""

    def __init__(self, message: str, *, receipts: tuple[Receipt, ...], retryable: bool = False) -> None:
        super().__init__(message, retryable=retryable)
        self.receipts = receipts


class TooManyDeletions(StoreError):
    """More objects are to go than a run may delete; none was deleted."""


class LedgerError(FinewsError):
    """The ledger cannot be opened, read or written."""


class LedgerBusy(LedgerError):
    """Another process holds the ledger."""


class LedgerMissing(LedgerError):
    """There is no ledger yet, and who only looks makes none."""


class LeaseHeld(LedgerError):
    """Another run is at work on this site; `holder` names it."""

    def __init__(self, message: str, *, holder: str) -> None:
        super().__init__(message)
        self.holder = holder


class LeaseLost(LedgerError):
    """Another run has taken over: nothing that this one does counts any more."""


class LedgerTooNew(LedgerError):
    """The ledger was written by a later version of finews."""


def worth_retrying(_task: object, _task_run: object, state: Any) -> bool:
    """The retry condition of the verbs (Prefect's `retry_condition_fn`): what the error says of itself."""
    return bool(getattr(state.result(raise_on_failure=False), "retryable", False))
