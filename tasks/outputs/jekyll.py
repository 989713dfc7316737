"""The Jekyll post of an article: `_posts/<date>-<id>.md`, UTF-8, no newline at its end.

The bytes follow the format that the readers of the original site's posts know: the rolling form, with the digest
quoted, when the article has a quote; else the media form. They differ from it only where it would break YAML,
Jekyll, Liquid or kramdown, or would carry active content:

| where | when | what is written instead |
| --- | --- | --- |
| title | `"` or a backslash | escaped for a double-quoted YAML scalar |
| title, digest, tag | line break or control character | one blank for each run of them |
| category, tag | a blank, or not read back as this string | a list of one double-quoted scalar |
| digest, body, tag in a link | `{` before `{` or `%` | `&#123;` |
| digest, tag in a link | characters that Markdown reads | numeric entities |
| body | control characters but tab and line ends | left out |
| body | active content, or HTML not closed in order | sanitised: text and plain markup stay |
| body | text or inline elements outside of blocks | Markdown's characters in its text as numeric entities |
| body | four blanks of indent between blocks | one blank (Markdown would print the source) |
| slug in a link | characters that a URL path must not hold | percent-encoded |
| source address | blanks, `<`, `>`, braces, quotes, ... | percent-encoded; `<>` when it is not http(s) |

The title is not touched for Liquid: Jekyll evaluates the text below the front matter only, and what a layout prints of
`page.title` is not evaluated again.
"""

from urllib.parse import quote

from tasks.catalogue import Surroundings
from tasks.model import Article, Category, Page
from tasks.outputs import OutputKind, SiteFacts
from tasks.outputs.caching import ARTICLE
from tasks.outputs.fragments import post_fragment
from tasks.outputs.front_matter import one_item, quoted
from tasks.outputs.markdown import autolink, link_text, quote_line

_INDENT_PAIR = "\u3000\u3000"  # the upstream's paragraph indent


def post(article: Article, site: SiteFacts) -> str:
    """The whole text of the article's post."""
    digest = "" if article.quote is None else f"> {quote_line(article.quote.rpartition('】')[2])}\n\n"
    return (
        "---\n"
        "layout: post\n"
        f"title: {quoted(article.title)}\n"
        f"date: {article.published_at:%Y-%m-%d %H:%M:%S %z}\n"
        f"categories: {one_item(article.category.slug)}\n"
        f"tags: {one_item(article.category.tag)}\n"
        "---\n"
        f"{digest}{post_fragment(article.post_body.replace(_INDENT_PAIR, ''))}\n\n"
        f"{_credit(article, site)}"
        f"{autolink(article.origin_url)}\n\n"
        f"{_return_links(article.category, site)}"
    )


def _credit(article: Article, site: SiteFacts) -> str:
    """The line that the publisher wants to see, for sources that have one."""
    credit = site.policy(article.source).credit.strip()
    return f"{quote_line(credit)}\n\n" if credit else ""


def _return_links(category: Category, site: SiteFacts) -> str:
    home = "//" + site.base_url.partition("://")[2]
    slug = quote(category.slug, safe="", errors="replace")
    shelf = f"{home}/{slug}/" if category.fixed else f"{home}/category/{slug}.html"
    return f"[返回{link_text(category.tag)}]({shelf})｜[返回首页]({home}/)"


def _of_article(article: Article, around: Surroundings, site: SiteFacts) -> tuple[Page, ...]:
    return (
        Page(
            key=article.post_key,
            body=post(article, site).encode("utf-8", "replace"),
            content_type="text/markdown; charset=utf-8",
            cache_control=ARTICLE,
        ),
    )


OUTPUT = OutputKind(name="jekyll", edition="1", of_article=_of_article)
