"""What may be shown of an article whose source allows no more than an excerpt."""

from dataclasses import replace
from html import escape
from urllib.parse import urlsplit

from tasks.articles.clean import clean, excerpt
from tasks.model import Article

_LONGEST = 160  # characters of an excerpt, also where a list calls more than that its summary


def excerpted(article: Article) -> Article:
    """The article with title, excerpt and link in the place of its text and pictures; done again it stays as it is.

    Never an error, whatever the article holds: its text is not looked at, and its summary counts as text.
    """
    summary = excerpt(f"<p>{escape(article.summary)}</p>", length=_LONGEST)
    link = f'<p><a href="{escape(article.origin_url)}">{escape(_host(article.origin_url))}</a></p>'
    shown = f"<p>{escape(summary)}</p>{link}" if summary else link
    html = clean(shown, base_url=article.origin_url, keep_keyword_links=True)
    return replace(article, summary=summary, quote=None, post_body=html, html=html)


def _host(url: str) -> str:
    """The publisher's address as a reader knows it; all of it when it is none."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return (host or url).removeprefix("www.")
