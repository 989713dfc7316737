"""Is everything in the store as the ledger has it? Lists the whole store, so no hourly run does this."""

from flows.publication import MARKER, Publication
from flows.run import Run
from tasks.model import Outcome, Recorded, Result, Stage

_TOLD = 20  # keys in a sentence


def audit_store(run: Run, *, repair: bool) -> None:
    """Compare keys and tags; read what has another tag. Each kind of difference is an outcome of the run.

    With `repair` missing and damaged objects become due; foreign ones are only told, as they are not ours to delete.
    """
    store, objects = run.store, run.ledger.objects
    known = objects.all()
    there = {listed.key: listed.tag for listed in store.listed()}
    missing = sorted(known.keys() - there.keys())
    foreign = sorted(there.keys() - known.keys() - {MARKER})
    damaged: list[str] = []
    for key in sorted(known.keys() & there.keys()):
        if there[key] != known[key].tag and not _is_sound(run, key, known[key]):
            damaged.append(key)
    for name, keys in (("missing", missing), ("damaged", damaged)):
        _tell(run, f"{name} objects", keys, Result.DONE if repair else Result.FAILED)
    _tell(run, "objects that are not ours", foreign, Result.DONE)
    if repair:
        objects.lose(missing, damaged={key: there[key] for key in damaged})
        objects.make_due([*missing, *damaged])
        Publication(run).adopt()


def _is_sound(run: Run, key: str, known: Recorded) -> bool:
    """Whether an object with another tag has the bytes that were written; then the new tag is kept."""
    found = run.store.read(key)
    if found is None or known.body_digest != found.body_digest:
        return False
    run.ledger.objects.retag({key: found.tag})
    return True


def _tell(run: Run, subject: str, keys: list[str], result: Result) -> None:
    if not keys:
        return
    named = ", ".join(keys[:_TOLD]) + (f" and {len(keys) - _TOLD} more" if len(keys) > _TOLD else "")
    story = f"{len(keys)}: {named}"
    run.ledger.journal.note("store", Stage.VERIFY, f"{subject}: {story}")
    # What readers miss fails the run, as a wave that was not written does.
    stage = Stage.PUBLISH if result is Result.FAILED else Stage.VERIFY
    run.recorder.outcome(Outcome(subject=subject, stage=stage, result=result, reason=story[:900]))
