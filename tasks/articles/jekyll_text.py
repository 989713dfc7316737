"""A Jekyll post, taken apart: its name, the fields of its front matter, and what stands below them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from tasks.articles.identity import is_safe_code
from tasks.articles.plain import legal, without_controls
from tasks.errors import ParseError

_NAME = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})?+-?+(?P<id>.*)\.(?:md|markdown)", re.ASCII | re.IGNORECASE)
_FRONT = re.compile(r"\s*---[ \t]*\n(?P<fields>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_QUOTE = re.compile(r"> ?(?P<line>.*)\n\n")
_ORIGIN = re.compile(r"<(?P<url>(?:https?://[^<>]*)?)>", re.IGNORECASE)
_HOME_LINK = "[返回首页]("

# What the line of a digest has entities for (`quote_line` in tasks/outputs/markdown.py). Others are the upstream's own.
_ANYWHERE = re.compile(r"&#(92|96|42|95|126|124|60|91);")
_IN_RUNS = re.compile(r"(?<!&#123;)(?:&#123;)++(?=[{%:])|(?<!&#36;)(?:&#36;)++(?=\$)")
_AT_START = re.compile(
    r"""\A(?P<before>[ \t]*)(?:
        (?P<number>\d+)&\#46;(?=[ \t]|\Z)
        | &\#(?P<mark>35|62|94 | (?:43|58)(?=;(?:[ \t]|\Z)) | (?:45|61)(?=;(?:[ \t=-]|\Z)));
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostText:
    """What a post says. `day` is that of its name, `YYYY-MM-DD`, or empty; values of the front matter are lists of texts.

    `rolling`: it is of a list without media names, so it may have a digest, its `quote`. `late`: something stands
    before the front matter. `origin` is None where the line of the source address is missing, `<>` gives an empty one.
    `linked`: it has return links.
    """

    day: str
    file_id: str
    front: Mapping[str, tuple[str, ...]]
    late: bool
    rolling: bool
    quote: str | None
    body: str
    origin: str | None
    linked: bool

    def line(self, field: str) -> str:
        """A value of the front matter as one line."""
        return without_controls(" ".join(self.front.get(field, ()))).strip()


def day_and_id(name: str) -> tuple[str, str]:
    """The two parts of a post's file name, `<YYYY-MM-DD>-<id>.md`; both empty when it has no id."""
    found = _NAME.fullmatch(name.rpartition("/")[2])
    return (found["day"] or "", found["id"]) if found and is_safe_code(found["id"]) else ("", "")


def take_apart(name: str, data: bytes) -> PostText:
    """The parts of the post `name`; `ParseError` when it has no id, no front matter, or is not UTF-8."""
    day, file_id = day_and_id(name)
    if not file_id:
        raise ParseError("the file name has no id; expected <date>-<id>.md")
    text = _text(data)
    found = _FRONT.match(text)
    if found is None:
        raise ParseError("no front matter; expected it at the beginning, between two lines of ---")
    front = _fields(found["fields"], above=text[: found.start("fields")].count("\n"))
    below, shelf = _without_links(text[found.end() :])
    below, origin = _without_origin(below)
    of_media = "/category/" in shelf and shelf.endswith(".html")
    quote = None if of_media else _QUOTE.match(below)
    rolling = not of_media and (quote is not None or not file_id.startswith("NW"))
    body = below[quote.end() :] if quote else below
    return PostText(
        day=day,
        file_id=file_id,
        front=front,
        late=not text.startswith("---"),
        rolling=rolling,
        quote=_unescaped(quote["line"]) if quote else None,
        # A rolling post without a digest is of the first weeks, when a blank line stood before the text.
        body=body.lstrip("\n") if rolling and not quote else body,
        origin=origin,
        linked=bool(shelf),
    )


def _text(data: bytes) -> str:
    try:
        text = legal(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ParseError(f"not UTF-8: byte {data[error.start]:#04x} at offset {error.start}") from error
    # A whole file with CR LF was converted; in a body alone they are the upstream's.
    return text.replace("\r\n", "\n") if re.match(r"\s*---[ \t]*\r\n", text) else text


# --- front matter -------------------------------------------------------------------------------


def _fields(front: str, *, above: int) -> Mapping[str, tuple[str, ...]]:
    """The values as they are written, nothing taken for a number or a date. `above` counts the lines before them."""
    try:
        root = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = above + 1 + (error.problem_mark.line if error.problem_mark else 0)
        raise ParseError(f"line {line}: the front matter is not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ParseError(f"the front matter is not YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ParseError("the front matter has no fields; expected title, date, categories, tags")
    return {str(key.value): _values(value) for key, value in root.value if isinstance(key, yaml.ScalarNode)}


def _values(node: yaml.Node) -> tuple[str, ...]:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return tuple(str(one.value) for one in nodes if isinstance(one, yaml.ScalarNode))


# --- below it, from the end ---------------------------------------------------------------------


def _without_links(text: str) -> tuple[str, str]:
    """The text without its return links, and where the first leads; empty when there are none."""
    rest, line = _last_line(text)
    shelf, found, _ = line.rpartition(_HOME_LINK)
    if found and not shelf:  # on two lines, in the first weeks
        rest, shelf = _last_line(rest)
    if not found or not shelf.startswith("[返回"):
        return text, ""
    return rest, shelf.removesuffix("｜").removesuffix(")").rpartition("](")[2]


def _without_origin(text: str) -> tuple[str, str | None]:
    """The text without its source address, and that; None when the line is missing."""
    rest, line = _last_line(text)
    found = _ORIGIN.fullmatch(line)
    return (rest.removesuffix("\n"), found["url"]) if found else (text.rstrip("\n"), None)


def _last_line(text: str) -> tuple[str, str]:
    rest, _, line = text.rstrip().rpartition("\n")
    return rest, line


def _unescaped(line: str) -> str:
    """The digest that a quoted line shows, such that it is quoted in the same way again."""

    def at_start(found: re.Match[str]) -> str:
        return found["before"] + (f"{found['number']}." if found["number"] else chr(int(found["mark"])))

    line = _IN_RUNS.sub(lambda run: run[0].replace("&#123;", "{").replace("&#36;", "$"), _AT_START.sub(at_start, line))
    return _ANYWHERE.sub(lambda found: chr(int(found[1])), line)
