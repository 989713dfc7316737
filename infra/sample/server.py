"""The sample upstream: a small HTTP server in the shapes of the Choice services, for the demo site and for tests.

    python infra/sample/server.py --host 127.0.0.1 --port 8901

Standard library only. The texts are the project's own; see README.md beside this file.
"""

import argparse
import errno
import json
import re
import signal
import socketserver
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

if not __package__:  # run by its path: Python then knows this folder but not the one that holds `infra`
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from infra.sample import outlets
from infra.sample.markup import ORIGIN
from infra.sample.stories import ContentError, Library, Story, load

CONTENT = Path(__file__).resolve().parent
PLAIN = "text/plain;charset=UTF-8"
JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
PICTURES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")
_WEB_LISTS = {"102": "rolling", "45": "media"}
_MARKETS = {"37": "market-37", "38": "market-38", "39": "market-39"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer before it is written to a socket."""

    status: int = 200
    content_type: str = PLAIN
    body: bytes = b""


class Upstream:
    """What the services answer, apart from sockets. Remembers how often each text was asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._by_code = {story.code: story for story in library.stories}
        self._by_path = {outlets.page_path(story): story for story in library.stories}
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, target: str, origin: str) -> Reply:
        """The reply to GET `target` (path and query); links lead back to `origin`."""
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        match path.strip("/").split("/"):
            case ["web", "webapi"]:
                return self._list(_WEB_LISTS.get(query.get("type", "")), query, origin)
            case ["information", "newmarket", "web", "webapi"]:
                return self._list(_MARKETS.get(query.get("marketType", "")), query, origin)
            case ["NewsData", "GetNewsText.do"]:
                return self._text(query.get("id", ""), origin)
            case ["html_News", "NewsShare.html"]:
                return self._page(query.get("infoCode", ""), origin)
            case ["news", name] if name.endswith(".html"):
                return self._page(f"NW{name.removesuffix('.html').rpartition(',')[2]}", origin)
            case ["pictures", name]:
                return self._picture(unquote(name))
            case ["comm", "web", "getNewsByColumns"]:
                first = query.get("page_index", "1") == "1"
                shown = self._library.listed("eastmoney") if first else ()
                return Reply(body=outlets.columns(shown, query.get("callback", ""), origin).encode())
            case ["a", name] if (story := self._by_code.get(f"NW{name.removesuffix('.html')}")) is not None:
                return Reply(content_type=HTML, body=outlets.eastmoney_page(story, origin).encode())
            case ["outlets", name]:
                return self._outlet(path, name, query, origin)
        return _missing(f"no such address: {path}")

    def _list(self, name: str | None, query: dict[str, str], origin: str) -> Reply:
        if name is None:
            return _missing("no such list: expected type=102 or 45, or marketType=37, 38 or 39")
        count = query.get("count", "100")
        if not (count.isascii() and count.isdigit()):
            return Reply(status=400, body=f"count: expected a number, found {count!r}".encode())
        key = {"rolling": "records", "media": "nodeList"}.get(name, "record")
        records = [_record(name, story, origin) for story in self._library.listed(name)[: int(count)]]
        return _json({key: records}, PLAIN)

    def _text(self, code: str, origin: str) -> Reply:
        story = self._by_code.get(code)
        if story is None or story.text_status == 404:
            return _missing(f"no text for {code!r}")
        with self._lock:
            self._asked[code] += 1
            fails = self._asked[code] <= story.fails_first
        if fails or story.text_status != 200:
            return Reply(status=503 if fails else story.text_status, body=b"the text is not available now")
        answer = {"content": story.content.replace(ORIGIN, origin), "text": story.text.replace(ORIGIN, origin)}
        return _json(answer, JSON)

    def _page(self, code: str, origin: str) -> Reply:
        """A page for people: both the share page and the original that `url_w` points to."""
        story = self._by_code.get(code)
        if story is None:
            return _missing(f"no article {code!r}")
        title = escape(story.title)
        page = (
            f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title></head>\n'
            f"<body><h1>{title}</h1><p>{story.time} {escape(story.media)}</p>\n"
            f"{story.text.replace(ORIGIN, origin)}\n<hr><p>示例内容，纯属虚构。</p></body></html>\n"
        )
        return Reply(content_type=HTML, body=page.encode())

    def _outlet(self, path: str, name: str, query: dict[str, str], origin: str) -> Reply:
        listed = self._library.listed
        if name == "feed.xml":
            return Reply(content_type=XML, body=outlets.feed(listed("feed"), origin).encode())
        if name == "sitemap-news.xml":
            return Reply(content_type=XML, body=outlets.news_sitemap(listed("sitemap"), origin).encode())
        if name == "list.json" and re.fullmatch(r"[1-9]\d?", number := query.get("page", "1"), re.ASCII):
            return Reply(content_type=JSON, body=outlets.json_list(listed("json"), int(number)).encode())
        if match := re.fullmatch(r"list(?:_([1-9]\d?))?\.html", name, re.ASCII):
            return Reply(content_type=HTML, body=outlets.list_page(listed("listing"), int(match[1] or 1)).encode())
        if (story := self._by_path.get(path)) is not None:
            return Reply(content_type=HTML, body=outlets.article_page(story, origin).encode())
        return _missing(f"no such address: {path}")

    def _picture(self, name: str) -> Reply:
        content_type = PICTURES.get(Path(name).suffix)
        if content_type is None or name not in self._library.pictures:
            return _missing(f"no picture {name!r}")
        return Reply(content_type=content_type, body=self._library.pictures[name])


