"""What one article costs where nothing else does: `python -m tests.bench.pages`.

Its page against its Jinja2 template alone, and reading it (parse, clean, extract) against BeautifulSoup with lxml and nh3 alone.
"""

import json
from dataclasses import fields
from datetime import UTC, datetime
from unittest import mock
from zoneinfo import ZoneInfo

import nh3
from bs4 import BeautifulSoup
from jinja2 import DictLoader, Environment, StrictUndefined

from tasks.articles.compose import compose
from tasks.catalogue import Surroundings
from tasks.model import Offer, Text
from tasks.outputs import OutputKind, SiteFacts, find_outputs, pages_of_article, templating
from tasks.outputs import article_page as article_pages
from tasks.outputs.style import style_name
from tasks.outputs.theme import load_theme
from tasks.outputs.wording import filled_markup
from tests.bench.archives import article_of, shelves
from tests.bench.measuring import cpu_each, machine
from tests.bench.stories import story

ZONE = ZoneInfo("Asia/Shanghai")


MANY = 300  # different articles, so that nothing is remembered from the round before


def page() -> dict[str, float]:
    """CPU microseconds of an article's page: all in, and its template alone with the very same context."""
    theme = load_theme("zh-CN")
    site = SiteFacts(
        title="站", base_url="https://news.example", language="zh-CN", timezone="Asia/Shanghai", theme=theme
    )
    shelf_of = shelves()
    articles = [article_of(made, shelf_of[made.media])[1] for made in map(story, range(MANY))]
    around = Surroundings()
    outputs = find_outputs()
    website = tuple(output for output in outputs if output.name == "website")
    seen: list[templating.Context] = []
    real = templating.html_page

    def watch(key: str, context: templating.Context, *others: object) -> object:
        seen.append(context)
        return real(key, context, *others)  # type: ignore[arg-type]

    def everything(kinds: tuple[OutputKind, ...]) -> None:
        for article in articles:
            pages_of_article(article, around, site, kinds)

    with mock.patch.object(article_pages, "html_page", watch):
        everything(website)
    environment = Environment(
        loader=DictLoader(theme.templates),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"words": theme.words, "style": style_name(theme)}
    environment.filters["fill"] = filled_markup
    template = environment.get_template(seen[0].template)
    contexts = [{field.name: getattr(context, field.name) for field in fields(context)} for context in seen]
    bare = cpu_each(lambda: [template.render(variables) for variables in contexts]) / MANY
    whole = cpu_each(lambda: everything(website)) / MANY
    both = cpu_each(lambda: everything(outputs)) / MANY
    return {"template": bare * 1e6, "page": whole * 1e6, "page and post": both * 1e6, "ratio": whole / bare}


def reading() -> dict[str, float]:
    """CPU microseconds of making an article of a text of 5 KB, and of the two libraries on the same text."""
    shelf_of = shelves()
    stories = [story(number) for number in range(MANY)]
    offers = [
        Offer(entry=article_of(made, shelf_of[made.media])[0], summary="", seen_in=("media",)) for made in stories
    ]
    texts = [Text(html=made.html) for made in stories]
    shelf = shelf_of[stories[0].media]

    def articles() -> None:
        for offer, text in zip(offers, texts, strict=True):
            compose(offer, text, base_url="https://news.example/a", share_url="", category=shelf, zone=ZONE)

    def libraries() -> None:
        for text in texts:
            BeautifulSoup(text.html, "lxml")
            nh3.clean(text.html)

    whole, bare = cpu_each(articles) / MANY, cpu_each(libraries) / MANY
    size = sum(len(text.html.encode()) for text in texts) / MANY
    return {"bytes": size, "libraries": bare * 1e6, "article": whole * 1e6, "ratio": whole / bare}


def main() -> None:
    """Print JSON."""
    print(json.dumps({"machine": machine(), "at": datetime.now(UTC).isoformat(), "page": page(), "reading": reading()}))


if __name__ == "__main__":
    main()
