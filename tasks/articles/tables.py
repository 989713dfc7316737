"""Tables of an article: every cell is kept, and the first row heads the columns where the table shows that it does."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bs4 import Tag
from bs4.element import PageElement

from tasks.articles.nodes import attribute, children, is_text

_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_BELONGS = {"table": _SECTIONS | {"tr", "caption", "colgroup", "col"}, "tr": frozenset({"td", "th"})}
_SCOPES = frozenset({"row", "col", "rowgroup", "colgroup"})
_NUMBER = re.compile(r"[+\-−–—]?\s*[\d.,:]+\s*(?:%|‰|[十百千万亿]*(?:元|股|手|吨|美元|港元|倍|点|bp|BP)?)")
_LONG = 24  # characters: a head is shorter
_SPAN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. `spans` are its colspan and rowspan, 1 for none; `scope` as the upstream gave it."""

    heads: bool
    html: str
    text: str
    spans: tuple[int, int]
    scope: str

    def rendered(self, *, head: bool) -> str:
        """The tag; `head`: it stands in the row that heads the columns."""
        name = "th" if head or self.heads else "td"
        scope = self.scope or ("col" if head else "")
        spans = (f' {side}span="{count}"' for side, count in zip(("col", "row"), self.spans, strict=True) if count > 1)
        said = f' scope="{scope}"' if scope and name == "th" else ""
        return f"<{name}{''.join(spans)}{said}>{self.html}</{name}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; `marked`: the upstream put it among those that head the columns."""

    marked: bool
    cells: tuple[Cell, ...]


def only_cell(table: Tag) -> Tag | None:
    """The cell of a table that has no other: it lays something out and is no table for a reader."""
    cells = [cell for row in _rows(table) for cell in _cells(row)]
    return cells[0] if len(cells) == 1 else None


def loose_content(table: Tag) -> Iterator[PageElement]:
    """What stands in a table but in no cell; a browser shows it before the table."""
    for parent in (table, *children(table, *_SECTIONS), *_rows(table)):
        belongs = _BELONGS.get(parent.name, frozenset({"tr"}))
        for child in parent.children:
            if child.name not in belongs if isinstance(child, Tag) else is_text(child) and not str(child).isspace():
                yield child


def table_html(table: Tag, inner: Callable[[Tag], tuple[str, str]]) -> str:
    """The table; `inner` gives the HTML and the text of a cell or a caption. Empty when no cell has anything."""
    rows = [
        Row(marked=_is_marked(row), cells=tuple(_cell(cell, inner) for cell in cells))
        for row in _rows(table)
        if (cells := _cells(row))
    ]
    if not any(cell.html for row in rows for cell in row.cells):
        return ""
    title = "".join(inner(caption)[0] for caption in children(table, "caption")[:1])
    split = _heads(rows)
    head = "".join(_row_html(row, head=True) for row in rows[:split])
    body = "".join(_row_html(row, head=False) for row in rows[split:])
    return (
        "<table>"
        + (f"<caption>{title}</caption>" if title else "")
        + (f"<thead>{head}</thead>" if head else "")
        + (f"<tbody>{body}</tbody>" if body else "")
        + "</table>"
    )


def _heads(rows: list[Row]) -> int:
    """How many rows head the columns."""
    marked = 0
    while marked < len(rows) and rows[marked].marked:
        marked += 1
    if marked:
        return marked if not _reaches_down(rows[:marked]) else 0
    first, others = rows[0], rows[1:]
    if not others or len(first.cells) < 2 or _reaches_down([first]):
        return 0
    if all(cell.heads for cell in first.cells):
        return 1
    texts = [cell.text for cell in first.cells]
    if any(len(text) > _LONG or _NUMBER.fullmatch(text) for text in texts) or sum(map(bool, texts)) < len(texts) - 1:
        return 0
    # A row of words over rows with figures, or a bold one: the others may be data of words.
    figures = any(_NUMBER.fullmatch(cell.text) for row in others for cell in row.cells)
    bold = all(re.match(r"<(?:strong|b)>", cell.html) for cell in first.cells if cell.html)
    return 1 if figures or bold else 0


def _reaches_down(rows: list[Row]) -> bool:
    """Whether a cell spans rows below its group, which a group of its own would cut off."""
    return any(cell.spans[1] > len(rows) - number for number, row in enumerate(rows) for cell in row.cells)


def _row_html(row: Row, *, head: bool) -> str:
    return "<tr>" + "".join(cell.rendered(head=head) for cell in row.cells) + "</tr>"


def _cell(tag: Tag, inner: Callable[[Tag], tuple[str, str]]) -> Cell:
    html, text = inner(tag)
    scope = attribute(tag, "scope").lower()
    spans = (_span(tag, "colspan"), _span(tag, "rowspan"))
    return Cell(heads=tag.name == "th", html=html, text=text, spans=spans, scope=scope if scope in _SCOPES else "")


def _span(tag: Tag, name: str) -> int:
    value = attribute(tag, name)
    return min(int(value), _SPAN) if re.fullmatch(r"[1-9]\d{0,3}", value, re.ASCII) else 1


def _is_marked(row: Tag) -> bool:
    return row.parent is not None and row.parent.name == "thead"


def _rows(table: Tag) -> list[Tag]:
    """Its own rows, not those of tables within its cells."""
    parts = children(table, "tr", *_SECTIONS)
    return [row for part in parts for row in ([part] if part.name == "tr" else children(part, "tr"))]


def _cells(row: Tag) -> list[Tag]:
    return children(row, "td", "th")
