"""Taking over the posts of a Jekyll site."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.run import Run
from tasks.articles.jekyll_folder import find_posts, join_posts
from tasks.articles.jekyll_post import ImportedPost, read_post
from tasks.config import Site
from tasks.errors import ConfigError, ParseError
from tasks.model import Category, Listing, Offer, Outcome, Result, Stage, Status, Unusable

SOURCE = "import"
"""The source of imported articles: no list has this name, so the first list that names one wins."""


def import_posts(run: Run, folder: Path) -> None:
    """Keep every story of the folder's posts whose text the ledger does not have; they are published like new ones.

    Posts that cannot be read, or tell a story that was read or withdrawn, stand in the report by name.
    """
    own = _own_folder(run.site)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [path for path in files if own is None or own not in path.resolve().parents]
    names = [path.relative_to(folder).as_posix() for path in files]
    groups = find_posts(names)
    if not groups:
        raise ConfigError(f"{folder}: no posts below; expected a folder with _posts/ or old_post/, and *.md in it")
    taken = 0
    for group in groups:
        posts = [post for name in group if (post := _read(run, folder, name)) is not None]
        if posts and _keep(run, join_posts(posts)):
            taken += 1
    story = f"{taken} stories taken over from {sum(map(len, groups))} posts of {folder.name}"
    run.recorder.outcome(Outcome(subject="the import", stage=Stage.PARSE, result=Result.DONE, reason=story))


def _own_folder(site: Site) -> Path | None:
    """What this site publishes itself is not taken over."""
    scheme, _, path = site.publish.url.partition(":")
    return Path(path).resolve() if scheme.lower() == "file" else None


def _read(run: Run, folder: Path, name: str) -> ImportedPost | None:
    try:
        return read_post(name, (folder / name).read_bytes(), zone=ZoneInfo(run.site.site.timezone))
    except (ParseError, OSError) as error:
        run.recorder.rejected(Unusable(subject=name, source=SOURCE, reason=str(error)))
        return None


def _keep(run: Run, post: ImportedPost) -> bool:
    """Whether the story was taken over."""
    key, ledger = post.article.key, run.ledger
    known = ledger.articles.known([key]).get(key)
    if known is not None and (known.revision or known.status is Status.WITHDRAWN):
        reason = f"{post.name}: the ledger has this story already, and keeps it"
        run.recorder.outcome(Outcome(subject="a post", stage=Stage.DECIDE, result=Result.SKIPPED, reason=reason))
        return False
    former = post.former_keys
    category = post.article.category
    given = _category(run, category)
    if given.slug != category.slug and category.slug:
        former = (*former, post.article.page_key)
    article = replace(post.article, source=SOURCE, category=given)
    entry = replace(post.entry, source=SOURCE)
    ledger.articles.record(Listing(source=SOURCE, entries=(entry,)), now=run.now)
    ledger.articles.save(article, Offer(entry=entry, summary=article.summary, seen_in=(SOURCE,)), now=run.now)
    ledger.quarantine.release([key])
    ledger.articles.point_here(key, [old for old in former if old != article.page_key])
    address = f"{run.facts.base_url}/{article.page_key}"
    run.recorder.imported(entry, category=given.slug, address=address, remarks=post.remarks)
    for remark in post.remarks:
        ledger.journal.note(key, Stage.PARSE, f"{post.name}: {remark}"[:900])
    ledger.journal.note(key, Stage.PARSE, f"taken over from {post.name}")
    return True


def _category(run: Run, category: Category) -> Category:
    """The shelf of that title; its old slug, unless that is another one's already."""
    try:
        return run.ledger.shelves.assign([category], pinned=run.site.slugs)[category.title]
    except ConfigError:
        free = replace(category, slug="", fixed=False)
        return run.ledger.shelves.assign([free], pinned=run.site.slugs)[category.title]
