"""The original site's posts, taken apart: what the upstream must have said for each."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SAMPLES = Path(__file__).parents[2].parent / "shared/samples/finews"
# The other samples are in earlier formats, hand-written, or made from a half-empty record.
FINAL_FORMAT = (
    "202204212352070339",
    "202204212352188819",
    "202205262391921712",
    "202205302396671645",
    "NW202112172217295128",
    "NW202201212257099936",
    "NW202201242259229980",
    "NW202202092271136373",
    "NW202205252390829633",
    "NW202205302396671645",
)
_POST = re.compile(
    r'---\nlayout: post\ntitle: "(?P<title>.*)"\ndate: (?P<time>.*)\ncategories: (?P<slug>.*)\ntags: (?P<tag>.*)\n---\n'
    r"(?:> (?P<digest>.*)\n\n)?(?P<body>(?:.|\n)*)\n\n<(?P<link>.*)>\n\n\[返回.*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A post of the original site. `rolling` ones have a digest, the others came from a list of media."""

    name: str
    post: bytes
    title: str
    published_at: datetime
    slug: str
    tag: str
    digest: str
    body: str
    link: str

    @property
    def rolling(self) -> bool:
        """Whether it came from the rolling list."""
        return not self.name.startswith("NW")

    @property
    def quote(self) -> str:
        """The digest as the upstream sends it."""
        return f"【{self.title}】{self.digest}"

    @property
    def received_body(self) -> str:
        """The text with the paragraph indent that the upstream sends."""
        return self.body.replace("<p>", "<p>\u3000\u3000")


def sample(name: str) -> Sample:
    """The sample of that name."""
    post = (SAMPLES / f"{name}.md").read_bytes()
    found = _POST.fullmatch(post.decode())
    assert found is not None, f"{name} is not in the final format"
    return Sample(
        name=name,
        post=post,
        title=found["title"],
        published_at=datetime.strptime(found["time"], "%Y-%m-%d %H:%M:%S %z"),
        slug=found["slug"],
        tag=found["tag"],
        digest=found["digest"] or "",
        body=found["body"],
        link=found["link"],
    )
