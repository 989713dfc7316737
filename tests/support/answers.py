"""Sources as a site file describes them, and answers to read, for tests of kinds of source."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.config import SourceSpec, load_site
from tasks.model import Response
from tasks.sources import find_sources

NOW = datetime(2026, 3, 4, 6, 30, tzinfo=UTC)  # 14:30 in Beijing
LIST_URL = "https://news.example/list"


def source(kind: str, table: str = "", *, list_url: str = LIST_URL) -> SourceSpec:
    """A source called `one`, read from a site file. ConfigError as there."""
    head = '[site]\ntitle = "t"\nbase_url = "http://h"\n'
    text = f'{head}[[sources]]\nname = "one"\nkind = "{kind}"\nlist_url = "{list_url}"\n{table}\n'
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.toml"
        path.write_text(text, encoding="utf-8")
        return load_site(path, {kind.name: kind.options for kind in find_sources().values()}).source("one")


def answer(
    body: bytes | str, *, content_type: str = "", url: str = LIST_URL, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    """An answer with this body, received at `NOW`."""
    data = body.encode() if isinstance(body, str) else body
    return Response(
        url=url, status=200, body=data, content_type=content_type, seconds=0.1, received_at=NOW, headers=headers
    )
