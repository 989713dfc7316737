"""What a run leaves in the Prefect UI: a table of all its articles, and a summary."""

from collections import Counter
from urllib.parse import quote

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.report import CAPTURES, PICTURES, objects_line
from flows.verdict import Verdict
from tasks.model import Result, RunReport, Stage


def publish_artifacts(report: RunReport, verdict: Verdict) -> None:
    """Create both artifacts of the current flow run."""
    create_table_artifact(
        key="articles",
        table=article_rows(report),
        description=f"Every article of {report.site} that this run met, and what became of it.",
    )
    create_markdown_artifact(key="summary", markdown=summary(report, verdict), description=verdict.message[:200])


def article_rows(report: RunReport) -> list[dict[str, str | int]]:
    """The table, problems first; one row an article, a key a column."""
    weight = {Result.FAILED: 0, Result.UNUSABLE: 1, Result.DONE: 2, Result.SKIPPED: 3}
    return [
        {
            "code": line.code,
            "title": line.title[:80],
            "category": line.category,
            "outcome": f"{line.step}: {line.stage.value} {line.result.value}",
            "reason": line.reason[:300],
            "attempts": line.attempts,
            "address": line.address,
        }
        for line in sorted(report.articles, key=lambda line: weight[line.result])
    ]


def summary(report: RunReport, verdict: Verdict) -> str:
    """A page of Markdown: the verdict, counts, and each problem with its reason."""
    keys = {line.key for line in report.articles}
    steps = ", ".join(f"{count} {step}" for step, count in report.steps.items()) or "none"
    results = Counter(line.result.value for line in report.articles)
    parts = [
        f"# {report.site}: {verdict.ending}",
        _plain(verdict.message) + (" **Dry run: nothing was written.**" if report.dry_run else ""),
        "| | |\n| --- | --- |\n"
        f"| articles met | {report.listed}: {steps} |\n"
        f"| outcomes | {', '.join(f'{count} {name}' for name, count in sorted(results.items())) or 'none'} |\n"
        f"| objects | {objects_line(report)} |\n"
        f"| seconds | {report.seconds:.1f} |",
    ]
    others = [
        o for o in report.outcomes if o.stage is Stage.ASK or (o.stage is Stage.PUBLISH and o.subject not in keys)
    ]
    if failed := [outcome for outcome in others if outcome.result is Result.FAILED]:
        parts.append(
            "## Sources and waves that failed\n\n"
            + "\n".join(f"- **{_plain(o.subject)}**: {_plain(o.reason)}" for o in failed)
        )
    if looks := [o for o in report.outcomes if o.stage in (Stage.VERIFY, Stage.ANNOUNCE)]:
        told = [f"- {_plain(o.subject)}: {_plain(o.reason) or o.result.value}" for o in looks]
        parts.append("## Verified and announced\n\n" + "\n".join(told))
    parts += [f"{_plain(o.reason)}." for o in report.outcomes if o.subject == PICTURES and o.stage is Stage.MIRROR]
    if files := [o for o in report.outcomes if o.subject == CAPTURES]:
        parts.append("## Kept answers\n\n" + "\n".join(f"- {_plain(o.reason)}" for o in files))
    problems = [line for line in report.articles if line.result in (Result.FAILED, Result.UNUSABLE)]
    if problems:
        lines = [
            f"- **{_plain(line.code)}** {_plain(line.title[:60])}: {_plain(line.reason[:300])}"
            for line in problems[:50]
        ]
        more = f"\n- and {len(problems) - 50} more: see the table" if len(problems) > 50 else ""
        parts.append("## Articles with problems\n\n" + "\n".join(lines) + more)
    if new := [line for line in report.articles if line.result is Result.DONE and line.address]:
        links = [f"- [{_plain(line.title[:60])}]({quote(line.address, safe=':/')})" for line in new[:50]]
        heading = "Would be published" if report.dry_run else "Published"
        parts.append(f"## {heading}\n\n" + "\n".join(links))
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Text from outside, with nothing that Markdown or HTML would act on."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]()#|!~" else c for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
