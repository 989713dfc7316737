"""A webhook on loopback in the place of Slack, and the block by which a Prefect server knows it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BLOCK = "custom-webhook/on-call"


@dataclass(slots=True)
class Receiver:
    """Notifications as they came."""

    address: str
    came: list[dict[str, str]] = field(default_factory=list)

    def wait_for(self, subject: str, *, seconds: float = 60) -> dict[str, str]:
        """The first one of which the subject holds this."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := [one for one in list(self.came) if subject in one["subject"]]:
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no notification {subject!r}; came: {self.came}")


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A webhook."""
    receiver = Receiver(address="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.address = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def make_block(environment: Mapping[str, str], folder: Path, address: str) -> None:
    """As a person does it in the UI under Blocks."""
    code = (
        "import sys\n"
        "from prefect.blocks.notifications import CustomWebhookNotificationBlock as Block\n"
        'told = {"subject": "{{subject}}", "body": "{{body}}"}\n'
        'Block(name="on-call", url=sys.argv[1], json_data=told).save("on-call", overwrite=True)\n'
    )
    subprocess.run([sys.executable, "-c", code, address], env=dict(environment), cwd=folder, check=True)
