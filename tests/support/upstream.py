"""An upstream whose every answer the test decides: three shapes of list, and the article service, on loopback."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_LIST_KEYS = {"rolling": "records", "media": "nodeList", "market": "record"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer. `silent` never answers; `missing_bytes` are promised by Content-Length and not sent.

    `before` is called before anything is sent.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    silent: bool = False
    missing_bytes: int = 0
    before: Callable[[], object] | None = None

    @classmethod
    def json(cls, value: object, *, charset: str = "utf-8") -> Self:
        """An answer that holds `value`."""
        return cls(body=json.dumps(value, ensure_ascii=False).encode(charset))


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article as the upstream knows it. `number` is its 18 digits."""

    number: str
    title: str = "河滨港吞吐量增长两成"
    time: str = "2026-11-20 09:30:00"
    media: str = "河滨日报"
    digest: str = "【河滨港】河滨港去年吞吐量增长两成。（河滨日报）"
    link: str = "http://finance.example.com/news/1353,1.html"
    body: str = "<p>\u3000\u3000河滨港去年吞吐量增长两成，新航线开通。</p>"

    @property
    def code(self) -> str:
        """The infoCode."""
        return f"NW{self.number}"

    def record(self, of_list: str, **changes: Any) -> dict[str, Any]:
        """The record in the shape of one list; a change to None takes the field away."""
        shapes: dict[str, dict[str, Any]] = {
            "rolling": {
                "infoCode": self.code, "id": self.number, "title": self.title, "digest": self.digest,
                "url_w": self.link, "showtime": self.time,
            },
            "media": {"infocode": self.code, "from": self.media, "title": self.title, "showtime": self.time},
            "market": {"infoCode": self.code, "medianame": self.media, "title": self.title, "datetime": self.time},
        }  # fmt: skip
        return {key: value for key, value in (shapes[of_list] | changes).items() if value is not None}

    def text(self) -> Answer:
        """The answer of the article service."""
        return Answer.json({"content": self.body, "text": self.body})


def stories(count: int, **changes: Any) -> list[Story]:
    """Well-formed stories, newest first, every one with a title, time and text of its own."""
    made = []
    for place in range(count, 0, -1):
        own = Story(
            number=f"20261120{place:010d}",
            title=f"第{place}条消息",
            time=f"2026-11-20 09:{place:02d}:00",
            link=f"http://finance.example.com/news/1353,{place}.html",
            digest=f"【第{place}条】第{place}条消息的摘要。",
            body=f"<p>\u3000\u3000第{place}条消息的正文，写给测试来读。</p>",
        )
        made.append(replace(own, **changes))
    return made


class Upstream:
    """What is answered, set by the test at any time, and what was asked."""

    def __init__(self) -> None:
        self.origin = ""
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._lists: dict[str, Answer] = {}
        self._texts: dict[str, Answer] = {}
        self._scripts: dict[str, list[Answer]] = {}
        self._asked: list[str] = []
        self._files: dict[str, Answer] = {}
        self._robots: Answer | None = None
        self._files_asked: list[str] = []

    def serve(self, of_list: str, *items: Story | object) -> None:
        """Let a list hold these stories, or records as they stand; the texts of the stories come with them."""
        records = [item.record(of_list) if isinstance(item, Story) else item for item in items]
        with self._lock:
            self._lists[of_list] = Answer.json({_LIST_KEYS[of_list]: records})
            self._texts |= {item.code: item.text() for item in items if isinstance(item, Story)}

    def answer_list(self, of_list: str, answer: Answer) -> None:
        """Answer a list with exactly this."""
        with self._lock:
            self._lists[of_list] = answer

    def answer_text(self, code: str, *answers: Answer) -> None:
        """Answer an article with these, one after the other; the last one stays. With none: its story's own text."""
        with self._lock:
            self._scripts[code] = list(answers)

    def serve_robots(self, *rules: str) -> None:
        """Answer `/robots.txt` with these lines for everybody; without this there is none."""
        with self._lock:
            self._robots = Answer(body="\n".join(["User-agent: *", *rules]).encode(), content_type="text/plain")

    def serve_file(self, path: str, answer: Answer) -> str:
        """Answer `/files/<path>` with this; its address."""
        with self._lock:
            self._files[path] = answer
        return f"{self.origin}/files/{path}"

    @property
    def files_asked(self) -> list[str]:
        """Paths of the files that were asked for since the last `forget`, sorted."""
        with self._lock:
            return sorted(self._files_asked)

    @property
    def texts_asked(self) -> list[str]:
        """Codes of the texts that were asked for since the last `forget`, sorted."""
        with self._lock:
            return sorted(self._asked)

    def forget(self) -> None:
        """Begin the log anew."""
        with self._lock:
            self._asked.clear()
            self._files_asked.clear()

    def reply(self, target: str) -> Answer:
        """The answer to GET `target`."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        missing = Answer(status=404, body=b"no such thing", content_type="text/plain")
        with self._lock:
            if path.startswith("/list/"):
                return self._lists.get(path.removeprefix("/list/"), missing)
            if path.startswith("/files/"):
                self._files_asked.append(name := path.removeprefix("/files/"))
                return self._files.get(name, missing)
            if path == "/robots.txt":
                return self._robots or missing
            if path != "/text":
                return missing
            code = query["id"][0]
            self._asked.append(code)
            if script := self._scripts.get(code):
                return script.pop(0) if len(script) > 1 else script[0]
            return self._texts.get(code, missing)

    def source(self, of_list: str) -> Mapping[str, str]:
        """The keys of the site file's `[[sources]]` table for one list, named after it."""
        table = {
            "name": of_list,
            "kind": "choice",
            "rights": "full",
            "list_url": f"{self.origin}/list/{of_list}",
            "article_url": f"{self.origin}/text?id={{code}}",
            "share_url": "http://share.example.com/page?infoCode={code}",
        }
        return table | ({"category": "emnews", "tag": "东财滚动新闻"} if of_list == "rolling" else {})


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        super().__init__(("127.0.0.1", 0), _Handler)
        upstream.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Binds without the look-up of the host's full name."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has hung up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        """Answers one request as the test wants it."""
        answer = self.server.upstream.reply(self.path)
        if answer.before is not None:
            answer.before()
        if answer.silent:
            self.server.upstream.closing.wait(30)
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + answer.missing_bytes))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = self.close_connection or answer.missing_bytes > 0

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing: the test has its own log."""


@contextmanager
def serving() -> Iterator[Upstream]:
    """An upstream that answers 404 to everything until it is told otherwise."""
    upstream = Upstream()
    with _Server(upstream) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield upstream
        finally:
            upstream.closing.set()
            server.shutdown()
            thread.join()
