"""Lines with a label, for people at a terminal."""

from rich.console import Console
from rich.text import Text

_LABEL = 11  # columns, with the blank behind it


def told(console: Console, label: str, text: str) -> None:
    """Print `text` beside its label, folded to the console's width; an empty label goes on with the one above."""
    for line in Text(text).wrap(console, max(20, console.width - _LABEL - 1), overflow="fold"):
        console.print(f"{label:<{_LABEL}}{line.plain}".rstrip(), soft_wrap=True)
        label = ""
