"""What an article's page tells search engines: the facts as JSON-LD, the canonical address, the robots rule.

All three follow the policy of the article's source, so that they never contradict each other.
"""

from markupsafe import Markup

from tasks.model import Article
from tasks.outputs import SiteFacts
from tasks.outputs.addresses import absolute, category_key
from tasks.outputs.facts import category_title, iso_time, origin_of, outlet_of, pictures_of, title_of
from tasks.outputs.front_matter import one_line
from tasks.outputs.json_text import json_text


def canonical_of(article: Article, site: SiteFacts) -> str:
    """The address that search engines shall keep: ours, or the original's where the source's policy says so."""
    ours = absolute(site, article.page_key)
    return (origin_of(article) or ours) if site.policy(article.source).canonical == "origin" else ours


def robots_of(article: Article, site: SiteFacts) -> str:
    """Content of the page's robots rule; empty when it needs none."""
    return "" if site.policy(article.source).index else "noindex"


def news_article(article: Article, site: SiteFacts) -> Markup:
    """The whole script element with the article as a schema.org NewsArticle; no text in it can end the element."""
    text = json_text(_facts(article, site))
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704  it has no character of HTML


def _facts(article: Article, site: SiteFacts) -> dict[str, object]:
    section, outlet = category_title(article.category), outlet_of(article)
    shelf = {"url": absolute(site, category_key(article.category))} if outlet == section else {}
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title_of(article),
        "description": one_line(article.summary),
        "image": pictures_of(article, site),
        "datePublished": iso_time(article.published_at, site),
        "dateModified": iso_time(article.updated_at, site),
        "author": {"@type": "NewsMediaOrganization", "name": outlet} | shelf,
        "publisher": {"@type": "Organization", "name": one_line(site.title), "url": absolute(site, "")},
        "url": absolute(site, article.page_key),
        "mainEntityOfPage": canonical_of(article, site),
        "isBasedOn": origin_of(article),
        "inLanguage": site.language,
        "articleSection": section,
    }
    return {name: value for name, value in facts.items() if value}
