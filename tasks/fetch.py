"""The verb *fetch*: ask a list, and ask for an article's text."""

from collections.abc import Sequence

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
    """What a source lists now, over as many pages as its `max_pages` allows."""
    kind = find_sources()[spec.kind]
    waiting, asked, pages = [kind.ask(spec)], set[str](), list[Listing]()
    while waiting and len(pages) < spec.max_pages:
        if (request := waiting.pop(0)).url in asked:
            continue
        asked.add(request.url)
        pages.append(kind.read(spec, _get(client, request, journal, spec.name, Stage.ASK)))
        waiting += pages[-1].more
    return _together(spec, pages)


@task(
    task_run_name="fetch {entry.code}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def fetch(entry: Entry, spec: SourceSpec, client: Client, journal: Journal) -> Capture:
    """The answer that holds an entry's text; nobody is asked when the list carried it."""
    request = find_sources()[spec.kind].ask_text(spec, entry)
    if request is None:
        journal.note(entry.key, Stage.FETCH, "the list carries the text")
        return Capture(entry=entry, response=None, attempts=_attempt())
    response = _get(client, request, journal, entry.key, Stage.FETCH)
    return Capture(entry=entry, response=response, attempts=_attempt())


def _together(spec: SourceSpec, pages: Sequence[Listing]) -> Listing:
    """The pages of a list as one; what the first one says of asking again holds."""
    return Listing(
        source=spec.name,
        entries=tuple(entry for page in pages for entry in page.entries),
        unusable=tuple(item for page in pages for item in page.unusable),
        fresh_for=pages[0].fresh_for,
        skip_hours=pages[0].skip_hours,
        remarks=tuple(remark for page in pages for remark in page.remarks),
    )


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
