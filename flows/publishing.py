"""The second half of a run: render what is due, plan, publish in waves."""

import json
from collections.abc import Sequence

from flows.reading import give_up
from flows.run import Run
from flows.stages import each, errors, values, with_retries
from tasks.errors import StoreError, WaveFailed
from tasks.model import Action, ActionKind, Article, Outcome, Page, Receipt, Result, Stage, Wave
from tasks.outputs import edition, find_outputs
from tasks.publish import publish
from tasks.render import render, render_indexes
from tasks.stores.plan import due, plan

# Names whose ledger wrote this store: a store without it was emptied, or is another one.
MARKER = "_finews/state.json"


def render_and_publish(run: Run) -> None:
    """Bring the store up to what the ledger holds; nothing is written when there is nothing new.

    What a killed run left undone is found here again: articles count as published only when every page
    that shows them is in the store. A store that cannot be used is the failure of one wave more, so that
    what was read is still reported.
    """
    try:
        _bring_up_to_date(run)
    except StoreError as error:
        if not isinstance(error, WaveFailed):  # a wave has its own outcome already
            run.recorder.outcome(
                Outcome(subject="the store", stage=Stage.PUBLISH, result=Result.FAILED, reason=str(error))
            )
        for key in run.recorder.left_unpublished(f"not published, left for the next run: {error}"):
            run.ledger.journal.note(key, Stage.PUBLISH, f"not published, left for the next run: {error}")
    run.ledger.journal.flush()


def _bring_up_to_date(run: Run) -> None:
    check_marker(run)
    current = edition(run.facts, find_outputs())
    unpublished = run.ledger.articles.unpublished(current)
    all_indexes = run.ledger.objects.index_edition() != current
    if not unpublished and not all_indexes:
        return
    rendered = _render_articles(run, unpublished)
    keys = [article.key for article, _ in rendered]
    run.ledger.articles.list_up(keys)
    moves = run.ledger.articles.moves(keys)
    touched = {article.category.slug for article, _ in rendered} | {old_page.split("/")[0] for old_page, _ in moves}
    pages = [page for _, made in rendered for page in made]
    pages += _render_indexes(run, None if all_indexes else touched)
    known = run.ledger.objects.known([*(page.key for page in pages), *(post for _, post in moves)])
    plan_ = plan(pages, known, obsolete=[post for _, post in moves])
    owners = {page.key: article.key for article, made in rendered for page in made}
    waves = [(_name(wave), wave) for wave in plan_.waves] + (
        [("deletions", plan_.deletions)] if plan_.deletions else []
    )
    run.recorder.planned(action for _, wave in waves for action in wave)
    _leave_marker(run)
    for name, wave in waves:
        _publish_wave(run, name, wave, owners)
    run.ledger.articles.mark_published(keys, current)
    run.ledger.objects.mark_indexes(current)


def check_marker(run: Run) -> None:
    """Forget what the store holds when it is not the store that this ledger wrote: a new one, or an emptied one."""
    if run.store.read(MARKER) != _marker(run):
        run.ledger.journal.note(
            "store", Stage.PUBLISH, f"{MARKER} is missing or another ledger's: everything is written again"
        )
        run.ledger.objects.forget()


def _leave_marker(run: Run) -> None:
    """Before anything else is written: a store without it counts as empty, whatever the ledger believes."""
    if run.store.read(MARKER) != _marker(run):
        page = Page(
            key=MARKER, body=_marker(run), content_type="application/json", cache_control="no-store", wave=Wave.FEEDS
        )
        (receipt,) = run.store.write([Action(kind=ActionKind.CREATE, key=MARKER, reason="names the ledger", page=page)])
        if receipt.error:
            raise StoreError(f"{MARKER}: {receipt.error}")


def _marker(run: Run) -> bytes:
    return json.dumps({"ledger": run.ledger.objects.ledger_id()}).encode()


def _render_articles(run: Run, articles: Sequence[Article]) -> list[tuple[Article, tuple[Page, ...]]]:
    base = run.facts.base_url
    for article in articles:
        run.recorder.placed(
            article.key,
            code=article.code,
            title=article.title,
            category=article.category.slug,
            address=f"{base}/{article.page_key}",
        )
    shared = {"facts": run.facts, "journal": run.ledger.journal}
    results = each(render, Stage.RENDER, articles, lambda a: a.key, lambda a: {"article": a, **shared}, run)
    give_up(run, [(article.key, error) for article, error in errors(results)], listed=False)
    return values(results)


def _render_indexes(run: Run, touched: set[str] | None) -> tuple[Page, ...]:
    catalogue = run.ledger.shelves.catalogue(touched=touched)
    run.recorder.task_runs += 1
    return render_indexes(catalogue, run.facts)


def _name(wave: Sequence[Action]) -> str:
    page = wave[0].page
    return page.wave.name.lower() if page else "deletions"


def _publish_wave(run: Run, name: str, wave: tuple[Action, ...], owners: dict[str, str]) -> None:
    """Write a wave; `StoreError` when not all of it is in the store. What was written is kept in the ledger either way."""
    run.recorder.received(Receipt(key=a.key, kind=a.kind) for a in wave if a.kind is ActionKind.KEEP)
    actions = due(wave)
    if not actions:
        return
    publishing = with_retries(publish, run.site.fetch)
    arguments = {"name": name, "actions": actions, "store": run.store}
    [(_, result)] = each(publishing, Stage.PUBLISH, [actions], lambda _: f"wave {name}", lambda _: arguments, run)
    receipts: tuple[Receipt, ...] = ()
    if isinstance(result, WaveFailed):
        receipts = result.receipts
    elif not isinstance(result, BaseException):
        receipts = result
    run.ledger.objects.record(receipts, now=run.now)
    run.recorder.received(receipts)
    for receipt in receipts:
        if owner := owners.get(receipt.key):
            story = f"{receipt.key}: {receipt.error}" if receipt.error else f"{receipt.kind.value} {receipt.key}"
            run.ledger.journal.note(owner, Stage.PUBLISH, story)
            failed = Result.FAILED if receipt.error else Result.DONE
            run.recorder.outcome(Outcome(subject=owner, stage=Stage.PUBLISH, result=failed, reason=receipt.error))
    if isinstance(result, WaveFailed):
        raise result
    if isinstance(result, BaseException):
        raise WaveFailed(str(result), receipts=()) from result
