"""Gathering what happened into a `RunReport`, and the report as JSON."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from tasks.model import (
    Action,
    ActionKind,
    ArticleLine,
    Decision,
    Entry,
    Offer,
    Outcome,
    Receipt,
    Result,
    RunReport,
    Stage,
    Step,
    Unusable,
)


@dataclasses.dataclass(slots=True, kw_only=True)
class _Line:
    """One article while the run goes on."""

    code: str
    step: str
    title: str = ""
    category: str = ""
    address: str = ""
    reads: bool = False
    revision: int = 0
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)


CAPTURES = "captures"
"""The subject of what is to be said of the files of kept answers."""
PICTURES = "the pictures"
"""The subject of how many of them were left for the next run."""
FAN_OUT = "fan-out"
"""The subject of texts that others were to read and did not."""
_WRITTEN = (ActionKind.CREATE, ActionKind.UPDATE, ActionKind.HEADERS)
# The step of an article that no list named in this run: it is only published again, in a new form or after a failure.
_RENDERED_AGAIN = "render"


class Recorder:
    """Takes outcomes as they come; `report` makes the frozen record of the run."""

    def __init__(self, *, site: str, run_id: str, started_at: datetime, dry_run: bool) -> None:
        self._run = {"site": site, "run_id": run_id, "started_at": started_at, "dry_run": dry_run}
        self.run_id = run_id
        self.dry_run = dry_run
        self._lines: dict[str, _Line] = {}
        self._others: list[Outcome] = []
        self._receipts: list[Receipt] = []
        self._plan: list[Action] = []
        self.task_runs = 0
        self._met: set[str] = set()

    def outcome(self, outcome: Outcome) -> None:
        """One stage of one subject: an article that was decided on, a source, or a wave."""
        # Codes have no blanks, so "wave posts" is never an article; a source's name could be one.
        line = self._lines.get(outcome.subject) if outcome.stage is not Stage.ASK else None
        (line.outcomes if line else self._others).append(outcome)

    def is_new(self, told: str) -> bool:
        """Whether this is met in the run for the first time."""
        is_new = told not in self._met
        self._met.add(told)
        return is_new

    def decided(self, offer: Offer, decision: Decision, *, category: str, address: str) -> None:
        """An article enters the report with what is to be done with it, and where it stands until then."""
        entry = offer.entry
        line = _Line(
            code=entry.code,
            step=decision.step.value,
            title=entry.title,
            category=category,
            address=address,
            reads=decision.fetches,
        )
        self._lines[entry.key] = line
        result = Result.DONE if decision.reads else Result.SKIPPED
        line.outcomes.append(Outcome(subject=entry.key, stage=Stage.DECIDE, result=result, reason=decision.reason))

    def rejected(self, item: Unusable) -> None:
        """A record that cannot become an article now."""
        key = f"{item.source} {item.subject}"
        line = self._lines.setdefault(key, _Line(code=item.subject, step=Step.UNUSABLE.value, category=item.source))
        line.outcomes.append(Outcome(subject=key, stage=Stage.DECIDE, result=Result.UNUSABLE, reason=item.reason))

    def imported(self, entry: Entry, *, category: str, address: str, remarks: Iterable[str]) -> None:
        """A story that was taken over from a post."""
        line = _Line(code=entry.code, step="imported", title=entry.title, category=category, address=address)
        self._lines[entry.key] = line
        reason = "; ".join(remarks)[:900]
        line.outcomes.append(Outcome(subject=entry.key, stage=Stage.PARSE, result=Result.DONE, reason=reason))

    def reads(self, key: str) -> bool:
        """Whether this run has read the article's text."""
        return key in self._lines and self._lines[key].reads

    def reads_after_all(self, key: str) -> None:
        """An article for which nobody was asked has another text now, so it is told of as one that was read."""
        self._lines[key].reads = True

    def kept(self, key: str, *, revision: int) -> None:
        """A text was kept that is another than before."""
        if key in self._lines:
            self._lines[key].revision = revision

    def step(self, key: str) -> str:
        """What was decided for an article; empty when nothing was."""
        return self._lines[key].step if key in self._lines else ""

    def outcomes(self, key: str) -> tuple[Outcome, ...]:
        """What became of an article so far, stage by stage."""
        return tuple(self._lines[key].outcomes) if key in self._lines else ()

    def placed(self, key: str, *, code: str, title: str, category: str, address: str) -> None:
        """Where an article is published."""
        line = self._lines.setdefault(key, _Line(code=code, step=_RENDERED_AGAIN))
        line.title, line.category, line.address = title, category, address

    def left_unpublished(self, reason: str) -> list[str]:
        """What was read or rendered is not published as a whole: the keys of those articles."""
        done = {(Stage.PARSE, Result.DONE), (Stage.RENDER, Result.DONE)}
        keys = [key for key, line in self._lines.items() if any((o.stage, o.result) in done for o in line.outcomes)]
        for key in keys:
            self.outcome(Outcome(subject=key, stage=Stage.PUBLISH, result=Result.FAILED, reason=reason))
        return keys

    def planned(self, actions: Iterable[Action]) -> None:
        """What the plan wants done."""
        self._plan.extend(dataclasses.replace(action, page=None, tag="") for action in actions)

    def received(self, receipts: Iterable[Receipt]) -> None:
        """What became of objects."""
        self._receipts.extend(receipts)

    def take_over(self, other: "Recorder") -> None:
        """What another process has recorded that worked for this run, on articles that are nowhere in this report."""
        self._others += other._others
        self._plan += other._plan
        self._receipts += other._receipts
        self.task_runs += other.task_runs

    def public_changes(self) -> list[Receipt]:
        """Objects that readers may get and that were written, each once, as its last write was."""
        done = {r.key: r for r in self._receipts if not r.error and r.kind in _WRITTEN and not r.key.startswith("_")}
        return list(done.values())

    def changed(self, *, limit: int) -> list[Receipt]:
        """Some public objects that were written, spread over all of them; pages of new articles among them."""
        public = self.public_changes()
        step = max(1, len(public) // limit)
        return public[::step][:limit]

    def counts(self) -> tuple[int, int]:
        """Articles that lists brought, and how many of them failed; what is tried or looked at again says nothing of lists."""
        again = (Step.RETRY.value, Step.RECHECK.value)
        lines = [_article_line(key, line) for key, line in self._lines.items() if line.step not in again]
        return len(lines), sum(line.result is Result.FAILED for line in lines)

    def report(self, *, seconds: float) -> RunReport:
        """The record of the run, articles in the order in which they were met."""
        keys: dict[bool, list[str]] = {True: [], False: []}
        deleted = [r.key for r in self._receipts if not r.error and r.kind is ActionKind.DELETE]
        for receipt in self._receipts:
            if not receipt.error and receipt.kind is not ActionKind.DELETE:
                keys[receipt.kind is ActionKind.KEEP].append(receipt.key)
        lines = tuple(_article_line(key, line) for key, line in self._lines.items())
        return RunReport(
            **self._run,  # type: ignore[arg-type]
            seconds=round(seconds, 3),
            listed=sum(line.step != _RENDERED_AGAIN for line in self._lines.values()),
            articles=lines,
            outcomes=(*self._others, *(outcome for line in self._lines.values() for outcome in line.outcomes)),
            written=tuple(keys[False]),
            unchanged=tuple(keys[True]),
            deleted=tuple(deleted),
            verified=sum(receipt.verified and not receipt.error for receipt in self._receipts),
            task_runs=self.task_runs,
            plan=tuple(self._plan),
            steps=dict(sorted(Counter(line.step for line in lines).items())),
        )


def objects_line(report: RunReport) -> str:
    """What became of objects, in a line."""
    confirmed = f" ({report.verified} confirmed by the store)" if report.written and not report.dry_run else ""
    written = f"{len(report.written)} written{confirmed}"
    return f"{written}, {len(report.unchanged)} unchanged, {len(report.deleted)} deleted"


def as_json(report: RunReport) -> str:
    """The report as the `--report` file holds it."""
    return json.dumps(dataclasses.asdict(report), default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _article_line(key: str, line: _Line) -> ArticleLine:
    # The last outcome that decided the article's fate: a failure, or else how far it came.
    failed = [o for o in line.outcomes if o.result in (Result.FAILED, Result.UNUSABLE)]
    last = (failed or line.outcomes or [Outcome(subject=key, stage=Stage.RENDER, result=Result.DONE)])[-1]
    return ArticleLine(
        key=key,
        code=line.code,
        title=line.title,
        category=line.category,
        step=line.step,
        result=last.result,
        stage=last.stage,
        reason=last.reason,
        attempts=max((o.attempts for o in line.outcomes), default=1),
        address=line.address,
        revision=line.revision,
        task_run=next((o.task_run for o in reversed(line.outcomes) if o.task_run), ""),
    )
