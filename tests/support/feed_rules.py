"""Strict rules for everything that machines read. Each gives a list of broken rules, a line for each; empty is valid."""

from tests.support.atom_rules import archive_chain_faults, atom_faults
from tests.support.json_feed_rules import json_feed_faults
from tests.support.rss_rules import rss_faults
from tests.support.sitemap_rules import news_sitemap_faults, robots_faults, sitemap_faults, sitemap_index_faults
from tests.support.structured_rules import news_article_faults, news_article_text_faults

__all__ = [
    "archive_chain_faults",
    "atom_faults",
    "faults_of",
    "json_feed_faults",
    "news_article_faults",
    "news_article_text_faults",
    "news_sitemap_faults",
    "robots_faults",
    "rss_faults",
    "sitemap_faults",
    "sitemap_index_faults",
]


def faults_of(key: str, body: bytes, *, host: str = "") -> list[str] | None:
    """The broken rules of a published object, chosen by its key; None for a kind that has no rules here."""
    name = key.rsplit("/", 1)[-1]
    if name == "feed.xml":
        return atom_faults(body)
    if key.startswith("feed/") or (key.startswith("category/") and "/feed/" in key):
        return atom_faults(body, archive=True)
    if name == "rss.xml":
        return rss_faults(body)
    if name == "feed.json":
        return json_feed_faults(body)
    if key == "sitemap.xml":
        return sitemap_index_faults(body, host=host)
    if key.startswith("sitemap-news"):
        return news_sitemap_faults(body, host=host)
    return sitemap_faults(body, host=host) if key.startswith("sitemaps/") else None