def _record(name: str, story: Story, origin: str) -> dict[str, object]:
    """The record of a story in the shape of one list, with the awkwardness that its file asks for."""
    record: dict[str, object]
    if name == "rolling":
        record = {
            "infoCode": story.code, "id": story.number, "title": story.title, "digest": story.digest,
            "url_w": f"{origin}/news/{story.channel},{story.number}.html", "showtime": story.time,
        }  # fmt: skip
    elif name == "media":
        record = {
            "infocode": story.code, "from": story.media, "title": story.title, "showtime": story.time,
            "simtitle": story.title, "simdigest": story.digest,
        }  # fmt: skip
    else:
        record = {
            "infoCode": story.code, "medianame": story.media, "title": story.title, "datetime": story.time,
        }  # fmt: skip
    return {key: value for key, value in {**record, **story.record}.items() if key not in story.without}


def _json(value: object, content_type: str) -> Reply:
    return Reply(content_type=content_type, body=json.dumps(value, ensure_ascii=False).encode())


def _missing(message: str) -> Reply:
    return Reply(status=404, body=message.encode())


class SampleServer(ThreadingHTTPServer):
    """The sample upstream on a socket; port 0 picks a free one. Each server counts for itself."""

    request_queue_size = 128

    def __init__(self, host: str, port: int, library: Library, *, verbose: bool = False) -> None:
        self.upstream = Upstream(library)
        self.verbose = verbose
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Binds without the look-up of the host's full name, which can take seconds without a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def origin(self) -> str:
        """Its address, such as `http://127.0.0.1:8901`."""
        return f"http://{self.server_name}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Reports what went wrong, unless the client has just hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Carries requests to the upstream and its replies back, on connections that stay open."""

    protocol_version = "HTTP/1.1"
    server_version = "finews-sample"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: SampleServer

    def do_HEAD(self) -> None:
        """Answers one request without the body."""
        self._answer()

    def do_GET(self) -> None:
        """Answers one request."""
        self.wfile.write(self._answer())

    def _answer(self) -> bytes:
        """Writes status and headers, and gives the body."""
        host = self.headers.get("Host", "")
        origin = f"http://{host}" if _HOST.fullmatch(host) else self.server.origin
        reply = self.server.upstream.answer(self.path, origin)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        return reply.body

    def log_message(self, format: str, *args: object) -> None:
        """One line per request, only where it was asked for."""
        if self.server.verbose:
            print(f"{self.address_string()} {format % args}", file=sys.stderr, flush=True)


@contextmanager
def serving(folder: Path = CONTENT, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serves `folder` in a thread while the block runs, and gives the address. Raises ContentError, OSError."""
    with SampleServer(host, port, load(folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.origin
        finally:
            server.shutdown()
            thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is interrupted or terminated; returns the exit status."""
    parser = argparse.ArgumentParser(prog="server.py", description="The sample upstream of finews.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8901, help="port, 0 for a free one (default %(default)s)")
    parser.add_argument("--content", type=Path, default=CONTENT, help="folder with articles/ and pictures/")
    parser.add_argument("--verbose", action="store_true", help="one line per request on standard error")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with SampleServer(options.host, options.port, load(options.content), verbose=options.verbose) as server:
            print(f"sample upstream on {server.origin}", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        return 0
    except ContentError as error:
        return _fail(str(error))
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "the port is taken: choose another with --port, or 0 for a free one" if taken else str(error)
        return _fail(f"cannot listen on {options.host}:{options.port}: {why}")
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _fail(message: str) -> int:
    print(f"sample upstream: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
