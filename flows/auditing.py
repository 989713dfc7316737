"""Is everything in the store as the ledger has it? Lists the whole store, so no hourly run does this."""

from collections.abc import Iterator
from dataclasses import replace

from flows.publication import MARKER, Publication
from flows.reading_store import as_page, read_all
from flows.run import Run
from flows.status import is_for_operators
from tasks.model import Outcome, Page, Recorded, Result, Stage, Stored

_TOLD = 20  # keys in a sentence


def audit_store(run: Run, *, repair: bool) -> None:
    """Read every object and compare it with what was written, bytes and headers. Each kind of difference is an outcome.

    With `repair` missing and damaged objects become due, and pictures of no use leave; foreign objects are only told, as
    they are not ours to delete.
    """
    store, objects = run.store, run.ledger.objects
    known = objects.all()
    there = {listed.key: listed.tag for listed in store.listed()}
    begun = {key for key, recorded in known.items() if not recorded.digest}  # by a run that was killed
    missing = sorted(known.keys() - there.keys() - begun)
    foreign = sorted(key for key in there.keys() - known.keys() - {MARKER} if not is_for_operators(key, run.site))
    damaged: list[str] = []
    for batch in read_all(run.store, sorted(known.keys() & there.keys() - begun)):
        damaged += [key for key, stored in batch if not _is_sound(run, key, known[key], stored)]
    for name, keys in (("missing", missing), ("damaged", damaged)):
        _tell(run, f"{name} objects", keys, Result.DONE if repair else Result.FAILED)
    _tell(run, "objects that a killed run had begun", sorted(begun), Result.DONE)
    _tell(run, "objects that are not ours", foreign, Result.DONE)
    if repair:
        objects.lose(missing, damaged={key: there[key] for key in damaged}, begun=begun)
        Publication(run).adopt()
    unused = run.ledger.pictures.left_over()
    _tell(run, "pictures that nothing shows", list(unused), Result.DONE)
    if repair:
        objects.delete_later(unused, after=run.now + run.grace)


def _is_sound(run: Run, key: str, known: Recorded, found: Stored) -> bool:
    """Whether an object has the bytes that were written, and the headers where the store keeps any.

    Then its tag is kept, should it be another one.
    """
    if found.content_type is None:
        sound = known.body_digest == found.body_digest
    else:
        sound = known.digest in (page.digest for page in _possible(as_page(key, found)))
    if sound and known.tag != found.tag:
        run.ledger.objects.retag({key: found.tag})
    return sound


def _possible(page: Page) -> Iterator[Page]:
    """The page as the store has it; some services drop the charset of what is no `text/`."""
    yield page
    if page.content_type.startswith("application/") and ";" not in page.content_type:
        yield replace(page, content_type=f"{page.content_type}; charset=utf-8")


def _tell(run: Run, subject: str, keys: list[str], result: Result) -> None:
    if not keys:
        return
    named = ", ".join(keys[:_TOLD]) + (f" and {len(keys) - _TOLD} more" if len(keys) > _TOLD else "")
    story = f"{len(keys)}: {named}"
    run.ledger.journal.note("store", Stage.VERIFY, f"{subject}: {story}")
    # What readers miss fails the run, as a wave that was not written does.
    stage = Stage.PUBLISH if result is Result.FAILED else Stage.VERIFY
    run.recorder.outcome(Outcome(subject=subject, stage=stage, result=result, reason=story[:900]))
