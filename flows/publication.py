"""What one run does to the store: the claim, waves of writes, deletions, and the mark that says it is whole.

`_finews/state.json` in the store names the ledger that writes there and the last finished generation; while a run writes,
it says so. It is replaced compare-and-swap, so a run that was thought dead cannot finish over the head of a living one.
"""

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.run import Run
from flows.stages import each, with_retries
from tasks.errors import LeaseLost, StoreError, TooManyDeletions, WaveFailed
from tasks.model import Action, ActionKind, Outcome, Page, Receipt, Result, Stage
from tasks.outputs.caching import STATE
from tasks.publish import publish
from tasks.stores.encoding import packed
from tasks.stores.plan import plan

MARKER = "_finews/state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What `MARKER` says. `writing` names the run that had begun to write and not ended."""

    ledger: str
    generation: int
    writing: str = ""

    def is_before(self, generation: int) -> bool:
        """Whether the ledger has finished more than this: a run that was killed at its very end is only half told here."""
        return self.generation < generation - bool(self.writing)

    def body(self) -> bytes:
        """As it is stored."""
        told = {"ledger": self.ledger, "generation": self.generation}
        return json.dumps(told | ({"writing": self.writing} if self.writing else {})).encode()


def read_state(body: bytes) -> State:
    """The state in a store; `StoreError` when something else stands there."""
    try:
        found = json.loads(body)
        return State(
            ledger=str(found["ledger"]),
            generation=int(found.get("generation", 0)),
            writing=str(found.get("writing", "")),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{MARKER}: not what finews writes there; expected JSON with the ledger's name") from error


class Publication:
    """The store during one run."""

    def __init__(self, run: Run, *, begun: bool = False) -> None:
        """`begun`: the run for which this one works has said in the store that it writes."""
        self._run = run
        self._written = begun
        self._tag = ""
        self._state: State | None = None

    def open(self) -> None:
        """Make sure that the store is the one that this ledger wrote. Of a new or an emptied one nothing is known.

        `StoreError` when it is another ledger's, or when store and ledger are not of the same time.
        """
        generation = self._run.ledger.generations.number()
        another = self._run.ledger.objects.settle_store()
        if not self._look(generation) or self._state is None:
            self._tell(f"{MARKER} is missing: everything is written again")
            self._run.ledger.objects.forget()
            return
        if not another and self._state.is_before(generation):
            raise StoreError(
                f"the store is at generation {self._state.generation} and the ledger at {generation}: the store is an "
                "older copy; expected the newest one, or first: finews audit --repair"
            )

    def adopt(self) -> None:
        """After an audit: whatever the time of the store's copy was, the ledger knows what is there."""
        generation = self._run.ledger.generations.number()
        if self._look(generation) and self._state is not None and self._state.is_before(generation):
            self._put(State(ledger=self._state.ledger, generation=generation, writing="after an audit"))

    def _look(self, generation: int) -> bool:
        """Read the state; whether there is one. `StoreError` when the ledger cannot know what is there."""
        found = self._run.store.read(MARKER)
        if found is None:
            return False
        self._tag, self._state = found.tag, read_state(found.body)
        if self._state.ledger != self._run.ledger.objects.ledger_id():
            raise StoreError(
                "the store was written by another ledger, and this one does not know what is there; expected the ledger "
                "that wrote it, an empty store, or first: finews restore"
            )
        if self._state.generation > generation:
            raise StoreError(
                f"the store is at generation {self._state.generation} and the ledger at {generation}: the ledger is an "
                "older copy; expected the newest one, or first: finews restore into an empty one"
            )
        return True

    def write(
        self,
        name: str,
        pages: Sequence[Page],
        *,
        owners: Mapping[str, str] | None = None,
        remembered: Collection[str] = (),
        until: datetime | None = None,
    ) -> None:
        """Bring these objects up to date, new ones first; `StoreError` when not all of them are.

        `owners`: key -> article whose journal tells of it. `remembered`: keys of pages that a rollback brings back.
        `until`: what is new here goes then, unless the caller says meanwhile that something shows it.
        """
        if self._run.site.publish.gzip:
            pages = [packed(page) for page in pages]
        planned = plan(pages, self._run.ledger.objects.known(page.key for page in pages))
        actions = (*planned.creations, *planned.updates, *planned.kept)
        self._run.recorder.planned(actions)
        self._run.recorder.received(Receipt(key=action.key, kind=action.kind) for action in planned.kept)
        self._run.ledger.objects.want(action.key for action in planned.kept)
        changing = [action.page for action in (*planned.creations, *planned.updates) if action.page is not None]
        # Before they are written: killed after that, nothing would ask for them again.
        self._run.ledger.generations.keep(page for page in changing if page.key in remembered)
        for wave in (planned.creations, planned.updates):
            if wave:
                self._wave(name, wave, owners or {}, until=until)

    def prepare(self, pages: Iterable[Page]) -> None:
        """Put these one after the other where nothing is yet: on a site's first day, or when its store was emptied."""
        for page in pages:
            if self._run.store.read(page.key) is None:
                self.write(f"placeholder {page.key}", [page])

    def collect(self) -> None:
        """Delete what nothing shows any more and whose time has come; `TooManyDeletions` above the site's limits.

        Each run with news leaves two files of the search index or three behind; where runs were held up for a day, those are
        a large share of a small site. So fifty may go whatever the share, but never more than a third of what is there.
        """
        objects = self._run.ledger.objects
        keys = objects.to_delete(now=self._run.now)
        deletions = plan([], objects.known(keys), obsolete=keys).deletions
        if not deletions:
            return
        allowed = self._run.allow_deletions
        if allowed is None:
            share = self._run.site.publish.max_deletion_share
            # Where there are more objects than this, so many deletions are allowed: no need to count a whole archive.
            enough = max(3 * len(deletions), math.ceil(len(deletions) / share) if share else 0) + 1
            allowed = self._allowed_deletions(objects.count(at_most=enough))
        self._run.recorder.planned(deletions)
        if len(deletions) > allowed:
            count = objects.count()
            if self._run.allow_deletions is None:
                allowed = self._allowed_deletions(count)
            raise TooManyDeletions(
                f"{len(deletions)} of {count} objects are to be deleted, and {allowed} may be: nothing was "
                f"deleted, the first is {deletions[0].key}; look why, then "
                f"run with --allow-deletions {len(deletions)} (in the UI: allow_deletions)"
            )
        self._wave("deletions", deletions, {})

    def _allowed_deletions(self, count: int) -> int:
        """By the site's limits, of so many objects."""
        limits = self._run.site.publish
        return min(limits.max_deletions, max(int(limits.max_deletion_share * count), min(_FEW, count // 3)))

    def close(self) -> None:
        """Everything is there: finish the generation in the ledger, then in the store."""
        generations = self._run.ledger.generations
        left_open = self._state is not None and bool(self._state.writing)
        if self._state is None and not self._written:
            self.begin()  # a new store, and nothing to say yet: it is ours all the same
        if self._written or (left_open and self._state is not None and self._state.generation == generations.number()):
            generations.finish()
        number = generations.number()
        if self._state != (done := State(ledger=self._run.ledger.objects.ledger_id(), generation=number)):
            self._put(done)

    def _wave(
        self, name: str, actions: tuple[Action, ...], owners: Mapping[str, str], *, until: datetime | None = None
    ) -> None:
        """Write a wave; `StoreError` when not all of it is in the store. What was written is kept in the ledger either way."""
        self.begin()
        run = self._run
        run.ledger.objects.intend((action.key for action in actions), now=run.now, until=until)
        publishing = with_retries(publish, run.site.fetch)
        arguments = {"name": name, "actions": actions, "store": run.store, "lease": run.lease}
        [(_, result)] = each(publishing, Stage.PUBLISH, [actions], lambda _: f"wave {name}", lambda _: arguments, run)
        receipts: tuple[Receipt, ...] = ()
        if isinstance(result, WaveFailed):
            receipts = result.receipts
        elif not isinstance(result, BaseException):
            receipts = result
        announced = run.site.announce.anyone
        run.ledger.objects.record(receipts, now=run.now, announced=announced, wanted=until is None)
        run.recorder.received(receipts)
        self._tell_owners(receipts, owners)
        if isinstance(result, WaveFailed):
            raise result
        if isinstance(result, BaseException):
            raise WaveFailed(str(result), receipts=()) from result

    def _tell_owners(self, receipts: Iterable[Receipt], owners: Mapping[str, str]) -> None:
        run = self._run
        for receipt in receipts:
            if owner := owners.get(receipt.key):
                story = f"{receipt.key}: {receipt.error}" if receipt.error else f"{receipt.kind.value} {receipt.key}"
                run.ledger.journal.note(owner, Stage.PUBLISH, story)
                failed = Result.FAILED if receipt.error else Result.DONE
                run.recorder.outcome(Outcome(subject=owner, stage=Stage.PUBLISH, result=failed, reason=receipt.error))

    def begin(self) -> None:
        """Before the first wave: say in the store that this run writes."""
        if self._written:
            return
        lease = self._run.lease
        writing = f"run {self._run.recorder.run_id}, fence {lease.fence if lease else 0}"
        number = self._run.ledger.generations.number()
        self._put(State(ledger=self._run.ledger.objects.ledger_id(), generation=number, writing=writing))
        self._written = True

    def _put(self, state: State) -> None:
        """Replace the state, unless someone else has done so since it was read."""
        page = Page(key=MARKER, body=state.body(), content_type="application/json", cache_control=STATE)
        kind = ActionKind.UPDATE if self._state else ActionKind.CREATE
        action = Action(kind=kind, key=MARKER, reason="who writes here", page=page, tag=self._tag)
        for _ in range(_TRIES):
            (receipt,) = self._run.store.write([action])
            if not receipt.conflict:
                break
            there = self._run.store.read(MARKER)
            if there is not None and there.body == page.body:  # the answer to the first try was lost
                receipt = replace(receipt, conflict=False, error="", tag=there.tag)
                break
            if (there.tag if there else "") != self._tag:
                raise LeaseLost(f"{MARKER}: another run has begun to write to this store")
        if receipt.error:
            raise StoreError(f"{MARKER}: {receipt.error}")
        self._tag, self._state = receipt.tag, state

    def _tell(self, story: str) -> None:
        self._run.ledger.journal.note("store", Stage.PUBLISH, story)


_FEW = 50
_TRIES = 3  # a service may refuse a condition that holds, while others write to the same key
