"""The page of an article."""

import re

from markupsafe import Markup, escape

from tasks.catalogue import Mention, Surroundings
from tasks.model import Article, Headline, Page
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import category_key, day_key, relative
from tasks.outputs.caching import ARTICLE
from tasks.outputs.contexts import ArticleContext, Link
from tasks.outputs.facts import category_title, iso_time, origin_of, outlet_of, pictures_of, title_of, web_address
from tasks.outputs.fragments import text_of
from tasks.outputs.framing import frame_of
from tasks.outputs.front_matter import one_line
from tasks.outputs.lines import moment
from tasks.outputs.structured import canonical_of, news_article, robots_of
from tasks.outputs.templating import html_page
from tasks.outputs.wording import local_time, text

_FIGURES = re.compile(r"<(td)>(?=[\s+\-−–]*[0-9][0-9.,]*\s*[%％‰]?\s*</td>)")  # they stand right, so that digits align
_KLINE_ALT = re.compile(r'alt="K图 (\w{1,12}?)_\d{1,3}"')
_TELLING = 16  # characters of a summary that show where it comes from


def article_page(article: Article, around: Surroundings, site: SiteFacts) -> tuple[Page, ...]:
    """The article with its surroundings."""
    key, title = article.page_key, title_of(article)
    pictures = pictures_of(article, site)
    context = ArticleContext(
        frame=frame_of(
            site,
            key,
            title=title,
            description=one_line(article.summary).strip() or title,
            kind="article",
            canonical=canonical_of(article, site),
            robots=robots_of(article, site),
            category=article.category,
        ),
        structured=news_article(article, site),
        title=title,
        category=Link(
            href=relative(category_key(article.category), start=key),
            text=category_title(article.category),
        ),
        published=moment(article.published_at, site, "date_and_time"),
        day_href=relative(day_key(local_time(site, article.published_at).date()), start=key),
        updated=moment(article.updated_at, site, "date_and_time") if article.revision > 1 else None,
        modified=iso_time(article.updated_at, site),
        image=pictures[0] if pictures else "",
        lead=_lead(article),
        body=_body(article.html, site),
        origin_url=origin_of(article),
        outlet=outlet_of(article),
        credit=one_line(site.policy(article.source).credit).strip(),
        also=tuple(_mention(mention) for mention in around.also),
        previous=_neighbour(around.previous, key),
        next=_neighbour(around.next, key),
    )
    return (html_page(key, context, site, ARTICLE),)


def _lead(article: Article) -> str:
    """The summary, unless the text itself says it: most are the beginning of the text."""
    return "" if article.summary[:_TELLING] in text_of(article.html) else one_line(article.summary)


def _body(html: str, site: SiteFacts) -> Markup:
    """The sanitised text, with everything wider than a phone in a box that the keyboard can scroll, too.

    The sanitiser gives tables no attributes and writes quotation marks and `<` of texts as entities, so these tags are
    found only where they are tags.
    """
    chart, table = escape(text(site, "kline_label")), escape(text(site, "table_label"))
    html = html.replace('<figure class="kline">', f'<figure class="kline" tabindex="0" aria-label="{chart}">')
    html = _KLINE_ALT.sub(rf'alt="\1 {escape(text(site, "kline"))}"', html)
    html = _FIGURES.sub(r'<\1 class="num">', html)
    html = html.replace("<table>", f'<div class="table" role="group" tabindex="0" aria-label="{table}"><table>')
    return Markup(html.replace("</table>", "</table></div>"))  # noqa: S704  sanitised where the article was made


def _mention(mention: Mention) -> Link:
    return Link(href=web_address(mention.url), text=one_line(mention.outlet))


def _neighbour(headline: Headline | None, start: str) -> Link | None:
    return Link(href=relative(headline.page_key, start=start), text=title_of(headline)) if headline else None
