"""What a run leaves in the Prefect UI: its articles, the site's sources, and a summary that says what to do."""

import contextlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import httpx
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.utilities.urls import url_for

from flows.causes import Cause, causes, hosts_only
from flows.remedies import remedy
from flows.report import CAPTURES, FAN_OUT, PICTURES, objects_line
from flows.verdict import BREAKER, Verdict
from tasks.config import Site
from tasks.model import ArticleLine, Outcome, Result, RunReport, Stage
from tasks.outputs.status_page import at, source_row
from tasks.status import Health, SiteStatus

log = logging.getLogger(__name__)

MANUAL = "syndicate/manual"
"""The deployment whose form mends what a run left undone."""
_ROWS = 500  # of a table: the UI draws all of them at once
_TABLES = 10
_NAMED = 10  # articles of a cause
_CAUSES = 20  # told one by one


@contextlib.contextmanager
def for_show() -> Iterator[None]:
    """Around what only shows something: a server that refuses it costs that, and not what the run has done."""
    try:
        yield
    except (httpx.HTTPError, PrefectException) as error:
        log.warning("the Prefect server did not take it: %s", error)


def publish_artifacts(report: RunReport, verdict: Verdict, status: SiteStatus, site: Site) -> None:
    """Create the artifacts of the current flow run, the summary first."""
    found = causes(report.articles)
    text = summary(report, verdict, status, site, found, form=_manual_form() if found else "")
    create_markdown_artifact(
        key="summary", markdown=text, description="What came of the run, and what to do. Begin here."
    )
    for number, rows in enumerate(pages_of(article_rows(report)), start=1):
        create_table_artifact(
            key="articles" if number == 1 else f"articles-{number}",
            table=rows,
            description=f"Every article of {report.site} that this run met, and what became of it.",
        )
    create_table_artifact(
        key="sources",
        table=source_rows(status, site),
        description=f"The sources of {report.site}: which bring what they usually bring, and which do not.",
    )
    create_link_artifact(key="site", link=site.site.base_url + "/", description="The published site.")


def pages_of(rows: Sequence[dict[str, str | int]]) -> list[list[dict[str, str | int]]]:
    """The rows in tables that the UI can draw; what does not fit into the last one stands in the journals."""
    tables = [list(rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS)] or [[]]
    if len(tables) > _TABLES:
        left = len(rows) - _TABLES * _ROWS
        tables = tables[:_TABLES]
        more: dict[str, str | int] = dict.fromkeys(rows[0], "")
        tables[-1].append(more | {"code": "…", "title": f"and {left} more: finews log CODE"})
    return tables


def article_rows(report: RunReport) -> list[dict[str, str | int]]:
    """The table, problems first; one row an article, a key a column. The UI wraps no cell: what counts stands on the left."""
    weight = {Result.FAILED: 0, Result.UNUSABLE: 1, Result.DONE: 2, Result.SKIPPED: 3}
    return [
        {
            "outcome": f"{line.step}: {line.stage.value} {line.result.value}",
            "title": line.title[:24],
            "reason": hosts_only(line.reason)[:120],
            "code": line.code,
            "category": line.category,
            "attempts": line.attempts,
            "address": line.address,
        }
        for line in sorted(report.articles, key=lambda line: weight[line.result])
    ]


def source_rows(status: SiteStatus, site: Site) -> list[dict[str, str | int]]:
    """The table of sources, those first that somebody has to look at."""
    zone, order = ZoneInfo(site.site.timezone), [Health.BROKEN, Health.LATE, Health.PAUSED, Health.QUIET]
    weight = {health: place for place, health in enumerate(order)}
    rows = [
        source_row(source, zone)
        for source in sorted(status.sources, key=lambda source: weight.get(source.pulse.health, len(order)))
    ]
    return [
        {
            "source": row.name,
            "state": row.health,
            "why": row.reason[:300],
            "last article": row.newest,
            "usually every": row.usual,
            "asked again": row.next,
            "waiting": row.waiting,
            "failing": row.failing,
            "quarantined": row.quarantined,
        }
        for row in rows
    ]


