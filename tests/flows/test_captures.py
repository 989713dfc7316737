"""What was answered is kept, and a parser reads it again without asking anybody."""

import os
from pathlib import Path

from flows.replaying import kept_texts
from flows.run import read_site
from tasks.articles.decide import merge
from tasks.model import Category
from tasks.parse import parse
from tasks.web.captures import files_in
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, stories


def test_a_kept_answer_gives_the_same_article(site: SiteFolder, upstream: Upstream) -> None:
    told = stories(3)
    upstream.serve("rolling", *told)
    site.run()
    upstream.forget()
    file = read_site(str(site.file))
    with site.ledger() as ledger:
        keys = [story.number for story in told]
        offers = [merge(entries) for entries in ledger.articles.sightings(keys).values()]
        found = list(kept_texts(file, offers, Path(file.captures.folder)))
        assert len(found) == 3
        shelf = Category(slug="emnews", title="东财滚动新闻", tag="东财滚动新闻", fixed=True)
        for offer, capture in found:
            article = parse.fn(offer, capture, file.source("rolling"), shelf, "Asia/Shanghai", ledger.journal)
            row = ledger.articles.row(article.key)
            assert row is not None
            assert (article.html, article.content_digest) == (row.html, row.content_digest)
    assert upstream.texts_asked == []


def test_files_go_with_age_and_a_dry_run_leaves_none(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    folder = site.folder / "captures"
    site.run(dry_run=True)
    assert not folder.exists()
    site.run()
    (first,) = files_in(folder)
    os.utime(first, (0, 0))
    upstream.serve("rolling", *stories(2))
    site.run()
    assert first not in files_in(folder)
    assert len(files_in(folder)) == 1


def test_no_folder_keeps_nothing(site: SiteFolder, upstream: Upstream) -> None:
    upstream.serve("rolling", *stories(1))
    site.write(upstream.source("rolling"), captures={"folder": ""})
    assert site.run().ending == "Completed"
    assert not (site.folder / "captures").exists()
