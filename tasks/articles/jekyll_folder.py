"""The posts of a Jekyll folder: which files are posts, which of them tell one story, and one story from all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tasks.articles.decide import merge
from tasks.articles.identity import story_key
from tasks.articles.jekyll_post import ImportedPost
from tasks.articles.jekyll_text import day_and_id

_FOLDERS = ("_posts", "old_post")  # in the order in which they win


def find_posts(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The posts among a folder's files, those of one story together, in the order of the stories' keys.

    `names` are paths with `/`, from the folder. Posts are Markdown below `_posts` or `old_post`, at any depth. A story
    has several when it was archived and kept, or told by a rolling and a media list; what is in `_posts` comes first.
    """
    stories: dict[str, list[str]] = {}
    for name in sorted(filter(_is_post, set(names)), key=_preference):
        _, file_id = day_and_id(name)
        stories.setdefault(story_key(file_id) or name, []).append(name)  # reading it tells why it has no id
    return tuple(tuple(stories[key]) for key in sorted(stories))


def join_posts(posts: Sequence[ImportedPost]) -> ImportedPost:
    """One story from those of its posts that could be read: never none, and in the order in which they were found.

    As with lists, the first one with a media name wins, and a digest is the summary. The pages of the others become
    former keys of the winner's, and its remarks name them.
    """
    offer = merge([post.entry for post in posts])
    winner = next(post for post in posts if post.entry is offer.entry)
    others = [post for post in posts if post is not winner]
    pages = [post.article.page_key for post in others if post.article.category.slug]
    former = (*winner.former_keys, *pages, *(key for post in others for key in post.former_keys))
    return replace(
        winner,
        article=replace(winner.article, summary=offer.summary or winner.article.summary),
        former_keys=tuple(key for key in dict.fromkeys(former) if key != winner.article.page_key),
        remarks=(*winner.remarks, *(f"{post.name} tells the same story and is left out" for post in others)),
    )


def _is_post(name: str) -> bool:
    return name.lower().endswith((".md", ".markdown")) and _rank(name) < len(_FOLDERS)


def _preference(name: str) -> tuple[int, bool, str]:
    """What sorts the better post of a story first. Names without a day came from half-empty records."""
    day, _ = day_and_id(name)
    return _rank(name), not day, name


def _rank(name: str) -> int:
    parents = name.split("/")[:-1]
    return next((rank for rank, folder in enumerate(_FOLDERS) if folder in parents), len(_FOLDERS))