def summary(
    report: RunReport, verdict: Verdict, status: SiteStatus, site: Site, found: Sequence[Cause], *, form: str = ""
) -> str:
    """A page of Markdown: what came of the run, what to do, problems by cause, what is late, what is new.

    `form`: address of the manual deployment's form; empty when there is none.
    """
    parts = [
        f"# {report.site}: {verdict.ending}",
        _plain(verdict.happened) + (" **Dry run: nothing was written.**" if report.dry_run else ""),
        f"**To do:** {_plain(verdict.to_do)}" if verdict.to_do else "",
        _counts(report),
        *_failures(report),
        *_causes(found, site, form, tripped=any(o.subject == BREAKER for o in report.outcomes)),
        *_late(status, site),
        *_told(report),
        *_new(report),
        _where(report, site),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _counts(report: RunReport) -> str:
    steps = ", ".join(f"{count} {step}" for step, count in report.steps.items())
    met = f"{report.listed} ({steps})" if steps else "none"
    return f"- articles met: {met}\n- objects: {objects_line(report)}\n- seconds: {report.seconds:.1f}"


def _failures(report: RunReport) -> Iterable[str]:
    keys = {line.key for line in report.articles}
    about = (Stage.ASK, Stage.PUBLISH, Stage.PARSE)
    failed = [o for o in report.outcomes if o.result is Result.FAILED and o.stage in about and o.subject not in keys]
    if failed:
        yield "## Sources and waves that failed\n\n" + "\n".join(_told_of(outcome) for outcome in failed)


def _causes(found: Sequence[Cause], site: Site, form: str, *, tripped: bool) -> Iterable[str]:
    for number, cause in enumerate(found[:_CAUSES]):
        if not number:
            yield "## Articles with problems, by cause"
        yield f"### {len(cause.lines)} × {cause.stage.value} {cause.result.value}: {_plain(cause.text)}"
        yield "\n".join(_named(line) for line in cause.lines[:_NAMED]) + (
            f"\n- and {len(cause.lines) - _NAMED} more: see the table of articles" if len(cause.lines) > _NAMED else ""
        )
        mend = remedy(cause, site=str(site.path), tripped=tripped)
        yield mend.text
        if mend.parameters:
            if form:
                query = urlencode({"parameters": json.dumps(mend.parameters, ensure_ascii=False)}, quote_via=quote)
                yield f"[Open the form with these parameters]({form}?{query}), and submit it:"
            lines = [
                f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
                for name, value in mend.parameters.items()
            ]
            yield "```json\n{\n  " + ",\n  ".join(lines) + "\n}\n```"
    if len(found) > _CAUSES:
        yield f"And {len(found) - _CAUSES} more causes: see the table of articles."


def _late(status: SiteStatus, site: Site) -> Iterable[str]:
    rows = [row for row in source_rows(status, site) if row["state"] in (Health.BROKEN, Health.LATE, Health.PAUSED)]
    if rows:
        told = [f"- **{_plain(str(row['source']))}** {row['state']}: {_plain(str(row['why']))}" for row in rows]
        yield "## Sources to look at\n\n" + "\n".join(told)
    if status.retries:
        zone = ZoneInfo(site.site.timezone)
        total = status.total("failing")
        yield f"{total} articles are tried again, the next one at {at(status.retries[0].next_at, zone)}."


def _told(report: RunReport) -> Iterable[str]:
    if looks := [o for o in report.outcomes if o.stage in (Stage.VERIFY, Stage.ANNOUNCE)]:
        yield "## Verified and announced\n\n" + "\n".join(_told_of(outcome) for outcome in looks)
    left = ((PICTURES, Stage.MIRROR), (FAN_OUT, Stage.FETCH))
    yield from (f"{_plain(o.reason)}." for o in report.outcomes if (o.subject, o.stage) in left)
    if files := [o for o in report.outcomes if o.subject == CAPTURES]:
        yield "## Kept answers\n\n" + "\n".join(f"- {_plain(o.reason)}" for o in files)


def _new(report: RunReport) -> Iterable[str]:
    if new := [line for line in report.articles if line.result is Result.DONE and line.address]:
        links = [f"- [{_plain(line.title[:60])}]({quote(line.address, safe=':/')})" for line in new[:50]]
        more = [f"- and {len(new) - 50} more: see the table of articles"] if len(new) > 50 else []
        yield f"## {'Would be published' if report.dry_run else 'Published'}\n\n" + "\n".join(links + more)


def _where(report: RunReport, site: Site) -> str:
    """Where to read on."""
    return (
        f"The site: <{quote(site.site.base_url, safe=':/')}/>. The story of an article over all runs: `finews log CODE`, "
        "or in the store `_finews/journal/<month>/<key>.jsonl`."
    )


def _named(line: ArticleLine) -> str:
    shown = url_for("task-run", obj_id=line.task_run) if line.task_run else None
    log_of = f" ([its log]({shown}))" if shown else ""
    return f"- **{_plain(line.code)}** {_plain(line.title[:60])}: {_plain(line.reason[:300])}{log_of}"


def _told_of(outcome: Outcome) -> str:
    return f"- **{_plain(outcome.subject)}**: {_plain(outcome.reason[:500]) or outcome.result.value}"


def _manual_form() -> str:
    """Address of the form; empty where the deployment or the UI's address is not known."""
    try:
        with get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name(MANUAL)
    except ObjectNotFound:
        return ""
    shown = url_for("deployment", obj_id=deployment.id)
    return f"{shown}/run" if shown else ""


def _plain(text: str) -> str:
    """Text from outside, with nothing that Markdown or HTML would act on."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]()#|!~" else c for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
