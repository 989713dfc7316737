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
from tasks.outputs import SiteFacts, find_outputs, pages_of_article, templating
from tasks.outputs import article_page as article_pages
from tasks.outputs.style import style_name
from tasks.outputs.theme import load_theme
from tasks.outputs.wording import filled_markup
from tests.bench.archives import article_of, shelves
from tests.bench.measuring import cpu_each, machine
from tests.bench.stories import story

ZONE = ZoneInfo("Asia/Shanghai")


def page() -> dict[str, float]:
    """CPU microseconds of the article's page: all in, and its template alone with the very same context."""
    theme = load_theme("zh-CN")
    site = SiteFacts(
        title="站", base_url="https://news.example", language="zh-CN", timezone="Asia/Shanghai", theme=theme
    )
    made = story(7)
    _, article = article_of(made, shelves()[made.media])
    around = Surroundings()
    website = [output for output in find_outputs() if output.name == "website"]
    seen: list[templating.Context] = []
    real = templating.html_page

    def watch(key: str, context: templating.Context, *others: object) -> object:
        seen.append(context)
        return real(key, context, *others)  # type: ignore[arg-type]

    with mock.patch.object(article_pages, "html_page", watch):
        pages_of_article(article, around, site, tuple(website))
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
    variables = {field.name: getattr(seen[0], field.name) for field in fields(seen[0])}
    bare = cpu_each(lambda: template.render(variables))
    whole = cpu_each(lambda: pages_of_article(article, around, site, tuple(website)))
    everything = cpu_each(lambda: pages_of_article(article, around, site, find_outputs()))
    return {"template": bare * 1e6, "page": whole * 1e6, "page and post": everything * 1e6, "ratio": whole / bare}


def reading() -> dict[str, float]:
    """CPU microseconds of making an article of a text of 5 KB, and of the two libraries on the same text."""
    made = story(7)
    entry, _ = article_of(made, shelves()[made.media])
    offer = Offer(entry=entry, summary="", seen_in=("media",))
    text = Text(html=made.html)
    shelf = shelves()[made.media]
    whole = cpu_each(
        lambda: compose(offer, text, base_url="https://news.example/a", share_url="", category=shelf, zone=ZONE)
    )
    bare = cpu_each(lambda: (BeautifulSoup(made.html, "lxml"), nh3.clean(made.html)))
    return {"bytes": len(made.html.encode()), "libraries": bare * 1e6, "article": whole * 1e6, "ratio": whole / bare}


def main() -> None:
    """Print JSON."""
    print(json.dumps({"machine": machine(), "at": datetime.now(UTC).isoformat(), "page": page(), "reading": reading()}))


if __name__ == "__main__":
    main()
