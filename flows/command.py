"""`finews run` on a terminal: progress while the flow works, then a short summary."""

import logging
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from prefect import Flow
from prefect.client.schemas.objects import State
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flows.drain import send_what_is_left, settle_history
from flows.localhost import LocalError
from flows.report import CAPTURES, FAN_OUT, PICTURES, as_json, objects_line
from flows.stages import progress as progress_log
from flows.syndicate import syndicate
from tasks.config import Site
from tasks.errors import FinewsError
from tasks.masking import masked
from tasks.model import Result, RunReport, Stage

# Subjects of which the end of a run says something, beside its articles.
_SAID = ("the ledger", "the import", "publishing", "a post", CAPTURES, PICTURES, FAN_OUT)


def run_and_show(
    api: str, site: Site, run: Flow[..., Any] = syndicate, *, report_path: Path | None = None, **parameters: Any
) -> int:
    """Run a flow in this process; the exit status."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        with ProgressDisplay(console):
            state: State[Any] = cast(Any, run)(site=str(site.path), return_state=True, **parameters)
    finally:
        send_what_is_left()
    result = state.result(raise_on_failure=False)
    if result is None:
        console.print(f"{state.name}: {state.message}")
        return 0
    if not isinstance(result, RunReport):
        if isinstance(result, FinewsError):
            raise result
        console.print(f"Failed: {state.message}")
        return 1
    lacks = settle_history(result.run_id, result.task_runs)
    _summarise(console, site, result, f"{state.name}: {state.message}")
    if lacks:
        console.print(f"note: {lacks}")
    console.print(f"in the UI:  {masked(api).removesuffix('/api')}/runs/flow-run/{result.run_id}")
    console.print("            (a server that this command started has ended with it: make up brings it back)")
    if report_path is not None:
        try:
            report_path.write_text(as_json(result), encoding="utf-8")
        except OSError as error:
            raise LocalError(f"the report {report_path} cannot be written: {error.strerror}") from error
    return 1 if state.is_failed() else 0


class ProgressDisplay(logging.Handler):
    """Listens to the flow's progress: a bar a stage on a terminal, a line a stage otherwise."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        columns = (TextColumn("{task.description:<17}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=console, transient=False)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        progress_log.setLevel(logging.DEBUG)
        progress_log.addHandler(self)
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        progress_log.removeHandler(self)
        if self._console.is_terminal:
            self._bars.stop()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one step of progress."""
        stage, done, total = (
            str(record.__dict__["stage"]),
            int(record.__dict__["done"]),
            int(record.__dict__["total"]),
        )
        if not self._console.is_terminal:
            if done == total:
                self._console.print(f"{stage}: {done}/{total}")
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)


def _summarise(console: Console, site: Site, report: RunReport, ending: str) -> None:
    if report.dry_run:
        for action in report.plan:
            console.print(f"{action.kind.value:<7} {action.key}  ({action.reason})")
        console.print("dry run: nothing was written")
    for line in report.articles:
        if line.result in (Result.FAILED, Result.UNUSABLE):
            console.print(f"problem: {line.stage.value} {line.code}: {line.reason}")
    outcomes = Counter(
        line.step if line.result in (Result.DONE, Result.SKIPPED) else line.result.value for line in report.articles
    )
    console.print(ending)
    console.print(f"articles:   {', '.join(f'{count} {name}' for name, count in sorted(outcomes.items())) or 'none'}")
    for outcome in report.outcomes:
        if outcome.stage is Stage.VERIFY or outcome.subject in _SAID:
            console.print(f"{outcome.subject}: {outcome.reason or outcome.result.value}")
    done = objects_line(report)
    console.print(f"objects:    {done}, in {report.seconds:.1f} s")
    if site.publish.url.startswith("file:"):
        console.print(f"site:       {Path(site.publish.url.removeprefix('file:')) / 'index.html'}")
    else:
        console.print(f"site:       {site.publish.url}")
