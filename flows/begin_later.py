"""Runs that ask no publisher: they begin with what is kept, with what was read, or with what was made."""

from flows.replaying import replay_kept
from flows.run import Run
from flows.wish import StageName, Wish
from tasks.ledger.again import Chosen
from tasks.model import Outcome, Result, Stage, Unusable


def begin_at(run: Run, stage: StageName, wish: Wish) -> None:
    """Make due what is to be done again from this stage on; publishing it is the caller's.

    `render` takes all articles of the wish. `publish` takes what is due anyway, and with `force` writes the objects of the
    chosen articles again, whatever stands there.
    """
    if stage == "parse":
        replay_kept(run, wish)
        return
    chosen = _chosen(run, wish)
    if wish.articles and not chosen.keys:
        return
    if stage == "publish" and not wish.force:
        return
    render_again(run, chosen)
    if stage == "publish":  # after they are due: killed in between, nothing would ask for them
        for keys in run.ledger.again.objects_of(chosen):
            run.ledger.objects.intend(keys, now=run.now)


def render_again(run: Run, chosen: Chosen) -> None:
    """These articles, and the lists that show them, are due again; the report says how many."""
    reason = f"{run.ledger.again.render(chosen)} articles, and the lists that show them, are made again"
    run.recorder.outcome(Outcome(subject="render", stage=Stage.DECIDE, result=Result.DONE, reason=reason))


def _chosen(run: Run, wish: Wish) -> Chosen:
    keys = {run.ledger.articles.key_of(name): name for name in wish.articles}
    known = run.ledger.articles.known(keys)
    for key, name in keys.items():
        if key not in known:
            reason = "this ledger does not know it"
            run.recorder.rejected(Unusable(subject=name, source="asked for", reason=reason))
    sources = tuple(run.site.source(name).name for name in wish.sources)
    return Chosen(keys=tuple(known), sources=sources, since=wish.since, until=wish.until)
