"""A feed and its stories, in no format yet: what Atom, RSS and JSON Feed all say, made ready once for the three."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape

from tasks.model import Article, Category
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import absolute, category_key, encoded, feed_key
from tasks.outputs.facts import iso_time, origin_of, pictures_of, title_of
from tasks.outputs.fragments import with_absolute_links
from tasks.outputs.front_matter import one_line

ATOM, RSS, JSON = "feed.xml", "rss.xml", "feed.json"

_RELATIVE = re.compile(r'(?:href|src)="(?!https?://)', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article as every feed tells it: texts in one line, addresses absolute. `origin` and `picture` may be empty.

    `id` stays when the page moves (RFC 4287 4.2.6). `outlet_page` lists what else the outlet reported here.
    """

    id: str
    address: str
    origin: str
    picture: str
    title: str
    summary: str
    html: str
    outlet: str
    outlet_page: str
    category: Category
    published_at: datetime
    updated_at: datetime
    published: str
    updated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What is said above the stories. `home` is the page that shows the same; `updated_at` None of an empty feed."""

    category: Category | None
    title: str
    description: str
    home: str
    updated_at: datetime | None
    stories: tuple[Story, ...]

    def address(self, name: str, site: SiteFacts) -> str:
        """Where the document of that name stands."""
        return absolute(site, feed_key(self.category, name))


def feed_of(category: Category | None, articles: tuple[Article, ...], site: SiteFacts) -> Feed:
    """The feed of the whole site or of a category, newest publication first.

    Its time is that of its newest content, never of rendering, so the same articles give the same bytes.
    """
    newest = sorted(articles, key=lambda article: (article.published_at, article.key), reverse=True)
    name = one_line(site.title).strip()
    shelf = one_line(category.title).strip() if category else ""
    title = f"{shelf} - {name}" if shelf else name
    return Feed(
        category=category,
        title=title,
        description=one_line(site.description).strip() or title,
        home=absolute(site, category_key(category) if category else ""),
        updated_at=max((article.updated_at for article in articles), default=None),
        stories=tuple(_story(article, site) for article in newest),
    )


def _story(article: Article, site: SiteFacts) -> Story:
    address = absolute(site, article.page_key)
    pictures = pictures_of(article, site)
    return Story(
        id=f"{absolute(site, '')}#{encoded(article.key)}",
        address=address,
        origin=origin_of(article),
        picture=pictures[0] if pictures else "",
        title=title_of(article),
        summary=one_line(article.summary).strip(),
        html=_whole(article, address, site),
        outlet=one_line(article.category.title).strip() or article.category.slug,
        outlet_page=absolute(site, category_key(article.category)),
        category=article.category,
        published_at=article.published_at,
        updated_at=article.updated_at,
        published=iso_time(article.published_at, site),
        updated=iso_time(article.updated_at, site),
    )


def _whole(article: Article, address: str, site: SiteFacts) -> str:
    """The text as it reads outside of the site, with the line that its publisher wants to see."""
    html = with_absolute_links(article.html, address) if _RELATIVE.search(article.html) else article.html
    credit = one_line(site.policy(article.source).credit).strip()
    return f"{html}<p>{escape(credit)}</p>" if credit else html
