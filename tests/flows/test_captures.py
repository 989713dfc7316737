"""What was answered is kept for a while; test_replay.py has what that is good for."""

import os

from tasks.web.captures import files_in
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, stories


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
