"""The verb *fetch*: ask a list, and ask for an article's text."""

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE

from tasks.config import SourceSpec
from tasks.errors import FinewsError, worth_retrying
from tasks.ledger import Journal
from tasks.model import Capture, Entry, Listing, Request, Response, Stage
from tasks.sources import find_sources
from tasks.web import Client


@task(
    task_run_name="ask {spec.name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def ask(spec: SourceSpec, client: Client, journal: Journal) -> Listing:
    """What a source lists now."""
    kind = find_sources()[spec.kind]
    return kind.read(spec, _get(client, kind.ask(spec), journal, spec.name, Stage.ASK))


@task(
    task_run_name="fetch {entry.code}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def fetch(entry: Entry, spec: SourceSpec, client: Client, journal: Journal) -> Capture:
    """The answer that holds an entry's text."""
    request = find_sources()[spec.kind].ask_text(spec, entry)
    response = _get(client, request, journal, entry.key, Stage.FETCH)
    return Capture(entry=entry, response=response, attempts=_attempt())


def _get(client: Client, request: Request, journal: Journal, subject: str, stage: Stage) -> Response:
    attempt = _attempt()
    try:
        with journal.timed(subject, stage):
            response = client.get(request)
    except FinewsError as error:
        error.attempts = attempt
        journal.note(subject, stage, f"attempt {attempt}: {error}")
        raise
    size, seconds = len(response.body), response.seconds
    journal.note(
        subject, stage, f"attempt {attempt}: GET {request.url}: {response.status}, {size} bytes, {seconds:.2f} s"
    )
    return response


def _attempt() -> int:
    return int(runtime.task_run.run_count or 1)
