"""Back to lists of an earlier generation, as they were written then: nothing is rendered, so a broken template is no matter."""

from flows.publication import Publication
from flows.run import Run
from tasks.errors import ConfigError
from tasks.model import Outcome, Result, Stage


def bring_back(run: Run, generation: int | None) -> None:
    """Write the open list pages of that generation, and hold them there.

    Without a number: of the one before the last, or before the one that they are held at already.

    Pages that did not exist then stay: nothing links to them any more. Articles stay as they are. Pictures that only lists
    of before show are still in the store, and stay as long as one can go back to the generation that this makes.
    """
    generations = run.ledger.generations
    held = generations.held_at()
    number = generation if generation is not None else (generations.number() if held is None else held) - 1
    pages = generations.pages_of(number)
    if not pages:
        raise ConfigError(f"generation {number}: no list of it is known")
    run.ledger.pictures.keep_longer()
    generations.hold(number)
    publication = Publication(run)
    publication.open()
    publication.write(f"generation {number}", pages, remembered={page.key for page in pages})
    publication.close()
    reason = f"lists are those of generation {number}; finews release lets publishing go on"
    run.recorder.outcome(Outcome(subject="publishing", stage=Stage.PUBLISH, result=Result.SKIPPED, reason=reason))
