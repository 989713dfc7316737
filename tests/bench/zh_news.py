"""Title, time, beginning and end of Chinese news pages, as readers of the pages see them.

`zh_news.tsv` holds what stands on pages of the corpora, read off by hand: the page's corpus and id, the time (to the minute
where the page shows it), the title, the first and the last words of the text. `python -m tests.bench.zh_news READER ...`
scores functions of `readers`, and prints a line of JSON for each; `--show` names what is wrong.
"""

import gzip
import html
import json
import re
import sys
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tasks.articles.moments import moment
from tests.bench import readers

CORPORA = Path(__file__).parents[2].parent / "shared/corpora"
ZONE = ZoneInfo("Asia/Shanghai")
_NEAR = 80  # letters, digits and signs that may stand before the first words, or behind the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a page shows. `time`: `YYYY-MM-DD`, with ` HH:MM` where it does."""

    page: str
    time: str
    title: str
    begins: str
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares of the pages whose field was right. `minute`: of those that show one."""

    title: float
    day: float
    minute: float
    begins: float
    ends: float


def labels() -> list[Label]:
    """All labels, in the file's order."""
    lines = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return [Label(page=row[0], time=row[1], title=row[2], begins=row[3], ends=row[4]) for row in rows]


def score(reader: readers.Reader, *, show: bool = False) -> Shares:
    """How much of what the labels say this reader finds; `show` prints what it does not."""
    cases = {f"{case['corpus']}/{case['id']}": case for case in _cases()}
    right: dict[str, list[bool]] = {field: [] for field in Shares.__dataclass_fields__}
    for label in labels():
        case = cases[label.page]
        body = gzip.decompress((CORPORA / case["html"]).read_bytes())
        try:
            found = reader(body, case["url"], case["content_type"])
        except Exception as error:  # a reader's failure is a result
            found = {"failure": repr(error)}
        for field, is_right in _compare(label, found).items():
            right[field].append(is_right)
            if show and not is_right:
                print(f"{field}: {label.page}: {label.title} {label.time}: {_told(field, found)}", file=sys.stderr)
    return Shares(**{field: round(sum(all_of) / len(all_of), 3) for field, all_of in right.items()})


def _cases() -> Iterator[dict[str, str]]:
    for corpus in ("zh_wire", "magichtml"):
        for line in (CORPORA / f"{corpus}.jsonl").read_text(encoding="utf-8").split("\n"):
            if line:
                yield json.loads(line)


def _compare(label: Label, found: Mapping[str, object]) -> dict[str, bool]:
    title, text = _bare(label.title), _bare(text_of(found)).removeprefix(_bare(label.title))
    begins, ends = text.find(_bare(label.begins)), text.rfind(_bare(label.ends))
    time = _time(found.get("date"))
    right = {
        "title": _bare(str(found.get("title") or "")) == title,
        "day": time[:10] == label.time[:10],
        "begins": 0 <= begins <= _NEAR,
        "ends": ends >= 0 and len(text) - ends - len(_bare(label.ends)) <= _NEAR,
    }
    return right | ({"minute": time == label.time} if ":" in label.time else {})


def _time(value: object) -> str:
    if isinstance(value, str):
        value = moment(value, zone=ZONE, now=datetime.now(tz=UTC))
    if not isinstance(value, datetime):
        return ""
    return (value.astimezone(ZONE) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M")


def text_of(found: Mapping[str, object]) -> str:
    """The text of what a reader gave, without markup; words of neighbouring blocks stay apart."""
    return str(found.get("text") or html.unescape(re.sub(r"<[^>]*>", " ", str(found.get("html") or ""))))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _told(field: str, found: Mapping[str, object]) -> str:
    text = _bare(text_of(found))
    told = {"begins": text[:60], "ends": text[-60:], "title": found.get("title")}
    return str(found.get("failure") or told.get(field, found.get("date")))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of the libraries
    for name in (argument for argument in sys.argv[1:] if argument != "--show"):
        print(json.dumps(asdict(score(getattr(readers, name), show="--show" in sys.argv))))
