"""The original site's posts come out of the whole flow byte for byte when their records and texts are served."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.samples import FINAL_FORMAT, SAMPLES, Sample, sample
from tests.support.sites import SiteFolder
from tests.support.upstream import Answer, Upstream

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the original site's posts are not at {SAMPLES}")
REFERENCE = "NW202112172217295128"
# The reference post links to the service's own page; later posts of media to a relay of the site's owner.
SHARES = {REFERENCE: "http://choicewzp1.eastmoney.com/html_News/NewsShare.html?infoCode={code}"}
LATER_SHARE = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode={code}"


def _number(name: str) -> str:
    return name.removeprefix("NW")


def _record(of_list: str, of: Sample) -> Mapping[str, str]:
    time = f"{of.published_at:%Y-%m-%d %H:%M:%S}"
    code = f"NW{_number(of.name)}"
    if of_list == "rolling":
        ids = {"infoCode": code, "id": of.name}
        return ids | {"title": of.title, "digest": of.quote, "url_w": of.link, "showtime": time}
    media = of.tag.removesuffix("新闻")
    if of_list == "media":
        return {"infocode": code, "from": media, "title": of.title, "showtime": time}
    return {"infoCode": code, "medianame": media, "title": of.title, "datetime": time}


@pytest.mark.parametrize(
    ("name", "of_list"),
    [
        (name, kind)
        for name in FINAL_FORMAT
        for kind in (("media", "market") if name.startswith("NW") else ("rolling",))
    ],
)
def test_byte_for_byte(name: str, of_list: str, prefect_harness: None, upstream: Upstream, tmp_path: Path) -> None:
    of = sample(name)
    site = SiteFolder(folder=tmp_path)
    site.write(
        dict(upstream.source(of_list)) | {"share_url": SHARES.get(name, LATER_SHARE)},
        slugs={} if of.rolling else {of.tag.removesuffix("新闻"): of.slug},
    )
    upstream.serve(of_list, _record(of_list, of))
    # Each kind of list has its own form of the text; the other one must not be taken.
    forms = {"content": of.received_body, "text": "<p>没有标注的文字</p>"}
    if not of.rolling:
        forms = {"content": "<p>有标注的文字</p>", "text": of.received_body}
    upstream.answer_text(f"NW{_number(name)}", Answer.json(forms))
    ended = site.run()
    assert ended.ending == "Completed"
    post = f"_posts/{of.published_at:%Y-%m-%d}-{name}.md"
    assert site.objects()[post] == of.post


def test_the_slug_of_the_reference_post_needs_no_help(
    prefect_harness: None, upstream: Upstream, tmp_path: Path
) -> None:
    of = sample(REFERENCE)
    site = SiteFolder(folder=tmp_path)
    site.write(dict(upstream.source("media")) | {"share_url": SHARES[REFERENCE]})
    upstream.serve("media", _record("media", of))
    upstream.answer_text(REFERENCE, Answer.json({"content": "", "text": of.received_body}))
    site.run()
    assert site.objects()[f"_posts/2021-12-17-{REFERENCE}.md"] == of.post
    assert f"xinyangribao/2021/12/17/{REFERENCE}.html" in site.objects()
