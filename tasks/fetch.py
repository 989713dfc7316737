"""The verb *fetch*: ask a list, and ask for an article's text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE

from tasks.articles.proof import wall_in
from tasks.config import SourceSpec
from tasks.errors import FetchError, FinewsError, Walled, worth_retrying
from tasks.ledger import Answers, Journal
from tasks.ledger.answers import Answered
from tasks.model import Capture, Entry, Listing, Request, Response, Stage, Unmodified, Validators
from tasks.sources import find_sources
from tasks.web import Client, Manners


@task(
    task_run_name="ask {spec.name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def ask(
    spec: SourceSpec,
    client: Client,
    journal: Journal,
    answers: Answers | None = None,
    conditional: bool = True,
    knows: Callable[[Listing], bool] | None = None,
) -> Listing | Unmodified:
    """What a source lists now, over as many pages as its `max_pages` allows; `Unmodified` when it is what it was.

    `answers`: what is known of its pages, and where to note what they say now. `knows`: whether all that a page lists is
    known; then nothing is asked for what follows it, unless the source says `paging = "all"`. Not `conditional`: whole in
    any case.
    """
    kind = find_sources()[spec.kind]
    waiting, asked, pages, partial = [kind.ask(spec)], set[str](), list[Listing](), False
    since: datetime | None = None
    while waiting and len(asked) < spec.max_pages:
        if (request := waiting.pop(0)).url in asked:
            continue
        first = not asked
        asked.add(request.url)
        known = answers.of(request.url) if answers else None
        response, moved_to = _get_known(client, request, journal, spec, spec.name, Stage.ASK, known, conditional)
        if response.status != 304:
            pages.append(page := kind.read(spec, response))
            leads_to = _index_of(page)
            if conditional and spec.paging == "new" and knows is not None and page.entries and knows(page):
                partial = partial or bool(page.more)
            else:
                waiting += page.more
        else:
            since, partial = since or (known.answered_at if known else None), True
            leads_to = known.leads_to if known else ()
            waiting += [Request(url=url) for url in leads_to]
        if answers:  # only what could be read
            source = spec.name if first and not leads_to else ""  # how long an index holds says nothing of its lists
            answers.note(request.url, response, reader=spec.digest, moved_to=moved_to, source=source, leads_to=leads_to)
        if first and response.status == 304 and not leads_to:
            break
    return replace(_together(spec, pages), partial=partial) if pages else Unmodified(source=spec.name, since=since)


@task(
    task_run_name="fetch {entry.code}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_jitter_factor=0.3,
    retry_condition_fn=worth_retrying,
)
def fetch(
    entry: Entry,
    spec: SourceSpec,
    client: Client,
    journal: Journal,
    answers: Answers | None = None,
    conditional: bool = False,
) -> Capture:
    """The answer that holds an entry's text; nobody is asked when the list carried it.

    `conditional`: it may be a 304, when the text has not changed since `answers` were kept of it.
    """
    request = find_sources()[spec.kind].ask_text(spec, entry)
    if request is None:
        journal.note(entry.key, Stage.FETCH, "the list carries the text")
        return Capture(entry=entry, response=None, attempts=_attempt())
    known = answers.of(request.url) if answers else None
    response, moved_to = _get_known(client, request, journal, spec, entry.key, Stage.FETCH, known, conditional)
    return Capture(entry=entry, response=response, attempts=_attempt(), asked_url=request.url, moved_to=moved_to)


def text_urls(pairs: Iterable[tuple[SourceSpec, Entry]]) -> list[str]:
    """The addresses that `fetch` will ask for these entries."""
    return [url for spec, entry in pairs if (url := text_url(spec, entry))]


def text_url(spec: SourceSpec, entry: Entry) -> str:
    """The address that `fetch` will ask for an entry; empty when the list carries the text."""
    request = find_sources()[spec.kind].ask_text(spec, entry)
    return request.url if request is not None else ""


def _index_of(page: Listing) -> tuple[str, ...]:
    """The lists to which a page leads that is an index of others and nothing else."""
    return () if page.entries else tuple(request.url for request in page.more)


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


def _get_known(
    client: Client,
    request: Request,
    journal: Journal,
    spec: SourceSpec,
    subject: str,
    stage: Stage,
    known: Answered | None,
    conditional: bool,
) -> tuple[Response, str]:
    """The answer at the address that `request` has moved to for good, and that address; empty when it has not.

    When nothing is there any more, the first address is asked again.
    """
    validators = known.validators(spec.digest) if known and conditional else None
    if known and known.moved_to:
        there = replace(request, url=known.moved_to)
        try:
            return _get(client, there, journal, spec, subject, stage, validators), known.moved_to
        except FetchError as error:
            if error.status not in (404, 410):
                raise
            journal.note(subject, stage, f"nothing at {there.url} any more: asked again at {request.url}")
    return _get(client, request, journal, spec, subject, stage, validators), ""


def _get(
    client: Client,
    request: Request,
    journal: Journal,
    spec: SourceSpec,
    subject: str,
    stage: Stage,
    validators: Validators | None = None,
) -> Response:
    attempt = _attempt()
    manners = Manners(source=spec.name, robots=spec.robots, hold=spec.retry_after)
    try:
        with journal.timed(subject, stage):
            response = client.get(request, validators=validators, manners=manners)
    except FinewsError as error:
        told = _named(error)
        told.attempts = attempt
        journal.note(subject, stage, f"attempt {attempt}: {told}")
        raise told from error.__cause__
    size, seconds = len(response.body), response.seconds
    permitted = f"; robots.txt: {response.permitted_by}" if response.permitted_by else ""
    journal.note(
        subject,
        stage,
        f"attempt {attempt}: GET {request.url}: {response.status}, {size} bytes, {seconds:.2f} s{permitted}",
    )
    return response


def _named(error: FinewsError) -> FinewsError:
    """The error, by the name of the wall that came with its status; of what is gone, nothing else can be said."""
    if not isinstance(error, FetchError) or error.answer is None or error.status in (404, 410):
        return error
    wall = wall_in(error.answer.body, content_type=error.answer.content_type)
    return Walled(error, wall) if wall else error


def _attempt() -> int:
    return int(runtime.task_run.run_count or 1)
