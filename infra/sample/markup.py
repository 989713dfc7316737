"""The short notation of the article files, and the HTML of the real services that it stands for.

One line is one block, blank lines are ignored:

    text                         a paragraph; entities and `<br />` are written as they are
    ## text                      a heading: a paragraph that is all bold
    <p>...</p>                   a line that begins with `<` is taken as it is
    | a | b |                    rows of a table, the first one being its head
    !hidden                      the hidden first paragraph
    !kline 0.309001 PICTURE      a K-line block with its link; `!kline-bare` is one without
    !picture PICTURE key="value" a centred picture with any further attributes
    !caption text                a centred line
    [[ID|text]]                  a keyword, inside any text: `1.609001` a stock, `90.BK0475` a board,
                                 `116.09990` Hong Kong, `106.ZZQX` United States, `Info.3293` a glossary word
"""

import re
from collections.abc import Callable, Collection
from itertools import pairwise

ORIGIN = "{origin}"
"""Stands in stored text for the address under which the server was asked."""

INDENT = "\u3000\u3000"
SEPARATORS = {"lf": "\n ", "crlf": "\r\n ", "none": ""}

_KEYWORD = re.compile(r"\[\[([^|\[\]]*)\|([^|\[\]]*)\]\]")
_KEYWORD_ID = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)+")
_QUOTES = "http://quote.eastmoney.com/unify/r/"
_HIDDEN = '<p style="display:none;height:1px;overflow:hidden;"><br /></p>'
_FRAME = "border:#d1d1d1 1px solid;"


class MarkupError(ValueError):
    """A line of a body that is not in the notation."""


class Annotator:
    """Turns the keywords of one body into spans and links: the first mention one way, later ones another."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, text: str) -> str:
        """`text` with its keywords annotated as in the field `content`."""
        return _KEYWORD.sub(lambda match: self._keyword(match[1], match[2]), text)

    def _keyword(self, name: str, text: str) -> str:
        known = name in self._seen
        self._seen.add(name)
        if name.startswith("Info."):
            if known:
                return text
            return f'<span id="{name}"><a href="http://data.eastmoney.com/zlsj/" class="infokey">{text}</a></span>'
        data = f'data-code="{name.replace(".", ",", 1)}"'
        if known:
            return f'<span web="1" href="{_QUOTES}{name}" class="em_stock_key_common" {data}>{text}</span>'
        link = f'<a href="{_QUOTES}{name}" class="keytip" {data}>{text}</a>'
        if name.startswith("116."):
            return f'<span id="Info.{name}">{link}</span>'
        kind, quote = ("bk", "bkquote") if name.startswith("90.") else ("stock", "quote")
        return f'<span id="{kind}_{name}">{link}</span><span id="{quote}_{name}"></span>'


def plain(text: str) -> str:
    """`text` with its keywords as bare words, as in the field `text`."""
    return _KEYWORD.sub(lambda match: match[2], text)


def to_html(
    body: str, source: str, *, separator: str, pictures: Collection[str], keywords: Callable[[str], str] = plain
) -> str:
    """The HTML of a whole article; `source` becomes its last line. Raises MarkupError."""
    blocks = [_block(line, pictures, keywords) for line in _lines(body)]
    html = "".join(block + (separator if _separated(block, after) else "") for block, after in pairwise([*blocks, ""]))
    _check_keywords(source)
    return f'{html}<p class="em_media">（文章来源：{keywords(source)}）</p>'


def _lines(body: str) -> list[str]:
    """The blocks of a body: its lines, the rows of one table joined into one."""
    lines: list[str] = []
    for line in body.splitlines():
        if line.startswith("|") and lines and lines[-1].startswith("|"):
            lines[-1] += f"\n{line}"
        elif line.strip():
            lines.append(line)
    if not lines:
        raise MarkupError("expected at least one paragraph, found none")
    return lines


def _separated(block: str, after: str) -> bool:
    """The services put white space between paragraphs and before pictures, and nowhere else."""
    return block.endswith("</p>") and after.startswith(("<p", "<center"))


def _block(line: str, pictures: Collection[str], keywords: Callable[[str], str]) -> str:
    _check_keywords(line)
    if line.startswith("<"):
        return line
    if line.startswith("|"):
        return _table(line, keywords)
    if line.startswith("## "):
        return f"<p><strong>{keywords(line[3:])} </strong></p>"
    if line.startswith("!"):
        word, _, rest = line[1:].partition(" ")
        return _special(word, rest, pictures, keywords)
    return f"<p>{INDENT}{keywords(line)}</p>"


def _special(word: str, rest: str, pictures: Collection[str], keywords: Callable[[str], str]) -> str:
    match word:
        case "hidden":
            return _HIDDEN
        case "caption":
            return f'<p style="text-align:center;">{keywords(rest)}</p>'
        case "picture":
            name, _, attributes = rest.partition(" ")
            return f'<center><img src="{_picture(name, pictures)}" {attributes}{" " if attributes else ""}/></center>'
        case "kline" | "kline-bare":
            name, _, picture = rest.partition(" ")
            return _kline(name, _picture(picture, pictures), linked=word == "kline")
    raise MarkupError(f"unknown block !{word}; expected !hidden, !caption, !picture, !kline or !kline-bare")


def _picture(name: str, pictures: Collection[str]) -> str:
    if name not in pictures:
        raise MarkupError(f"picture {name!r} is not in the folder pictures")
    return f"{ORIGIN}/pictures/{name}"


def _kline(name: str, picture: str, *, linked: bool) -> str:
    """A K-line block. The real services leave `&` unescaped in the address of the picture."""
    code = name.partition(".")[2]
    image = (
        f'<img src="{picture}?nid={name}&imageType=k&token=sample&at=1" border="0" alt="K图 {code}_0" '
        f'data-code="K {code}|0|2" data-code2="K {code}|0|6|" style="{_FRAME}" width="578" height="276" />'
    )
    if not linked:
        return f'<p style="text-align:center;">{image}</p>'
    link = (
        f'<a href="{_QUOTES}{name}" data-code="{code}|0|2" data-code2="{code}|0|6|" '
        f'class="EmImageRemark" target="_blank">{image}</a>'
    )
    return f'<!-- EM_StockImg_Start --><p style="text-align:center;">{link}</p><!-- EM_StockImg_End -->'


def _table(rows: str, keywords: Callable[[str], str]) -> str:
    cells = [[cell.strip() for cell in row.strip().strip("|").split(" | ")] for row in rows.splitlines()]
    if len({len(row) for row in cells}) != 1:
        raise MarkupError(f"rows of a table differ in length: {rows.splitlines()[0]}")
    head, *body = cells
    lines = [_row("th", head, keywords), *(_row("td", row, keywords) for row in body)]
    return f'<table border="0"><tbody>{"".join(lines)}</tbody></table>'


def _row(tag: str, cells: list[str], keywords: Callable[[str], str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{keywords(cell)}</{tag}>' for cell in cells)}</tr>"


def _check_keywords(text: str) -> None:
    found = list(_KEYWORD.finditer(text))
    wrong = [match[0] for match in found if not _KEYWORD_ID.fullmatch(match[1]) or not match[2]]
    if wrong or len(found) != text.count("[["):
        raise MarkupError(f"expected keywords as [[1.609001|name]], found {wrong[0] if wrong else text[:60]!r}")
