"""What was read goes into the ledger: no more of it than its publisher allows, and not before it may be shown."""

from datetime import timedelta

from flows.run import Run
from tasks.articles.rights import excerpted
from tasks.model import Article, Offer, Outcome, Result, Stage


def settle_rights(run: Run) -> None:
    """Cut what a publisher does not allow to be shown whole any more."""
    for spec in run.site.sources:
        cut = run.ledger.permissions.settle(spec.name, full=spec.rights == "full", cut=excerpted)
        if cut:
            reason = f"rights = {spec.rights!r} now: {cut} articles were cut to excerpts"
            run.recorder.outcome(Outcome(subject=spec.name, stage=Stage.DECIDE, result=Result.DONE, reason=reason))


def keep(run: Run, offer: Offer, article: Article) -> Article:
    """Save an article as far as its source's rights go; the article as it is published."""
    spec = run.site.source(offer.entry.source)
    shown = article if spec.rights == "full" else excerpted(article)
    released_at = article.published_at + timedelta(minutes=spec.delay_minutes) if spec.delay_minutes else None
    saved = run.ledger.articles.save(shown, offer, now=run.now, released_at=released_at)
    if released_at is not None and released_at > run.now:
        told = f"{released_at:%Y-%m-%d %H:%M %z}"
        run.ledger.journal.note(article.key, Stage.PARSE, f"not shown before {told}, as its source asks")
    return saved
