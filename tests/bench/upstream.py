"""Made-up stories for the sample upstream, and a site that reads them."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.bench.measuring import ROOT
from tests.bench.stories import story

_SITE = """[site]
title = "bench"
base_url = "https://bench.example"
search = {search}
[publish]
url = "{store}"
[ledger]
url = "sqlite:///{folder}/ledger.db"
[fetch]
min_gap = 0
per_host = 8
allow_hosts = ["127.0.0.1"]
[captures]
folder = ""
[workflow]
{workflow}

[[sources]]
name = "media"
kind = "choice"
rights = "full"
list_url = "http://{upstream}/web/webapi?type=45&count={articles}&newsid=1"
article_url = "http://{upstream}/NewsData/GetNewsText.do?id={{code}}"
share_url = "http://{upstream}/html_News/NewsShare.html?infoCode={{code}}"
"""


def write_site(
    folder: Path,
    *,
    upstream: str = "127.0.0.1:9",
    articles: int = 300,
    search: bool = True,
    workflow: Mapping[str, int] | None = None,
) -> Path:
    """A site file in `folder`, which is made; its ledger and store lie there, too. `workflow`: keys of that table."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "site.toml"
    text = _SITE.format(
        folder=folder, store=f"file:{folder}/public", upstream=upstream, articles=articles, search=str(search).lower(),
        workflow="\n".join(f"{key} = {value}" for key, value in (workflow or {}).items()),
    )  # fmt: skip
    file.write_text(text, encoding="utf-8")
    return file


def write_stories(folder: Path, first: int, count: int) -> None:
    """Content for the sample upstream: so many stories from number `first`."""
    (folder / "articles").mkdir(parents=True)
    (folder / "pictures").symlink_to(ROOT / "infra/sample/pictures")
    for number in range(first, first + count):
        made = story(number)
        table = {
            "code": made.code,
            "time": f"{made.at:%Y-%m-%d %H:%M:%S}",
            "title": made.title,
            "media": made.media,
            "body": "\n".join(made.paragraphs),
            "lists": ["media"],
        }
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
        (folder / "articles" / f"{number}.toml").write_text("\n".join(lines), encoding="utf-8")
