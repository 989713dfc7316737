"""After a publication: caches, hubs and search engines are told, and nothing of that fails a run."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from flows.maintain import withdraw
from tests.support.sites import SiteFolder
from tests.support.upstream import Upstream, stories

KEY = "0123456789abcdef"


class Listener(ThreadingHTTPServer):
    """Keeps what it is told, and answers with one status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[tuple[str, str]] = []
        self.status = 200

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append((self.path, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A service that is told."""
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def told_site(site: SiteFolder, upstream: Upstream, listener: Listener) -> SiteFolder:
    """A site that tells everyone."""
    site.write(
        upstream.source("rolling"),
        announce={
            "purge_webhook": f"{listener.address}/purge?token=secret-token",
            "websub_hubs": [f"{listener.address}/hub"],
            "indexnow_key": KEY,
            "indexnow_endpoint": f"{listener.address}/indexnow",
        },
    )
    return site


def test_everyone_hears_what_changed_and_only_that(
    told_site: SiteFolder, upstream: Upstream, listener: Listener
) -> None:
    upstream.serve("rolling", *stories(2))
    told_site.run()
    listener.told.clear()
    assert told_site.run().ending == "Completed"
    assert listener.told == []
    upstream.serve("rolling", *stories(3))
    assert told_site.run().ending == "Completed"
    told = dict(listener.told[:1] + listener.told[-1:])
    purged = json.loads(told["/purge?token=secret-token"])
    assert purged["base_url"] == "https://finews.withounder.com"
    assert {"/", "/index.html", "/feed.xml", "/category/emnews.html"} <= set(purged["paths"])
    assert not [path for path in purged["paths"] if "_posts" in path or "_finews" in path or "0003" in path]
    topics = [parse_qs(body)["hub.url"][0] for path, body in listener.told if path == "/hub"]
    assert "https://finews.withounder.com/feed.xml" in topics
    assert all(parse_qs(body)["hub.mode"] == ["publish"] for path, body in listener.told if path == "/hub")
    engines = json.loads(told["/indexnow"])
    assert engines["keyLocation"] == f"https://finews.withounder.com/{KEY}.txt"
    assert "https://finews.withounder.com/emnews/2026/11/20/202611200000000003.html" in engines["urlList"]
    assert told_site.objects()[f"{KEY}.txt"].strip() == KEY.encode()
    for feed in ("feed.xml", "rss.xml", "feed.json"):
        assert f"{listener.address}/hub".encode() in told_site.objects()[feed], feed


def test_what_cannot_be_told_fails_nothing_and_tells_no_secret(
    told_site: SiteFolder, upstream: Upstream, listener: Listener
) -> None:
    listener.status = 500
    upstream.serve("rolling", *stories(2))
    told_site.run()
    upstream.serve("rolling", *stories(3))
    ended = told_site.run()
    assert ended.ending == "Completed"
    said = {o.subject: o.reason for o in ended.report.outcomes if o.stage.value == "announce"}
    assert set(said) == {"announce purge webhook", "announce WebSub hub 1", "announce IndexNow"}
    assert all("127.0.0.1: status 500" in reason for reason in said.values())
    assert "secret-token" not in str(ended.report)


def test_nobody_is_told_of_a_run_that_failed(told_site: SiteFolder, upstream: Upstream, listener: Listener) -> None:
    told_site.public.mkdir()
    (told_site.public / "_posts").write_text("a file where a folder should be")
    upstream.serve("rolling", *stories(2))
    assert told_site.run().ending == "Failed"
    assert listener.told == []


def test_what_was_not_told_is_told_by_the_next_run(
    told_site: SiteFolder, upstream: Upstream, listener: Listener
) -> None:
    upstream.serve("rolling", *stories(2))
    told_site.run()
    listener.status = 500
    upstream.serve("rolling", *stories(3))
    told_site.run()
    listener.status, listener.told = 200, []
    assert told_site.run().report.written == ()
    told = dict(listener.told)
    assert "/index.html" in json.loads(told["/purge?token=secret-token"])["paths"]
    assert any(url.endswith("0003.html") for url in json.loads(told["/indexnow"])["urlList"])
    listener.told.clear()
    told_site.run()
    assert listener.told == []


def test_what_was_taken_down_leaves_the_caches(told_site: SiteFolder, upstream: Upstream, listener: Listener) -> None:
    upstream.serve("rolling", *stories(2))
    told_site.run()
    listener.told.clear()
    told_site.do(withdraw, articles=["NW202611200000000001"], reason="legal")
    paths = json.loads(dict(listener.told)["/purge?token=secret-token"])["paths"]
    assert "/_posts/2026-11-20-202611200000000001.md" in paths
    assert "/emnews/2026/11/20/202611200000000001.html" in paths
    assert [path for path in paths if path.startswith("/search/") and "fragment" in path]


def test_hubs_and_engines_wait_until_readers_get_what_was_written(
    told_site: SiteFolder, upstream: Upstream, listener: Listener
) -> None:
    text = told_site.file.read_text(encoding="utf-8")
    away = f'public_url = "{listener.address}"\n'  # it answers no GET
    told_site.file.write_text(text.replace("[publish]\n", f"[publish]\n{away}"), encoding="utf-8")
    upstream.serve("rolling", *stories(2))
    assert told_site.run().ending == "Completed with problems"
    assert {path.partition("?")[0] for path, _ in listener.told} <= {"/purge"}
    told_site.file.write_text(text, encoding="utf-8")
    told_site.run()
    assert "/indexnow" in dict(listener.told)
